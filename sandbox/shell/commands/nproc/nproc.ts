/** GNU `nproc`. */
import { defineCommand } from '../command.ts';

export const program = defineCommand(
  {
    short: '',
    long: { all: 'all', ignore: 'ignore:' },
    usage: 'nproc [OPTION]...\nPrint the number of processing units available to the current process.',
  },
  async (process) => {
    await process.print('2\n');
  },
);
