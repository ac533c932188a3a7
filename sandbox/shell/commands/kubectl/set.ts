/** `kubectl set` (`kubectl/pkg/cmd/set`). */
import type { Command } from './command.ts';

export const command: Command = {
  use: 'SUBCOMMAND',
  short: 'Set specific features on objects',
  long: 'Configure application resources. These commands change what is there.',
  subcommands: {
    env: { short: 'Update environment variables on a pod template', load: () => import('./set/env.ts') },
    image: { short: 'Update the image of a pod template', load: () => import('./set/image.ts') },
    resources: {
      short: 'Update resource requests/limits on objects with pod templates',
      load: () => import('./set/resources.ts'),
    },
    selector: { short: 'Set the selector on a resource', load: () => import('./set/selector.ts') },
    serviceaccount: {
      short: 'Update the service account of a resource',
      aliases: ['sa'],
      load: () => import('./set/serviceaccount.ts'),
    },
    subject: {
      short: 'Update the user, group, or service account in a role binding or cluster role binding',
      load: () => import('./set/subject.ts'),
    },
  },
};
