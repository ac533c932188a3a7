/**
 * StatefulSets (`pkg/controller/statefulset`): pods with a name, a place and volumes of their own, made
 * from the first to the last and removed from the last to the first, one at a time unless
 * `podManagementPolicy` is Parallel. Left out: `maxUnavailable`, which 1.35 has switched off.
 */
import type { Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { selectorOf } from '../api/labels.ts';
import { controllerOf, keyOf } from '../api/object.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import { byController, byNamespace, type Informer } from '../client/informer.ts';
import type {
  ControllerRevision,
  PersistentVolumeClaim,
  Pod,
  PodTemplateSpec,
  StatefulSet,
  StatefulSetStatus,
} from '../client/kinds.ts';
import { CONTROLLER_REVISIONS, PERSISTENT_VOLUME_CLAIMS, PODS, STATEFUL_SETS } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import { claim } from './claim.ts';
import { controllerReference, resolveController, type ControllerContext } from './controller.ts';
import { ControllerHistory, REVISION_HASH, templateOf } from './controller-history.ts';
import { deepEqual } from '../api/equality.ts';
import { claimOwners } from './statefulset-claims.ts';
import { isNamespaceTerminating, podFromTemplate } from './pod-control.ts';
import { isPodAvailable, isPodReady, isPodTerminal, nextAvailabilityMs } from './pod.ts';

const POD_NAME = 'statefulset.kubernetes.io/pod-name';
const POD_INDEX = 'apps.kubernetes.io/pod-index';

export function startStatefulSetController(context: ControllerContext): Disposable {
  return new StatefulSetController(context);
}

class StatefulSetController implements Disposable {
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #history: ControllerHistory;
  readonly #pods: Informer<Pod>;
  readonly #sets: Informer<StatefulSet>;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #queue: WorkQueue;
  readonly #resources = new DisposableStore();

  constructor(context: ControllerContext) {
    const { informers } = context;
    this.#clock = context.clock;
    this.#client = context.client('statefulset-controller');
    this.#recorder = context.recorder('statefulset-controller', this.#client);
    const revisions = informers.informer(CONTROLLER_REVISIONS);
    revisions.addIndex('namespace', byNamespace);
    this.#history = new ControllerHistory(this.#client, revisions);
    this.#claims = informers.informer(PERSISTENT_VOLUME_CLAIMS);
    this.#pods = informers.informer(PODS);
    this.#pods.addIndex('controller', byController);
    this.#pods.addIndex('orphans', (pod) => (controllerOf(pod) ? [] : [pod.metadata.namespace!]));
    this.#sets = informers.informer(STATEFUL_SETS);
    this.#sets.addIndex('namespace', byNamespace);
    this.#queue = this.#resources.add(
      new WorkQueue({
        clock: context.clock,
        reconcile: (key) => this.#reconcile(key),
        onError: (key, error) => context.onError('statefulset', key, error),
      }),
    );
    const enqueue = (set: StatefulSet | undefined) => {
      if (set) this.#queue.add(keyOf(set));
    };
    this.#resources.add(
      this.#sets.addHandler({
        add: enqueue,
        update: (_before, set) => enqueue(set),
        delete: enqueue,
      }),
    );
    const owner = (pod: Pod) => resolveController(this.#sets, pod.metadata.namespace, controllerOf(pod));
    const seen = (pod: Pod) => {
      if (controllerOf(pod)) return enqueue(owner(pod));
      for (const set of this.#sets.indexed('namespace', pod.metadata.namespace!)) {
        const selector = selectorOf(set.spec.selector);
        if (!selector.empty && selector.matches(pod.metadata.labels)) enqueue(set);
      }
    };
    this.#resources.add(
      this.#pods.addHandler({
        add: seen,
        update: (before, pod) => {
          if (controllerOf(before)?.uid !== controllerOf(pod)?.uid) enqueue(owner(before));
          if (controllerOf(pod) || !deepEqual(before.metadata.labels, pod.metadata.labels)) seen(pod);
        },
        delete: (pod) => enqueue(owner(pod)),
      }),
    );
  }

  dispose(): void {
    this.#resources.dispose();
  }

  async #reconcile(key: string): Promise<void> {
    const set = this.#sets.get(key);
    if (!set) return;
    const revisions = await this.#history.list(STATEFUL_SETS, set);
    const candidates = [
      ...this.#pods.indexed('controller', set.metadata.uid!),
      ...this.#pods.indexed('orphans', set.metadata.namespace!),
    ].filter((pod) => ordinalOf(set, pod.metadata.name!) !== undefined);
    const pods = await claim(
      {
        client: this.#client,
        ownerType: STATEFUL_SETS,
        owner: set,
        type: PODS,
        selector: selectorOf(set.spec.selector),
      },
      candidates,
    );
    const collisionCount = set.status?.collisionCount ?? 0;
    const update = await this.#history.current(STATEFUL_SETS, set, revisions, collisionCount);
    const current = revisions.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
    const pass = new Pass(set, pods, current, update, this.#clock.now());
    let failure: unknown;
    try {
      if (set.metadata.deletionTimestamp === undefined) await this.#step(pass);
    } catch (error) {
      failure = error;
    }
    await this.#writeStatus(pass);
    if (failure !== undefined && !isNamespaceTerminating(failure)) throw failure;
    const live = new Set([current.metadata.name!, update.metadata.name!, ...pods.map(revisionOf)]);
    await this.#history.truncate(revisions, live, set.spec.revisionHistoryLimit ?? Infinity);
    const waitMs = nextAvailabilityMs(pods, set.spec.minReadySeconds ?? 0, this.#clock.now());
    if (waitMs !== undefined) this.#queue.addAfter(key, waitMs);
  }

  /** Goes as far as it may at this moment. */
  async #step(pass: Pass): Promise<void> {
    const { set, monotonic } = pass;
    for (const ordinal of pass.ordinals()) {
      const pod = pass.replica(ordinal);
      if (!pod) {
        pass.created(await this.#create(pass, ordinal));
        if (monotonic) return;
      } else if (isPodTerminal(pod)) {
        if (pod.metadata.deletionTimestamp === undefined) await this.#delete(set, pod);
        return;
      } else {
        if (pod.status?.phase === 'Pending') await this.#createClaims(set, pod, ordinal);
        await this.#setClaimOwners(set, pod, false);
        if (monotonic && !pass.isAvailable(pod)) return;
      }
    }
    const firstUnhealthy = pass.firstUnhealthy();
    for (const pod of pass.condemned()) {
      await this.#setClaimOwners(set, pod, true);
      if (pod.metadata.deletionTimestamp !== undefined) {
        if (monotonic) return;
        continue;
      }
      if (monotonic && !pass.isAvailable(pod) && pod !== firstUnhealthy) return;
      await this.#delete(set, pod);
      if (monotonic) return;
    }
    if (set.spec.updateStrategy?.type === 'OnDelete') return;
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    for (const ordinal of pass.ordinals().toReversed()) {
      if (ordinal - pass.start < partition) return;
      const pod = pass.replica(ordinal);
      if (!pod) return;
      if (revisionOf(pod) !== pass.update.metadata.name && pod.metadata.deletionTimestamp === undefined) {
        await this.#delete(set, pod);
        return;
      }
      if (!pass.isAvailable(pod)) return;
    }
  }

  async #create(pass: Pass, ordinal: number): Promise<Pod> {
    const { set } = pass;
    const pod = podOf(set, pass.revisionFor(ordinal), ordinal);
    const what = `Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`;
    try {
      await this.#createClaims(set, pod, ordinal);
      const created = await this.#client.create(PODS, pod);
      await this.#setClaimOwners(set, created, false);
      this.#recorder.event(set, 'Normal', 'SuccessfulCreate', `Create ${what} successful`);
      return created;
    } catch (error) {
      // One of that name is still there, or the informer is behind: it is tried again.
      if (!isNamespaceTerminating(error) && !isStatus(error, 'AlreadyExists')) {
        const { message } = error as Error;
        this.#recorder.event(set, 'Warning', 'FailedCreate', `Create ${what} failed error: ${message}`);
      }
      throw error;
    }
  }

  async #createClaims(set: StatefulSet, pod: Pod, ordinal: number): Promise<void> {
    for (const wanted of claimsOf(set, ordinal)) {
      if (this.#claims.get(keyOf(wanted))) continue;
      const { name } = wanted.metadata;
      const place = `Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`;
      try {
        await this.#client.create(PERSISTENT_VOLUME_CLAIMS, wanted);
        const text = `Create Claim ${name} ${place} success`;
        this.#recorder.event(set, 'Normal', 'SuccessfulCreate', text);
      } catch (error) {
        if (isStatus(error, 'AlreadyExists')) continue;
        const text = `Create Claim ${name} for ${place} failed error: ${(error as Error).message}`;
        this.#recorder.event(set, 'Warning', 'FailedCreate', text);
        throw error;
      }
    }
  }

  /** Has the pod's claims belong to whom the retention policy says. */
  async #setClaimOwners(set: StatefulSet, pod: Pod, condemned: boolean): Promise<void> {
    if (!set.spec.volumeClaimTemplates) return;
    for (const { metadata } of claimsOf(set, ordinalOf(set, pod.metadata.name!)!)) {
      const claim = this.#claims.get(keyOf({ metadata }));
      const ownerReferences = claim && claimOwners(set, pod, claim, condemned);
      if (!ownerReferences) continue;
      const { ownerReferences: _, ...rest } = claim.metadata;
      await this.#client.update(PERSISTENT_VOLUME_CLAIMS, {
        ...claim,
        metadata: ownerReferences.length > 0 ? { ...rest, ownerReferences } : rest,
      });
    }
  }

  async #delete(set: StatefulSet, pod: Pod): Promise<void> {
    const what = `Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`;
    try {
      await this.#client.delete(PODS, pod.metadata);
      this.#recorder.event(set, 'Normal', 'SuccessfulDelete', `Delete ${what} successful`);
    } catch (error) {
      if (isStatus(error, 'NotFound')) return;
      const { message } = error as Error;
      this.#recorder.event(set, 'Warning', 'FailedDelete', `Delete ${what} failed error: ${message}`);
      throw error;
    }
  }

  async #writeStatus(pass: Pass): Promise<void> {
    const status = pass.status();
    if (deepEqual(pass.set.status, status)) return;
    await this.#client.updateStatus(STATEFUL_SETS, { ...pass.set, status });
  }
}

