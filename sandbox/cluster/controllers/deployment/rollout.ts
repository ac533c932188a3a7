/**
 * One pass over one Deployment (`deployment/sync.go`, `rolling.go`, `recreate.go`): finds or makes the
 * ReplicaSet of the current template, moves replicas between it and the old ones, writes the status. Every
 * pass goes one step and leaves; the changes it makes bring the next.
 */
import type { Clock } from '../../../core/clock.ts';
import { controllerOf } from '../../api/object.ts';
import { isStatus } from '../../api/status.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import type { Informer } from '../../client/informer.ts';
import type {
  Deployment,
  DeploymentCondition,
  DeploymentStatus,
  Pod,
  ReplicaSet,
} from '../../client/kinds.ts';
import { DEPLOYMENTS, REPLICA_SETS } from '../../client/resources.ts';
import { withCondition } from '../conditions.ts';
import { controllerReference } from '../controller.ts';
import { deepEqual } from '../../api/equality.ts';
import { isNamespaceTerminating } from '../pod-control.ts';
import { isPodTerminal } from '../pod.ts';
import {
  calculateStatus,
  hasProgressDeadline,
  isComplete,
  newCondition,
  progressingOf,
  rolloutStatus,
} from './deployment-status.ts';
import {
  availableReplicas,
  desiredReplicas,
  isActive,
  isRollingUpdate,
  maxSurge,
  maxUnavailable,
  newReplicaSetSize,
  proportionOf,
} from './replica-counts.ts';
import {
  byCreation,
  byRevision,
  desiredReplicasOf,
  findNewReplicaSet,
  REVISION,
  revisionOf,
  withReplicas,
  withRevision,
} from './revision.ts';
import { POD_TEMPLATE_HASH, sameTemplate, templateHash } from './template-hash.ts';

/** `spec.revisionHistoryLimit` that means all. */
const UNLIMITED_HISTORY = 2 ** 31 - 1;
/** The longest name of an object. */
const MAX_NAME_LENGTH = 253;

export interface RolloutTools {
  clock: Clock;
  client: Client;
  recorder: EventRecorder;
  /** Indexed by `controller`. */
  pods: Informer<Pod>;
  replicaSets: Informer<ReplicaSet>;
}

export class Rollout {
  readonly #tools: RolloutTools;
  readonly #owned: readonly ReplicaSet[];
  #deployment: Deployment;
  #new: ReplicaSet | undefined;
  #old: ReplicaSet[] = [];

  /** @param owned the ReplicaSets that the Deployment controls. */
  constructor(tools: RolloutTools, deployment: Deployment, owned: readonly ReplicaSet[]) {
    this.#tools = tools;
    this.#deployment = deployment;
    this.#owned = owned;
  }

  /** The Deployment as this pass has written it. */
  get deployment(): Deployment {
    return this.#deployment;
  }

