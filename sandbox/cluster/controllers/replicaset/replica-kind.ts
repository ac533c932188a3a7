/**
 * The two kinds that keep a number of pods. A ReplicationController is a ReplicaSet from before selectors had
 * expressions; upstream too one controller serves both.
 */
import { selectorFromSet, selectorOf, type LabelSelector, type Selector } from '../../api/labels.ts';
import type { ReplicaSet } from '../../client/kinds.ts';
import { REPLICA_SETS, REPLICATION_CONTROLLERS, type ResourceType } from '../../client/resources.ts';

export interface ReplicaKind {
  /** As if its objects were ReplicaSets; `selectorOf` is where they differ. */
  readonly type: ResourceType<ReplicaSet>;
  /** Its service account and the source of its events. */
  readonly component: string;
  readonly tellsTerminating: boolean;
  selectorOf(set: ReplicaSet): Selector;
}

export const REPLICA_SET_KIND: ReplicaKind = {
  type: REPLICA_SETS,
  component: 'replicaset-controller',
  tellsTerminating: true,
  selectorOf: ({ spec }) => selectorOf(spec.selector),
};

export const REPLICATION_CONTROLLER_KIND: ReplicaKind = {
  type: REPLICATION_CONTROLLERS as ResourceType as ResourceType<ReplicaSet>,
  component: 'replication-controller',
  tellsTerminating: false,
  selectorOf: ({ spec }) => selectorFromSet(spec.selector as LabelSelector as Record<string, string>),
};
