/** `kubectl label` (`kubectl/pkg/cmd/label`). */
import { isLabelValue } from '../../../cluster/api/validation/names.ts';
import type { Command } from './command.ts';
import { CommandError } from './errors.ts';
import { changeKeyValues, KEY_VALUE_FLAGS } from './key-values.ts';

export const command: Command = {
  use: '[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]',
  short: 'Update the labels on a resource',
  examples: [
    ['Set a label', 'kubectl label pods foo unhealthy=true'],
    ['Change one', 'kubectl label --overwrite pods foo status=unhealthy'],
    ['Remove one', 'kubectl label pods foo bar-'],
  ],
  flags: KEY_VALUE_FLAGS('kubectl-label'),
  run: (invocation) =>
    changeKeyValues(invocation, {
      field: 'labels',
      noun: 'label',
      check: (key, value) => {
        const problems = isLabelValue(value);
        if (problems.length > 0)
          throw new CommandError(
            `invalid label value: ${JSON.stringify(`${key}=${value}`)}: ${problems.join('; ')}`,
          );
      },
      taken: (taken) =>
        taken
          .map(([key, value]) => `'${key}' already has a value (${value}), and --overwrite is false`)
          .join('; '),
      operation: ({ shorter, changed }) => (!changed ? 'not labeled' : shorter ? 'unlabeled' : 'labeled'),
    }),
};
