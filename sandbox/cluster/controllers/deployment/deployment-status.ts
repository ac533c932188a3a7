/** The status of a Deployment: counts over its ReplicaSets, and conditions that tell how an update goes. */
import { timestamp } from '../../../core/clock.ts';
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../client/kinds.ts';
import { findCondition, withCondition, withoutCondition } from '../conditions.ts';
import { availableReplicas, desiredReplicas, maxUnavailable } from './replica-counts.ts';

/** `progressDeadlineSeconds` that means none (`math.MaxInt32`). */
const NO_DEADLINE = 2 ** 31 - 1;

export function hasProgressDeadline(deployment: Deployment): boolean {
  const seconds = deployment.spec.progressDeadlineSeconds;
  return seconds !== undefined && seconds !== NO_DEADLINE;
}

export function newCondition(
  type: string,
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
  nowMs: number,
): DeploymentCondition {
  const now = timestamp(nowMs);
  return { type, status, reason, message, lastUpdateTime: now, lastTransitionTime: now };
}

export const progressingOf = (status: DeploymentStatus | undefined) =>
  findCondition(status?.conditions, 'Progressing');

/** Counts, and whether the Deployment is available. Says nothing about progress. */
export function calculateStatus(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  nowMs: number,
): DeploymentStatus {
  const available = availableReplicas(all);
  const sum = (count: (set: ReplicaSet) => number | undefined) =>
    all.reduce((total, set) => total + (count(set) ?? 0), 0);
  const enough = available >= deployment.spec.replicas! - maxUnavailable(deployment);
  const condition = enough
    ? newCondition(
        'Available',
        'True',
        'MinimumReplicasAvailable',
        'Deployment has minimum availability.',
        nowMs,
      )
    : newCondition(
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
        nowMs,
      );
  return withoutZeros({
    observedGeneration: deployment.metadata.generation,
    replicas: sum((set) => set.status?.replicas),
    updatedReplicas: newSet?.status?.replicas,
    readyReplicas: sum((set) => set.status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, desiredReplicas(all) - available),
    terminatingReplicas: terminatingReplicas(all),
    collisionCount: deployment.status?.collisionCount,
    conditions: withCondition(deployment.status?.conditions ?? [], condition),
  });
}

/** Unknown as long as one ReplicaSet's status does not say. */
function terminatingReplicas(all: readonly ReplicaSet[]): number | undefined {
  let total = 0;
  for (const { status } of all) {
    if (status?.terminatingReplicas !== undefined) total += status.terminatingReplicas;
    else if (status?.observedGeneration) return undefined;
  }
  return total;
}

/** As the API encodes a status: counts of zero are left out, except those that are pointers in Go. */
function withoutZeros(status: DeploymentStatus): DeploymentStatus {
  const kept = Object.entries(status).filter(
    ([field, value]) => value !== undefined && (value !== 0 || POINTERS.has(field)),
  );
  return Object.fromEntries(kept) as DeploymentStatus;
}

const POINTERS = new Set(['terminatingReplicas', 'collisionCount']);

/** Everything runs the newest template and is available. */
export function isComplete(deployment: Deployment, status: DeploymentStatus = {}): boolean {
  const wanted = deployment.spec.replicas!;
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= deployment.metadata.generation!
  );
}

/** More new pods, fewer old ones, or more that are ready or available than the stored status says. */
function isProgressing(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const count = (
    status: DeploymentStatus,
    field: 'updatedReplicas' | 'readyReplicas' | 'availableReplicas',
  ) => status[field] ?? 0;
  const old = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    count(after, 'updatedReplicas') > count(before, 'updatedReplicas') ||
    old(after) < old(before) ||
    count(after, 'readyReplicas') > count(before, 'readyReplicas') ||
    count(after, 'availableReplicas') > count(before, 'availableReplicas')
  );
}

function hasTimedOut(deployment: Deployment, status: DeploymentStatus, nowMs: number): boolean {
  const progressing = progressingOf(status);
  if (!progressing || progressing.reason === 'NewReplicaSetAvailable') return false;
  if (progressing.reason === 'ProgressDeadlineExceeded') return true;
  return deadlineOf(deployment, progressing) < nowMs;
}

/** When (epoch ms) an update without further progress counts as failed. */
export function deadlineOf(deployment: Deployment, progressing: DeploymentCondition): number {
  return Date.parse(progressing.lastUpdateTime!) + deployment.spec.progressDeadlineSeconds! * 1000;
}

/** The status during an update: `calculateStatus` and the condition Progressing, and failures of ReplicaSets. */
export function rolloutStatus(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  nowMs: number,
): DeploymentStatus {
  const status = calculateStatus(deployment, all, newSet, nowMs);
  let conditions = status.conditions!;
  const current = progressingOf(deployment.status);
  if (!hasProgressDeadline(deployment)) conditions = withoutCondition(conditions, 'Progressing');
  const done =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable';
  if (hasProgressDeadline(deployment) && !done) {
    const what = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
    if (isComplete(deployment, status)) {
      const message = `${what} has successfully progressed.`;
      conditions = withCondition(
        conditions,
        newCondition('Progressing', 'True', 'NewReplicaSetAvailable', message, nowMs),
      );
    } else if (isProgressing(deployment.status ?? {}, status)) {
      const message = `${what} is progressing.`;
      const condition = newCondition('Progressing', 'True', 'ReplicaSetUpdated', message, nowMs);
      // Progress renews the time of update even where status and reason stay: the deadline counts from it.
      if (current?.status === 'True') condition.lastTransitionTime = current.lastTransitionTime;
      conditions = [...withoutCondition(conditions, 'Progressing'), condition];
    } else if (hasTimedOut(deployment, status, nowMs)) {
      const message = `${what} has timed out progressing.`;
      conditions = withCondition(
        conditions,
        newCondition('Progressing', 'False', 'ProgressDeadlineExceeded', message, nowMs),
      );
    }
  }
  return { ...status, conditions: withReplicaFailure(conditions, all, newSet) };
}

/** The failure of the new ReplicaSet, or else of any, becomes the Deployment's. */
function withReplicaFailure(
  conditions: DeploymentCondition[],
  all: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
): DeploymentCondition[] {
  for (const set of newSet ? [newSet, ...all] : all) {
    const failure = findCondition(set.status?.conditions, 'ReplicaFailure');
    if (!failure) continue;
    return withCondition(conditions, { ...failure, lastUpdateTime: failure.lastTransitionTime });
  }
  return withoutCondition(conditions, 'ReplicaFailure');
}
