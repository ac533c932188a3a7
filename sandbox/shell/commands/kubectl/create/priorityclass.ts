import { flag } from '../flags.ts';
import { generatorCommand } from './generator.ts';

export const command = generatorCommand({
  use: 'NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none]',
  short: 'Create a priority class with the specified name',
  flags: [
    flag('value', 0, 'The value of this priority class.'),
    flag('global-default', false, 'Use it for pods that name none.'),
    flag('description', '', 'When to use this priority class.'),
    flag('preemption-policy', 'PreemptLowerPriority', 'Whether to preempt pods of lower priority.'),
  ],
  clusterScoped: true,
  failure: 'failed to create priorityclass: ',
  generate: ({ flags }, name) => ({
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value: flags.int('value'),
    ...(flags.bool('global-default') ? { globalDefault: true } : {}),
    ...(flags.string('description') ? { description: flags.string('description') } : {}),
    preemptionPolicy: flags.string('preemption-policy'),
  }),
});
