/** Roles and bindings, cluster-wide ones included. */
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import type { Description } from './description.ts';

interface Rule {
  verbs?: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

export function describeRole(description: Description, object: KubernetesObject): void {
  description.field('Name', object.metadata.name);
  description.metadata(object);
  description.line(0, 'PolicyRule:');
  description.line(1, 'Resources\tNon-Resource URLs\tResource Names\tVerbs');
  description.line(1, '---------\t-----------------\t--------------\t-----');
  const list = (words: string[] | undefined) => `[${(words ?? []).join(' ')}]`;
  for (const { resource, rule } of breakdown(object['rules'] ?? []))
    description.line(
      1,
      [resource, list(rule.nonResourceURLs), list(rule.resourceNames), list(rule.verbs)].join('\t'),
    );
}

interface Line {
  group: string;
  resource: string;
  rule: Rule;
}

/** One line a resource, sorted by verbs; rules that differ in their verbs alone are one. */
function breakdown(rules: readonly Rule[]): Line[] {
  const lines = new Map<string, Line>();
  const add = (group: string, name: string, rule: Rule) => {
    const resource = combine(name, group);
    const key = JSON.stringify([resource, rule.resourceNames, rule.nonResourceURLs]);
    const known = lines.get(key);
    if (known) known.rule.verbs = [...new Set([...(known.rule.verbs ?? []), ...(rule.verbs ?? [])])];
    else lines.set(key, { group, resource, rule: { ...rule } });
  };
  for (const rule of rules) {
    for (const group of rule.apiGroups ?? [])
      for (const resource of rule.resources ?? [])
        for (const name of rule.resourceNames ?? [undefined])
          add(group, resource, {
            verbs: rule.verbs ?? [],
            ...(name === undefined ? {} : { resourceNames: [name] }),
          });
    for (const url of rule.nonResourceURLs ?? [])
      add('', '', { verbs: rule.verbs ?? [], nonResourceURLs: [url] });
  }
  const list = (words: string[] | undefined) => `[${(words ?? []).join(' ')}]`;
  const key = ({ group, resource, rule }: Line) =>
    `${list(rule.verbs)},${group},${resource},${list(rule.resourceNames)},${list(rule.nonResourceURLs)}`;
  return [...lines.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** `deployments.apps/scale`. */
function combine(resource: string, group: string): string {
  if (!group) return resource;
  const [name, ...sub] = resource.split('/');
  return [`${name}.${group}`, ...sub].join('/');
}

export function describeRoleBinding(description: Description, object: KubernetesObject): void {
  description.field('Name', object.metadata.name);
  description.metadata(object);
  description.line(0, 'Role:');
  description.field('Kind', object['roleRef'].kind, 1);
  description.field('Name', object['roleRef'].name, 1);
  description.line(0, 'Subjects:');
  description.line(1, 'Kind\tName\tNamespace');
  description.line(1, '----\t----\t---------');
  for (const { kind, name, namespace = '' } of object['subjects'] ?? [])
    description.line(1, `${kind}\t${name}\t${namespace}`);
}
