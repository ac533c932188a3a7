/** GNU `logname`: the user of the terminal. */
import { CommandError, defineCommand } from '../command.ts';
import { Names } from '../file-mode.ts';

export const program = defineCommand(
  { short: '', usage: "logname [OPTION]\nPrint the user's login name." },
  async (process) => {
    if (!process.terminal) throw new CommandError('no login name');
    await process.print(`${new Names(process).user(process.user.uid)}\n`);
    return 0;
  },
);
