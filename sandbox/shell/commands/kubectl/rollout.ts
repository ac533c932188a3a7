/** `kubectl rollout` (`kubectl/pkg/cmd/rollout`): how the rollout of a workload goes, and back again. */
import type { Command } from './command.ts';

export const command: Command = {
  use: 'SUBCOMMAND',
  short: 'Manage the rollout of a resource',
  long: `Manage the rollout of one or many resources.
  
 Valid resource types include:

  *  deployments
  *  daemonsets
  *  statefulsets`,
  examples: [
    ['Back to the version before', 'kubectl rollout undo deployment/abc'],
    ['Follow a rollout to its end', 'kubectl rollout status daemonset/foo'],
    ['Start all pods anew', 'kubectl rollout restart deployment/abc'],
  ],
  subcommands: {
    history: { short: 'View rollout history', load: () => import('./rollout/history.ts') },
    pause: {
      short: 'Mark the provided resource as paused',
      load: async () => ({ command: (await import('./rollout/change.ts')).PAUSE }),
    },
    restart: {
      short: 'Restart a resource',
      load: async () => ({ command: (await import('./rollout/change.ts')).RESTART }),
    },
    resume: {
      short: 'Resume a paused resource',
      load: async () => ({ command: (await import('./rollout/change.ts')).RESUME }),
    },
    status: { short: 'Show the status of the rollout', load: () => import('./rollout/status.ts') },
    undo: { short: 'Undo a previous rollout', load: () => import('./rollout/undo.ts') },
  },
};
