/**
 * DaemonSets (`pkg/controller/daemon`): one pod on every node that takes it. Pods are bound by the
 * scheduler, to the one node that their affinity names. An update takes old pods away within `maxUnavailable`, or
 * with `maxSurge` first puts new ones beside them.
 */
import type { Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { scaledValue } from '../api/int-or-string.ts';
import { selectorOf } from '../api/labels.ts';
import { controllerOf, keyOf } from '../api/object.ts';
import { matchesRequired } from '../api/node-selector.ts';
import { isStatus } from '../api/status.ts';
import { untolerated } from '../api/tolerations.ts';
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import { byController, byNamespace, type Informer } from '../client/informer.ts';
import type {
  Affinity,
  ControllerRevision,
  DaemonSet,
  DaemonSetStatus,
  Node,
  Pod,
  PodTemplateSpec,
  Toleration,
} from '../client/kinds.ts';
import { CONTROLLER_REVISIONS, DAEMON_SETS, NODES, PODS } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import { claim } from './claim.ts';
import { controllerReference, resolveController, type ControllerContext } from './controller.ts';
import { ControllerHistory, hashOf, REVISION_HASH } from './controller-history.ts';
import { deepEqual } from '../api/equality.ts';
import { Expectations } from './expectations.ts';
import { isNamespaceTerminating, PodControl, podFromTemplate } from './pod-control.ts';
import { isPodAvailable, isPodReady, isPodTerminal, nextAvailabilityMs } from './pod.ts';

const TEMPLATE_GENERATION = 'pod-template-generation';
const GENERATION_ANNOTATION = 'deprecated.daemonset.template.generation';
/** Pods that failed on a node are replaced after 1 s, doubling to 15 minutes. */
const FAILED_BACKOFF_MS = 1000;
const MAX_FAILED_BACKOFF_MS = 15 * 60_000;

/** What every daemon tolerates: it belongs to its node, however that is. */
const TOLERATIONS: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];
const HOST_NETWORK_TOLERATION: Toleration = {
  key: 'node.kubernetes.io/network-unavailable',
  operator: 'Exists',
  effect: 'NoSchedule',
};

export function startDaemonSetController(context: ControllerContext): Disposable {
  return new DaemonSetController(context);
}

class DaemonSetController implements Disposable {
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #podControl: PodControl;
  readonly #history: ControllerHistory;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #sets: Informer<DaemonSet>;
  readonly #expectations: Expectations;
  /** Failures in a row by set and node, with the time of the last. */
  readonly #failures = new Map<string, { count: number; atMs: number }>();
  readonly #queue: WorkQueue;
  readonly #resources = new DisposableStore();

