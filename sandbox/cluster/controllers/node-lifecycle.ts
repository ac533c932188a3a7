/**
 * Nodes that fall silent (`pkg/controller/nodelifecycle`): a node whose kubelet renews neither its lease
 * nor its status for 50 s becomes Unknown, its conditions become taints, its pods are no longer ready.
 * Left out: zones and the eviction rates that depend on how many of their nodes are down.
 */
import { timestamp, type Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import { byNode, type Informer } from '../client/informer.ts';
import type { Lease, Node, NodeCondition, Pod, Taint } from '../client/kinds.ts';
import { LEASES, NODES, PODS } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import { findCondition } from './conditions.ts';
import type { ControllerContext } from './controller.ts';

/** `--node-monitor-grace-period` */
const GRACE_MS = 50_000;
/** `--node-startup-grace-period`: for a node that has never said anything. */
const STARTUP_GRACE_MS = 60_000;
const LEASE_NAMESPACE = 'kube-node-lease';

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/** The taint that a status of a condition stands for. */
const TAINTS: Record<string, Record<string, string>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
};
const MANAGED_TAINTS = new Set([
  UNSCHEDULABLE,
  ...Object.values(TAINTS).flatMap((statuses) => Object.values(statuses)),
]);
const HEALTH_CONDITIONS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

export function startNodeLifecycleController(context: ControllerContext): Disposable {
  return new NodeLifecycleController(context);
}

/** When a node was last heard of, by our own clock. */
interface Health {
  heardMs: number;
  renewTime: string | undefined;
  heartbeatTime: string | undefined;
}

class NodeLifecycleController implements Disposable {
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #health = new Map<string, Health>();
  readonly #queue: WorkQueue;
  readonly #resources = new DisposableStore();

