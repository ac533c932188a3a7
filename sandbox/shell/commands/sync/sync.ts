/** `sync`: all files are in memory, so there is nothing to wait for. */
import { defineCommand } from '../command.ts';

export const program = defineCommand(
  { short: 'df', usage: 'sync [OPTION] [FILE]...\nSynchronize cached writes to persistent storage.' },
  async () => 0,
);
