import { CommandError } from '../errors.ts';
import { generatorCommand } from './generator.ts';
import { requireVerbs, resourceRules, RULE_FLAGS, verbsOf } from './role-rules.ts';

export const command = generatorCommand({
  use: 'NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] [--dry-run=server|client|none]',
  short: 'Create a role with single rule',
  examples: [
    ['A role that reads pods', 'kubectl create role pod-reader --verb=get,list,watch --resource=pods'],
  ],
  flags: RULE_FLAGS,
  generate: async (invocation, name) => {
    const verbs = verbsOf(invocation);
    requireVerbs(verbs);
    if (invocation.flags.list('resource').length === 0)
      throw new CommandError('at least one resource must be specified');
    return {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name },
      rules: await resourceRules(invocation, verbs),
    };
  },
});
