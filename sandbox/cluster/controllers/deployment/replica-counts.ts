/** How many replicas a Deployment may have where (`deployment/util`): fenceposts, surge and proportions. */
import { scaledValue } from '../../api/int-or-string.ts';
import type { Deployment, ReplicaSet } from '../../client/kinds.ts';
import { maxReplicasOf } from './revision.ts';

export const isRollingUpdate = (deployment: Deployment) => deployment.spec.strategy?.type === 'RollingUpdate';

export const isActive = (set: ReplicaSet) => set.spec.replicas! > 0;

/** The sum over `sets` of what they should have. */
export const desiredReplicas = (sets: readonly ReplicaSet[]) =>
  sets.reduce((sum, set) => sum + set.spec.replicas!, 0);

export const availableReplicas = (sets: readonly ReplicaSet[]) =>
  sets.reduce((sum, set) => sum + (set.status?.availableReplicas ?? 0), 0);

/** Surge is rounded up, unavailable down; where both come out as 0, one pod may be unavailable. */
function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  const { maxSurge = 0, maxUnavailable = 0 } = deployment.spec.strategy?.rollingUpdate ?? {};
  const surge = scaledValue(maxSurge, deployment.spec.replicas!, true);
  const unavailable = scaledValue(maxUnavailable, deployment.spec.replicas!, false);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** Pods above `spec.replicas` during an update. */
export function maxSurge(deployment: Deployment): number {
  return isRollingUpdate(deployment) ? fenceposts(deployment).surge : 0;
}

/** Pods of `spec.replicas` that may be unavailable during an update. */
export function maxUnavailable(deployment: Deployment): number {
  if (!isRollingUpdate(deployment)) return 0;
  return Math.min(fenceposts(deployment).unavailable, deployment.spec.replicas!);
}

/** How large the new ReplicaSet may become at this moment, given all others. */
export function newReplicaSetSize(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  current: number,
): number {
  const wanted = deployment.spec.replicas!;
  if (!isRollingUpdate(deployment)) return wanted;
  const room = wanted + maxSurge(deployment) - desiredReplicas(all);
  return room <= 0 ? current : current + Math.min(room, wanted - current);
}

/**
 * The share of `toAdd` replicas (negative: to remove) that falls to `set` when a Deployment is scaled in
 * the middle of an update, of which `added` are given out already.
 */
export function proportionOf(set: ReplicaSet, deployment: Deployment, toAdd: number, added: number): number {
  if (set.spec.replicas === 0 || toAdd === 0 || toAdd === added) return 0;
  const fraction = fractionOf(set, deployment);
  const allowed = toAdd - added;
  return toAdd > 0 ? Math.min(fraction, allowed) : Math.max(fraction, allowed);
}

function fractionOf(set: ReplicaSet, deployment: Deployment): number {
  const size = set.spec.replicas!;
  if (deployment.spec.replicas === 0) return -size;
  const maxReplicas = deployment.spec.replicas! + maxSurge(deployment);
  const maxReplicasBefore = maxReplicasOf(set) || deployment.status?.replicas || 0;
  if (maxReplicasBefore === 0) return 0;
  return roundAwayFromZero((size * maxReplicas) / maxReplicasBefore) - size;
}

const roundAwayFromZero = (value: number) => (value < 0 ? -Math.round(-value) : Math.round(value));
