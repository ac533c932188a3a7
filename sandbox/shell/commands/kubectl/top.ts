/** `kubectl top`: as on a cluster without a metrics server, which these clusters are. */
import type { Command } from './command.ts';
import { CommandError } from './errors.ts';
import { flag } from './flags.ts';
import { ALL_NAMESPACES_FLAG, SELECTOR_FLAG } from './selection-flags.ts';

const refuse: Command = {
  use: '[NAME | -l label]',
  short: 'Display resource (CPU/memory) usage',
  flags: [
    SELECTOR_FLAG,
    ALL_NAMESPACES_FLAG,
    flag('containers', false, 'Each container.'),
    flag('no-headers', false, 'Print no header line.'),
    flag('sort-by', '', "'cpu' or 'memory'."),
  ],
  run: () => Promise.reject(new CommandError('Metrics API not available')),
};

const entry = (short: string) => ({ short, load: () => Promise.resolve({ command: { ...refuse, short } }) });

export const command: Command = {
  use: '[flags]',
  short: 'Display resource (CPU/memory) usage',
  subcommands: {
    node: { ...entry('Display resource (CPU/memory) usage of nodes'), aliases: ['nodes', 'no'] },
    pod: { ...entry('Display resource (CPU/memory) usage of pods'), aliases: ['pods', 'po'] },
  },
};
