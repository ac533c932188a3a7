import { parseSelector, type Requirement } from '../../../../cluster/api/labels.ts';
import { CommandError } from '../errors.ts';
import { setterCommand } from './setter.ts';

/** Operators that a Service's selector cannot have, as Go prints them. */
const EXPRESSIONS: Partial<Record<Requirement['operator'], string>> = {
  in: 'In',
  notin: 'NotIn',
  '!=': 'NotIn',
  exists: 'Exists',
  '!': 'DoesNotExist',
};

export const command = setterCommand<readonly Requirement[]>({
  use: '(-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]',
  short: 'Set the selector on a resource',
  done: 'selector updated',
  read: ({ args }) => {
    const text = args.at(-1);
    if (text === undefined) throw new CommandError('one selector is required');
    return { resources: args.slice(0, -1), input: parseSelector(text).requirements };
  },
  change: (_, copy, requirements) => {
    if (copy.kind !== 'Service') throw new CommandError(`setting a selector is only supported for Services`);
    const expressions = requirements.flatMap(({ key, operator, values }) => {
      const name = EXPRESSIONS[operator];
      return name ? [`{${key} ${name} [${values.join(' ')}]}`] : [];
    });
    if (expressions.length > 0)
      throw new CommandError(`match expression [${expressions.join(' ')}] not supported on this object`);
    copy.spec.selector = Object.fromEntries(requirements.map(({ key, values }) => [key, values[0] ?? '']));
  },
});
