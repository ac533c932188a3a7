/**
 * Who may do what: `system:masters` everything, nodes what their role says (the node authorizer without its
 * graph: a kubelet here reads only what its pods name), everybody else what RBAC grants
 * (`plugin/pkg/auth/authorizer/rbac`).
 */
import type { KubernetesObject } from '../../api/object.ts';
import type { UserInfo } from '../../api/request.ts';
import { StatusError } from '../../api/status.ts';
import type { Store } from '../storage/store.ts';

export interface Attributes {
  user: UserInfo;
  verb: string;
  group: string;
  resource: string;
  subresource: string | undefined;
  namespace: string | undefined;
  name: string | undefined;
}

export interface Rule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

export interface Decision {
  allowed: boolean;
  /** Which binding allows it. */
  reason: string;
}

const RBAC = 'rbac.authorization.k8s.io';
const SPACES = ['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings'].map(
  (name) => `${RBAC}/${name}`,
);
/** Decisions remembered before they are all forgotten: a bound on memory, never reached in a lesson. */
const CACHE_LIMIT = 10_000;
const DENIED: Decision = { allowed: false, reason: '' };

export class Authorizer {
  readonly #store: Store;
  /** Decisions under the roles and bindings as of `#revision`. */
  readonly #decisions = new Map<string, Decision>();
  #revision = -1;

  constructor(store: Store) {
    this.#store = store;
  }

  authorize(attributes: Attributes): Decision {
    const { user, verb, group, resource, subresource, namespace, name } = attributes;
    if (user.groups.includes('system:masters')) return { allowed: true, reason: '' };
    const target = subresource ? `${resource}/${subresource}` : resource;
    const key = `${user.username}\n${user.groups.join()}\n${verb} ${group} ${target} ${namespace} ${name}`;
    const matches = (rule: Rule) => ruleCovers(rule, verb, group, target, subresource, name);
    return this.#remembered(key, () => this.#evaluate(user, namespace, matches));
  }

  /** Paths that are no resources: `/healthz`, `/version`. */
  authorizePath(user: UserInfo, verb: string, path: string): Decision {
    if (user.groups.includes('system:masters')) return { allowed: true, reason: '' };
    const key = `${user.username}\n${user.groups.join()}\n${verb} ${path}`;
    return this.#remembered(key, () =>
      this.#evaluate(user, undefined, ({ verbs, nonResourceURLs }) =>
        Boolean(
          nonResourceURLs &&
          includes(verbs, verb) &&
          nonResourceURLs.some((url) =>
            url.endsWith('*') ? path.startsWith(url.slice(0, -1)) : url === path,
          ),
        ),
      ),
    );
  }

  /** Every rule that holds for the user: in a namespace, or only in the whole cluster. */
  *rulesFor(user: UserInfo, namespace: string | undefined): Iterable<{ rule: Rule; reason: string }> {
    for (const binding of this.#store.list(`${RBAC}/clusterrolebindings`)) {
      const subject = subjectOf(binding, user, '');
      if (!subject) continue;
      const { name } = binding.metadata;
      const reason = `RBAC: allowed by ClusterRoleBinding "${name}" of ClusterRole "${binding.roleRef.name}" to ${subject}`;
      for (const rule of this.#rulesOf(binding, '')) yield { rule, reason };
    }
    if (user.groups.includes('system:nodes')) {
      const role = this.#store.get(`${RBAC}/clusterroles`, 'system:node');
      for (const rule of role?.rules ?? []) yield { rule, reason: '' };
    }
    if (!namespace) return;
    for (const binding of this.#store.list(`${RBAC}/rolebindings`, `${namespace}/`)) {
      const subject = subjectOf(binding, user, namespace);
      if (!subject) continue;
      const { name } = binding.metadata;
      const reason = `RBAC: allowed by RoleBinding "${name}/${namespace}" of ${binding.roleRef.kind} "${binding.roleRef.name}" to ${subject}`;
      for (const rule of this.#rulesOf(binding, namespace)) yield { rule, reason };
    }
  }

  #evaluate(user: UserInfo, namespace: string | undefined, matches: (rule: Rule) => boolean): Decision {
    for (const { rule, reason } of this.rulesFor(user, namespace))
      if (matches(rule)) return { allowed: true, reason };
    return DENIED;
  }

  /** The role that a binding binds. */
  roleOf({ roleRef }: KubernetesObject, namespace: string): KubernetesObject | undefined {
    return roleRef.kind === 'ClusterRole'
      ? this.#store.get(`${RBAC}/clusterroles`, roleRef.name)
      : this.#store.get(`${RBAC}/roles`, `${namespace}/${roleRef.name}`);
  }

  #rulesOf(binding: KubernetesObject, namespace: string): Rule[] {
    return this.roleOf(binding, namespace)?.rules ?? [];
  }

  #remembered(key: string, decide: () => Decision): Decision {
    let revision = 0;
    for (const space of SPACES) revision = Math.max(revision, this.#store.revisionOf(space));
    if (revision !== this.#revision || this.#decisions.size > CACHE_LIMIT) this.#decisions.clear();
    this.#revision = revision;
    let decision = this.#decisions.get(key);
    if (!decision) this.#decisions.set(key, (decision = decide()));
    return decision;
  }
}

const includes = (list: string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(value));

/** Whether a rule covers an action; `target` is `pods` or `pods/log`. */
export function ruleCovers(
  rule: Rule,
  verb: string,
  group: string,
  target: string,
  subresource: string | undefined,
  name: string | undefined,
): boolean {
  if (!includes(rule.verbs, verb) || !includes(rule.apiGroups, group)) return false;
  if (!includes(rule.resources, target)) {
    if (!subresource || !rule.resources?.includes(`*/${subresource}`)) return false;
  }
  return !rule.resourceNames?.length || (name !== undefined && rule.resourceNames.includes(name));
}

/** The subject of a binding that the user is, in words. */
function subjectOf(binding: KubernetesObject, user: UserInfo, namespace: string): string | undefined {
  for (const subject of binding.subjects ?? []) {
    const { kind, name } = subject;
    if (kind === 'User' && name === user.username) return `User "${name}"`;
    if (kind === 'Group' && user.groups.includes(name)) return `Group "${name}"`;
    if (kind === 'ServiceAccount') {
      const of = subject.namespace || namespace;
      if (user.username === `system:serviceaccount:${of}:${name}`) return `ServiceAccount "${name}/${of}"`;
    }
  }
  return undefined;
}

/** `pods "web" is forbidden: User "jane" cannot get resource "pods" in API group "" in the namespace "default"`. */
export function forbidden(attributes: Attributes): StatusError {
  const { user, verb, group, resource, subresource, namespace, name } = attributes;
  const qualified = group ? `${resource}.${group}` : resource;
  const target = subresource ? `${resource}/${subresource}` : resource;
  const where = namespace ? `in the namespace ${JSON.stringify(namespace)}` : 'at the cluster scope';
  return new StatusError(
    'Forbidden',
    `${qualified}${name ? ` ${JSON.stringify(name)}` : ''} is forbidden: User ${JSON.stringify(user.username)} cannot ${verb} resource ${JSON.stringify(target)} in API group ${JSON.stringify(group)} ${where}`,
    { ...(name && { name }), ...(group && { group }), kind: resource },
  );
}

export function forbiddenPath(user: UserInfo, verb: string, path: string): StatusError {
  return new StatusError(
    'Forbidden',
    `forbidden: User ${JSON.stringify(user.username)} cannot ${verb} path ${JSON.stringify(path)}`,
    {},
  );
}