/** What one reconciliation knows: the set, its pods by ordinal, and the two revisions they may be of. */
class Pass {
  readonly set: StatefulSet;
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
  readonly start: number;
  readonly monotonic: boolean;
  readonly #nowMs: number;
  readonly #pods = new Map<number, Pod>();

  constructor(
    set: StatefulSet,
    pods: readonly Pod[],
    current: ControllerRevision,
    update: ControllerRevision,
    nowMs: number,
  ) {
    this.set = set;
    this.current = current;
    this.update = update;
    this.start = set.spec.ordinals?.start ?? 0;
    this.monotonic = set.spec.podManagementPolicy !== 'Parallel';
    this.#nowMs = nowMs;
    for (const pod of pods) this.#pods.set(ordinalOf(set, pod.metadata.name!)!, pod);
  }

  /** The ordinals that there should be, ascending. */
  ordinals(): number[] {
    return Array.from({ length: this.set.spec.replicas! }, (_, i) => this.start + i);
  }

  replica(ordinal: number): Pod | undefined {
    return this.#pods.get(ordinal);
  }

  created(pod: Pod): void {
    this.#pods.set(ordinalOf(this.set, pod.metadata.name!)!, pod);
  }

  /** Pods that there are too many, the last first. */
  condemned(): Pod[] {
    const end = this.start + this.set.spec.replicas!;
    return [...this.#pods]
      .filter(([ordinal]) => ordinal < this.start || ordinal >= end)
      .sort(([a], [b]) => b - a)
      .map(([, pod]) => pod);
  }

  isAvailable(pod: Pod): boolean {
    const { minReadySeconds = 0 } = this.set.spec;
    return pod.metadata.deletionTimestamp === undefined && isPodAvailable(pod, minReadySeconds, this.#nowMs);
  }

  firstUnhealthy(): Pod | undefined {
    const replicas = this.ordinals().map((ordinal) => this.replica(ordinal));
    const all = [...replicas, ...this.condemned().toReversed()];
    return all.find((pod) => pod && !this.isAvailable(pod));
  }

  /** The revision of a new pod: below the partition, or while the update is still above it, the current one. */
  revisionFor(ordinal: number): ControllerRevision {
    const { updateStrategy } = this.set.spec;
    if (updateStrategy?.type !== 'RollingUpdate') return this.update;
    const partition = updateStrategy.rollingUpdate?.partition;
    const kept = partition ?? this.set.status?.currentReplicas ?? 0;
    return ordinal < this.start + kept ? this.current : this.update;
  }

  status(): StatefulSetStatus {
    const { minReadySeconds = 0, replicas: wanted, updateStrategy } = this.set.spec;
    const counts = {
      replicas: 0,
      readyReplicas: 0,
      availableReplicas: 0,
      currentReplicas: 0,
      updatedReplicas: 0,
    };
    for (const pod of this.#pods.values()) {
      counts.replicas++;
      if (pod.status?.phase === 'Running' && isPodReady(pod)) {
        counts.readyReplicas++;
        if (isPodAvailable(pod, minReadySeconds, this.#nowMs)) counts.availableReplicas++;
      }
      if (pod.metadata.deletionTimestamp !== undefined) continue;
      if (revisionOf(pod) === this.current.metadata.name) counts.currentReplicas++;
      if (revisionOf(pod) === this.update.metadata.name) counts.updatedReplicas++;
    }
    let currentRevision = this.current.metadata.name;
    const complete = [counts.updatedReplicas, counts.readyReplicas, counts.replicas].every(
      (n) => n === wanted,
    );
    if (updateStrategy?.type === 'RollingUpdate' && complete) {
      counts.currentReplicas = counts.updatedReplicas;
      currentRevision = this.update.metadata.name;
    }
    const { replicas, availableReplicas, ...others } = counts;
    const shown = Object.fromEntries(Object.entries(others).filter(([, count]) => count !== 0));
    return {
      observedGeneration: this.set.metadata.generation,
      replicas,
      availableReplicas,
      ...shown,
      currentRevision,
      updateRevision: this.update.metadata.name,
      collisionCount: this.set.status?.collisionCount ?? 0,
    };
  }
}

const revisionOf = ({ metadata }: Pod) => metadata.labels?.[REVISION_HASH] ?? '';

/** The number at the end of the pod's name, if the name is the set's. */
function ordinalOf({ metadata }: StatefulSet, podName: string): number | undefined {
  const prefix = `${metadata.name}-`;
  const rest = podName.slice(prefix.length);
  return podName.startsWith(prefix) && /^[0-9]+$/.test(rest) ? Number(rest) : undefined;
}

function podOf(set: StatefulSet, revision: ControllerRevision, ordinal: number): Pod {
  const template: PodTemplateSpec = templateOf(revision);
  const { metadata, spec } = podFromTemplate(template, set, controllerReference(STATEFUL_SETS, set));
  const name = `${set.metadata.name}-${ordinal}`;
  const claims = claimsOf(set, ordinal);
  const templates = set.spec.volumeClaimTemplates ?? [];
  const own = templates.map(({ metadata }, i) => ({
    name: metadata.name!,
    persistentVolumeClaim: { claimName: claims[i]!.metadata.name! },
  }));
  const volumes = [
    ...own,
    ...(spec.volumes ?? []).filter((volume) => !own.some((each) => each.name === volume.name)),
  ];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      name,
      labels: {
        ...metadata.labels,
        [POD_NAME]: name,
        [POD_INDEX]: String(ordinal),
        [REVISION_HASH]: revision.metadata.name!,
      },
    },
    spec: {
      ...spec,
      hostname: name,
      ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}),
      ...(volumes.length > 0 ? { volumes } : {}),
    },
  };
}

/** The claims of one pod, in the order of their templates. */
function claimsOf(set: StatefulSet, ordinal: number): PersistentVolumeClaim[] {
  return (set.spec.volumeClaimTemplates ?? []).map(({ metadata, spec }) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: `${metadata.name}-${set.metadata.name}-${ordinal}`,
      namespace: set.metadata.namespace,
      labels: { ...metadata.labels, ...set.spec.selector.matchLabels },
      ...(metadata.annotations ? { annotations: metadata.annotations } : {}),
    },
    spec,
  }));
}
