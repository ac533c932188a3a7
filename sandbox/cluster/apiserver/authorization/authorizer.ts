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
/** What may be granted, for somebody who asks about an action on some objects. */
interface Grant {
  decision: Decision;
  /** It is for objects of these names only; undefined: for all. */
  names: readonly string[] | undefined;
}

/** Actions remembered before they are all forgotten: a bound on memory, never reached in a lesson. */
const CACHE_LIMIT = 10_000;
const DENIED: Decision = { allowed: false, reason: '' };
const ALLOWED: Decision = { allowed: true, reason: '' };

export class Authorizer {
  readonly #store: Store;
  /**
   * The grants for each action under the roles and bindings as of `#revision`. Names of objects are left out of
   * what is looked up: an object that is new, as most Events and Pods are, would never be found.
   */
  readonly #grants = new Map<string, readonly Grant[]>();
  #revision = -1;

  constructor(store: Store) {
    this.#store = store;
  }

  authorize(attributes: Attributes): Decision {
    const { user, verb, group, resource, subresource, namespace, name } = attributes;
    if (user.groups.includes('system:masters')) return ALLOWED;
    const target = subresource ? `${resource}/${subresource}` : resource;
    const key = `${user.username}\n${user.groups.join()}\n${verb} ${group} ${target} ${namespace}`;
    const grants =
      this.#known(key) ??
      this.#remember(key, user, namespace, (rule) => coversAction(rule, verb, group, target, subresource));
    for (const grant of grants) if (coversName(grant.names, name)) return grant.decision;
    return DENIED;
  }

  /** Paths that are no resources: `/healthz`, `/version`. */
  authorizePath(user: UserInfo, verb: string, path: string): Decision {
    if (user.groups.includes('system:masters')) return ALLOWED;
    const key = `${user.username}\n${user.groups.join()}\n${verb} ${path}`;
    const grants =
      this.#known(key) ??
      this.#remember(key, user, undefined, ({ verbs, nonResourceURLs }) =>
        Boolean(
          nonResourceURLs &&
          includes(verbs, verb) &&
          nonResourceURLs.some((url) =>
            url.endsWith('*') ? path.startsWith(url.slice(0, -1)) : url === path,
          ),
        ),
      );
    return grants[0]?.decision ?? DENIED;
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

  /** The rules that cover an action, up to the first that does for whatever name. */
  #evaluate(user: UserInfo, namespace: string | undefined, covers: (rule: Rule) => boolean): Grant[] {
    const grants: Grant[] = [];
    for (const { rule, reason } of this.rulesFor(user, namespace)) {
      if (!covers(rule)) continue;
      const names = rule.resourceNames?.length ? rule.resourceNames : undefined;
      grants.push({ decision: { allowed: true, reason }, names });
      if (!names) break;
    }
    return grants;
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

  #known(key: string): readonly Grant[] | undefined {
    let revision = 0;
    for (const space of SPACES) revision = Math.max(revision, this.#store.revisionOf(space));
    if (revision !== this.#revision || this.#grants.size > CACHE_LIMIT) this.#grants.clear();
    this.#revision = revision;
    return this.#grants.get(key);
  }

  #remember(
    key: string,
    user: UserInfo,
    namespace: string | undefined,
    covers: (rule: Rule) => boolean,
  ): readonly Grant[] {
    const grants = this.#evaluate(user, namespace, covers);
    this.#grants.set(key, grants);
    return grants;
  }
}

const includes = (list: string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(value));

/** Whether a rule covers an action, on objects of some name at least; `target` is `pods` or `pods/log`. */
export function coversAction(
  rule: Rule,
  verb: string,
  group: string,
  target: string,
  subresource: string | undefined,
): boolean {
  if (!includes(rule.verbs, verb) || !includes(rule.apiGroups, group)) return false;
  if (includes(rule.resources, target)) return true;
  return Boolean(subresource && rule.resources?.includes(`*/${subresource}`));
}

/** Whether a rule for objects of these names covers one; none: all objects. */
export const coversName = (names: readonly string[] | undefined, name: string | undefined): boolean =>
  !names?.length || (name !== undefined && names.includes(name));

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
