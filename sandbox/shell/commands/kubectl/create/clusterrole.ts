import { CommandError } from '../errors.ts';
import { flag } from '../flags.ts';
import { generatorCommand } from './generator.ts';
import { requireVerbs, resourceRules, RULE_FLAGS, verbsOf } from './role-rules.ts';

/** Flags that say what an aggregated role gets from others. */
const EXCLUDED = ['non-resource-url', 'verb', 'resource', 'resource-name'];

export const command = generatorCommand({
  use: 'NAME --verb=verb --resource=resource.group [--resource-name=resourcename] [--dry-run=server|client|none]',
  short: 'Create a cluster role',
  flags: [
    ...RULE_FLAGS,
    flag('non-resource-url', [], 'A partial URL that the role may reach.', { kind: 'strings' }),
    flag('aggregation-rule', [], 'Labels of the cluster roles to aggregate.', { kind: 'strings' }),
  ],
  clusterScoped: true,
  generate: async (invocation, name) => {
    const { flags } = invocation;
    const head = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name } };
    const aggregation = flags.list('aggregation-rule');
    if (aggregation.length > 0) {
      if (EXCLUDED.some((name) => flags.list(name).length > 0))
        throw new CommandError(
          'aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames',
        );
      const matchLabels = Object.fromEntries(aggregation.map((pair) => pair.split('=') as [string, string]));
      return { ...head, aggregationRule: { clusterRoleSelectors: [{ matchLabels }] }, rules: null };
    }
    const verbs = verbsOf(invocation);
    requireVerbs(verbs);
    const urls = flags.list('non-resource-url');
    if (flags.list('resource').length === 0 && urls.length === 0)
      throw new CommandError('one of resource or nonResourceURL must be specified');
    const rules = await resourceRules(invocation, verbs);
    if (urls.length > 0) rules.push({ verbs, nonResourceURLs: urls });
    return { ...head, rules };
  },
});