  constructor(context: ControllerContext) {
    const { informers } = context;
    this.#clock = context.clock;
    this.#client = context.client('daemon-set-controller');
    this.#recorder = context.recorder('daemonset-controller', this.#client);
    this.#podControl = new PodControl(this.#client, this.#recorder);
    this.#expectations = new Expectations(context.clock);
    const revisions = informers.informer(CONTROLLER_REVISIONS);
    revisions.addIndex('namespace', byNamespace);
    this.#history = new ControllerHistory(this.#client, revisions);
    this.#nodes = informers.informer(NODES);
    this.#pods = informers.informer(PODS);
    this.#pods.addIndex('controller', byController);
    this.#pods.addIndex('orphans', (pod) => (controllerOf(pod) ? [] : [pod.metadata.namespace!]));
    this.#sets = informers.informer(DAEMON_SETS);
    this.#sets.addIndex('namespace', byNamespace);
    this.#queue = this.#resources.add(
      new WorkQueue({
        clock: context.clock,
        reconcile: (key) => this.#reconcile(key),
        onError: (key, error) => context.onError('daemonset', key, error),
      }),
    );
    const all = () => {
      for (const set of this.#sets.list()) this.#queue.add(keyOf(set));
    };
    this.#resources.add(
      this.#nodes.addHandler({
        add: all,
        update: (before, node) => {
          if (!deepEqual(placement(before), placement(node))) all();
        },
        delete: all,
      }),
    );
    this.#resources.add(
      this.#sets.addHandler({
        add: (set) => this.#queue.add(keyOf(set)),
        update: (_before, set) => this.#queue.add(keyOf(set)),
        delete: (set) => this.#expectations.forget(keyOf(set)),
      }),
    );
    this.#resources.add(
      this.#pods.addHandler(this.#expectations.podHandler((pod, observe) => this.#seen(pod, observe))),
    );
  }

  dispose(): void {
    this.#resources.dispose();
  }

  #seen(pod: Pod, observe: (key: string) => void): void {
    const owner = resolveController(this.#sets, pod.metadata.namespace, controllerOf(pod));
    if (owner) {
      observe(keyOf(owner));
      this.#queue.add(keyOf(owner));
    } else if (!controllerOf(pod)) {
      for (const set of this.#sets.indexed('namespace', pod.metadata.namespace!)) {
        if (selectorOf(set.spec.selector).matches(pod.metadata.labels)) this.#queue.add(keyOf(set));
      }
    }
  }

  async #reconcile(key: string): Promise<void> {
    const set = this.#sets.get(key);
    if (!set) return;
    if (selectorOf(set.spec.selector).empty) {
      const message = 'This daemon set is selecting all pods. A non-empty selector is required.';
      this.#recorder.event(set, 'Warning', 'SelectingAll', message);
      return;
    }
    if (set.metadata.deletionTimestamp !== undefined) return;
    const revisions = await this.#history.list(DAEMON_SETS, set);
    const collisionCount = set.status?.collisionCount ?? 0;
    const revision = await this.#history.current(DAEMON_SETS, set, revisions, collisionCount);
    const hash = hashOf(revision);
    const byNode = await this.#podsByNode(set);
    if (this.#expectations.satisfied(key)) {
      await this.#manage(set, byNode, hash);
      if (this.#expectations.satisfied(key) && set.spec.updateStrategy?.type !== 'OnDelete') {
        await this.#rollingUpdate(set, byNode, hash);
      }
    }
    await this.#truncateHistory(set, revisions, revision, byNode);
    await this.#writeStatus(set, byNode, hash);
    const pods = [...byNode.values()].flat();
    const waitMs = nextAvailabilityMs(pods, set.spec.minReadySeconds ?? 0, this.#clock.now());
    if (waitMs !== undefined) this.#queue.addAfter(key, waitMs);
  }

  /** The set's pods by the node they are on, or are meant for. */
  async #podsByNode(set: DaemonSet): Promise<Map<string, Pod[]>> {
    const pods = await claim(
      {
        client: this.#client,
        ownerType: DAEMON_SETS,
        owner: set,
        type: PODS,
        selector: selectorOf(set.spec.selector),
      },
      [
        ...this.#pods.indexed('controller', set.metadata.uid!),
        ...this.#pods.indexed('orphans', set.metadata.namespace!),
      ],
    );
    const byNode = new Map<string, Pod[]>();
    for (const pod of pods.sort(byCreation)) {
      const node = pod.spec.nodeName || nodeInAffinity(pod.spec.affinity);
      if (node) byNode.set(node, [...(byNode.get(node) ?? []), pod]);
    }
    return byNode;
  }

  async #manage(set: DaemonSet, byNode: ReadonlyMap<string, Pod[]>, hash: string): Promise<void> {
    const missing: string[] = [];
    const surplus: Pod[] = [];
    for (const node of this.#nodes.list()) {
      const { shouldRun, shouldContinue } = verdict(set, node);
      const pods = byNode.get(node.metadata.name!) ?? [];
      const alive = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      if (shouldRun && pods.length === 0) missing.push(node.metadata.name!);
      else if (!shouldContinue) surplus.push(...alive);
      else surplus.push(...this.#finishedOrDouble(set, node, alive, hash));
    }
    for (const [name, pods] of byNode) if (!this.#nodes.get(name)) surplus.push(...pods);
    await this.#sync(set, missing, surplus, hash);
  }

  /** Pods to delete on a node where one should run: failed ones after a back-off, and all but the oldest. */
  #finishedOrDouble(set: DaemonSet, node: Node, pods: readonly Pod[], hash: string): Pod[] {
    const chosen: Pod[] = [];
    const running: Pod[] = [];
    for (const pod of pods) {
      const { namespace, name } = pod.metadata;
      const where = `daemon pod ${namespace}/${name} on node ${node.metadata.name}`;
      if (pod.status?.phase === 'Failed') {
        if (this.#inBackoff(set, node)) continue;
        const message = `Found failed ${where}, will try to kill it`;
        this.#recorder.event(set, 'Warning', 'FailedDaemonPod', message);
        chosen.push(pod);
      } else if (pod.status?.phase === 'Succeeded') {
        const message = `Found succeeded ${where}, will try to delete it`;
        this.#recorder.event(set, 'Normal', 'SucceededDaemonPod', message);
        chosen.push(pod);
      } else running.push(pod);
    }
    if (surgeOf(set) === 0) return [...chosen, ...running.slice(1)];
    return [...chosen, ...this.#replacedBySurge(set, running, hash)];
  }

  /** With surge an old and a new pod may be there together, until the new one is available or the old one fails. */
  #replacedBySurge({ spec }: DaemonSet, running: readonly Pod[], hash: string): Pod[] {
    const isNew = ({ metadata }: Pod) => metadata.labels?.[REVISION_HASH] === hash;
    const now = running.find(isNew);
    const old = running.find((pod) => !isNew(pod));
    const surplus = running.filter((pod) => pod !== now && pod !== old);
    if (!now || !old) return surplus;
    const replaced = !isPodReady(old) || isPodAvailable(now, spec.minReadySeconds ?? 0, this.#clock.now());
    return replaced ? [...surplus, old] : surplus;
  }

  #inBackoff(set: DaemonSet, node: Node): boolean {
    const key = `${set.metadata.uid}/${node.metadata.name}`;
    const nowMs = this.#clock.now();
    const failures = this.#failures.get(key) ?? { count: 0, atMs: 0 };
    if (failures.count > 0) {
      const backoffMs = Math.min(FAILED_BACKOFF_MS * 2 ** (failures.count - 1), MAX_FAILED_BACKOFF_MS);
      const leftMs = failures.atMs + backoffMs - nowMs;
      if (leftMs > 0) {
        this.#queue.addAfter(keyOf(set), leftMs);
        return true;
      }
    }
    this.#failures.set(key, { count: failures.count + 1, atMs: nowMs });
    return false;
  }

  /** New pods beside old ones: on every node where the old one is not available, and on `maxSurge` others. */
  async #surge(set: DaemonSet, byNode: ReadonlyMap<string, Pod[]>, hash: string): Promise<void> {
    const { minReadySeconds = 0, updateStrategy } = set.spec;
    const nowMs = this.#clock.now();
    const nodes = [...this.#nodes.list()].filter((node) => verdict(set, node).shouldRun);
    const maxSurge = scaledValue(updateStrategy!.rollingUpdate!.maxSurge!, nodes.length, true);
    let surging = 0;
    const allowed: string[] = [];
    const candidates: string[] = [];
    for (const { metadata } of nodes) {
      const pods = byNode.get(metadata.name!) ?? [];
      const alive = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined && !isPodTerminal(pod));
      const old = alive.find((pod) => pod.metadata.labels?.[REVISION_HASH] !== hash);
      const now = alive.find((pod) => pod.metadata.labels?.[REVISION_HASH] === hash);
      if (!old) continue;
      if (now) {
        if (!isPodAvailable(now, minReadySeconds, nowMs)) surging++;
      } else if (isPodAvailable(old, minReadySeconds, nowMs)) candidates.push(metadata.name!);
      else allowed.push(metadata.name!);
    }
    const room = Math.max(0, maxSurge - surging);
    await this.#sync(set, [...allowed, ...candidates.slice(0, room)], [], hash);
  }

  async #rollingUpdate(set: DaemonSet, byNode: ReadonlyMap<string, Pod[]>, hash: string): Promise<void> {
    if (surgeOf(set) !== 0) return this.#surge(set, byNode, hash);
    const { minReadySeconds = 0, updateStrategy } = set.spec;
    const nowMs = this.#clock.now();
    const nodes = [...this.#nodes.list()].filter((node) => verdict(set, node).shouldRun);
    const share = updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
    const maxUnavailable = Math.max(1, scaledValue(share, nodes.length, true));
    let unavailable = 0;
    const candidates: Pod[] = [];
    const replaceable: Pod[] = [];
    for (const { metadata } of nodes) {
      const alive = (byNode.get(metadata.name!) ?? []).filter((pod) => !pod.metadata.deletionTimestamp);
      const [pod] = alive;
      if (!pod || alive.length > 1 || !isPodAvailable(pod, minReadySeconds, nowMs)) unavailable++;
      if (!pod || pod.metadata.labels?.[REVISION_HASH] === hash) continue;
      if (isPodAvailable(pod, minReadySeconds, nowMs)) candidates.push(pod);
      else replaceable.push(pod);
    }
    const room = Math.max(0, maxUnavailable - unavailable);
    await this.#sync(set, [], [...replaceable, ...candidates.slice(0, room)], hash);
  }

  async #sync(
    set: DaemonSet,
    missing: readonly string[],
    surplus: readonly Pod[],
    hash: string,
  ): Promise<void> {
    if (missing.length === 0 && surplus.length === 0) return;
    const key = keyOf(set);
    this.#expectations.expect(key, missing.length, surplus.map(keyOf));
    let failure: unknown;
    for (const node of missing) {
      try {
        await this.#podControl.create(podFor(set, node, hash), set);
      } catch (error) {
        this.#expectations.creationObserved(key);
        if (!isNamespaceTerminating(error)) failure ??= error;
      }
    }
    for (const pod of surplus) {
      try {
        await this.#podControl.delete(pod, set);
      } catch (error) {
        this.#expectations.deletionObserved(key, keyOf(pod));
        if (!isStatus(error, 'NotFound')) failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  }

  async #truncateHistory(
    set: DaemonSet,
    revisions: readonly ControllerRevision[],
    current: ControllerRevision,
    byNode: ReadonlyMap<string, Pod[]>,
  ): Promise<void> {
    const hashes = new Set(
      [...byNode.values()].flat().map(({ metadata }) => metadata.labels?.[REVISION_HASH]),
    );
    const live = revisions.filter((revision) => hashes.has(hashOf(revision)));
    const names = new Set([current, ...live].map(({ metadata }) => metadata.name!));
    await this.#history.truncate(revisions, names, set.spec.revisionHistoryLimit ?? Infinity);
  }

  async #writeStatus(set: DaemonSet, byNode: ReadonlyMap<string, Pod[]>, hash: string): Promise<void> {
    const nowMs = this.#clock.now();
    const status = {
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
      updatedNumberScheduled: 0,
      numberAvailable: 0,
    };
    for (const node of this.#nodes.list()) {
      const pod = byNode.get(node.metadata.name!)?.[0];
      if (!verdict(set, node).shouldRun) {
        if (pod) status.numberMisscheduled++;
        continue;
      }
      status.desiredNumberScheduled++;
      if (!pod) continue;
      status.currentNumberScheduled++;
      if (pod.metadata.labels?.[REVISION_HASH] === hash) status.updatedNumberScheduled++;
      if (!isPodReady(pod)) continue;
      status.numberReady++;
      if (isPodAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs)) status.numberAvailable++;
    }
    const { updatedNumberScheduled, numberAvailable, ...always } = status;
    const numberUnavailable = status.desiredNumberScheduled - numberAvailable;
    const shown: DaemonSetStatus = {
      ...always,
      observedGeneration: set.metadata.generation,
      ...(updatedNumberScheduled ? { updatedNumberScheduled } : {}),
      ...(numberAvailable ? { numberAvailable } : {}),
      ...(numberUnavailable ? { numberUnavailable } : {}),
      ...(set.status?.collisionCount === undefined ? {} : { collisionCount: set.status.collisionCount }),
    };
    if (deepEqual(set.status, shown)) return;
    await this.#client.updateStatus(DAEMON_SETS, { ...set, status: shown });
  }
}

