/**
 * snapshot-controller, the half of external-snapshotter (v8.6) that knows no driver: makes the content of a snapshot
 * of a claim, or binds a snapshot to the content that it names, and says in the snapshot what has become of it. Left
 * out: secrets, metrics, and checks that the definitions' own rules make.
 */
import { timestamp, type Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { deepEqual } from '../api/equality.ts';
import { keyOf } from '../api/object.ts';
import { formatQuantity } from '../api/quantity.ts';
import { isStatus, StatusError } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import { referenceTo, type EventRecorder } from '../client/event-recorder.ts';
import { addFinalizers, removeFinalizers } from '../client/finalizers.ts';
import { byNamespace, type Informer } from '../client/informer.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { PersistentVolumeClaim } from '../client/kinds.ts';
import { PERSISTENT_VOLUME_CLAIMS } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import { boundVolumeOf, isBeingRestored, nodeOfVolume } from './claimed-volume.ts';
import {
  AS_SOURCE_FINALIZER,
  BEING_DELETED,
  BOUND_FINALIZER,
  CLAIM_FINALIZER,
  CONTENT_FINALIZER,
  DEFAULT_CLASS,
  GROUP,
  IN_GROUP_FINALIZER,
  MANAGED_BY,
  VOLUME_GROUP_SNAPSHOT_CONTENTS,
  VOLUME_GROUP_SNAPSHOTS,
  VOLUME_SNAPSHOT_CLASSES,
  VOLUME_SNAPSHOT_CONTENTS,
  VOLUME_SNAPSHOTS,
  type VolumeGroupSnapshot,
  type VolumeGroupSnapshotContent,
  type VolumeSnapshot,
  type VolumeSnapshotClass,
  type VolumeSnapshotContent,
  type VolumeSnapshotStatus,
} from './snapshot-kinds.ts';

export interface SnapshotControllerOptions {
  clock: Clock;
  client: Client;
  informers: InformerFactory;
  recorder: EventRecorder;
  onError(key: string, error: unknown): void;
}

export class SnapshotController implements Disposable {
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #snapshots: Informer<VolumeSnapshot>;
  readonly #contents: Informer<VolumeSnapshotContent>;
  readonly #classes: Informer<VolumeSnapshotClass>;
  readonly #groups: Informer<VolumeGroupSnapshot>;
  readonly #groupContents: Informer<VolumeGroupSnapshotContent>;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #resources = new DisposableStore();

  constructor({ clock, client, informers, recorder, onError }: SnapshotControllerOptions) {
    this.#clock = clock;
    this.#client = client;
    this.#recorder = recorder;
    this.#snapshots = informers.informer(VOLUME_SNAPSHOTS);
    this.#contents = informers.informer(VOLUME_SNAPSHOT_CONTENTS);
    this.#classes = informers.informer(VOLUME_SNAPSHOT_CLASSES);
    this.#groups = informers.informer(VOLUME_GROUP_SNAPSHOTS);
    this.#groupContents = informers.informer(VOLUME_GROUP_SNAPSHOT_CONTENTS);
    this.#claims = informers.informer(PERSISTENT_VOLUME_CLAIMS);
    this.#snapshots.addIndex('namespace', byNamespace);
    this.#claims.addIndex('namespace', byNamespace);
    const queue = (reconcile: (key: string) => Promise<void>) =>
      this.#resources.add(new WorkQueue({ clock, reconcile, onError }));
    const snapshots = queue((key) => this.#syncSnapshot(key));
    const contents = queue((key) => this.#syncContent(key));
    const snapshotSeen = (snapshot: VolumeSnapshot) => {
      snapshots.add(keyOf(snapshot));
      const content = snapshot.status?.boundVolumeSnapshotContentName;
      if (content && snapshot.metadata.deletionTimestamp !== undefined) contents.add(content);
    };
    this.#resources.add(
      this.#snapshots.addHandler({ add: snapshotSeen, update: (_before, after) => snapshotSeen(after) }),
    );
    const contentSeen = (content: VolumeSnapshotContent) => {
      contents.add(keyOf(content));
      snapshots.add(keyOf({ metadata: content.spec!.volumeSnapshotRef }));
    };
    this.#resources.add(
      this.#contents.addHandler({
        add: contentSeen,
        update: (_before, after) => contentSeen(after),
        delete: ({ spec }) => snapshots.add(keyOf({ metadata: spec!.volumeSnapshotRef })),
      }),
    );
    this.#resources.add(
      this.#groups.addHandler({
        delete: ({ metadata }) => {
          for (const snapshot of this.#snapshots.indexed('namespace', metadata.namespace!))
            if (snapshot.status?.volumeGroupSnapshotName === metadata.name) snapshots.add(keyOf(snapshot));
        },
      }),
    );
  }

  dispose(): void {
    this.#resources.dispose();
  }

  async #syncContent(name: string): Promise<void> {
    const content = this.#contents.get(name);
    // One that is reserved by name alone waits for its snapshot.
    if (!content?.spec!.volumeSnapshotRef.uid) return;
    if (content.metadata.deletionTimestamp === undefined)
      await addFinalizers(this.#client, VOLUME_SNAPSHOT_CONTENTS, content, CONTENT_FINALIZER);
  }

  async #syncSnapshot(key: string): Promise<void> {
    const found = this.#snapshots.get(key);
    if (!found) return;
    const deleting = found.metadata.deletionTimestamp !== undefined;
    const snapshot = await this.#withClass(found, deleting);
    await this.#releaseClaim(snapshot);
    if (deleting) return this.#delete(snapshot);
    const { boundVolumeSnapshotContentName: bound, readyToUse } = snapshot.status ?? {};
    const content = await this.#contentOf(snapshot);
    const protectedOne = await addFinalizers(
      this.#client,
      VOLUME_SNAPSHOTS,
      snapshot,
      AS_SOURCE_FINALIZER,
      ...(content?.spec!.deletionPolicy === 'Delete' ? [BOUND_FINALIZER] : []),
    );
    if (!readyToUse || !bound) return this.#take(protectedOne, content);
    const there = this.#contents.get(bound);
    if (!there)
      return this.#fail(protectedOne, 'SnapshotContentMissing', 'VolumeSnapshotContent is missing', false);
    if (there.spec!.volumeSnapshotRef.uid !== snapshot.metadata.uid)
      await this.#fail(
        protectedOne,
        'SnapshotMisbound',
        'VolumeSnapshotContent is not bound to the VolumeSnapshot correctly',
        false,
      );
  }

  /** Sees that the class exists, and puts the default one in where none is named. */
  async #withClass(snapshot: VolumeSnapshot, deleting: boolean): Promise<VolumeSnapshot> {
    const { source, volumeSnapshotClassName: name } = snapshot.spec!;
    if (name !== undefined) {
      if (this.#classes.get(name) || deleting) return snapshot;
      const error = new StatusError('NotFound', `volumesnapshotclass.${GROUP} "${name}" not found`);
      const message = `Failed to get snapshot class with error ${error.message}`;
      await this.#fail(snapshot, 'GetSnapshotClassFailed', message);
      throw error;
    }
    if (deleting || source.volumeSnapshotContentName !== undefined || isGroupMember(snapshot))
      return snapshot;
    try {
      const volume = await this.#sourceVolume(snapshot);
      const { namespace, name: own } = snapshot.metadata;
      if (!volume.spec.csi)
        throw new Error(`snapshotting non-CSI volumes is not supported, snapshot:${namespace}/${own}`);
      const { driver } = volume.spec.csi;
      const defaults = [...this.#classes.list()].filter(
        (each) => each.metadata.annotations?.[DEFAULT_CLASS] === 'true' && each.driver === driver,
      );
      if (defaults.length === 0) throw new Error('cannot find default snapshot class');
      if (defaults.length > 1) throw new Error(`${defaults.length} default snapshot classes were found`);
      return await this.#client.patch(VOLUME_SNAPSHOTS, snapshot.metadata, 'application/merge-patch+json', {
        spec: { volumeSnapshotClassName: defaults[0]!.metadata.name },
      });
    } catch (error) {
      const message = `Failed to set default snapshot class with error ${(error as Error).message}`;
      await this.#fail(snapshot, 'SetDefaultSnapshotClassFailed', message);
      throw error;
    }
  }

  /** The content that a snapshot has or asks for, if there is one. Rejects when it is another snapshot's. */
  async #contentOf(snapshot: VolumeSnapshot): Promise<VolumeSnapshotContent | undefined> {
    const { name, namespace, uid } = snapshot.metadata;
    if (isGroupMember(snapshot)) {
      const { boundVolumeSnapshotContentName: bound } = snapshot.status ?? {};
      return bound ? this.#contents.get(bound) : undefined;
    }
    const wanted = snapshot.spec!.source.volumeSnapshotContentName;
    const contentName = wanted ?? contentNameOf(snapshot);
    const content = this.#contents.get(contentName);
    if (!content) return undefined;
    const { source, volumeSnapshotRef: reference } = content.spec!;
    if (wanted !== undefined && source.snapshotHandle === undefined) {
      const message =
        'VolumeSnapshotContent is dynamically provisioned while expecting a pre-provisioned one';
      await this.#fail(snapshot, 'SnapshotContentMismatch', message, false);
      throw new Error(
        `snapshot ${namespace}/${name} expects a pre-provisioned VolumeSnapshotContent ${contentName} but gets a dynamically provisioned one`,
      );
    }
    const isOurs =
      reference.name === name &&
      reference.namespace === namespace &&
      (!reference.uid || reference.uid === uid);
    if (isOurs) return content;
    const message = `VolumeSnapshotContent [${contentName}] is bound to a different snapshot`;
    await this.#fail(snapshot, 'SnapshotContentMisbound', message, false);
    throw new Error(message);
  }

  /** A snapshot that is not ready: makes or binds its content, and takes over what that says. */
  async #take(snapshot: VolumeSnapshot, content: VolumeSnapshotContent | undefined): Promise<void> {
    const { name, namespace, uid } = snapshot.metadata;
    const { source, volumeSnapshotClassName } = snapshot.spec!;
    if (source.volumeSnapshotContentName !== undefined) {
      if (!content) {
        await this.#fail(snapshot, 'SnapshotContentMissing', 'VolumeSnapshotContent is missing', false);
        throw new Error(
          `snapshot ${namespace}/${name} requests an non-existing content ${source.volumeSnapshotContentName}`,
        );
      }
      const { spec, metadata } = content;
      let bound = content;
      if (!spec!.volumeSnapshotRef.uid)
        bound = await this.#client.patch(VOLUME_SNAPSHOT_CONTENTS, metadata, 'application/merge-patch+json', {
          spec: {
            volumeSnapshotRef: { uid },
            ...(volumeSnapshotClassName === undefined ? {} : { volumeSnapshotClassName }),
          },
        });
      return this.#takeOver(snapshot, bound);
    }
    if (content) return this.#takeOver(snapshot, content);
    // The group's controller makes it.
    if (isGroupMember(snapshot)) return;
    try {
      content = await this.#makeContent(snapshot);
    } catch (error) {
      const message = `Failed to create snapshot content with error ${(error as Error).message}`;
      await this.#fail(snapshot, 'SnapshotContentCreationFailed', message, false);
      throw error;
    }
    await this.#takeOver(snapshot, content);
  }

  async #makeContent(snapshot: VolumeSnapshot): Promise<VolumeSnapshotContent> {
    const { name, namespace } = snapshot.metadata;
    const claim = this.#claimOf(snapshot);
    if (!claim)
      throw new Error(
        `snapshot controller failed to update ${name} on API server: cannot get claim from snapshot`,
      );
    if (
      claim.metadata.deletionTimestamp !== undefined &&
      !claim.metadata.finalizers?.includes(CLAIM_FINALIZER)
    )
      throw new Error(
        `snapshot controller failed to update ${claim.metadata.name} on API server: cannot add finalizer on claim because it is being deleted`,
      );
    await addFinalizers(this.#client, PERSISTENT_VOLUME_CLAIMS, claim, CLAIM_FINALIZER);
    const volume = await this.#sourceVolume(snapshot).catch((error: unknown) => {
      throw new Error(
        `failed to get input parameters to create snapshot ${name}: ${JSON.stringify((error as Error).message)}`,
      );
    });
    const { csi, volumeMode } = volume.spec;
    if (!csi) throw new Error(`cannot find CSI PersistentVolumeSource for volume ${volume.metadata.name}`);
    const snapshotClass = this.#classes.get(snapshot.spec!.volumeSnapshotClassName!)!;
    const node = nodeOfVolume(volume);
    const content: VolumeSnapshotContent = {
      metadata: { name: contentNameOf(snapshot), ...(node ? { labels: { [MANAGED_BY]: node } } : {}) },
      spec: {
        deletionPolicy: snapshotClass.deletionPolicy,
        driver: snapshotClass.driver,
        source: { volumeHandle: csi.volumeHandle },
        ...(volumeMode ? { sourceVolumeMode: volumeMode } : {}),
        volumeSnapshotClassName: snapshotClass.metadata.name!,
        volumeSnapshotRef: referenceTo(snapshot),
      },
    };
    try {
      const made = await this.#client.create(VOLUME_SNAPSHOT_CONTENTS, content);
      const message = `Waiting for a snapshot ${namespace}/${name} to be created by the CSI driver.`;
      this.#recorder.event(snapshot, 'Normal', 'CreatingSnapshot', message);
      return made;
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error;
      return this.#client.get(VOLUME_SNAPSHOT_CONTENTS, { name: content.metadata.name! });
    }
  }

  /** Says in the snapshot what its content says. */
  async #takeOver(known: VolumeSnapshot, content: VolumeSnapshotContent): Promise<void> {
    const snapshot = await this.#client.get(VOLUME_SNAPSHOTS, known.metadata);
    const { status: said = {} } = content;
    const before = snapshot.status ?? {};
    const { error: _error, ...rest } = before;
    const status: VolumeSnapshotStatus = {
      boundVolumeSnapshotContentName: content.metadata.name!,
      ...(said.creationTime === undefined ? {} : { creationTime: timestamp(said.creationTime / 1e6) }),
      ...(said.restoreSize === undefined ? {} : { restoreSize: bytesQuantity(said.restoreSize) }),
      ...this.#groupOf(said.volumeGroupSnapshotHandle),
      ...rest,
      readyToUse: said.readyToUse ?? false,
      ...(said.error ? { error: said.error } : {}),
    };
    if (deepEqual(status, before)) return;
    const { namespace, name } = snapshot.metadata;
    await this.#client.updateStatus(VOLUME_SNAPSHOTS, { ...snapshot, status });
    if (before.creationTime === undefined && status.creationTime !== undefined) {
      const message = `Snapshot ${namespace}/${name} was successfully created by the CSI driver.`;
      this.#recorder.event(snapshot, 'Normal', 'SnapshotCreated', message);
    }
    if (!before.readyToUse && status.readyToUse)
      this.#recorder.event(
        snapshot,
        'Normal',
        'SnapshotReady',
        `Snapshot ${namespace}/${name} is ready to use.`,
      );
  }

  #groupOf(handle: string | undefined): { volumeGroupSnapshotName?: string } {
    if (handle === undefined) return {};
    for (const { spec, status } of this.#groupContents.list())
      if (status?.volumeGroupSnapshotHandle === handle)
        return { volumeGroupSnapshotName: spec!.volumeGroupSnapshotRef.name! };
    return {};
  }

  async #delete(snapshot: VolumeSnapshot): Promise<void> {
    const { finalizers = [], name, namespace, uid } = snapshot.metadata;
    if (!finalizers.includes(AS_SOURCE_FINALIZER) && !finalizers.includes(BOUND_FINALIZER)) return;
    const contentName = snapshot.status?.boundVolumeSnapshotContentName ?? contentNameOf(snapshot);
    const found = this.#contents.get(contentName);
    const content = found?.spec!.volumeSnapshotRef.uid === uid ? found : undefined;
    if (content && isBeingRestored(this.#claims, snapshot.metadata)) {
      const message = 'Snapshot is being used to restore a PVC';
      this.#recorder.event(snapshot, 'Warning', 'SnapshotDeletePending', message);
      throw new Error(
        `snapshot ${namespace}/${name} is in use (being used to restore a PVC), will retry deletion`,
      );
    }
    const group = snapshot.status?.volumeGroupSnapshotName;
    if (group !== undefined && this.#groups.get(`${namespace}/${group}`)) {
      const message = `deletion of the individual volume snapshot ${namespace}/${name} is not allowed as it belongs to group snapshot ${namespace}/${group}. Deleting the group snapshot will trigger the deletion of all the individual volume snapshots that are part of the group.`;
      this.#recorder.event(snapshot, 'Warning', 'SnapshotDeletePending', message);
      throw new Error(message);
    }
    const goesWithIt = content?.spec!.deletionPolicy === 'Delete';
    if (content) {
      if (content.metadata.annotations?.[BEING_DELETED] === undefined)
        await this.#client.patch(VOLUME_SNAPSHOT_CONTENTS, content.metadata, 'application/merge-patch+json', {
          metadata: { annotations: { [BEING_DELETED]: 'yes' } },
        });
      if (goesWithIt && content.metadata.deletionTimestamp === undefined)
        await this.#client.delete(VOLUME_SNAPSHOT_CONTENTS, content.metadata);
    }
    await this.#releaseClaim(snapshot, true);
    await removeFinalizers(
      this.#client,
      VOLUME_SNAPSHOTS,
      snapshot,
      AS_SOURCE_FINALIZER,
      ...(goesWithIt ? [] : [BOUND_FINALIZER]),
      ...(group === undefined ? [] : [IN_GROUP_FINALIZER]),
    );
  }

  /** Lets the claim go when no snapshot of it is being taken any more; a snapshot that is being deleted does not count. */
  async #releaseClaim(snapshot: VolumeSnapshot, ending = false): Promise<void> {
    const claim = this.#claimOf(snapshot);
    if (!claim?.metadata.finalizers?.includes(CLAIM_FINALIZER)) return;
    for (const { metadata, spec, status } of this.#snapshots.indexed(
      'namespace',
      snapshot.metadata.namespace!,
    )) {
      if (ending && metadata.name === snapshot.metadata.name) continue;
      if (spec!.source.persistentVolumeClaimName === claim.metadata.name && !status?.readyToUse) return;
    }
    await removeFinalizers(this.#client, PERSISTENT_VOLUME_CLAIMS, claim, CLAIM_FINALIZER);
  }

  #claimOf({ metadata, spec }: VolumeSnapshot): PersistentVolumeClaim | undefined {
    const { persistentVolumeClaimName: name } = spec!.source;
    return name ? this.#claims.get(`${metadata.namespace}/${name}`) : undefined;
  }

  #sourceVolume(snapshot: VolumeSnapshot) {
    const name = snapshot.spec!.source.persistentVolumeClaimName!;
    return boundVolumeOf(this.#client, this.#claimOf(snapshot), name);
  }

  /** Says what is wrong, once. */
  async #fail(snapshot: VolumeSnapshot, reason: string, message: string, readyToUse?: false): Promise<void> {
    if (snapshot.status?.error?.message === message) return;
    const error = { time: timestamp(this.#clock.now()), message };
    const status = { ...snapshot.status, error, ...(readyToUse === undefined ? {} : { readyToUse }) };
    this.#recorder.event(snapshot, 'Warning', reason, message);
    await this.#client.updateStatus(VOLUME_SNAPSHOTS, { ...snapshot, status });
  }
}

/** The name of the content that is made for a snapshot. */
const contentNameOf = ({ metadata }: VolumeSnapshot): string => `snapcontent-${metadata.uid}`;

/** Whether a snapshot was taken with others: its group has made it. */
const isGroupMember = ({ metadata }: VolumeSnapshot): boolean =>
  metadata.ownerReferences?.some(({ kind }) => kind === 'VolumeGroupSnapshot') ?? false;

const bytesQuantity = (bytes: number): string =>
  formatQuantity({ nano: BigInt(bytes) * 1_000_000_000n, format: 'BinarySI' });
