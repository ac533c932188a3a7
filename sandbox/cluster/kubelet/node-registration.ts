/**
 * The kubelet's own Node object: registration, conditions and images (pkg/kubelet/kubelet_node_status.go),
 * and the Lease by which it says every ten seconds that it lives. Status is written when it changes or no longer
 * stands as it was written, and every five minutes besides, as the kubelet does since leases exist.
 */
import { microTimestamp, timestamp, type Clock } from '../../core/clock.ts';
import type { Disposable } from '../../core/disposable.ts';
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Lease, Node, NodeCondition, NodeStatus, ObjectReference, Taint } from '../client/kinds.ts';
import type { Informer } from '../client/informer.ts';
import { LEASES, NODES } from '../client/resources.ts';
import { ensureCsiNode } from './csi-plugin.ts';
import { isStatus } from '../api/status.ts';
import type { NodeImages } from '../images/image-store.ts';

export const KUBELET_VERSION = 'v1.35.4';

const LEASE_NAMESPACE = 'kube-node-lease';
const LEASE_DURATION_SECONDS = 40;
/** A quarter of the duration: `nodeLeaseRenewIntervalFraction`. */
const LEASE_RENEWAL_MS = 10_000;
/** `nodeStatusReportFrequency` */
const STATUS_REPORT_MS = 300_000;
/** Retries of a registration that failed: 100 ms doubling to 7 s. */
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 7_000;
/** `nodeStatusMaxImages` */
const MAX_IMAGES = 50;

export interface NodeRegistrationOptions {
  client: Client;
  clock: Clock;
  recorder: EventRecorder;
  images: NodeImages;
  /** Nodes as they stand in the API. */
  nodes: Informer<Node>;
  name: string;
  address: string;
  podCIDR: string;
  /** Written as in a manifest: `{ cpu: '2', memory: '8Gi', pods: '110' }`. */
  capacity: Record<string, string>;
  labels: Record<string, string>;
  taints: Taint[];
  /** Of the machine: 32 hexadecimal digits. */
  machineID: string;
  /** A new one for each boot. */
  bootID: string;
}

export class NodeRegistration implements Disposable {
  readonly #options: NodeRegistrationOptions;
  #uid = '';
  #conditions: NodeCondition[] = [];
  #timers = new Set<Disposable>();
  #reportDueMs = 0;
  #disposed = false;
  #memoryPressure = false;

  constructor(options: NodeRegistrationOptions) {
    this.#options = options;
  }

