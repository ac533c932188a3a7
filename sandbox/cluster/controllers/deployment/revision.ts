/** Revisions of a Deployment: its ReplicaSets in order, and the annotations that record it. */
import type { Deployment, ReplicaSet } from '../../client/kinds.ts';
import { sameTemplate } from './template-hash.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';

/** Annotations of the Deployment that its ReplicaSets do not get. */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
]);

/** Beyond so many characters the oldest revisions of a history are forgotten. */
const MAX_HISTORY_LENGTH = 2000;

type Annotations = Record<string, string>;

/** Oldest first; of the same second by name. */
export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  const [ta, tb] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  if (ta !== tb) return ta < tb ? -1 : 1;
  return a.metadata.name! < b.metadata.name! ? -1 : 1;
}

export function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  return revisionOf(a) - revisionOf(b) || byCreation(a, b);
}

/** The ReplicaSet with the Deployment's template, the oldest if there are several. */
export function findNewReplicaSet(
  deployment: Deployment,
  owned: readonly ReplicaSet[],
): ReplicaSet | undefined {
  return owned.toSorted(byCreation).find((set) => sameTemplate(set.spec.template!, deployment.spec.template));
}

/** 0 when it was never numbered. */
export function revisionOf(set: ReplicaSet): number {
  return integer(set.metadata.annotations?.[REVISION]) ?? 0;
}

/** The Deployment's `spec.replicas` when this ReplicaSet was last scaled. */
export const desiredReplicasOf = (set: ReplicaSet) => integer(set.metadata.annotations?.[DESIRED_REPLICAS]);

/** The most pods that the Deployment might have had when this ReplicaSet was last scaled. */
export const maxReplicasOf = (set: ReplicaSet) => integer(set.metadata.annotations?.[MAX_REPLICAS]);

/** `annotations` with what they should say about the size of the Deployment. The same object if they do. */
export function withReplicas(
  annotations: Annotations | undefined,
  desired: number,
  max: number,
): Annotations {
  if (annotations?.[DESIRED_REPLICAS] === `${desired}` && annotations[MAX_REPLICAS] === `${max}`) {
    return annotations;
  }
  return { ...annotations, [DESIRED_REPLICAS]: `${desired}`, [MAX_REPLICAS]: `${max}` };
}

/**
 * Annotations of the Deployment's new ReplicaSet: those of the Deployment, and `revision` unless it has a
 * higher one. Going back to an earlier ReplicaSet appends its former revision to its history. The same
 * object when nothing changes.
 */
export function withRevision(
  annotations: Annotations | undefined,
  deployment: Deployment,
  revision: number,
): Annotations | undefined {
  const next: Annotations = { ...annotations };
  let changed = false;
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (NOT_COPIED.has(key) || next[key] === value) continue;
    next[key] = value;
    changed = true;
  }
  const text = next[REVISION];
  const before = text === undefined || text === '' ? 0 : integer(text);
  if (before !== undefined && before < revision) {
    next[REVISION] = `${revision}`;
    if (text !== undefined) next[REVISION_HISTORY] = appendHistory(next[REVISION_HISTORY], text);
    changed = true;
  }
  return changed ? next : annotations;
}

function appendHistory(history: string | undefined, revision: string): string {
  if (!history) return revision;
  const revisions = [...history.split(','), revision];
  let length = history.length + revision.length + 1;
  while (length > MAX_HISTORY_LENGTH) length -= revisions.shift()!.length + 1;
  return revisions.join(',');
}

function integer(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,10}$/.test(text) ? Number(text) : undefined;
}
