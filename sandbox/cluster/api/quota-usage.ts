/**
 * What objects count for in ResourceQuotas (`pkg/quota/v1/evaluator`): admission refuses by it, the quota controller
 * sums it up. Left out: devices of dynamic resource allocation, the scope VolumeAttributesClass.
 */
import type { KubernetesObject } from './object.ts';
import { podResources } from './pod-resources.ts';
import { parseQuantity, type Quantity } from './quantity.ts';
import { qosClassOf } from './qos-class.ts';

/** Amounts by the names that quotas use. */
export type QuotaUsage = Record<string, Quantity>;

interface Counted {
  group: string;
  resource: string;
}

const ONE = parseQuantity('1');

/** Resources of the core group that quotas also know by their bare name. */
const BARE = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
]);

const CLASS_SUFFIX = '.storageclass.storage.k8s.io/';

const countName = ({ group, resource }: Counted) =>
  group ? `count/${resource}.${group}` : `count/${resource}`;

/** What `object` counts for. @param nowMs lets pods go that have outlived their deletion. */
export function usageOf(object: KubernetesObject, counted: Counted, nowMs = 0): QuotaUsage {
  const usage: QuotaUsage = { [countName(counted)]: ONE };
  if (counted.group !== '') return usage;
  const { resource } = counted;
  if (resource === 'pods' && !isPodCounted(object, nowMs)) return usage;
  if (BARE.has(resource)) usage[resource] = ONE;
  if (resource === 'pods') addPod(usage, object);
  else if (resource === 'services') addService(usage, object);
  else if (resource === 'persistentvolumeclaims') addClaim(usage, object);
  return usage;
}

/** Finished pods take nothing but their place in storage. */
function isPodCounted({ metadata, status }: KubernetesObject, nowMs: number): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  return Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000 > nowMs;
}

function addPod(usage: QuotaUsage, { spec }: KubernetesObject): void {
  const { requests, limits } = podResources(spec);
  for (const [name, amount] of Object.entries(requests)) {
    usage[`requests.${name}`] = amount;
    if (!name.includes('/')) usage[name] = amount;
  }
  for (const [name, amount] of Object.entries(limits)) {
    if (!name.includes('/')) usage[`limits.${name}`] = amount;
  }
}

function addService(usage: QuotaUsage, { spec }: KubernetesObject): void {
  const ports: { nodePort?: number }[] = spec.ports ?? [];
  const balanced = spec.type === 'LoadBalancer';
  if (balanced) usage['services.loadbalancers'] = ONE;
  if (!balanced && spec.type !== 'NodePort') return;
  const withoutNodePorts = balanced && spec.allocateLoadBalancerNodePorts === false;
  const count = withoutNodePorts ? ports.filter(({ nodePort }) => nodePort).length : ports.length;
  usage['services.nodeports'] = parseQuantity(count);
}

function addClaim(usage: QuotaUsage, { spec }: KubernetesObject): void {
  const requested = spec.resources?.requests?.storage;
  const storage = requested === undefined ? undefined : parseQuantity(requested);
  if (storage) usage['requests.storage'] = storage;
  if (!spec.storageClassName) return;
  const prefix = `${spec.storageClassName}${CLASS_SUFFIX}`;
  usage[`${prefix}persistentvolumeclaims`] = ONE;
  if (storage) usage[`${prefix}requests.storage`] = storage;
}

/** Whether a quota's `name` is one that objects of the resource are counted under. */
export function countsUnder(name: string, counted: Counted): boolean {
  if (name === countName(counted)) return true;
  if (counted.group !== '') return false;
  switch (counted.resource) {
    case 'pods':
      return name === 'pods' || COMPUTE.test(name);
    case 'services':
      return name === 'services' || name === 'services.nodeports' || name === 'services.loadbalancers';
    case 'persistentvolumeclaims':
      return name === 'persistentvolumeclaims' || name === 'requests.storage' || name.includes(CLASS_SUFFIX);
    default:
      return name === counted.resource && BARE.has(name);
  }
}

const COMPUTE =
  /^(?:(?:(?:requests|limits)\.)?(?:cpu|memory|ephemeral-storage)|(?:requests\.)?hugepages-.+|requests\.[^/]+\/.+)$/;

interface ScopeRequirement {
  scopeName: string;
  operator: string;
  values?: string[];
}

/** Whether the quota is for objects like this one: it is, unless it names scopes. */
export function isInScope(
  { spec }: KubernetesObject,
  object: KubernetesObject,
  { group, resource }: Counted,
): boolean {
  const requirements: ScopeRequirement[] = [
    ...(spec.scopes ?? []).map((scopeName: string) => ({ scopeName, operator: 'Exists' })),
    ...(spec.scopeSelector?.matchExpressions ?? []),
  ];
  if (requirements.length === 0) return true;
  if (group !== '' || resource !== 'pods') return false;
  return requirements.every((requirement) => matchesScope(requirement, object));
}

function matchesScope(
  { scopeName, operator, values = [] }: ScopeRequirement,
  pod: KubernetesObject,
): boolean {
  switch (scopeName) {
    case 'Terminating':
      return pod.spec.activeDeadlineSeconds !== undefined;
    case 'NotTerminating':
      return pod.spec.activeDeadlineSeconds === undefined;
    case 'BestEffort':
      return qosClassOf(pod) === 'BestEffort';
    case 'NotBestEffort':
      return qosClassOf(pod) !== 'BestEffort';
    case 'PriorityClass': {
      const name: string = pod.spec.priorityClassName ?? '';
      if (operator === 'In') return values.includes(name);
      if (operator === 'NotIn') return !values.includes(name);
      return (name !== '') === (operator === 'Exists');
    }
    case 'CrossNamespacePodAffinity':
      return hasCrossNamespaceAffinity(pod);
    default:
      return false;
  }
}

function hasCrossNamespaceAffinity({ spec }: KubernetesObject): boolean {
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    const { requiredDuringSchedulingIgnoredDuringExecution: required = [], ...rest } =
      spec.affinity?.[kind] ?? {};
    const preferred = rest.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const terms = [...required, ...preferred.map((each: any) => each.podAffinityTerm)];
    if (terms.some(({ namespaces, namespaceSelector }: any) => namespaces?.length || namespaceSelector))
      return true;
  }
  return false;
}
