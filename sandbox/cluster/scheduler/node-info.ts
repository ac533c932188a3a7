/**
 * What the scheduler knows of a node: its pods summed up, so that a decision looks at nodes and never at
 * pods (`framework.NodeInfo`). Pods that no rule can tell apart are counted as one group.
 */
import type { Affinity, Node, Pod } from '../client/kinds.ts';
import { add, podRequests, resourcesOf, type Resources } from './pod-requests.ts';

/** Pods of one namespace with the same labels and the same affinity. */
export interface PodGroup {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly affinity: Affinity | undefined;
  count: number;
  /** Of these, those that are not being deleted. */
  live: number;
}

export interface HostPort {
  ip: string;
  protocol: string;
  port: number;
}

interface PodShare {
  pod: Pod;
  group: PodGroup;
  requests: Resources;
  comparable: Resources;
  ports: HostPort[];
}

export class NodeInfo {
  node: Node;
  allocatable: Resources;
  /** Requests of all pods. */
  readonly requested: Resources = new Map();
  /** The same with pods that request nothing counted as small ones; for comparing nodes. */
  readonly comparable: Resources = new Map();
  readonly groups = new Map<string, PodGroup>();
  readonly #pods = new Map<string, PodShare>();

  constructor(node: Node) {
    this.node = node;
    this.allocatable = resourcesOf(node.status?.allocatable);
  }

  get name(): string {
    return this.node.metadata.name!;
  }

  get labels(): Readonly<Record<string, string>> {
    return this.node.metadata.labels ?? {};
  }

  get podCount(): number {
    return this.#pods.size;
  }

  pods(): IteratorObject<Pod> {
    return this.#pods.values().map((share) => share.pod);
  }

  hasPod(pod: Pod): boolean {
    return this.#pods.has(pod.metadata.uid!);
  }

  setNode(node: Node): void {
    this.node = node;
    this.allocatable = resourcesOf(node.status?.allocatable);
  }

  /** The node as it would be with other pods; the original does not change. */
  hypothetical(): NodeInfo {
    const copy = new NodeInfo(this.node);
    for (const { pod } of this.#pods.values()) copy.addPod(pod);
    return copy;
  }

  /** Counts `pod`, in place of an earlier version of it. */
  addPod(pod: Pod): void {
    const before = this.#pods.get(pod.metadata.uid!);
    if (before) {
      if (countsTheSame(before.pod, pod)) {
        before.pod = pod;
        return;
      }
      this.removePod(before.pod);
    }
    const signature = signatureOf(pod);
    let group = this.groups.get(signature);
    if (!group) {
      const { namespace = '', labels = {} } = pod.metadata;
      group = { namespace, labels, affinity: pod.spec.affinity, count: 0, live: 0 };
      this.groups.set(signature, group);
    }
    group.count++;
    if (pod.metadata.deletionTimestamp === undefined) group.live++;
    const share = {
      pod,
      group,
      requests: podRequests(pod),
      comparable: podRequests(pod, true),
      ports: hostPortsOf(pod),
    };
    add(this.requested, share.requests);
    add(this.comparable, share.comparable);
    this.#pods.set(pod.metadata.uid!, share);
  }

  removePod(pod: Pod): void {
    const share = this.#pods.get(pod.metadata.uid!);
    if (!share) return;
    this.#pods.delete(pod.metadata.uid!);
    share.group.count--;
    if (share.pod.metadata.deletionTimestamp === undefined) share.group.live--;
    if (share.group.count === 0) this.groups.delete(signatureOf(share.pod));
    add(this.requested, share.requests, -1);
    add(this.comparable, share.comparable, -1);
  }

  /** Host ports that are taken. */
  *hostPorts(): Generator<HostPort> {
    for (const { ports } of this.#pods.values()) yield* ports;
  }
}

/** Whether another version of a pod is counted as this one is: most differ in their status alone. */
function countsTheSame(before: Pod, pod: Pod): boolean {
  if (before === pod) return true;
  const old = before.spec;
  const now = pod.spec;
  return (
    before.metadata.labels === pod.metadata.labels &&
    before.metadata.deletionTimestamp === pod.metadata.deletionTimestamp &&
    old.containers === now.containers &&
    old.initContainers === now.initContainers &&
    old.resources === now.resources &&
    old.overhead === now.overhead &&
    old.affinity === now.affinity
  );
}

/** The ports of the host that `pod` wants. */
export function hostPortsOf(pod: Pod): HostPort[] {
  const ports: HostPort[] = [];
  for (const container of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]) {
    for (const { hostIP, hostPort, protocol = 'TCP' } of container.ports ?? []) {
      if (hostPort) ports.push({ ip: hostIP || '0.0.0.0', protocol, port: hostPort });
    }
  }
  return ports;
}

function signatureOf(pod: Pod): string {
  const { namespace, labels } = pod.metadata;
  return JSON.stringify([namespace, labels, pod.spec.affinity]);
}
