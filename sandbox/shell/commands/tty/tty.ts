/** GNU `tty`. */
import { defineCommand } from '../command.ts';

export const program = defineCommand(
  {
    short: 's',
    long: { silent: 's', quiet: 's' },
    usage: 'tty [OPTION]...\nPrint the file name of the terminal connected to standard input.',
    usageExitCode: 2,
  },
  async (process, options) => {
    const terminal = process.files[0]?.terminal;
    if (!options.has('s'))
      await process.print(terminal ? `${terminal.name ?? '/dev/pts/0'}\n` : 'not a tty\n');
    return terminal ? 0 : 1;
  },
);
