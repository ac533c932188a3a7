import { canonicalQuantity } from '../../../../cluster/api/quantity.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import { podSpecOf } from '../patching.ts';
import { setterCommand } from './setter.ts';

interface Input {
  limits: Record<string, string>;
  requests: Record<string, string>;
}

export const command = setterCommand<Input>({
  use: '(-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS]',
  short: 'Update resource requests/limits on objects with pod templates',
  examples: [['Limits', 'kubectl set resources deployment nginx -c=nginx --limits=cpu=200m,memory=512Mi']],
  flags: [
    flag('containers,c', '*', 'Names of the containers to change, may use wildcards.'),
    flag('limits', '', "Limits, e.g. 'cpu=100m,memory=256Mi'."),
    flag('requests', '', "Requests, e.g. 'cpu=100m,memory=256Mi'."),
  ],
  done: 'resource requirements updated',
  failure: 'failed to patch resources update to pod template ',
  read: ({ flags, args }) => {
    const limits = parse(flags.string('limits'));
    const requests = parse(flags.string('requests'));
    if (Object.keys(limits).length === 0 && Object.keys(requests).length === 0)
      throw new CommandError(
        'you must specify an update to requests or limits (in the form of --requests/--limits)',
      );
    return { resources: [...args], input: { limits, requests } };
  },
  change: ({ flags }, copy, { limits, requests }) => {
    const pattern = new RegExp(`^${flags.string('containers').replaceAll('*', '.*')}$`);
    const containers = (podSpecOf(copy)?.['containers'] ?? []).filter((each: { name: string }) =>
      pattern.test(each.name),
    );
    if (containers.length === 0)
      throw new CommandError(`unable to find container named ${flags.string('containers')}`);
    for (const container of containers) {
      const resources = { ...container.resources };
      if (Object.keys(limits).length > 0) resources.limits = { ...resources.limits, ...limits };
      if (Object.keys(requests).length > 0) resources.requests = { ...resources.requests, ...requests };
      container.resources = resources;
    }
  },
});

function parse(text: string): Record<string, string> {
  const out: Record<string, string> = {};
  for (const pair of text.split(',').filter(Boolean)) {
    const [name, quantity, ...rest] = pair.split('=');
    if (!name || quantity === undefined || rest.length > 0)
      throw new CommandError(`Invalid argument syntax ${pair}, expected <resource>=<value>`);
    out[name] = canonicalQuantity(quantity);
  }
  return out;
}
