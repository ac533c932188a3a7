/** Rules of roles from flags: verbs, resources as `RESOURCE[.GROUP][/SUBRESOURCE]`, names. */
import { CommandError, VerbatimError } from '../errors.ts';
import { flag, type Flag } from '../flags.ts';
import { mappingFor } from '../discovery.ts';
import type { Invocation } from '../invocation.ts';

export const RULE_FLAGS: readonly Flag[] = [
  flag('verb', [], 'Verbs that the rule allows.', { kind: 'strings' }),
  flag('resource', [], 'Resources that the rule covers.', { kind: 'strings' }),
  flag('resource-name', [], 'Names of resources that the rule is restricted to.', { kind: 'array' }),
];

export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

const RESOURCE_VERBS = new Set([
  'get', 'delete', 'list', 'create', 'update', 'patch', 'watch', 'proxy', 'deletecollection', 'use', 'bind',
  'escalate', 'impersonate', 'approve', 'sign', '*',
]); // prettier-ignore

/** Verbs without repetition; `*` stands for all. */
export function verbsOf(invocation: Invocation): string[] {
  const verbs = [
    ...new Set(
      invocation.flags
        .list('verb')
        .map((verb) => verb.trim())
        .filter(Boolean),
    ),
  ];
  return verbs.includes('*') ? ['*'] : verbs;
}

export async function resourceRules(invocation: Invocation, verbs: string[]): Promise<PolicyRule[]> {
  const { flags, api } = invocation;
  const names = flags.list('resource-name').filter(Boolean);
  const byGroup = new Map<string, Set<string>>();
  for (const resource of flags.list('resource')) {
    const [type = '', subresource] = resource.split('/');
    let group = '';
    let plural = type;
    if (type === '*' || type.startsWith('*.')) {
      group = type.slice(2) || '*';
      plural = '*';
    } else {
      const groups = type.split('.').slice(1);
      const Failure = groups.length > 0 ? inGroup(groups.join('.')) : VerbatimError;
      ({ group, resource: plural } = await mappingFor(api, type, Failure));
    }
    const found = byGroup.get(group) ?? new Set();
    byGroup.set(group, found.add(subresource ? `${plural}/${subresource}` : plural));
  }
  for (const verb of verbs)
    if (!RESOURCE_VERBS.has(verb))
      await invocation.printError(`Warning: '${verb}' is not a standard resource verb\n`);
  return [...byGroup].map(([group, resources]) => ({
    verbs,
    apiGroups: [group],
    resources: [...resources],
    ...(names.length > 0 ? { resourceNames: names } : {}),
  }));
}

/** The failure of a look-up that named a group. */
const inGroup = (group: string) =>
  class extends VerbatimError {
    constructor(message: string) {
      super(`${message} in group ${JSON.stringify(group)}`);
    }
  };

export function requireVerbs(verbs: readonly string[]): void {
  if (verbs.length === 0) throw new CommandError('at least one verb must be specified');
}
