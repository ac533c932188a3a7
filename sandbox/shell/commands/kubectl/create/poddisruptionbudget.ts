import { parseSelector } from '../../../../cluster/api/labels.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import { generatorCommand } from './generator.ts';

export const command = generatorCommand({
  use: 'NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none]',
  short: 'Create a pod disruption budget with the specified name',
  flags: [
    flag('selector', '', 'Labels of the pods.'),
    flag('min-available', '', 'How many, or how much percent, must stay.'),
    flag('max-unavailable', '', 'How many, or how much percent, may be away.'),
  ],
  failure: 'failed to create poddisruptionbudgets: ',
  generate: ({ flags }, name) => {
    const selector = flags.string('selector');
    const minimum = flags.string('min-available');
    const maximum = flags.string('max-unavailable');
    if (!selector) throw new CommandError('a selector must be specified');
    if (!minimum && !maximum)
      throw new CommandError('one of min-available or max-unavailable must be specified');
    if (minimum && maximum)
      throw new CommandError('min-available and max-unavailable cannot be both specified');
    const matchLabels = Object.fromEntries(
      parseSelector(selector).requirements.map((requirement) => [
        requirement.key,
        requirement.values[0] ?? '',
      ]),
    );
    const amount = (text: string) => (/^\d+$/.test(text) ? Number(text) : text);
    return {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name },
      spec: {
        ...(minimum ? { minAvailable: amount(minimum) } : {}),
        ...(maximum ? { maxUnavailable: amount(maximum) } : {}),
        selector: { matchLabels },
      },
      status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
    };
  },
});
