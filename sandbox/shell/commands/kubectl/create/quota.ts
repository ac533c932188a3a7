import { canonicalQuantity, QuantityError } from '../../../../cluster/api/quantity.ts';
import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import { generatorCommand } from './generator.ts';

export const command = generatorCommand({
  use: 'NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none]',
  short: 'Create a quota with the specified name',
  flags: [
    flag('hard', '', 'Pairs resource=quantity, separated by commas.'),
    flag('scopes', '', 'Scopes of the quota, separated by commas.'),
  ],
  failure: 'failed to create quota: ',
  generate: ({ flags }, name) => {
    const hard: Record<string, string> = {};
    for (const pair of flags.string('hard').split(',').filter(Boolean)) {
      const [resource, quantity, ...rest] = pair.split('=');
      if (!resource || quantity === undefined || rest.length > 0)
        throw new CommandError(`Invalid argument syntax ${pair}, expected <resource>=<value>`);
      try {
        hard[resource] = canonicalQuantity(quantity);
      } catch (error) {
        if (error instanceof QuantityError) throw new CommandError(error.message);
        throw error;
      }
    }
    const scopes = flags.string('scopes').split(',').filter(Boolean);
    return {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name },
      spec: {
        ...(Object.keys(hard).length > 0 ? { hard } : {}),
        ...(scopes.length > 0 ? { scopes } : {}),
      },
      status: {},
    };
  },
});
