/**
 * kube-scheduler with its default profile: takes pods that wait, one at a time, finds each the best node
 * and binds it, or makes room for it. What it needs of nodes and pods it keeps summed up per node as they change.
 */
import { timestamp, type Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import type { Random } from '../../core/random.ts';
import { slice } from '../../core/slice.ts';
import { isStatus } from '../api/status.ts';
import { claimsOf } from '../api/volume-claim.ts';
import type { Client } from '../client/client.ts';
import { EventRecorder } from '../client/event-recorder.ts';
import { byNamespace, type EventHandler, type Informer } from '../client/informer.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { Node, Pod, PodDisruptionBudget } from '../client/kinds.ts';
import {
  CSI_NODES,
  NAMESPACES,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  POD_DISRUPTION_BUDGETS,
  PODS,
  REPLICA_SETS,
  SERVICES,
  STATEFUL_SETS,
  STORAGE_CLASSES,
} from '../client/resources.ts';
import { FitError } from './fit-error.ts';
import { NodeInfo } from './node-info.ts';
import { NominatedPods } from './nominated-pods.ts';
import type { Attempt, Listers } from './plugin.ts';
import { planVolumes, type VolumePlan } from './plugins/volume-binding.ts';
import { unschedulableCondition } from './pod-scheduled-condition.ts';
import { findPreemption, type Preemption } from './preemption.ts';
import { concerns, rejectionBy, selectNode } from './profile.ts';
import { SchedulingQueue, type QueuedPod } from './scheduling-queue.ts';
import { bindVolumes } from './volume-binder.ts';

/** The `schedulerName` of the pods that this scheduler cares for. */
const NAME = 'default-scheduler';
/** Events hold no longer text. */
const MAX_NOTE_LENGTH = 1024;

export interface SchedulerOptions {
  clock: Clock;
  random: Random;
  /** As `system:kube-scheduler`. */
  client: Client;
  informers: InformerFactory;
  /** Hears of failures that are tried again. */
  onError?(pod: string, error: unknown): void;
}

export class Scheduler implements Disposable {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #listers: Listers;
  readonly #pods: Informer<Pod>;
  readonly #onError: (pod: string, error: unknown) => void;
  readonly #queue: SchedulingQueue;
  readonly #nodes = new Map<string, NodeInfo>();
  /** The nodes as a list, made anew when one comes or goes. */
  #nodeList: NodeInfo[] | undefined;
  /** Pods bound to a node that is not there (yet), by node. */
  readonly #homeless = new Map<string, Map<string, Pod>>();
  /** Bound by us, and not yet seen so in the informer: uid to node. */
  readonly #assumed = new Map<string, string>();
  /** Pods for which others were asked to go, by the node where. */
  readonly #nominated = new NominatedPods();
  readonly #budgets: Informer<PodDisruptionBudget>;
  /** Stops waiting for the volumes of a pod, by uid. */
  readonly #waiting = new Map<string, () => void>();
  readonly #resources = new DisposableStore();
  #running = false;

  constructor({ clock, random, client, informers, onError }: SchedulerOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#client = client;
    this.#onError = onError ?? (() => {});
    this.#recorder = this.#resources.add(new EventRecorder(client, clock, { component: NAME }));
    this.#queue = this.#resources.add(new SchedulingQueue(clock, concerns, () => this.#wake()));
    this.#listers = {
      namespaces: informers.informer(NAMESPACES),
      services: informers.informer(SERVICES),
      replicaSets: informers.informer(REPLICA_SETS),
      statefulSets: informers.informer(STATEFUL_SETS),
      claims: informers.informer(PERSISTENT_VOLUME_CLAIMS),
      volumes: informers.informer(PERSISTENT_VOLUMES),
      storageClasses: informers.informer(STORAGE_CLASSES),
      csiNodes: informers.informer(CSI_NODES),
      pods: informers.informer(PODS),
    };
    this.#listers.services.addIndex('namespace', byNamespace);
    this.#budgets = informers.informer(POD_DISRUPTION_BUDGETS);
    this.#pods = this.#listers.pods;
    this.#pods.addIndex('claim', (pod) => claimsOf(pod).map(({ key }) => key));
    const volumesChanged = () => this.#queue.move('VolumesChanged');
    const handler: EventHandler<unknown> = {
      add: volumesChanged,
      update: volumesChanged,
      delete: volumesChanged,
    };
    this.#resources.add(this.#listers.claims.addHandler(handler));
    this.#resources.add(this.#listers.volumes.addHandler(handler));
    this.#resources.add(this.#listers.storageClasses.addHandler(handler));
    this.#resources.add(this.#listers.csiNodes.addHandler(handler));
    this.#resources.add(
      informers.informer(NODES).addHandler({
        add: (node) => this.#nodeChanged(undefined, node),
        update: (before, node) => this.#nodeChanged(before, node),
        delete: (node) => this.#nodeRemoved(node),
      }),
    );
    this.#resources.add(
      this.#pods.addHandler({
        add: (pod) => this.#podChanged(undefined, pod),
        update: (before, pod) => this.#podChanged(before, pod),
        delete: (pod) => this.#podRemoved(pod),
      }),
    );
  }

  dispose(): void {
    this.#resources.dispose();
  }

  #nodeChanged(before: Node | undefined, node: Node): void {
    const name = node.metadata.name!;
    const info = this.#nodes.get(name);
    if (info) {
      info.setNode(node);
      if (!before || changesPlacement(before, node)) this.#queue.move('NodeUpdated');
      return;
    }
    const added = new NodeInfo(node);
    for (const pod of this.#homeless.get(name)?.values() ?? []) added.addPod(pod);
    this.#homeless.delete(name);
    this.#nodes.set(name, added);
    this.#nodeList = undefined;
    this.#queue.move('NodeAdded');
  }

  #nodeRemoved(node: Node): void {
    const name = node.metadata.name!;
    const info = this.#nodes.get(name);
    if (!info) return;
    this.#nodes.delete(name);
    this.#nodeList = undefined;
    const left = new Map<string, Pod>();
    for (const pod of info.pods()) left.set(pod.metadata.uid!, pod);
    if (left.size > 0) this.#homeless.set(name, left);
  }

  #podChanged(before: Pod | undefined, pod: Pod): void {
    const { nodeName } = pod.spec;
    this.#nominated.put(pod);
    if (isFinished(pod)) {
      if (before && !isFinished(before)) this.#podRemoved(pod);
      return;
    }
    if (nodeName) {
      const bound = before?.spec.nodeName === nodeName;
      const assumed = this.#assumed.delete(pod.metadata.uid!);
      this.#queue.remove(pod.metadata.uid!);
      this.#count(nodeName, pod);
      if (!bound && !assumed) this.#queue.move('PodAssigned');
      else if (bound && before) {
        if (changesMatching(before, pod)) this.#queue.move('PodRelabeled');
        if (changesRequests(before, pod)) this.#queue.move('PodResized');
      }
      return;
    }
    if (!isOurs(pod)) this.#queue.remove(pod.metadata.uid!);
    else if (!this.#assumed.has(pod.metadata.uid!)) this.#queue.add(pod);
  }

  #podRemoved(pod: Pod): void {
    const uid = pod.metadata.uid!;
    this.#queue.remove(uid);
    this.#nominated.remove(uid);
    this.#waiting.get(uid)?.();
    const nodeName = pod.spec.nodeName || this.#assumed.get(uid);
    this.#assumed.delete(uid);
    if (!nodeName) return;
    this.#nodes.get(nodeName)?.removePod(pod);
    this.#homeless.get(nodeName)?.delete(uid);
    this.#queue.move('PodRemoved');
  }

  #count(nodeName: string, pod: Pod): void {
    const info = this.#nodes.get(nodeName);
    if (info) return info.addPod(pod);
    let homeless = this.#homeless.get(nodeName);
    if (!homeless) this.#homeless.set(nodeName, (homeless = new Map()));
    homeless.set(pod.metadata.uid!, pod);
  }

  #wake(): void {
    if (this.#running) return;
    this.#running = true;
    queueMicrotask(() => void this.#run());
  }

  async #run(): Promise<void> {
    for (let entry; !this.#resources.disposed && (entry = this.#queue.pop());) {
      const pause = slice();
      if (pause) await pause;
      await this.#schedule(entry);
    }
    this.#running = false;
  }

  async #schedule(entry: QueuedPod): Promise<void> {
    const { pod } = entry;
    if (pod.metadata.deletionTimestamp !== undefined) return this.#queue.remove(pod.metadata.uid!);
    const { moves } = this.#queue;
    const attempt = this.#attempt(pod);
    try {
      const node = this.#nodes.get(this.#select(attempt).name)!;
      const plan = planVolumes(attempt, node)!;
      if (claimsOf(pod).length === 0) return await this.#bind(pod, node, undefined);
      // Volumes take their time; other pods do not wait for them.
      void this.#bind(pod, node, plan).catch((error) => this.#failed(entry, moves, attempt, error));
    } catch (error) {
      await this.#failed(entry, moves, attempt, error as Error);
    }
  }

  #attempt(pod: Pod): Attempt {
    const nodes = this.#nominated.appliedTo((this.#nodeList ??= [...this.#nodes.values()]), pod);
    return { pod, nodes, listers: this.#listers, random: this.#random };
  }

  /** The node that room was made on, if the pod fits there now; else the best of all. Throws `FitError`. */
  #select(attempt: Attempt): NodeInfo {
    const { nominatedNodeName } = attempt.pod.status ?? {};
    const nominated = attempt.nodes.find(({ name }) => name === nominatedNodeName);
    if (nominated && rejectionBy(attempt, nominated) === undefined) return nominated;
    return selectNode(attempt);
  }

  async #failed(entry: QueuedPod, moves: number, attempt: Attempt, error: Error): Promise<void> {
    const { pod } = entry;
    if (!(error instanceof FitError)) {
      this.#queue.failed(entry, new Set(), moves);
      return this.#report(pod, error);
    }
    this.#queue.failed(entry, error.plugins.size === 0 ? NO_NODES : error.plugins, moves);
    if (error.rejections.size === 0) return this.#report(pod, error);
    const found = findPreemption(attempt, error, this.#budgets.list());
    if (typeof found === 'string') {
      return this.#report(pod, new FitError(`${error.message} ${found}`, error.plugins, error.rejections));
    }
    await this.#report(pod, error, found.node.name);
    await this.#preempt(pod, found);
  }

  /** Asks the victims to go. The pod is tried again when they have. */
  async #preempt(pod: Pod, { node, victims }: Preemption): Promise<void> {
    const now = timestamp(this.#clock.now());
    for (const victim of victims) {
      const { uid } = victim.metadata;
      if (victim.metadata.deletionTimestamp !== undefined) continue;
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'PreemptionByScheduler',
        message: `${NAME}: preempting to accommodate a higher priority pod`,
        lastTransitionTime: now,
        ...(victim.metadata.generation ? { observedGeneration: victim.metadata.generation } : {}),
      };
      try {
        await this.#client.patch(
          PODS,
          victim.metadata,
          'application/strategic-merge-patch+json',
          { status: { conditions: [condition] } },
          { subresource: 'status' },
        );
        await this.#client.delete(PODS, victim.metadata, { preconditions: { uid: uid! } });
      } catch (error) {
        if (isStatus(error, 'NotFound') || isStatus(error, 'Conflict')) continue;
        this.#onError(`${victim.metadata.namespace}/${victim.metadata.name}`, error);
        continue;
      }
      const note = `Preempted by pod ${pod.metadata.uid} on node ${node.name}`;
      this.#recorder.event(victim, 'Normal', 'Preempted', note);
    }
  }

  /** @param plan for the pod's claims, if it has any. */
  async #bind(pod: Pod, node: NodeInfo, plan: VolumePlan | undefined): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    this.#assumed.set(uid!, node.name);
    this.#nominated.remove(uid!);
    node.addPod(pod);
    try {
      if (plan && !(await this.#bindVolumes(pod, node, plan))) return;
      await this.#client.createSubresource(PODS, pod.metadata, 'binding', {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { namespace, name, uid },
        target: { kind: 'Node', name: node.name },
      });
    } catch (error) {
      this.#assumed.delete(uid!);
      node.removePod(pod);
      throw error;
    }
    this.#queue.remove(uid!);
    this.#queue.move('PodAssigned');
    const note = `Successfully assigned ${namespace}/${name} to ${node.name}`;
    this.#recorder.event(pod, 'Normal', 'Scheduled', note);
  }

  /** Answers whether the pod is still there when its volumes are. */
  async #bindVolumes(pod: Pod, node: NodeInfo, plan: VolumePlan): Promise<boolean> {
    const uid = pod.metadata.uid!;
    let gone = false;
    const sources = { client: this.#client, clock: this.#clock, claims: this.#listers.claims };
    try {
      await bindVolumes(pod, node.name, plan, sources, (cancel) => {
        this.#waiting.set(uid, () => {
          gone = true;
          cancel();
        });
      });
    } finally {
      this.#waiting.delete(uid);
    }
    return !gone && !this.#resources.disposed;
  }

  /** Says on the pod why it was not placed, and where room is being made for it. */
  async #report(pod: Pod, error: Error, nominatedNodeName?: string): Promise<void> {
    const unschedulable = error instanceof FitError;
    if (!unschedulable) {
      if (isStatus(error, 'NotFound')) return;
      this.#onError(`${pod.metadata.namespace}/${pod.metadata.name}`, error);
    }
    const current = this.#pods.get(`${pod.metadata.namespace}/${pod.metadata.name}`);
    if (!current || current.metadata.uid !== pod.metadata.uid || current.spec.nodeName) return;
    const { message } = error;
    const note = message.length > MAX_NOTE_LENGTH ? `${message.slice(0, MAX_NOTE_LENGTH - 4)} ...` : message;
    this.#recorder.event(pod, 'Warning', 'FailedScheduling', note);
    const reason = unschedulable ? 'Unschedulable' : 'SchedulerError';
    const condition = unschedulableCondition(current, reason, message, this.#clock.now());
    const nominates =
      nominatedNodeName !== undefined && current.status?.nominatedNodeName !== nominatedNodeName;
    if (nominates) this.#nominated.put({ ...pod, status: { ...pod.status, nominatedNodeName } });
    if (!condition && !nominates) return;
    try {
      await this.#client.patch(
        PODS,
        pod.metadata,
        'application/strategic-merge-patch+json',
        {
          status: {
            ...(condition ? { conditions: [condition] } : {}),
            ...(nominates ? { nominatedNodeName } : {}),
          },
        },
        { subresource: 'status' },
      );
    } catch (failure) {
      if (!isStatus(failure, 'NotFound'))
        this.#onError(`${pod.metadata.namespace}/${pod.metadata.name}`, failure);
    }
  }
}

