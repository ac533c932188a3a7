/** `kubectl top`: what nodes and pods use, as the resource metrics API has it. */
import type { Command } from './command.ts';

export const command: Command = {
  use: '[flags]',
  short: 'Display resource (CPU/memory) usage',
  long: 'What nodes and pods use of CPU and memory, averaged over a short while. It needs the Metrics API, which this cluster has.',
  subcommands: {
    node: {
      short: 'Display resource (CPU/memory) usage of nodes',
      aliases: ['nodes', 'no'],
      load: () => import('./top/node.ts'),
    },
    pod: {
      short: 'Display resource (CPU/memory) usage of pods',
      aliases: ['pods', 'po'],
      load: () => import('./top/pod.ts'),
    },
  },
};
