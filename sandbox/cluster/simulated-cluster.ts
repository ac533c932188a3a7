/**
 * A control plane under a clock that tests move, with nodes on which nothing runs: what a kubelet would do
 * to the status of its pods is simulated. For tests of controllers and of the scheduler.
 */
import { ManualClock, timestamp } from '../core/clock.ts';
import { DisposableStore, type Disposable } from '../core/disposable.ts';
import { Random } from '../core/random.ts';
import { macrotask, setSliceMs } from '../core/slice.ts';
import { keyOf } from './api/object.ts';
import { isStatus } from './api/status.ts';
import type { Client } from './client/client.ts';
import type { Deployment, Event, Node, Pod, PodSpec } from './client/kinds.ts';
import { EVENTS, LEASES, NODES, PODS } from './client/resources.ts';
import { ControlPlane } from './control-plane.ts';

/** Rounds without a write after which nothing more is going on. */
const QUIET_ROUNDS = 12;

export interface SimulatedClusterOptions {
  seed?: number;
  /** Milliseconds from a pod's binding until it is ready; Infinity: it never is. */
  startMs?: number;
  /** Milliseconds from a pod's deletion until it is gone. */
  stopMs?: number;
  /** How often nodes say that they are there; longer ones make long runs shorter, up to the 50 s of grace. */
  renewMs?: number;
}

export class SimulatedCluster implements Disposable {
  readonly clock = new ManualClock(Date.UTC(2026, 0, 1));
  readonly controlPlane: ControlPlane;
  readonly admin: Client;
  /** How pods behave from now on. */
  readonly behaviour: { startMs: number; stopMs: number };
  /** What components could not do at first, as `component key: message`. */
  readonly errors: string[] = [];
  readonly #resources = new DisposableStore();
  readonly #silent = new Set<string>();
  readonly #seenEvents = new Map<string, number>();
  readonly #renewMs: number;
  #addresses = 0;

