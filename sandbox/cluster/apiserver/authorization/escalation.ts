/**
 * Nobody hands out rights that they do not have: writing a role takes every right in it, binding one too
 * (`pkg/registry/rbac/.../policybased`). `escalate` and `bind` on the role are the ways around.
 */
import type { KubernetesObject } from '../../api/object.ts';
import { StatusError } from '../../api/status.ts';
import type { RequestContext } from '../registry/strategy.ts';
import type { Rule } from './authorizer.ts';
import { compacted, missingRules, ruleText } from './rule-cover.ts';

const GROUP = 'rbac.authorization.k8s.io';
const EVERYTHING: readonly Rule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** A Role or ClusterRole is about to be written. Throws Forbidden. */
export function checkRole(draft: KubernetesObject, context: RequestContext): void {
  if (may('escalate', context.resource.resource, context.request.name, context)) return;
  if (draft.aggregationRule && missing(EVERYTHING, context).length > 0)
    throw refuse(draft, 'must have cluster-admin privileges to use the aggregationRule', context);
  confirm(draft, draft.rules ?? [], context);
}

/** A RoleBinding or ClusterRoleBinding is about to be written. Throws Forbidden, or NotFound without the role. */
export function checkBinding(draft: KubernetesObject, context: RequestContext): void {
  const { authorizer, request } = context;
  const { kind, name } = draft.roleRef ?? {};
  const resource = kind === 'Role' ? 'roles' : 'clusterroles';
  if (request.user.groups.includes('system:masters')) return;
  if (may('bind', resource, name, context)) return;
  const role = authorizer.roleOf(draft, request.namespace ?? '');
  if (!role) {
    const { group, resource: plural } = context.resource;
    throw new StatusError('NotFound', `${plural}.${group} ${JSON.stringify(name)} not found`, {
      name,
      group,
      kind: plural,
    });
  }
  confirm(draft, role.rules ?? [], context);
}

function may(
  verb: string,
  resource: string,
  name: string | undefined,
  { authorizer, request: { user, namespace } }: RequestContext,
): boolean {
  const attributes = { user, verb, group: GROUP, resource, subresource: undefined, namespace, name };
  return authorizer.authorize(attributes).allowed;
}

function missing(rules: readonly Rule[], { authorizer, request }: RequestContext): Rule[] {
  const held = [...authorizer.rulesFor(request.user, request.namespace)].map(({ rule }) => rule);
  return missingRules(held, rules);
}

function confirm(draft: KubernetesObject, rules: readonly Rule[], context: RequestContext): void {
  const lacking = missing(rules, context);
  if (lacking.length === 0) return;
  const { username, groups } = context.request.user;
  const quoted = groups.map((group) => JSON.stringify(group)).join(' ');
  const lines = [...new Set(compacted(lacking).map(ruleText))].sort();
  throw refuse(
    draft,
    `user ${JSON.stringify(username)} (groups=[${quoted}]) is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}`,
    context,
  );
}

function refuse(
  { metadata }: KubernetesObject,
  why: string,
  { resource: { group, resource } }: RequestContext,
): StatusError {
  const name = metadata.name ?? '';
  return new StatusError('Forbidden', `${resource}.${group} ${JSON.stringify(name)} is forbidden: ${why}`, {
    name,
    group,
    kind: resource,
  });
}
