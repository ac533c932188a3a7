/** `kubectl annotate` (`kubectl/pkg/cmd/annotate`). */
import type { Command } from './command.ts';
import { changeKeyValues, KEY_VALUE_FLAGS } from './key-values.ts';

export const command: Command = {
  use: '[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]',
  short: 'Update the annotations on a resource',
  examples: [
    ['Set an annotation', "kubectl annotate pods foo description='my frontend'"],
    ['Remove one', 'kubectl annotate pods foo description-'],
  ],
  flags: KEY_VALUE_FLAGS('kubectl-annotate'),
  run: (invocation) =>
    changeKeyValues(invocation, {
      field: 'annotations',
      noun: 'annotation',
      check: () => {},
      taken: (taken) =>
        `--overwrite is false but found the following declared annotation(s): ${taken.map(([key, value]) => `'${key}' already has a value (${value})`).join('; ')}`,
      operation: () => 'annotated',
    }),
};
