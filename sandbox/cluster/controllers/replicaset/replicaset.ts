/**
 * ReplicaSets and ReplicationControllers (`pkg/controller/replicaset`): as many pods as `spec.replicas` says. Pods are created in
 * batches that double while all goes well, adopted and released by selector, deleted by rank, and counted.
 */
import type { Disposable } from '../../../core/disposable.ts';
import { DisposableStore } from '../../../core/disposable.ts';
import { timestamp, type Clock } from '../../../core/clock.ts';
import { slice } from '../../../core/slice.ts';
import { controllerOf, keyOf } from '../../api/object.ts';
import { isStatus } from '../../api/status.ts';
import type { Client } from '../../client/client.ts';
import { byController, type Informer } from '../../client/informer.ts';
import type { Pod, ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from '../../client/kinds.ts';
import { PODS } from '../../client/resources.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { claim } from '../claim.ts';
import { findCondition, withCondition, withoutCondition } from '../conditions.ts';
import { controllerReference, resolveController, type ControllerContext } from '../controller.ts';
import { deepEqual } from '../../api/equality.ts';
import { Expectations } from '../expectations.ts';
import { isNamespaceTerminating, podFromTemplate, PodControl } from '../pod-control.ts';
import { rankForDeletion } from '../pod-ranking.ts';
import { isPodActive, isPodAvailable, isPodReady, nextAvailabilityMs } from '../pod.ts';
import { OwnedPods } from './owned-pods.ts';
import { REPLICA_SET_KIND, REPLICATION_CONTROLLER_KIND, type ReplicaKind } from './replica-kind.ts';

/** At most so many pods are created or deleted in one go. */
const BURST_REPLICAS = 500;
/** Attempts to write a status over what somebody else wrote meanwhile. */
const STATUS_RETRIES = 1;

/** Pods of a namespace without a controller: candidates for adoption. */
const orphans = (pod: Pod) => (controllerOf(pod) ? [] : [pod.metadata.namespace!]);
const byNamespace = (object: ReplicaSet) => [object.metadata.namespace!];

export function startReplicaSetController(context: ControllerContext): Disposable {
  return new ReplicaSetController(context, REPLICA_SET_KIND);
}

export function startReplicationControllerController(context: ControllerContext): Disposable {
  return new ReplicaSetController(context, REPLICATION_CONTROLLER_KIND);
}

/** Active pods of a set. */
type Replicas = Pick<OwnedPods, 'active' | 'fullyLabeled' | 'ready'>;

class ReplicaSetController implements Disposable {
  readonly #kind: ReplicaKind;
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #podControl: PodControl;
  readonly #pods: Informer<Pod>;
  readonly #replicaSets: Informer<ReplicaSet>;
  readonly #expectations: Expectations;
  /** By the uid of the set, once it was looked at. */
  readonly #owned = new Map<string, OwnedPods>();
  readonly #queue: WorkQueue;
  readonly #resources = new DisposableStore();

  constructor(context: ControllerContext, kind: ReplicaKind) {
    this.#kind = kind;
    this.#clock = context.clock;
    this.#client = context.client(kind.component);
    this.#podControl = new PodControl(this.#client, context.recorder(kind.component, this.#client));
    this.#expectations = new Expectations(context.clock);
    this.#queue = this.#resources.add(
      new WorkQueue({
        clock: context.clock,
        reconcile: (key) => this.#reconcile(key),
        onError: (key, error) => context.onError(kind.type.kind.toLowerCase(), key, error),
      }),
    );
    this.#pods = context.informers.informer(PODS);
    this.#pods.addIndex('controller', byController);
    this.#pods.addIndex('orphans', orphans);
    this.#replicaSets = context.informers.informer(kind.type);
    this.#replicaSets.addIndex('controller', byController);
    this.#replicaSets.addIndex('namespace', byNamespace);
    this.#resources.add(
      this.#replicaSets.addHandler({
        add: (set) => this.#queue.add(keyOf(set)),
        update: (before, set) => {
          if (before.spec !== set.spec) this.#owned.delete(set.metadata.uid!);
          this.#queue.add(keyOf(set));
        },
        delete: (set) => {
          this.#owned.delete(set.metadata.uid!);
          this.#expectations.forget(keyOf(set));
          this.#queue.add(keyOf(set));
        },
      }),
    );
    this.#resources.add(
      this.#pods.addHandler({
        add: (pod) => {
          this.#count(undefined, pod);
          this.#podAdded(pod);
        },
        update: (before, pod) => {
          this.#count(before, pod);
          this.#podUpdated(before, pod);
        },
        delete: (pod) => {
          this.#count(pod, undefined);
          this.#podDeleted(pod);
        },
      }),
    );
  }

  dispose(): void {
    this.#resources.dispose();
  }

  #count(before: Pod | undefined, after: Pod | undefined): void {
    const formerly = before && controllerOf(before)?.uid;
    const now = after && controllerOf(after)?.uid;
    if (formerly !== undefined)
      this.#owned.get(formerly)?.changed(before, now === formerly ? after : undefined);
    if (now !== undefined && now !== formerly) this.#owned.get(now)?.changed(undefined, after);
  }

  #controllerOf(pod: Pod): ReplicaSet | undefined {
    return resolveController(this.#replicaSets, pod.metadata.namespace, controllerOf(pod));
  }

  #podAdded(pod: Pod): void {
    if (pod.metadata.deletionTimestamp !== undefined) return this.#podDeleted(pod);
    if (!controllerOf(pod)) return this.#offer(pod);
    const set = this.#controllerOf(pod);
    if (!set) return;
    this.#expectations.creationObserved(keyOf(set));
    this.#queue.add(keyOf(set));
  }

  #podUpdated(before: Pod, pod: Pod): void {
    const relabelled = !deepEqual(before.metadata.labels, pod.metadata.labels);
    if (pod.metadata.deletionTimestamp !== undefined) {
      this.#podDeleted(pod);
      if (relabelled) this.#podDeleted(before);
      return;
    }
    const reowned = controllerOf(before)?.uid !== controllerOf(pod)?.uid;
    if (reowned) {
      const former = this.#controllerOf(before);
      if (former) this.#queue.add(keyOf(former));
    }
    if (!controllerOf(pod)) {
      if (relabelled || reowned) this.#offer(pod);
      return;
    }
    const set = this.#controllerOf(pod);
    if (!set) return;
    this.#queue.add(keyOf(set));
    const { minReadySeconds = 0 } = set.spec;
    if (minReadySeconds > 0 && !isPodReady(before) && isPodReady(pod)) {
      this.#queue.addAfter(keyOf(set), minReadySeconds * 1000);
    }
  }

  #podDeleted(pod: Pod): void {
    const set = this.#controllerOf(pod);
    if (!set) return;
    this.#expectations.deletionObserved(keyOf(set), keyOf(pod));
    this.#queue.add(keyOf(set));
  }

  /** Lets every ReplicaSet that selects an orphan look at it. */
  #offer(pod: Pod): void {
    for (const set of this.#replicaSets.indexed('namespace', pod.metadata.namespace!)) {
      const selector = this.#kind.selectorOf(set);
      if (!selector.empty && selector.matches(pod.metadata.labels)) this.#queue.add(keyOf(set));
    }
  }

  async #reconcile(key: string): Promise<void> {
    const set = this.#replicaSets.get(key);
    if (!set) return this.#expectations.forget(key);
    const mayManage = this.#expectations.satisfied(key);
    const owned = this.#ownedBy(set);
    if (this.#hasToClaim(set, owned)) await this.#claim(set);

    const before: Replicas = { active: owned.active, fullyLabeled: owned.fullyLabeled, ready: owned.ready };
    const { terminating } = owned;
    let failure: Error | undefined;
    if (mayManage && set.metadata.deletionTimestamp === undefined) {
      try {
        await this.#manage(set, before.active);
      } catch (error) {
        failure = error as Error;
      }
    }
    // As the pods were before: what has come of it is told when the informer has seen it.
    const nowMs = this.#clock.now();
    const { minReadySeconds = 0 } = set.spec;
    const available =
      minReadySeconds > 0
        ? this.#activePods(set).filter((pod) => isPodAvailable(pod, minReadySeconds, nowMs)).length
        : before.ready;
    const status = this.#status(set, { ...before, available, terminating }, failure, nowMs);
    const updated = await this.#writeStatus(set, status);
    if (failure) throw failure;

    if (minReadySeconds > 0 && updated.status?.readyReplicas !== updated.status?.availableReplicas) {
      const waitMs = nextAvailabilityMs(this.#activePods(set), minReadySeconds, nowMs);
      this.#queue.addAfter(key, waitMs ?? minReadySeconds * 1000);
    }
  }

  #ownedBy(set: ReplicaSet): OwnedPods {
    const uid = set.metadata.uid!;
    let owned = this.#owned.get(uid);
    if (!owned) {
      const labels = set.spec.template?.metadata?.labels ?? {};
      owned = new OwnedPods(this.#kind.selectorOf(set), labels, this.#pods.indexed('controller', uid));
      this.#owned.set(uid, owned);
    }
    return owned;
  }

  /** Whether there are pods to adopt or to release. */
  #hasToClaim(set: ReplicaSet, owned: OwnedPods): boolean {
    if (owned.strayed > 0) return true;
    const orphaned = this.#pods.indexed('orphans', set.metadata.namespace!);
    if (orphaned.size === 0) return false;
    const selector = this.#kind.selectorOf(set);
    for (const pod of orphaned) if (isPodActive(pod) && selector.matches(pod.metadata.labels)) return true;
    return false;
  }

  async #claim(set: ReplicaSet): Promise<void> {
    const orphaned = this.#pods.indexed('orphans', set.metadata.namespace!);
    const candidates = [...this.#pods.indexed('controller', set.metadata.uid!), ...orphaned].filter(
      isPodActive,
    );
    const selector = this.#kind.selectorOf(set);
    const { type } = this.#kind;
    await claim({ client: this.#client, ownerType: type, owner: set, type: PODS, selector }, candidates);
  }

  #activePods(set: ReplicaSet): Pod[] {
    const selector = this.#kind.selectorOf(set);
    return [...this.#pods.indexed('controller', set.metadata.uid!)].filter(
      (pod) => isPodActive(pod) && selector.matches(pod.metadata.labels),
    );
  }

  /** Creates or deletes pods until there are as many as wanted. Rejects with the first failure. */
  async #manage(set: ReplicaSet, active: number): Promise<void> {
    const surplus = active - set.spec.replicas!;
    if (surplus < 0) await this.#create(set, Math.min(-surplus, BURST_REPLICAS));
    else if (surplus > 0) await this.#delete(set, this.#activePods(set), Math.min(surplus, BURST_REPLICAS));
  }

  /** In batches of 1, 2, 4, …: what fails for one (a quota, say) is not tried by hundreds. */
  async #create(set: ReplicaSet, count: number): Promise<void> {
    const key = keyOf(set);
    const reference = controllerReference(this.#kind.type, set);
    this.#expectations.expect(key, count);
    let left = count;
    for (let batch = 1; left > 0; batch *= 2) {
      let failure: unknown;
      const size = Math.min(batch, left);
      left -= size;
      for (let i = 0; i < size; i++) {
        const pause = slice();
        if (pause) await pause;
        try {
          await this.#podControl.create(podFromTemplate(set.spec.template!, set, reference), set);
        } catch (error) {
          if (isNamespaceTerminating(error)) continue;
          this.#expectations.creationObserved(key);
          failure ??= error;
        }
      }
      if (failure === undefined) continue;
      for (; left > 0; left--) this.#expectations.creationObserved(key);
      throw failure;
    }
  }

  async #delete(set: ReplicaSet, pods: Pod[], count: number): Promise<void> {
    const key = keyOf(set);
    let chosen = pods;
    if (count < pods.length) {
      const related = this.#relatedPodsByNode(set);
      chosen = rankForDeletion(pods, (node) => related.get(node) ?? 0, this.#clock.now()).slice(0, count);
    }
    this.#expectations.expect(key, 0, chosen.map(keyOf));
    let failure: unknown;
    for (const pod of chosen) {
      const pause = slice();
      if (pause) await pause;
      try {
        await this.#podControl.delete(pod, set);
      } catch (error) {
        this.#expectations.deletionObserved(key, keyOf(pod));
        if (!isStatus(error, 'NotFound')) failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  }

  /** Active pods by node of all ReplicaSets with the same controller: of one Deployment. */
  #relatedPodsByNode(set: ReplicaSet): Map<string, number> {
    const counts = new Map<string, number>();
    const controller = controllerOf(set);
    const related = controller ? this.#replicaSets.indexed('controller', controller.uid) : [];
    for (const { metadata } of related) {
      for (const pod of this.#pods.indexed('controller', metadata.uid!)) {
        if (!isPodActive(pod)) continue;
        const node = pod.spec.nodeName ?? '';
        counts.set(node, (counts.get(node) ?? 0) + 1);
      }
    }
    return counts;
  }

  #status(
    set: ReplicaSet,
    counts: Replicas & { available: number; terminating: number },
    failure: Error | undefined,
    nowMs: number,
  ): ReplicaSetStatus {
    let conditions: ReplicaSetCondition[] = set.status?.conditions ?? [];
    if (!failure) conditions = withoutCondition(conditions, 'ReplicaFailure');
    else if (!findCondition(conditions, 'ReplicaFailure')) {
      conditions = withCondition(conditions, {
        type: 'ReplicaFailure',
        status: 'True',
        reason: counts.active < set.spec.replicas! ? 'FailedCreate' : 'FailedDelete',
        message: failure.message,
        lastTransitionTime: timestamp(nowMs),
      });
    }
    return {
      replicas: counts.active,
      ...(counts.fullyLabeled ? { fullyLabeledReplicas: counts.fullyLabeled } : {}),
      ...(counts.ready ? { readyReplicas: counts.ready } : {}),
      ...(counts.available ? { availableReplicas: counts.available } : {}),
      ...(this.#kind.tellsTerminating ? { terminatingReplicas: counts.terminating } : {}),
      ...(conditions.length > 0 ? { conditions } : {}),
    };
  }

  /** Writes `status` unless it is there already. Answers the ReplicaSet as it then is. */
  async #writeStatus(set: ReplicaSet, status: ReplicaSetStatus): Promise<ReplicaSet> {
    const { observedGeneration, ...current } = set.status ?? { replicas: 0 };
    if (observedGeneration === set.metadata.generation && deepEqual(current, status)) return set;
    for (let attempt = 0, base = set; ; attempt++) {
      try {
        return await this.#client.updateStatus(this.#kind.type, {
          ...base,
          status: { ...status, observedGeneration: set.metadata.generation },
        });
      } catch (error) {
        if (attempt >= STATUS_RETRIES) throw error;
        base = await this.#client.get(this.#kind.type, set.metadata);
      }
    }
  }
}
