/**
 * What of which request is kept: `audit.k8s.io/v1` Policy. The first rule that a request matches says its
 * level; one that matches none is not kept (`k8s.io/apiserver/pkg/audit/policy`).
 */
import type { ApiRequest } from '../../api/request.ts';

export type AuditLevel = 'None' | 'Metadata' | 'Request' | 'RequestResponse';

export interface AuditRule {
  level: AuditLevel;
  users?: string[];
  userGroups?: string[];
  verbs?: string[];
  /** Of one group each, with the stars of RBAC. Without `resources`, all of the group. */
  resources?: { group?: string; resources?: string[]; resourceNames?: string[] }[];
  /** `''` is everything that is in no namespace. */
  namespaces?: string[];
}

export interface AuditPolicy {
  rules: AuditRule[];
}

/** What is written with the object that was sent, what is read with its metadata. */
const WRITES = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/** Their bodies are not for a log. */
const SECRET = [
  { group: '', resources: ['secrets', 'serviceaccounts/token'] },
  { group: 'authentication.k8s.io', resources: ['tokenreviews'] },
];

/** What is kept unless somebody says otherwise. */
export const DEFAULT_POLICY: AuditPolicy = {
  rules: [
    { level: 'Metadata', resources: SECRET },
    { level: 'Request', verbs: WRITES },
    { level: 'Metadata' },
  ],
};

export function levelOf({ rules }: AuditPolicy, request: ApiRequest): AuditLevel {
  return rules.find((rule) => matches(rule, request))?.level ?? 'None';
}

function matches(
  { users, userGroups, verbs, namespaces, resources }: AuditRule,
  request: ApiRequest,
): boolean {
  const { user } = request;
  if (users?.length && !users.includes(user.username)) return false;
  if (userGroups?.length && !userGroups.some((group) => user.groups.includes(group))) return false;
  if (verbs?.length && !verbs.includes(request.verb)) return false;
  if (namespaces?.length && !namespaces.includes(request.namespace ?? '')) return false;
  if (!resources?.length) return true;
  return resources.some(({ group = '', resources: plurals = [], resourceNames = [] }) => {
    if (group !== request.group) return false;
    if (resourceNames.length > 0 && !resourceNames.includes(request.name ?? '')) return false;
    return plurals.length === 0 || plurals.some((each) => covers(each, request));
  });
}

function covers(pattern: string, { resource, subresource }: ApiRequest): boolean {
  const target = subresource ? `${resource}/${subresource}` : resource;
  if (pattern === '*' || pattern === target) return true;
  if (!subresource) return false;
  return pattern === `*/${subresource}` || pattern === `${resource}/*`;
}
