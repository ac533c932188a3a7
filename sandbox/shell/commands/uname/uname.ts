/** GNU `uname`. */
import { defineCommand } from '../command.ts';

export const program = defineCommand(
  {
    short: 'aimnoprsv',
    long: {
      all: 'a',
      'kernel-name': 's',
      nodename: 'n',
      'kernel-release': 'r',
      'kernel-version': 'v',
      machine: 'm',
      'operating-system': 'o',
    },
    usage: 'uname [OPTION]...\nPrint certain system information.',
  },
  async (process, options) => {
    const parts: [string, string][] = [
      ['s', 'Linux'],
      ['n', process.machine.hostname],
      ['r', '6.1.0-slipway'],
      ['v', '#1 SMP PREEMPT_DYNAMIC'],
      ['m', 'x86_64'],
      ['o', 'GNU/Linux'],
    ];
    const shown = options.has('a')
      ? parts
      : parts.filter(([key]) => (options.list.length === 0 ? key === 's' : options.has(key)));
    await process.print(`${shown.map(([, text]) => text).join(' ')}\n`);
    return 0;
  },
);
