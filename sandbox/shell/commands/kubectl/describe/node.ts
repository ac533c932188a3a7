import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityMilliValue,
  quantityValue,
} from '../../../../cluster/api/quantity.ts';
import { StatusError } from '../../../../cluster/api/status.ts';
import { rfc1123, type Description } from './description.ts';

type Resources = Record<string, string>;

const ROLE_PREFIX = 'node-role.kubernetes.io/';

export async function describeNode(description: Description, node: KubernetesObject): Promise<void> {
  const { spec = {}, status = {}, metadata } = node;
  description.field('Name', metadata.name);
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length)
      roles.add(key.slice(ROLE_PREFIX.length));
    else if (key === 'kubernetes.io/role' && value) roles.add(value);
  }
  description.field('Roles', [...roles].sort().join(',') || '<none>');
  description.metadata(node);
  description.field('CreationTimestamp', rfc1123(metadata.creationTimestamp));
  describeTaints(description, spec.taints);
  description.field('Unschedulable', spec.unschedulable ?? false);
  await describeLease(description, metadata.name!);
  if (status.conditions?.length) {
    description.line(
      0,
      'Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage',
    );
    description.line(1, '----\t------\t-----------------\t------------------\t------\t-------');
    for (const condition of status.conditions)
      description.line(
        1,
        `${condition.type} \t${condition.status} \t${rfc1123(condition.lastHeartbeatTime)} \t${rfc1123(condition.lastTransitionTime)} \t${condition.reason} \t${condition.message}`,
      );
  }
  description.line(0, 'Addresses:');
  for (const { type, address } of status.addresses ?? []) description.field(type, address, 1);
  for (const [title, list] of [
    ['Capacity', status.capacity],
    ['Allocatable', status.allocatable],
  ] as const) {
    if (!list) continue;
    description.line(0, `${title}:`);
    for (const name of Object.keys(list).sort()) description.field(name, canonicalQuantity(list[name]), 1);
  }
  const info = status.nodeInfo ?? {};
  description.line(0, 'System Info:');
  for (const [title, value] of [
    ['Machine ID', info.machineID],
    ['System UUID', info.systemUUID],
    ['Boot ID', info.bootID],
    ['Kernel Version', info.kernelVersion],
    ['OS Image', info.osImage],
    ['Operating System', info.operatingSystem],
    ['Architecture', info.architecture],
    ['Container Runtime Version', info.containerRuntimeVersion],
    ['Kubelet Version', info.kubeletVersion],
    ['Kube-Proxy Version', info.kubeProxyVersion],
  ])
    description.field(title, value ?? '', 1);
  if (spec.podCIDR) description.field('PodCIDR', spec.podCIDR);
  if (spec.podCIDRs?.length) description.field('PodCIDRs', spec.podCIDRs.join(','));
  if (spec.providerID) description.field('ProviderID', spec.providerID);
  await describePods(description, node);
  if (!description.showEvents) return;
  // The controller names a node's uid in its events, the kubelet its name.
  const events = await description.events(node);
  description.printEvents([...events, ...(await description.events(node, { uid: metadata.name! }))]);
}

function describeTaints(
  description: Description,
  taints: readonly Record<string, string>[] | undefined,
): void {
  if (!taints?.length) return description.field('Taints', '<none>');
  const order = (taint: Record<string, string>) => `${taint['effect']},${taint['key']}`;
  [...taints]
    .sort((a, b) => (order(a) < order(b) ? -1 : 1))
    .forEach(({ key, value, effect }, at) => {
      const text = value ? `${key}=${value}:${effect}` : effect ? `${key}:${effect}` : key;
      description.line(0, `${at === 0 ? 'Taints:' : ''}\t${text}`);
    });
}

async function describeLease(description: Description, name: string): Promise<void> {
  try {
    const lease = await description.invocation.api.get(
      `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`,
    );
    const { holderIdentity, acquireTime, renewTime } = lease.spec ?? {};
    description.line(0, 'Lease:');
    description.field('HolderIdentity', holderIdentity ?? '<unset>', 1);
    description.field('AcquireTime', acquireTime ? rfc1123(acquireTime) : '<unset>', 1);
    description.field('RenewTime', renewTime ? rfc1123(renewTime) : '<unset>', 1);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    description.field('Lease', `Failed to get lease: ${error.message}`);
  }
}

