/**
 * The scheduling framework as far as the default profile needs it: a plugin rules nodes out for a pod, or
 * rates those that are left. What a plugin works out once for a pod it keeps in the closure it returns.
 */
import type { Random } from '../../core/random.ts';
import type { Pod } from '../client/kinds.ts';
import type { Informer } from '../client/informer.ts';
import type * as kinds from '../client/kinds.ts';
import type { NodeInfo } from './node-info.ts';

/** Why a node does not take the pod. */
export interface Rejection {
  reasons: string[];
  /** Removing pods from the node could help, so preemption may look at it. */
  resolvable: boolean;
}

/**
 * Changes that may let a pod in which a plugin has kept out. Pods are those on nodes; one that begins to
 * terminate counts as relabeled, for rules between pods no longer see it.
 */
export type ClusterEvent =
  | 'NodeAdded'
  | 'NodeUpdated'
  | 'PodAssigned'
  | 'PodRelabeled'
  | 'PodResized'
  | 'PodRemoved'
  | 'VolumesChanged';

/** What plugins may read besides pods and nodes. */
export interface Listers {
  namespaces: Informer<kinds.Namespace>;
  services: Informer<kinds.Service>;
  replicaSets: Informer<kinds.ReplicaSet>;
  statefulSets: Informer<kinds.StatefulSet>;
  claims: Informer<kinds.PersistentVolumeClaim>;
  volumes: Informer<kinds.PersistentVolume>;
  storageClasses: Informer<kinds.StorageClass>;
  csiNodes: Informer<kinds.CSINode>;
  /** With an index `claim`: pods by the keys of the claims that they use. */
  pods: Informer<Pod>;
}

/** One attempt to place one pod. */
export interface Attempt {
  readonly pod: Pod;
  readonly nodes: readonly NodeInfo[];
  readonly listers: Listers;
  readonly random: Random;
}

export type NodeFilter = (node: NodeInfo) => Rejection | undefined;

export interface Plugin {
  readonly name: string;
  /** How much its rating counts. */
  readonly weight?: number;
  /** What may change its mind. */
  readonly events: readonly ClusterEvent[];
  /** Why the pod can go nowhere, whatever the nodes; undefined when nothing is known against it. */
  preFilter?(attempt: Attempt): string | undefined;
  /** The names of the only nodes that are possible, where that is plain from the pod alone. */
  nodeNames?(pod: Pod): ReadonlySet<string> | undefined;
  /** The rule for this attempt, or undefined when the pod asks nothing of this plugin. */
  filter?(attempt: Attempt): NodeFilter | undefined;
  /** A rating from 0 to 100 for each of `feasible`, or undefined when they are all the same to it. */
  score?(attempt: Attempt, feasible: readonly NodeInfo[]): number[] | undefined;
}

export const MAX_SCORE = 100;

/** Scales ratings so that the highest is 100; `reverse` turns them round (`DefaultNormalizeScore`). */
export function normalize(scores: number[], reverse = false): number[] {
  const most = Math.max(0, ...scores);
  if (most === 0) return scores.map(() => (reverse ? MAX_SCORE : 0));
  return scores.map((score) => {
    const scaled = Math.trunc((MAX_SCORE * score) / most);
    return reverse ? MAX_SCORE - scaled : scaled;
  });
}
