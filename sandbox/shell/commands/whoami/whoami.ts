/** GNU `whoami`. */
import { defineCommand } from '../command.ts';
import { Names } from '../file-mode.ts';

export const program = defineCommand(
  { short: '', usage: 'whoami\nPrint the user name associated with the current effective user ID.' },
  async (process) => {
    await process.print(`${new Names(process).user(process.user.uid)}\n`);
  },
);
