/**
 * Which requests policies and webhooks are about: rules, selectors and their versions
 * (`plugin/policy/matching`, `plugin/webhook/predicates` of k8s.io/apiserver).
 *
 * Left out: CONNECT, since nothing that is connected to passes through admission here; converting the object
 * into another version that a rule names (`matchPolicy: Equivalent` matches it, in the version of the request).
 */
import { selectorOf } from '../../../api/labels.ts';
import type { KubernetesObject } from '../../../api/object.ts';
import type { RequestContext } from '../../registry/strategy.ts';
import type { Operation } from '../admission.ts';

export interface MatchRule {
  operations?: string[];
  apiGroups?: string[];
  apiVersions?: string[];
  resources?: string[];
  resourceNames?: string[];
  scope?: '*' | 'Cluster' | 'Namespaced';
}

export interface Match {
  resourceRules?: MatchRule[];
  excludeResourceRules?: MatchRule[];
  namespaceSelector?: object;
  objectSelector?: object;
  matchPolicy?: 'Exact' | 'Equivalent';
}

/** A write on its way through admission. */
export interface Write {
  operation: Operation;
  object: KubernetesObject | undefined;
  old: KubernetesObject | undefined;
  context: RequestContext;
}

/** Nobody can shut themselves out of changing what shuts out. */
const EXEMPT = new Set([
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
  'mutatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'validatingwebhookconfigurations',
]);

export const isExempt = ({ resource }: RequestContext): boolean =>
  resource.group === 'admissionregistration.k8s.io' && EXEMPT.has(resource.resource);

/** Whether a write is one of those that `match` is about; without rules, of whatever kind it is. */
export function matches(match: Match | undefined, write: Write): boolean {
  const { resourceRules, excludeResourceRules = [], namespaceSelector, objectSelector } = match ?? {};
  const exact = match?.matchPolicy === 'Exact';
  if (resourceRules?.length && !resourceRules.some((rule) => matchesRule(rule, write, exact))) return false;
  if (excludeResourceRules.some((rule) => matchesRule(rule, write, exact))) return false;
  return matchesNamespace(namespaceSelector, write) && matchesObject(objectSelector, write);
}

const isOneOf = (list: readonly string[] | undefined, value: string): boolean =>
  list?.some((each) => each === '*' || each === value) ?? false;

export function matchesRule(
  rule: MatchRule,
  { operation, object, old, context }: Write,
  exact: boolean,
): boolean {
  const { resource, request } = context;
  if (!isOneOf(rule.operations, operation) || !isOneOf(rule.apiGroups, resource.group)) return false;
  if (exact && !isOneOf(rule.apiVersions, resource.version)) return false;
  if (rule.scope && rule.scope !== '*' && (rule.scope === 'Namespaced') !== resource.namespaced) return false;
  const name = request.name ?? object?.metadata.name ?? old?.metadata.name ?? '';
  if (rule.resourceNames?.length && !rule.resourceNames.includes(name)) return false;
  return (
    rule.resources?.some((each) => coversResource(each, resource.resource, request.subresource)) ?? false
  );
}

// A name or a star, and the same for the subresource: `pods`, `pods/status`, and stars in both places.
function coversResource(pattern: string, resource: string, subresource = ''): boolean {
  const [name, part = ''] = pattern.split('/') as [string, string?];
  return (name === '*' || name === resource) && (part === '*' || part === subresource);
}

function matchesNamespace(selector: object | undefined, { object, old, context }: Write): boolean {
  if (!selector || Object.keys(selector).length === 0) return true;
  const { resource, request, store } = context;
  if (resource.group === '' && resource.resource === 'namespaces')
    return selectorOf(selector).matches((object ?? old)?.metadata.labels);
  if (!resource.namespaced) return true;
  const namespace = store.get('namespaces', request.namespace!);
  return selectorOf(selector).matches(namespace?.metadata.labels);
}

function matchesObject(selector: object | undefined, { object, old }: Write): boolean {
  if (!selector || Object.keys(selector).length === 0) return true;
  const compiled = selectorOf(selector);
  return [object, old].some((each) => each && compiled.matches(each.metadata.labels));
}