  get #all(): ReplicaSet[] {
    return this.#new ? [...this.#old, this.#new] : this.#old;
  }

  /** Only counts: the Deployment is being deleted. */
  async reportStatus(): Promise<void> {
    await this.#find(false);
    await this.#syncStatus();
  }

  /** Marks a pause or its end in the condition Progressing, so that the time does not count as no progress. */
  async markPaused(): Promise<void> {
    const deployment = this.#deployment;
    if (!hasProgressDeadline(deployment)) return;
    const reason = progressingOf(deployment.status)?.reason;
    if (reason === 'ProgressDeadlineExceeded') return;
    const { paused = false } = deployment.spec;
    if (paused === (reason === 'DeploymentPaused')) return;
    const nowMs = this.#tools.clock.now();
    const condition = paused
      ? newCondition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', nowMs)
      : newCondition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed', nowMs);
    await this.#writeStatus(this.#withCondition(condition));
  }

  /** Whether somebody changed `spec.replicas` since the ReplicaSets were last scaled. */
  async isScaling(): Promise<boolean> {
    await this.#find(false);
    return this.#all.filter(isActive).some((set) => {
      const desired = desiredReplicasOf(set);
      return desired !== undefined && desired !== this.#deployment.spec.replicas;
    });
  }

  /** Follows `spec.replicas` without going on with an update. */
  async resize(): Promise<void> {
    await this.#find(false);
    await this.#scale();
    if (this.#deployment.spec.paused) await this.#cleanup();
    await this.#syncStatus();
  }

  async rollingUpdate(): Promise<void> {
    await this.#find(true);
    if ((await this.#growNew()) || (await this.#shrinkOld())) return this.#syncRolloutStatus();
    if (isComplete(this.#deployment, this.#deployment.status)) await this.#cleanup();
    await this.#syncRolloutStatus();
  }

  async recreate(): Promise<void> {
    await this.#find(false);
    let scaledDown = false;
    for (const [i, set] of this.#old.entries()) {
      if (!isActive(set)) continue;
      this.#old[i] = await this.#scaleTo(set, 0);
      scaledDown = true;
    }
    if (scaledDown || this.#oldPodsRun()) return this.#syncRolloutStatus();
    if (!this.#new) await this.#find(true);
    const { replicas } = this.#deployment.spec;
    if (this.#new!.spec.replicas !== replicas) await this.#scaleTo(this.#new!, replicas!);
    if (isComplete(this.#deployment, this.#deployment.status)) await this.#cleanup();
    await this.#syncRolloutStatus();
  }

  #oldPodsRun(): boolean {
    if (this.#old.some((set) => (set.status?.replicas ?? 0) > 0)) return true;
    return this.#old.some(({ metadata }) => {
      for (const pod of this.#tools.pods.indexed('controller', metadata.uid!)) {
        if (!isPodTerminal(pod)) return true;
      }
      return false;
    });
  }

  /** Sorts the ReplicaSets into new and old, brings the new one's annotations up to date, makes it if asked. */
  async #find(create: boolean): Promise<void> {
    const found = this.#new ?? findNewReplicaSet(this.#deployment, this.#owned);
    this.#old = this.#owned
      .filter((set) => set.metadata.uid !== found?.metadata.uid)
      .toSorted(byCreation)
      .map((set) => this.#old.find(({ metadata }) => metadata.uid === set.metadata.uid) ?? set);
    const revision = Math.max(0, ...this.#old.map(revisionOf)) + 1;
    if (found) this.#new = await this.#refresh(found, revision);
    else if (create) this.#new = await this.#createNew(revision);
  }

  async #refresh(set: ReplicaSet, revision: number): Promise<ReplicaSet> {
    const annotations = withRevision(set.metadata.annotations, this.#deployment, revision);
    const { minReadySeconds } = this.#deployment.spec;
    if (annotations !== set.metadata.annotations || minReadySeconds !== set.spec.minReadySeconds) {
      return this.#tools.client.update(REPLICA_SETS, {
        ...set,
        metadata: { ...set.metadata, annotations },
        spec: { ...set.spec, minReadySeconds },
      });
    }
    const next = this.#withRevision(annotations?.[REVISION]);
    if (hasProgressDeadline(next) && !progressingOf(next.status)) {
      const message = `Found new replica set "${set.metadata.name}"`;
      const nowMs = this.#tools.clock.now();
      const condition = newCondition('Progressing', 'True', 'FoundNewReplicaSet', message, nowMs);
      await this.#writeStatus(this.#withCondition(condition, next));
    } else if (next !== this.#deployment) await this.#writeStatus(next);
    return set;
  }

  async #createNew(revision: number): Promise<ReplicaSet> {
    const { client, recorder, clock } = this.#tools;
    const deployment = this.#deployment;
    const { template, selector, minReadySeconds } = deployment.spec;
    const hash = templateHash(template, deployment.status?.collisionCount);
    const labels = { ...template.metadata?.labels, [POD_TEMPLATE_HASH]: hash };
    const name = `${deployment.metadata.name!.slice(0, MAX_NAME_LENGTH - 1 - hash.length)}-${hash}`;
    const replicas = newReplicaSetSize(deployment, this.#old, 0);
    const max = deployment.spec.replicas! + maxSurge(deployment);
    const annotations = withRevision(
      withReplicas(undefined, deployment.spec.replicas!, max),
      deployment,
      revision,
    );
    let created: ReplicaSet;
    let adopted = false;
    try {
      created = await client.create(REPLICA_SETS, {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: {
          name,
          namespace: deployment.metadata.namespace,
          ownerReferences: [controllerReference(DEPLOYMENTS, deployment)],
          labels,
          annotations,
        },
        spec: {
          replicas,
          ...(minReadySeconds ? { minReadySeconds } : {}),
          selector: { ...selector, matchLabels: { ...selector.matchLabels, [POD_TEMPLATE_HASH]: hash } },
          template: { ...template, metadata: { ...template.metadata, labels } },
        },
      });
    } catch (error) {
      created = await this.#createFailed(name, error as Error);
      adopted = true;
    }
    if (!adopted && replicas > 0) {
      const message = `Scaled up replica set ${created.metadata.name} from 0 to ${replicas}`;
      recorder.event(deployment, 'Normal', 'ScalingReplicaSet', message);
    }
    let next = this.#withRevision(`${revision}`);
    if (!adopted && hasProgressDeadline(deployment)) {
      const message = `Created new replica set "${created.metadata.name}"`;
      next = this.#withCondition(
        newCondition('Progressing', 'True', 'NewReplicaSetCreated', message, clock.now()),
        next,
      );
    }
    if (next !== deployment) await this.#writeStatus(next);
    return created;
  }

  /** Answers the ReplicaSet that is in the way if it is the wanted one; else throws, so that the pass is tried again. */
  async #createFailed(name: string, error: Error): Promise<ReplicaSet> {
    const { replicaSets, recorder, clock } = this.#tools;
    const deployment = this.#deployment;
    if (isStatus(error, 'AlreadyExists')) {
      const existing = replicaSets.get(`${deployment.metadata.namespace}/${name}`);
      if (
        existing &&
        controllerOf(existing)?.uid === deployment.metadata.uid &&
        sameTemplate(existing.spec.template!, deployment.spec.template)
      ) {
        return existing;
      }
      const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
      await this.#writeStatus({ ...deployment, status: { ...deployment.status, collisionCount } });
    } else if (!isNamespaceTerminating(error)) {
      const message = `Failed to create new replica set "${name}": ${error.message}`;
      if (hasProgressDeadline(deployment)) {
        const condition = newCondition('Progressing', 'False', 'ReplicaSetCreateError', message, clock.now());
        await this.#writeStatus(this.#withCondition(condition));
      }
      recorder.event(deployment, 'Warning', 'ReplicaSetCreateError', message);
    }
    throw error;
  }

  /** A single active ReplicaSet takes the whole change; during an update all share it in proportion. */
  async #scale(): Promise<void> {
    const wanted = this.#deployment.spec.replicas!;
    const only = this.#activeOrLatest();
    if (only) {
      if (only.spec.replicas !== wanted) await this.#scaleTo(only, wanted);
      return;
    }
    if (this.#new && this.#isSaturated(this.#new)) {
      for (const set of this.#old.filter(isActive)) await this.#scaleTo(set, 0);
      return;
    }
    if (!isRollingUpdate(this.#deployment)) return;
    const active = this.#all.filter(isActive);
    const allowed = wanted > 0 ? wanted + maxSurge(this.#deployment) : 0;
    const toAdd = allowed - desiredReplicas(active);
    const byAge = toAdd > 0 ? (a: ReplicaSet, b: ReplicaSet) => byCreation(b, a) : byCreation;
    if (toAdd !== 0) active.sort((a, b) => b.spec.replicas! - a.spec.replicas! || byAge(a, b));
    let added = 0;
    const sizes = active.map((set) => {
      const share = proportionOf(set, this.#deployment, toAdd, added);
      added += share;
      return set.spec.replicas! + share;
    });
    // What rounding left over goes to the largest.
    if (sizes.length > 0) sizes[0] = Math.max(0, sizes[0]! + toAdd - added);
    for (const [i, set] of active.entries()) await this.#scaleTo(set, sizes[i]!);
  }

  #activeOrLatest(): ReplicaSet | undefined {
    const active = this.#all.filter(isActive);
    if (active.length === 0) return this.#new ?? this.#old.toSorted(byCreation).at(-1);
    return active.length === 1 ? active[0] : undefined;
  }

  #isSaturated(set: ReplicaSet): boolean {
    const { replicas } = this.#deployment.spec;
    return (
      set.spec.replicas === replicas &&
      desiredReplicasOf(set) === replicas &&
      (set.status?.availableReplicas ?? 0) === replicas
    );
  }

  /** Gives the new ReplicaSet what surge allows. Answers whether that changed anything. */
  async #growNew(): Promise<boolean> {
    const set = this.#new!;
    const wanted = this.#deployment.spec.replicas!;
    const current = set.spec.replicas!;
    const size = current > wanted ? wanted : newReplicaSetSize(this.#deployment, this.#all, current);
    if (size === current) return false;
    await this.#scaleTo(set, size);
    return true;
  }

  /** Takes from the old ReplicaSets what availability allows: first what is not available anyway. */
  async #shrinkOld(): Promise<boolean> {
    let old = this.#old.filter(isActive).toSorted(byCreation);
    if (old.length === 0) return false;
    const newSet = this.#new!;
    const minAvailable = this.#deployment.spec.replicas! - maxUnavailable(this.#deployment);
    const newUnavailable = newSet.spec.replicas! - (newSet.status?.availableReplicas ?? 0);
    const most = desiredReplicas(this.#all) - minAvailable - newUnavailable;
    if (most <= 0) return false;

    let removed = 0;
    old = [...old];
    for (const [i, set] of old.entries()) {
      const unavailable = set.spec.replicas! - (set.status?.availableReplicas ?? 0);
      const count = Math.min(most - removed, unavailable);
      if (count <= 0) continue;
      old[i] = await this.#scaleTo(set, set.spec.replicas! - count);
      removed += count;
    }

    let surplus = availableReplicas([...old, newSet]) - minAvailable;
    for (const set of old) {
      const count = Math.min(set.spec.replicas!, surplus);
      if (count <= 0) continue;
      await this.#scaleTo(set, set.spec.replicas! - count);
      surplus -= count;
      removed += count;
    }
    return removed > 0;
  }

  /** Sets a ReplicaSet's size, and what its annotations say of the Deployment's. */
  async #scaleTo(set: ReplicaSet, replicas: number): Promise<ReplicaSet> {
    const wanted = this.#deployment.spec.replicas!;
    const annotations = withReplicas(set.metadata.annotations, wanted, wanted + maxSurge(this.#deployment));
    const before = set.spec.replicas!;
    if (before === replicas && annotations === set.metadata.annotations) return set;
    const scaled = await this.#tools.client.update(REPLICA_SETS, {
      ...set,
      metadata: { ...set.metadata, annotations },
      spec: { ...set.spec, replicas },
    });
    if (before !== replicas) {
      const direction = before < replicas ? 'up' : 'down';
      const message = `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${replicas}`;
      this.#tools.recorder.event(this.#deployment, 'Normal', 'ScalingReplicaSet', message);
    }
    return scaled;
  }

  /** Deletes the oldest of the old ReplicaSets that have no pods, beyond `revisionHistoryLimit`. */
  async #cleanup(): Promise<void> {
    const { revisionHistoryLimit = UNLIMITED_HISTORY } = this.#deployment.spec;
    if (revisionHistoryLimit === UNLIMITED_HISTORY) return;
    const alive = this.#old.filter((set) => set.metadata.deletionTimestamp === undefined).sort(byRevision);
    const surplus = Math.max(0, alive.length - revisionHistoryLimit);
    for (const set of alive.slice(0, surplus)) {
      const { replicas = 0, observedGeneration = 0 } = set.status ?? {};
      if (replicas !== 0 || set.spec.replicas !== 0 || set.metadata.generation! > observedGeneration)
        continue;
      try {
        await this.#tools.client.delete(REPLICA_SETS, set.metadata);
      } catch (error) {
        if (!isStatus(error, 'NotFound')) throw error;
      }
    }
  }

  async #syncStatus(): Promise<void> {
    const nowMs = this.#tools.clock.now();
    await this.#syncTo(calculateStatus(this.#deployment, this.#all, this.#new, nowMs));
  }

  async #syncRolloutStatus(): Promise<void> {
    const nowMs = this.#tools.clock.now();
    await this.#syncTo(rolloutStatus(this.#deployment, this.#all, this.#new, nowMs));
  }

  async #syncTo(status: DeploymentStatus): Promise<void> {
    if (deepEqual(this.#deployment.status, status)) return;
    await this.#writeStatus({ ...this.#deployment, status });
  }

  #withRevision(revision: string | undefined): Deployment {
    const { metadata } = this.#deployment;
    if (revision === undefined || metadata.annotations?.[REVISION] === revision) return this.#deployment;
    const annotations = { ...metadata.annotations, [REVISION]: revision };
    return { ...this.#deployment, metadata: { ...metadata, annotations } };
  }

  #withCondition(condition: DeploymentCondition, deployment = this.#deployment): Deployment {
    const conditions = withCondition(deployment.status?.conditions ?? [], condition);
    return { ...deployment, status: { ...deployment.status, conditions } };
  }

  /** The status subresource takes annotations too: that is how the revision gets there. */
  async #writeStatus(deployment: Deployment): Promise<void> {
    this.#deployment = await this.#tools.client.updateStatus(DEPLOYMENTS, deployment);
  }
}