/** Without nodes no plugin has spoken; any node that comes concerns the pod. */
const NO_NODES: ReadonlySet<string> = new Set(['NodeName']);

function isOurs({ spec, metadata }: Pod): boolean {
  return (
    (spec.schedulerName ?? NAME) === NAME &&
    !spec.schedulingGates?.length &&
    metadata.deletionTimestamp === undefined
  );
}

function isFinished({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** Whether a change of a node can matter to where pods go; heartbeats cannot. */
function changesPlacement(before: Node, after: Node): boolean {
  const relevant = ({ metadata, spec, status }: Node) => [metadata.labels, spec, status?.allocatable];
  return JSON.stringify(relevant(before)) !== JSON.stringify(relevant(after));
}

/** Whether a change of a bound pod can matter to other pods: its labels, or that it is going away. */
function changesMatching({ metadata: before }: Pod, { metadata: after }: Pod): boolean {
  return (
    (before.deletionTimestamp === undefined) !== (after.deletionTimestamp === undefined) ||
    // What no write touches stays the same object.
    (before.labels !== after.labels && JSON.stringify(before.labels) !== JSON.stringify(after.labels))
  );
}

/** Whether a bound pod was resized in place. */
function changesRequests(before: Pod, after: Pod): boolean {
  if (before.spec === after.spec) return false;
  const requests = ({ spec }: Pod) => spec.containers.map(({ resources }) => resources?.requests);
  return JSON.stringify(requests(before)) !== JSON.stringify(requests(after));
}
