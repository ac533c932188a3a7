import { CommandError } from '../errors.ts';
import { podSpecToChange, setterCommand } from './setter.ts';

export const command = setterCommand<string>({
  use: '(-f FILENAME | TYPE NAME) SERVICE_ACCOUNT',
  short: 'Update the service account of a resource',
  examples: [['Another account', 'kubectl set serviceaccount deployment nginx-deployment serviceaccount1']],
  done: 'serviceaccount updated',
  failure: 'failed to patch ServiceAccountName ',
  read: ({ args }) => {
    if (args.length === 0) throw new CommandError('serviceaccount is required');
    return { resources: args.slice(0, -1), input: args.at(-1)! };
  },
  change: (_, copy, name) => {
    const spec = podSpecToChange(copy);
    spec['serviceAccountName'] = name;
  },
});