async function describePods(description: Description, node: KubernetesObject): Promise<void> {
  let pods: KubernetesObject[];
  try {
    const fieldSelector = `spec.nodeName=${node.metadata.name},status.phase!=Succeeded,status.phase!=Failed`;
    pods = (await description.invocation.api.get('/api/v1/pods', { fieldSelector, limit: 500 })).items;
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== 'Forbidden') throw error;
    return description.field('Pods', 'not authorized');
  }
  const allocatable: Resources = node.status?.allocatable ?? node.status?.capacity ?? {};
  description.field('Non-terminated Pods', `(${pods.length} in total)`);
  description.line(1, 'Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge');
  description.line(1, '---------\t----\t\t------------\t----------\t---------------\t-------------\t---');
  const share = (name: string, resources: Resources) => {
    const value = name === 'cpu' ? quantityMilliValue : quantityValue;
    const all = allocatable[name] === undefined ? 0 : value(allocatable[name]);
    const text = resources[name] ?? '0';
    return `${text} (${all === 0 ? 0 : Math.trunc((value(text) / all) * 100)}%)`;
  };
  const totals = { requests: {} as Resources, limits: {} as Resources };
  for (const pod of pods) {
    const requests = podResources(pod, 'requests');
    const limits = podResources(pod, 'limits');
    totals.requests = sum(totals.requests, requests);
    totals.limits = sum(totals.limits, limits);
    const cells = [
      share('cpu', requests),
      share('cpu', limits),
      share('memory', requests),
      share('memory', limits),
    ];
    const { namespace, name, creationTimestamp } = pod.metadata;
    description.line(
      1,
      `${namespace}\t${name}\t\t${cells.join('\t')}\t${description.age(creationTimestamp)}`,
    );
  }
  description.line(0, 'Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)');
  description.line(1, 'Resource\tRequests\tLimits');
  description.line(1, '--------\t--------\t------');
  const huge = Object.keys(allocatable)
    .filter((name) => name.startsWith('hugepages-'))
    .sort();
  for (const name of ['cpu', 'memory', 'ephemeral-storage', ...huge])
    description.line(1, `${name}\t${share(name, totals.requests)}\t${share(name, totals.limits)}`);
  const extended = Object.keys(allocatable)
    .filter((name) => name.includes('/'))
    .sort();
  for (const name of extended)
    description.line(1, `${name}\t${totals.requests[name] ?? '0'}\t${totals.limits[name] ?? '0'}`);
}

/** What a pod asks for: its containers together, or its largest init container, and the overhead. */
function podResources(pod: KubernetesObject, kind: 'requests' | 'limits'): Resources {
  const { containers = [], initContainers = [], overhead } = pod.spec;
  const of = (container: any): Resources => container.resources?.[kind] ?? {};
  let total: Resources = {};
  for (const container of containers) total = sum(total, of(container));
  let sidecars: Resources = {};
  let start: Resources = {};
  for (const container of initContainers) {
    // A sidecar (restartPolicy: Always) runs on beside what comes after it.
    if (container.restartPolicy === 'Always') {
      sidecars = sum(sidecars, of(container));
      total = sum(total, of(container));
      start = largest(start, sidecars);
    } else start = largest(start, sum(sidecars, of(container)));
  }
  total = largest(total, start);
  if (!overhead) return total;
  if (kind === 'requests') return sum(total, overhead);
  return Object.fromEntries(
    Object.entries(total).map(([name, value]) => [name, overhead[name] ? add(value, overhead[name]) : value]),
  );
}

const add = (a: string, b: string) => formatQuantity(addQuantities(parseQuantity(a), parseQuantity(b)));

function sum(a: Resources, b: Resources): Resources {
  const out = { ...a };
  for (const [name, value] of Object.entries(b))
    out[name] = out[name] ? add(out[name], value) : canonicalQuantity(value);
  return out;
}

function largest(a: Resources, b: Resources): Resources {
  const out = { ...a };
  for (const [name, value] of Object.entries(b))
    if (!out[name] || compareQuantities(parseQuantity(out[name]), parseQuantity(value)) < 0)
      out[name] = value;
  return out;
}
