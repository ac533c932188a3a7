/**
 * What happened to the cluster since the page began to look: every change in the order of the watches, and the
 * objects as they were after any of them. Looking back never asks the cluster for anything.
 */
import { keyOf, type KubernetesObject } from '../../../sandbox/cluster/api/object.ts';
import { changedFields } from './changed-fields.ts';
import type { ClusterObjects } from './picture.ts';

export type Followed = keyof ClusterObjects;

export interface ClusterChange {
  resource: Followed;
  kind: string;
  /** `namespace/name`, or the name. */
  key: string;
  before: KubernetesObject | undefined;
  after: KubernetesObject | undefined;
  /** On the session's clock. */
  atMs: number;
  /** The client that asked for the deletion, where this is its beginning and that is known. */
  deletedBy?: string | undefined;
}

/** A rollout of 500 pods makes about 4,000; older ones are forgotten. */
const MAX_CHANGES = 10_000;

export class ClusterHistory {
  #changes: ClusterChange[] = [];
  /** The present. */
  #now: Record<Followed, Map<string, KubernetesObject>> = empty();

  /** Oldest first. The array is replaced by none: read it, do not keep it. */
  get changes(): readonly ClusterChange[] {
    return this.#changes;
  }

  /** What was there before the page looked is no change. */
  begin(resource: Followed, object: KubernetesObject): void {
    this.#now[resource].set(keyOf(object), object);
  }

  record(change: ClusterChange): void {
    this.#changes.push(change);
    if (this.#changes.length > MAX_CHANGES) this.#changes.splice(0, MAX_CHANGES / 10);
    move(this.#now, change, change.after);
  }

  /** The objects after the first `count` changes; all of them is the present. */
  at(count: number): ClusterObjects {
    const objects = empty();
    for (const resource of Object.keys(this.#now) as Followed[])
      objects[resource] = new Map(this.#now[resource]);
    for (let index = this.#changes.length - 1; index >= count; index--) {
      const change = this.#changes[index]!;
      move(objects, change, change.before);
    }
    return Object.fromEntries(
      Object.entries(objects).map(([resource, found]) => [resource, found.values()]),
    ) as unknown as ClusterObjects;
  }
}

const empty = (): Record<Followed, Map<string, KubernetesObject>> => ({
  nodes: new Map(),
  pods: new Map(),
  deployments: new Map(),
  replicaSets: new Map(),
  services: new Map(),
  endpointSlices: new Map(),
});

function move(
  objects: Record<Followed, Map<string, KubernetesObject>>,
  { resource, key }: ClusterChange,
  to: KubernetesObject | undefined,
): void {
  if (to) objects[resource].set(key, to);
  else objects[resource].delete(key);
}

/** Field manager or client that asked for it; empty when nothing tells. */
export const askedBy = ({ before, after, deletedBy }: ClusterChange): string =>
  deletedBy ?? (after && !beginsDeletion(before, after) ? managerOf(before, after) : '');

/** Whether the object is asked to go: with a grace period it goes later, by the kubelet's hand. */
export const beginsDeletion = (
  before: KubernetesObject | undefined,
  after: KubernetesObject | undefined,
): boolean =>
  !before?.metadata.deletionTimestamp && (!after || after.metadata.deletionTimestamp !== undefined);

/**
 * The manager whose entry of `metadata.managedFields` is new or has changed. A binding leaves no entry: a pod that
 * has got its node was bound by the scheduler.
 */
function managerOf(before: KubernetesObject | undefined, after: KubernetesObject): string {
  const known = new Set(before?.metadata.managedFields?.map((entry) => JSON.stringify(entry)));
  const entry = after.metadata.managedFields?.findLast((one) => !known.has(JSON.stringify(one)));
  if (entry?.manager) return entry.manager;
  return after.kind === 'Pod' && before && !before.spec?.nodeName && after.spec?.nodeName
    ? 'kube-scheduler'
    : '';
}

/** `created`, `deleted`, or which fields changed: `spec.replicas: 1 → 3`. */
export function describeChange({ before, after }: ClusterChange): string {
  if (!before) return 'created';
  if (!after) return 'deleted';
  if (after.metadata.deletionTimestamp && !before.metadata.deletionTimestamp) return 'is being deleted';
  const fields = changedFields(before, after);
  if (fields.length === 0) return 'written, unchanged';
  const shown = fields.slice(0, MAX_FIELDS).join(', ');
  return fields.length > MAX_FIELDS ? `${shown} and ${fields.length - MAX_FIELDS} more` : shown;
}

const MAX_FIELDS = 2;