const placement = ({ metadata, spec }: Node) => [metadata.labels, spec.taints];

const byCreation = (a: Pod, b: Pod) =>
  (a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1;

function nodeInAffinity(affinity: Affinity | undefined): string | undefined {
  const terms =
    affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const { matchFields = [] } of terms) {
    const named = matchFields.find(({ key }) => key === 'metadata.name');
    if (named?.values?.length === 1) return named.values[0];
  }
  return undefined;
}

/** Whether a daemon should be made on the node, and whether one that is there may stay. */
function verdict(set: DaemonSet, node: Node): { shouldRun: boolean; shouldContinue: boolean } {
  const { spec = {} as NonNullable<PodTemplateSpec['spec']> } = set.spec.template;
  const no = { shouldRun: false, shouldContinue: false };
  if (spec.nodeName && spec.nodeName !== node.metadata.name) return no;
  if (!matchesRequired(spec, node)) return no;
  const tolerations = tolerationsOf(set);
  if (untolerated(node.spec.taints, tolerations, ['NoExecute'])) return no;
  const shouldRun = !untolerated(node.spec.taints, tolerations, ['NoSchedule']);
  return { shouldRun, shouldContinue: true };
}

function tolerationsOf({ spec }: DaemonSet): Toleration[] {
  const { tolerations = [], hostNetwork } = spec.template.spec ?? {};
  const added = hostNetwork ? [...TOLERATIONS, HOST_NETWORK_TOLERATION] : TOLERATIONS;
  const isSame = (a: Toleration, b: Toleration) => a.key === b.key && a.effect === b.effect;
  return [...tolerations.filter((own) => !added.some((each) => isSame(own, each))), ...added];
}

function podFor(set: DaemonSet, node: string, hash: string): Pod {
  const pod = podFromTemplate(set.spec.template, set, controllerReference(DAEMON_SETS, set));
  const generation = set.metadata.annotations?.[GENERATION_ANNOTATION];
  const { affinity } = pod.spec;
  const requirement = { key: 'metadata.name', operator: 'In', values: [node] };
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: {
        ...pod.metadata.labels,
        [REVISION_HASH]: hash,
        ...(generation ? { [TEMPLATE_GENERATION]: generation } : {}),
      },
    },
    spec: {
      ...pod.spec,
      tolerations: tolerationsOf(set),
      affinity: {
        ...affinity,
        nodeAffinity: {
          ...affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchFields: [requirement] }],
          },
        },
      },
    },
  };
}

/** `maxSurge` as it is written; 0 means that old pods go first. */
function surgeOf({ spec }: DaemonSet): number | string {
  const { maxSurge = 0 } = spec.updateStrategy?.rollingUpdate ?? {};
  return maxSurge === '0%' ? 0 : maxSurge;
}
