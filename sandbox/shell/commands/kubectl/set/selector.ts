import { parseSelector } from '../../../../cluster/api/labels.ts';
import { CommandError } from '../errors.ts';
import { setterCommand, splitArguments } from './setter.ts';

export const command = setterCommand<Record<string, string>>({
  use: '(-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]',
  short: 'Set the selector on a resource',
  done: 'selector updated',
  read: ({ args }) => {
    const [resources, expressions] = splitArguments(args, (arg) => arg.includes('='));
    if (expressions.length !== 1) throw new CommandError('only one selector is allowed');
    const { requirements } = parseSelector(expressions[0]!);
    return {
      resources,
      input: Object.fromEntries(requirements.map(({ key, values }) => [key, values[0] ?? ''])),
    };
  },
  change: (_, copy, selector) => {
    if (copy.kind !== 'Service') throw new CommandError(`setting a selector is only supported for Services`);
    copy.spec.selector = selector;
  },
});