  /** How events name the node. */
  get reference(): ObjectReference {
    return { apiVersion: 'v1', kind: 'Node', name: this.#options.name };
  }

  /** Registers the node, or takes up the one that is there; then reports until disposed. */
  async start(): Promise<void> {
    const { recorder } = this.#options;
    recorder.event(this.reference, 'Normal', 'Starting', 'Starting kubelet.');
    for (let delayMs = RETRY_MIN_MS; !this.#disposed; delayMs = Math.min(2 * delayMs, RETRY_MAX_MS)) {
      try {
        await this.#register();
        await this.#renewLease();
        break;
      } catch {
        // The API is not there yet: the kubelet's whole life is trying again.
        await new Promise<void>((resolve) => this.#after(delayMs, resolve));
      }
    }
    if (this.#disposed) return;
    const { name } = this.#options;
    for (const reason of [
      'NodeHasSufficientMemory',
      'NodeHasNoDiskPressure',
      'NodeHasSufficientPID',
      'NodeReady',
    ])
      recorder.event(this.reference, 'Normal', reason, `Node ${name} status is now: ${reason}`);
    this.#after(LEASE_RENEWAL_MS, () => void this.#heartbeat());
  }

  /** Says that the node is short of memory, or no longer is. */
  setMemoryPressure(pressure: boolean): void {
    if (pressure === this.#memoryPressure) return;
    this.#memoryPressure = pressure;
    const { name, recorder } = this.#options;
    const reason = pressure ? 'NodeHasInsufficientMemory' : 'NodeHasSufficientMemory';
    recorder.event(this.reference, 'Normal', reason, `Node ${name} status is now: ${reason}`);
    // What cannot be written now is in the next heartbeat.
    void this.report().catch(() => (this.#reportDueMs = 0));
  }

  /** Writes the status now, because images changed. */
  async report(): Promise<void> {
    if (this.#disposed || !this.#uid) return;
    this.#reportDueMs = this.#options.clock.now() + STATUS_REPORT_MS;
    const status = this.#status();
    await this.#options.client.patch(
      NODES,
      { name: this.#options.name },
      'application/strategic-merge-patch+json',
      { status },
      { subresource: 'status' },
    );
  }

  dispose(): void {
    this.#disposed = true;
    for (const timer of this.#timers) timer.dispose();
    this.#timers.clear();
  }

  async #heartbeat(): Promise<void> {
    try {
      await this.#renewLease();
      if (this.#options.clock.now() >= this.#reportDueMs || this.#isDoubted) await this.report();
    } catch {
      // Missed: the node controller decides what a silent node means, the next beat tries again.
    }
    if (!this.#disposed) this.#after(LEASE_RENEWAL_MS, () => void this.#heartbeat());
  }

  /** The node controller has given the node up, and it is alive after all. */
  get #isDoubted(): boolean {
    const { nodes, name } = this.#options;
    const ready = nodes.get(name)?.status?.conditions?.find(({ type }) => type === 'Ready');
    return ready !== undefined && ready.status !== 'True';
  }

  async #register(): Promise<void> {
    const { client, recorder, bootID, name, podCIDR, labels, taints } = this.#options;
    const node: Node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: {
          'beta.kubernetes.io/arch': 'amd64',
          'beta.kubernetes.io/os': 'linux',
          'kubernetes.io/arch': 'amd64',
          'kubernetes.io/hostname': name,
          'kubernetes.io/os': 'linux',
          ...labels,
        },
        annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
      },
      spec: {
        podCIDR,
        podCIDRs: [podCIDR],
        providerID: `slipway://${name}`,
        ...(taints.length > 0 ? { taints } : {}),
      },
      status: this.#status(),
    };
    let stored: Node;
    try {
      stored = await client.create(NODES, node);
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error;
      stored = await client.get(NODES, { name });
      this.#conditions = stored.status?.conditions ?? [];
      const before = stored.status?.nodeInfo?.bootID;
      if (before && before !== bootID)
        recorder.event(
          this.reference,
          'Warning',
          'Rebooted',
          `Node ${name} has been rebooted, boot id: ${bootID}`,
        );
    }
    this.#uid = stored.metadata.uid!;
    await ensureCsiNode(client, stored);
    await this.report();
  }

  async #renewLease(): Promise<void> {
    const { client, clock, name } = this.#options;
    const renewTime = microTimestamp(clock.now());
    try {
      await client.patch(LEASES, { name, namespace: LEASE_NAMESPACE }, 'application/merge-patch+json', {
        spec: { renewTime },
      });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
      const lease: Lease = {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: {
          name,
          namespace: LEASE_NAMESPACE,
          ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: this.#uid }],
        },
        spec: { holderIdentity: name, leaseDurationSeconds: LEASE_DURATION_SECONDS, renewTime },
      };
      await client.create(LEASES, lease);
    }
  }

  #status(): NodeStatus {
    const { name, address, capacity, images, machineID, bootID, clock } = this.#options;
    this.#conditions = this.#conditionsAt(timestamp(clock.now()));
    return {
      addresses: [
        { address, type: 'InternalIP' },
        { address: name, type: 'Hostname' },
      ],
      allocatable: capacity,
      capacity,
      conditions: this.#conditions,
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      features: { supplementalGroupsPolicy: true },
      images: images
        .list()
        .slice(0, MAX_IMAGES)
        .map(({ image, digests, tags }) => ({
          names: [...digests, ...tags],
          sizeBytes: image.sizeBytes,
        })),
      nodeInfo: {
        architecture: 'amd64',
        bootID,
        containerRuntimeVersion: 'containerd://2.2.9',
        kernelVersion: '6.12.0-slipway',
        kubeProxyVersion: '',
        kubeletVersion: KUBELET_VERSION,
        machineID,
        operatingSystem: 'linux',
        osImage: 'Slipway OS',
        systemUUID: machineID,
      },
    };
  }

  #conditionsAt(now: string): NodeCondition[] {
    const condition = (type: string, status: string, reason: string, message: string): NodeCondition => {
      const before = this.#conditions.find((candidate) => candidate.type === type);
      const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now;
      return { lastHeartbeatTime: now, lastTransitionTime, message, reason, status, type };
    };
    return [
      this.#memoryPressure
        ? condition(
            'MemoryPressure',
            'True',
            'KubeletHasInsufficientMemory',
            'kubelet has insufficient memory available',
          )
        : condition(
            'MemoryPressure',
            'False',
            'KubeletHasSufficientMemory',
            'kubelet has sufficient memory available',
          ),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
      condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
    ];
  }

  #after(delayMs: number, callback: () => void): void {
    const timer = this.#options.clock.setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, delayMs);
    this.#timers.add(timer);
  }
}
