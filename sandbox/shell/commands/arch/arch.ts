/** GNU `arch`. */
import { defineCommand } from '../command.ts';

export const program = defineCommand(
  { short: '', usage: 'arch [OPTION]...\nPrint machine architecture.' },
  async (process) => {
    await process.print('x86_64\n');
  },
);
