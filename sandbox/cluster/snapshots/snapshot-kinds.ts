/** The kinds of snapshot.storage.k8s.io/v1 and groupsnapshot.storage.k8s.io/v1, and the words that go with them. */
import type { LabelSelector } from '../api/labels.ts';
import type { KubernetesObject } from '../api/object.ts';
import type { ObjectReference } from '../client/kinds.ts';
import type { ResourceType } from '../client/resources.ts';

export const GROUP = 'snapshot.storage.k8s.io';
const GROUP_SNAPSHOT_GROUP = 'groupsnapshot.storage.k8s.io';

export type DeletionPolicy = 'Delete' | 'Retain';

export interface SnapshotError {
  time: string;
  message: string;
}

export interface VolumeSnapshotClass extends KubernetesObject {
  driver: string;
  deletionPolicy: DeletionPolicy;
  parameters?: Record<string, string>;
}

export interface VolumeSnapshotStatus {
  boundVolumeSnapshotContentName?: string;
  creationTime?: string;
  readyToUse?: boolean;
  /** A quantity. */
  restoreSize?: string;
  error?: SnapshotError;
  volumeGroupSnapshotName?: string;
}

export type VolumeSnapshot = KubernetesObject<
  {
    source: { persistentVolumeClaimName?: string; volumeSnapshotContentName?: string };
    volumeSnapshotClassName?: string;
  },
  VolumeSnapshotStatus
>;

export interface VolumeSnapshotContentStatus {
  snapshotHandle?: string;
  /** Nanoseconds since 1970. */
  creationTime?: number;
  readyToUse?: boolean;
  /** Bytes. */
  restoreSize?: number;
  error?: SnapshotError;
  volumeGroupSnapshotHandle?: string;
}

export type VolumeSnapshotContent = KubernetesObject<
  {
    driver: string;
    deletionPolicy: DeletionPolicy;
    source: { volumeHandle?: string; snapshotHandle?: string };
    sourceVolumeMode?: string;
    volumeSnapshotClassName?: string;
    volumeSnapshotRef: ObjectReference;
  },
  VolumeSnapshotContentStatus
>;

export interface VolumeGroupSnapshotClass extends KubernetesObject {
  driver: string;
  deletionPolicy: DeletionPolicy;
}

export interface VolumeGroupSnapshotStatus {
  boundVolumeGroupSnapshotContentName?: string;
  creationTime?: string;
  readyToUse?: boolean;
  error?: SnapshotError;
}

export type VolumeGroupSnapshot = KubernetesObject<
  {
    source: { selector?: LabelSelector; volumeGroupSnapshotContentName?: string };
    volumeGroupSnapshotClassName?: string;
  },
  VolumeGroupSnapshotStatus
>;

/** One snapshot of a group. */
export interface VolumeSnapshotInfo {
  volumeHandle: string;
  snapshotHandle: string;
  creationTime: number;
  readyToUse: boolean;
  restoreSize: number;
}

export interface VolumeGroupSnapshotContentStatus {
  volumeGroupSnapshotHandle?: string;
  creationTime?: string;
  readyToUse?: boolean;
  error?: SnapshotError;
  volumeSnapshotInfoList?: VolumeSnapshotInfo[];
}

export type VolumeGroupSnapshotContent = KubernetesObject<
  {
    driver: string;
    deletionPolicy: DeletionPolicy;
    source: { volumeHandles?: string[]; groupSnapshotHandles?: object };
    volumeGroupSnapshotClassName?: string;
    volumeGroupSnapshotRef: ObjectReference;
  },
  VolumeGroupSnapshotContentStatus
>;

const type = <T extends KubernetesObject>(
  group: string,
  kind: string,
  plural: string,
  namespaced: boolean,
): ResourceType<T> => Object.freeze({ group, version: 'v1', resource: plural, kind, namespaced });

export const VOLUME_SNAPSHOTS = type<VolumeSnapshot>(GROUP, 'VolumeSnapshot', 'volumesnapshots', true);
export const VOLUME_SNAPSHOT_CONTENTS = type<VolumeSnapshotContent>(
  GROUP,
  'VolumeSnapshotContent',
  'volumesnapshotcontents',
  false,
);
export const VOLUME_SNAPSHOT_CLASSES = type<VolumeSnapshotClass>(
  GROUP,
  'VolumeSnapshotClass',
  'volumesnapshotclasses',
  false,
);
export const VOLUME_GROUP_SNAPSHOTS = type<VolumeGroupSnapshot>(
  GROUP_SNAPSHOT_GROUP,
  'VolumeGroupSnapshot',
  'volumegroupsnapshots',
  true,
);
export const VOLUME_GROUP_SNAPSHOT_CONTENTS = type<VolumeGroupSnapshotContent>(
  GROUP_SNAPSHOT_GROUP,
  'VolumeGroupSnapshotContent',
  'volumegroupsnapshotcontents',
  false,
);
export const VOLUME_GROUP_SNAPSHOT_CLASSES = type<VolumeGroupSnapshotClass>(
  GROUP_SNAPSHOT_GROUP,
  'VolumeGroupSnapshotClass',
  'volumegroupsnapshotclasses',
  false,
);

/** At a claim while a snapshot of it is being taken. */
export const CLAIM_FINALIZER = 'snapshot.storage.kubernetes.io/pvc-as-source-protection';
/** At a snapshot: a volume may be being made from it. */
export const AS_SOURCE_FINALIZER = 'snapshot.storage.kubernetes.io/volumesnapshot-as-source-protection';
/** At a snapshot whose content goes with it, until it has gone. */
export const BOUND_FINALIZER = 'snapshot.storage.kubernetes.io/volumesnapshot-bound-protection';
/** At a snapshot that was taken with others. */
export const IN_GROUP_FINALIZER = 'snapshot.storage.kubernetes.io/volumesnapshot-in-group-protection';
/** At a content until its storage is deleted. */
export const CONTENT_FINALIZER = 'snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection';
export const GROUP_BOUND_FINALIZER =
  'groupsnapshot.storage.kubernetes.io/volumegroupsnapshot-bound-protection';
export const GROUP_CONTENT_FINALIZER =
  'groupsnapshot.storage.kubernetes.io/volumegroupsnapshotcontent-bound-protection';

export const DEFAULT_CLASS = 'snapshot.storage.kubernetes.io/is-default-class';
export const DEFAULT_GROUP_CLASS = 'groupsnapshot.storage.kubernetes.io/is-default-class';
/** At a content whose snapshot is being deleted. */
export const BEING_DELETED = 'snapshot.storage.kubernetes.io/volumesnapshot-being-deleted';
export const GROUP_BEING_DELETED = 'groupsnapshot.storage.kubernetes.io/volumegroupsnapshot-being-deleted';
/** At the content of a snapshot that was taken with others: the group's handle. */
export const GROUP_HANDLE = 'groupsnapshot.storage.k8s.io/volumeGroupSnapshotHandle';
/** At a content: the node that has the snapshot. */
export const MANAGED_BY = 'snapshot.storage.kubernetes.io/managed-by';