  constructor({ seed = 1, startMs = 0, stopMs = 0, renewMs = 10_000 }: SimulatedClusterOptions = {}) {
    // What happens in which order must not depend on how busy this machine is.
    setSliceMs(Infinity);
    this.#renewMs = renewMs;
    this.behaviour = { startMs, stopMs };
    this.controlPlane = this.#resources.add(
      new ControlPlane({
        clock: this.clock,
        random: new Random(seed),
        onError: (component, key, error) =>
          void this.errors.push(`${component} ${key}: ${(error as Error).message}`),
      }),
    );
    const groups = ['system:masters', 'system:authenticated'];
    this.admin = this.controlPlane.client({ username: 'kubernetes-admin', groups }, 'kubectl/v1.35.4');
    this.controlPlane.start();
    const seen = (pod: Pod, before?: Pod) => {
      if (!pod.spec.nodeName || this.#silent.has(pod.spec.nodeName)) return;
      if (pod.metadata.deletionTimestamp !== undefined) {
        if (before?.metadata.deletionTimestamp === undefined) {
          this.#after(this.behaviour.stopMs, () => this.#stopped(pod));
        }
      } else if (!before?.spec.nodeName && this.behaviour.startMs < Infinity) {
        this.#after(this.behaviour.startMs, () => this.#started(pod));
      }
    };
    this.#resources.add(
      this.controlPlane.informers
        .informer(PODS)
        .addHandler({ add: (pod) => seen(pod), update: (before, pod) => seen(pod, before) }),
    );
  }

  /** Adds nodes that are ready and say so every ten seconds until silenced. */
  async addNodes(...names: string[]): Promise<void> {
    for (const name of names) await this.addNode(name);
  }

  async addNode(
    name: string,
    fields: { cpu?: string; labels?: Record<string, string>; spec?: Node['spec'] } = {},
  ) {
    const { cpu = '4', labels, spec = {} } = fields;
    await this.admin.create(NODES, {
      metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
      spec,
      status: {
        allocatable: { cpu, memory: '8Gi', pods: '110' },
        conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
      },
    });
    await this.admin.create(LEASES, {
      metadata: { namespace: 'kube-node-lease', name },
      spec: { holderIdentity: name, renewTime: this.#microTime() },
    });
    this.#renew(name);
    await this.settle();
  }

  /** The node's kubelet stops: no leases, and nothing happens to its pods. */
  silence(node: string): void {
    this.#silent.add(node);
  }

  /** The node's kubelet is back: it does what it has not heard of meanwhile. */
  async resume(node: string): Promise<void> {
    if (!this.#silent.delete(node)) return;
    this.#renew(node, 0);
    for (const pod of (await this.admin.list(PODS)).items) {
      if (pod.spec.nodeName !== node) continue;
      if (pod.metadata.deletionTimestamp !== undefined)
        this.#after(this.behaviour.stopMs, () => this.#stopped(pod));
      else if (pod.status?.phase === 'Pending' && this.behaviour.startMs < Infinity) {
        this.#after(this.behaviour.startMs, () => this.#started(pod));
      } else await this.#write(this.#ready(pod));
    }
    await this.#write(this.#nodeReady(node));
  }

  /** Waits until nothing more happens at this time. */
  async settle(): Promise<void> {
    const { store } = this.controlPlane.api;
    for (let quiet = 0, revision = -1; quiet < QUIET_ROUNDS; quiet++) {
      if (store.revision !== revision) quiet = 0;
      revision = store.revision;
      await macrotask();
    }
  }

  /** Lets `seconds` pass, with all that happens meanwhile. */
  async advance(seconds: number): Promise<void> {
    await this.clock.advance(seconds * 1000, () => this.settle());
  }

  /** Pods of a namespace as `name node phase`, sorted. */
  async pods(namespace = 'default'): Promise<string[]> {
    const { items } = await this.admin.list(PODS, { namespace });
    return items.map(
      ({ metadata, spec, status }) => `${metadata.name} ${spec.nodeName ?? '-'} ${status?.phase}`,
    );
  }

  /**
   * Events that are new or counted up since the last call, oldest first, as
   * `<seconds> <kind>/<name> <reason>: <message>`.
   */
  async events(): Promise<string[]> {
    const { items } = await this.admin.list(EVENTS);
    const fresh = items.filter((event) => this.#seenEvents.get(keyOf(event)) !== countOf(event));
    for (const event of fresh) this.#seenEvents.set(keyOf(event), countOf(event));
    return fresh
      .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
      .map((event) => {
        const { involvedObject: object, reason, message } = event;
        const time = Date.parse(event.eventTime ?? event.lastTimestamp!) - Date.UTC(2026, 0, 1);
        const times = countOf(event) > 1 ? ` (x${countOf(event)})` : '';
        return `${Math.floor(time / 1000)}s ${object.kind}/${object.name} ${reason}: ${message}${times}`;
      });
  }

  dispose(): void {
    this.#resources.dispose();
  }

  /** What the node lifecycle controller took from the node in its silence. */
  async #nodeReady(name: string): Promise<void> {
    const node = await this.admin.get(NODES, { name });
    const now = timestamp(this.clock.now());
    const conditions = (node.status?.conditions ?? []).map((each) =>
      each.type === 'Ready' && each.status !== 'True'
        ? {
            type: 'Ready',
            status: 'True',
            reason: 'KubeletReady',
            lastTransitionTime: now,
            lastHeartbeatTime: now,
          }
        : each,
    );
    await this.admin.updateStatus(NODES, { ...node, status: { ...node.status, conditions } });
  }

  /** A pod that went on running while nobody heard of it. */
  async #ready({ metadata }: Pod): Promise<void> {
    const pod = await this.admin.get(PODS, metadata);
    const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
    if (pod.metadata.uid !== metadata.uid || pod.status?.phase !== 'Running' || ready?.status === 'True')
      return;
    await this.#markReady(metadata);
  }

  #renew(name: string, delayMs = this.#renewMs): void {
    this.#resources.add(
      this.clock.setTimeout(() => {
        if (this.#silent.has(name)) return;
        void this.#write(
          this.admin.patch(LEASES, { namespace: 'kube-node-lease', name }, 'application/merge-patch+json', {
            spec: { renewTime: this.#microTime() },
          }),
        );
        this.#renew(name);
      }, delayMs),
    );
  }

  #microTime(): string {
    return timestamp(this.clock.now()).replace('Z', '.000000Z');
  }

  #after(delayMs: number, then: () => Promise<void>): void {
    if (delayMs === 0) void then();
    else this.#resources.add(this.clock.setTimeout(() => void then(), delayMs));
  }

  async #started({ metadata }: Pod): Promise<void> {
    await this.#write(this.#markReady(metadata));
  }

  async #markReady(metadata: Pod['metadata']): Promise<void> {
    const pod = await this.admin.get(PODS, metadata);
    if (pod.metadata.uid !== metadata.uid) return;
    const now = timestamp(this.clock.now());
    const podIP = pod.status?.podIP ?? this.#nextAddress();
    const conditions = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'Ready');
    await this.admin.updateStatus(PODS, {
      ...pod,
      status: {
        ...pod.status,
        phase: 'Running',
        podIP,
        podIPs: [{ ip: podIP }],
        conditions: [...conditions, { type: 'Ready', status: 'True', lastTransitionTime: now }],
      },
    });
  }

  #nextAddress(): string {
    const address = ++this.#addresses;
    return `10.244.${address >> 8}.${address & 255}`;
  }

  async #stopped({ metadata }: Pod): Promise<void> {
    const { uid } = metadata;
    await this.#write(this.admin.delete(PODS, metadata, { gracePeriodSeconds: 0, preconditions: { uid } }));
  }

  /** What is gone or was changed meanwhile is not the node's business any more. */
  async #write(write: Promise<unknown>): Promise<void> {
    try {
      await write;
    } catch (error) {
      if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) throw error;
    }
  }
}

const countOf = (event: Event) => event.series?.count ?? event.count ?? 1;

/** A Deployment of `nginx` in `default`, with labels `app: NAME`. */
export function deploymentOf(
  name: string,
  replicas: number,
  {
    image = 'nginx:1',
    pod,
    ...spec
  }: Partial<Deployment['spec']> & { image?: string; pod?: Partial<PodSpec> } = {},
): Deployment {
  const labels = { app: name };
  return {
    metadata: { name, namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image }], ...pod } },
      ...spec,
    },
  };
}