  constructor(context: ControllerContext) {
    this.#clock = context.clock;
    this.#client = context.client('node-controller');
    this.#recorder = context.recorder('node-controller', this.#client);
    this.#queue = this.#resources.add(
      new WorkQueue({
        clock: context.clock,
        reconcile: (name) => this.#reconcile(name),
        onError: (name, error) => context.onError('node-lifecycle', name, error),
      }),
    );
    this.#pods = context.informers.informer(PODS);
    this.#pods.addIndex('node', byNode);
    this.#nodes = context.informers.informer(NODES);
    this.#resources.add(
      this.#nodes.addHandler({
        add: (node) => this.#added(node),
        update: (_before, node) => this.#heard(node),
        delete: (node) => this.#deleted(node),
      }),
    );
    const renewed = ({ metadata, spec }: Lease) => {
      if (metadata.namespace !== LEASE_NAMESPACE) return;
      const health = this.#health.get(metadata.name!);
      if (!health || health.renewTime === spec?.renewTime) return;
      health.renewTime = spec?.renewTime;
      health.heardMs = this.#clock.now();
    };
    this.#resources.add(
      context.informers
        .informer(LEASES)
        .addHandler({ add: renewed, update: (_before, lease) => renewed(lease) }),
    );
  }

  dispose(): void {
    this.#resources.dispose();
  }

  #added(node: Node): void {
    const name = node.metadata.name!;
    const heartbeatTime = findCondition(node.status?.conditions, 'Ready')?.lastHeartbeatTime;
    this.#health.set(name, { heardMs: this.#clock.now(), renewTime: undefined, heartbeatTime });
    this.#event(node, 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
    this.#queue.add(name);
  }

  #heard(node: Node): void {
    const name = node.metadata.name!;
    const health = this.#health.get(name);
    const heartbeatTime = findCondition(node.status?.conditions, 'Ready')?.lastHeartbeatTime;
    if (health && health.heartbeatTime !== heartbeatTime) {
      health.heartbeatTime = heartbeatTime;
      health.heardMs = this.#clock.now();
    }
    this.#queue.add(name);
  }

  #deleted(node: Node): void {
    const name = node.metadata.name!;
    this.#health.delete(name);
    this.#event(node, 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`);
  }

  async #reconcile(name: string): Promise<void> {
    let node = this.#nodes.get(name);
    const health = this.#health.get(name);
    if (!node || !health) return;
    const ready = findCondition(node.status?.conditions, 'Ready');
    const graceMs = ready ? GRACE_MS : STARTUP_GRACE_MS;
    // Just after the grace period, as "more than" has it; a renewal meanwhile only moves the next look.
    const leftMs = health.heardMs + graceMs + 1 - this.#clock.now();
    if (leftMs > 0) this.#queue.addAfter(name, leftMs);
    else if (ready?.status !== 'Unknown') {
      node = await this.#markSilent(node);
      if (ready?.status === 'True') await this.#nodeLost(node);
    } else this.#queue.addAfter(name, graceMs);
    await this.#taint(node);
  }

  /** Nobody knows how the node is. */
  async #markSilent(node: Node): Promise<Node> {
    const now = timestamp(this.#clock.now());
    const conditions: NodeCondition[] = [...(node.status?.conditions ?? [])];
    for (const type of HEALTH_CONDITIONS) {
      const at = conditions.findIndex((condition) => condition.type === type);
      const current = conditions[at];
      if (!current) {
        conditions.push({
          type,
          status: 'Unknown',
          reason: 'NodeStatusNeverUpdated',
          message: 'Kubelet never posted node status.',
          lastHeartbeatTime: node.metadata.creationTimestamp,
          lastTransitionTime: now,
        });
      } else if (current.status !== 'Unknown') {
        conditions[at] = {
          ...current,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: now,
        };
      }
    }
    return this.#client.updateStatus(NODES, { ...node, status: { ...node.status, conditions } });
  }

  async #nodeLost(node: Node): Promise<void> {
    const name = node.metadata.name!;
    this.#event(node, 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    const pods = [...this.#pods.indexed('node', name)];
    for (const pod of pods) {
      const ready = findCondition(pod.status?.conditions, 'Ready');
      if (ready?.status !== 'True') continue;
      const condition = { ...ready, status: 'False', lastTransitionTime: timestamp(this.#clock.now()) };
      try {
        await this.#client.patch(
          PODS,
          pod.metadata,
          'application/strategic-merge-patch+json',
          { status: { conditions: [condition] } },
          { subresource: 'status' },
        );
      } catch (error) {
        if (!isStatus(error, 'NotFound')) throw error;
        continue;
      }
      this.#recorder.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
    }
  }

  /** Brings the taints that stand for conditions and for a cordon in line with these. */
  async #taint(node: Node): Promise<void> {
    const now = timestamp(this.#clock.now());
    const wanted: Taint[] = [];
    for (const { type, status } of node.status?.conditions ?? []) {
      const key = TAINTS[type]?.[status];
      if (!key) continue;
      wanted.push({ key, effect: 'NoSchedule', timeAdded: now });
      // Only a node that is not ready also loses the pods it has.
      if (type === 'Ready') wanted.push({ key, effect: 'NoExecute', timeAdded: now });
    }
    if (node.spec.unschedulable) wanted.push({ key: UNSCHEDULABLE, effect: 'NoSchedule', timeAdded: now });
    const current = node.spec.taints ?? [];
    const same = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;
    const kept = current.filter(
      (taint) =>
        !MANAGED_TAINTS.has(taint.key) ||
        (taint.effect !== 'NoSchedule' && taint.effect !== 'NoExecute') ||
        wanted.some((each) => same(each, taint)),
    );
    const missing = wanted.filter((each) => !current.some((taint) => same(each, taint)));
    if (missing.length === 0 && kept.length === current.length) return;
    const taints = [...kept, ...missing];
    const { resourceVersion } = node.metadata;
    await this.#client.patch(NODES, node.metadata, 'application/merge-patch+json', {
      metadata: { resourceVersion },
      spec: { taints: taints.length > 0 ? taints : null },
    });
  }

  #event({ metadata }: Node, reason: string, message: string): void {
    const reference = { apiVersion: 'v1', kind: 'Node', name: metadata.name, uid: metadata.uid };
    this.#recorder.event(reference, 'Normal', reason, message);
  }
}
