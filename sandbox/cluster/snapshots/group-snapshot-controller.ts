/**
 * snapshot-controller, its half for groups (external-snapshotter v8.6): a group snapshot is taken of all claims that a
 * selector matches, at the same moment; each of them then has a snapshot of its own that belongs to the group. Left
 * out: groups that exist already at the driver (`groupSnapshotHandles`), secrets, metrics.
 */
import { timestamp, type Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { encode } from '../../core/bytes.ts';
import { sha256 } from '../../core/sha256.ts';
import { deepEqual } from '../api/equality.ts';
import { formatLabelSelector, selectorOf } from '../api/labels.ts';
import { keyOf } from '../api/object.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import { referenceTo, type EventRecorder } from '../client/event-recorder.ts';
import { addFinalizers, removeFinalizers } from '../client/finalizers.ts';
import { byNamespace, type Informer } from '../client/informer.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../client/kinds.ts';
import { apiVersionOf, PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import { boundVolumeOf, isBeingRestored, nodeOfVolume } from './claimed-volume.ts';
import {
  DEFAULT_GROUP_CLASS,
  GROUP_BEING_DELETED,
  GROUP_BOUND_FINALIZER,
  GROUP_CONTENT_FINALIZER,
  GROUP_HANDLE,
  IN_GROUP_FINALIZER,
  MANAGED_BY,
  VOLUME_GROUP_SNAPSHOT_CLASSES,
  VOLUME_GROUP_SNAPSHOT_CONTENTS,
  VOLUME_GROUP_SNAPSHOTS,
  VOLUME_SNAPSHOT_CONTENTS,
  VOLUME_SNAPSHOTS,
  type VolumeGroupSnapshot,
  type VolumeGroupSnapshotClass,
  type VolumeGroupSnapshotContent,
  type VolumeSnapshot,
  type VolumeSnapshotInfo,
} from './snapshot-kinds.ts';
import type { SnapshotControllerOptions } from './snapshot-controller.ts';

export class GroupSnapshotController implements Disposable {
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #groups: Informer<VolumeGroupSnapshot>;
  readonly #contents: Informer<VolumeGroupSnapshotContent>;
  readonly #classes: Informer<VolumeGroupSnapshotClass>;
  readonly #snapshots: Informer<VolumeSnapshot>;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #resources = new DisposableStore();

  constructor({ clock, client, informers, recorder, onError }: SnapshotControllerOptions) {
    this.#clock = clock;
    this.#client = client;
    this.#recorder = recorder;
    this.#groups = informers.informer(VOLUME_GROUP_SNAPSHOTS);
    this.#contents = informers.informer(VOLUME_GROUP_SNAPSHOT_CONTENTS);
    this.#classes = informers.informer(VOLUME_GROUP_SNAPSHOT_CLASSES);
    this.#snapshots = informers.informer(VOLUME_SNAPSHOTS);
    this.#claims = informers.informer(PERSISTENT_VOLUME_CLAIMS);
    this.#snapshots.addIndex('namespace', byNamespace);
    this.#claims.addIndex('namespace', byNamespace);
    this.#volumes = informers.informer(PERSISTENT_VOLUMES);
    const queue = this.#resources.add(
      new WorkQueue({ clock, reconcile: (key) => this.#syncGroup(key), onError }),
    );
    this.#resources.add(
      this.#groups.addHandler({
        add: (group) => queue.add(keyOf(group)),
        update: (_before, group) => queue.add(keyOf(group)),
      }),
    );
    const contentSeen = ({ spec }: VolumeGroupSnapshotContent) =>
      queue.add(keyOf({ metadata: spec!.volumeGroupSnapshotRef }));
    this.#resources.add(
      this.#contents.addHandler({
        add: contentSeen,
        update: (_before, after) => contentSeen(after),
        delete: contentSeen,
      }),
    );
  }

  dispose(): void {
    this.#resources.dispose();
  }

  async #syncGroup(key: string): Promise<void> {
    const found = this.#groups.get(key);
    if (!found) return;
    const deleting = found.metadata.deletionTimestamp !== undefined;
    const content = this.#contentOf(found);
    if (deleting) return this.#delete(found, content);
    const group = await this.#withClass(found);
    if (group.spec!.source.volumeGroupSnapshotContentName !== undefined) {
      const message = 'group snapshots that exist already are not available in this cluster';
      return this.#fail(group, 'GroupSnapshotValidationError', message, false);
    }
    const kept = content
      ? await addFinalizers(this.#client, VOLUME_GROUP_SNAPSHOTS, group, GROUP_BOUND_FINALIZER)
      : group;
    const { boundVolumeGroupSnapshotContentName: bound, readyToUse } = kept.status ?? {};
    if (bound && readyToUse) {
      if (!content)
        await this.#fail(kept, 'GroupSnapshotContentMissing', 'VolumeGroupSnapshotContent is missing', false);
      return;
    }
    if (!content) {
      let made: VolumeGroupSnapshotContent;
      try {
        made = await this.#makeContent(kept);
      } catch (error) {
        const message = `failed to create group snapshot content with error ${(error as Error).message}`;
        await this.#fail(kept, 'GroupSnapshotContentCreationFailed', message, false);
        throw error;
      }
      return this.#takeOver(kept, made);
    }
    await addFinalizers(this.#client, VOLUME_GROUP_SNAPSHOT_CONTENTS, content, GROUP_CONTENT_FINALIZER);
    const { volumeGroupSnapshotHandle: handle, volumeSnapshotInfoList = [] } = content.status ?? {};
    if (handle !== undefined)
      for (const info of volumeSnapshotInfoList) await this.#makeMember(kept, content, handle, info);
    await this.#takeOver(kept, content);
  }

  #contentOf(group: VolumeGroupSnapshot): VolumeGroupSnapshotContent | undefined {
    const name = group.status?.boundVolumeGroupSnapshotContentName ?? contentNameOf(group);
    const content = this.#contents.get(name);
    return content?.spec!.volumeGroupSnapshotRef.uid === group.metadata.uid ? content : undefined;
  }

  /** Sees that the class exists, and puts the default one in where none is named. */
  async #withClass(group: VolumeGroupSnapshot): Promise<VolumeGroupSnapshot> {
    const { volumeGroupSnapshotClassName: name } = group.spec!;
    if (name !== undefined) {
      if (this.#classes.get(name)) return group;
      const why = `volumegroupsnapshotclass.groupsnapshot.storage.k8s.io "${name}" not found`;
      await this.#fail(
        group,
        'GetGroupSnapshotClassFailed',
        `failed to get group snapshot class with error ${why}`,
      );
      throw new Error(why);
    }
    try {
      const [volume] = await this.#volumesOf(group);
      const driver = volume!.spec.csi?.driver;
      if (driver === undefined)
        throw new Error(`snapshotting non-CSI volumes is not supported, group snapshot: ${keyOf(group)}`);
      const defaults = [...this.#classes.list()].filter(
        (each) => each.metadata.annotations?.[DEFAULT_GROUP_CLASS] === 'true' && each.driver === driver,
      );
      if (defaults.length === 0) throw new Error('cannot find default group snapshot class');
      if (defaults.length > 1)
        throw new Error(`${defaults.length} default group snapshot classes were found`);
      return await this.#client.patch(
        VOLUME_GROUP_SNAPSHOTS,
        group.metadata,
        'application/merge-patch+json',
        { spec: { volumeGroupSnapshotClassName: defaults[0]!.metadata.name } },
      );
    } catch (error) {
      const message = `Failed to set default group snapshot class with error ${(error as Error).message}`;
      await this.#fail(group, 'SetDefaultGroupSnapshotClassFailed', message);
      throw error;
    }
  }

  async #volumesOf(group: VolumeGroupSnapshot): Promise<PersistentVolume[]> {
    const selector = group.spec!.source.selector!;
    const matching = selectorOf(selector);
    const claims = [...this.#claims.indexed('namespace', group.metadata.namespace!)].filter(({ metadata }) =>
      matching.matches(metadata.labels),
    );
    if (claims.length === 0)
      throw new Error(
        `label selector ${formatLabelSelector(selector)} for group snapshot not applied to any PVC`,
      );
    const byName = claims.sort((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1));
    const volumes: PersistentVolume[] = [];
    for (const claim of byName) volumes.push(await boundVolumeOf(this.#client, claim, claim.metadata.name!));
    return volumes;
  }

  async #makeContent(group: VolumeGroupSnapshot): Promise<VolumeGroupSnapshotContent> {
    const key = keyOf(group);
    const groupClass = this.#classes.get(group.spec!.volumeGroupSnapshotClassName!)!;
    const volumes = await this.#volumesOf(group).catch((error: unknown) => {
      const why = JSON.stringify((error as Error).message);
      throw new Error(
        `failed to get input parameters to create group snapshot ${group.metadata.name}: ${why}`,
      );
    });
    const volumeHandles = volumes.map(({ metadata, spec }) => {
      const { name } = metadata;
      const refuse = (said: string, message: string) => {
        this.#recorder.event(group, 'Warning', 'CreateGroupSnapshotContentFailed', said);
        return new Error(message);
      };
      if (!spec.csi)
        throw refuse(
          `Cannot snapshot a non-CSI volume: ${name}`,
          `cannot snapshot a non-CSI volume for group snapshot ${key}: ${name}`,
        );
      const { driver, volumeHandle } = spec.csi;
      if (driver === groupClass.driver) return volumeHandle;
      const message = `Volume CSI driver (${driver}) mismatch with VolumeGroupSnapshotClass (${groupClass.driver}) ${key}: ${name}`;
      throw refuse(message, `snapshot controller failed to update ${key} on API server: ${message}`);
    });
    const content: VolumeGroupSnapshotContent = {
      metadata: { name: contentNameOf(group) },
      spec: {
        deletionPolicy: groupClass.deletionPolicy,
        driver: groupClass.driver,
        source: { volumeHandles },
        volumeGroupSnapshotClassName: groupClass.metadata.name!,
        volumeGroupSnapshotRef: referenceTo(group),
      },
    };
    try {
      const made = await this.#client.create(VOLUME_GROUP_SNAPSHOT_CONTENTS, content);
      const message = `Waiting for a group snapshot ${key} to be created by the CSI driver.`;
      this.#recorder.event(group, 'Normal', 'CreatingGroupSnapshot', message);
      return made;
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error;
      return this.#client.get(VOLUME_GROUP_SNAPSHOT_CONTENTS, { name: content.metadata.name! });
    }
  }

  /** The snapshot of one claim of the group, with its content. What is there is left as it is. */
  async #makeMember(
    group: VolumeGroupSnapshot,
    content: VolumeGroupSnapshotContent,
    handle: string,
    { volumeHandle, snapshotHandle, creationTime, restoreSize, readyToUse }: VolumeSnapshotInfo,
  ): Promise<void> {
    const { namespace, uid } = group.metadata;
    const digest = sha256(encode(`${uid}${volumeHandle}`));
    const [name, contentName] = [`snapshot-${digest}`, `snapcontent-${digest}`];
    const volume = [...this.#volumes.list()].find(({ spec }) => spec.csi?.volumeHandle === volumeHandle);
    const node = volume && nodeOfVolume(volume);
    const { deletionPolicy, driver } = content.spec!;
    await this.#create(VOLUME_SNAPSHOT_CONTENTS, {
      metadata: {
        name: contentName,
        annotations: { [GROUP_HANDLE]: handle },
        ...(node ? { labels: { [MANAGED_BY]: node } } : {}),
      },
      spec: {
        deletionPolicy,
        driver,
        source: { volumeHandle },
        ...(volume?.spec.volumeMode ? { sourceVolumeMode: volume.spec.volumeMode } : {}),
        volumeSnapshotRef: { kind: 'VolumeSnapshot', name, namespace: namespace! },
      },
    });
    await this.#create(VOLUME_SNAPSHOTS, {
      metadata: {
        name,
        namespace: namespace!,
        ownerReferences: [
          {
            apiVersion: apiVersionOf(VOLUME_GROUP_SNAPSHOTS),
            kind: VOLUME_GROUP_SNAPSHOTS.kind,
            name: group.metadata.name!,
            uid: uid!,
          },
        ],
        finalizers: [IN_GROUP_FINALIZER],
      },
      spec: { source: { persistentVolumeClaimName: volume?.spec.claimRef?.name ?? '' } },
    });
    const snapshot = await this.#client.get(VOLUME_SNAPSHOTS, { namespace, name });
    let member = await this.#client.get(VOLUME_SNAPSHOT_CONTENTS, { name: contentName });
    if (!member.spec!.volumeSnapshotRef.uid)
      member = await this.#client.patch(
        VOLUME_SNAPSHOT_CONTENTS,
        { name: contentName },
        'application/merge-patch+json',
        { spec: { volumeSnapshotRef: { uid: snapshot.metadata.uid } } },
      );
    if (!snapshot.status?.boundVolumeSnapshotContentName)
      await this.#client.updateStatus(VOLUME_SNAPSHOTS, {
        ...snapshot,
        status: { ...snapshot.status, boundVolumeSnapshotContentName: contentName },
      });
    if (member.status?.snapshotHandle === undefined)
      await this.#client.updateStatus(VOLUME_SNAPSHOT_CONTENTS, {
        ...member,
        status: { snapshotHandle, creationTime, restoreSize, readyToUse, volumeGroupSnapshotHandle: handle },
      });
  }

  async #create(...[type, object]: Parameters<Client['create']>): Promise<void> {
    try {
      await this.#client.create(type, object);
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error;
    }
  }

  /** Says in the group what its content says. */
  async #takeOver(known: VolumeGroupSnapshot, content: VolumeGroupSnapshotContent): Promise<void> {
    const group = await this.#client.get(VOLUME_GROUP_SNAPSHOTS, known.metadata);
    const { creationTime, readyToUse = false, error } = content.status ?? {};
    const before = group.status ?? {};
    const { error: _error, ...rest } = before;
    const status = {
      boundVolumeGroupSnapshotContentName: content.metadata.name!,
      ...(creationTime ? { creationTime } : {}),
      ...rest,
      readyToUse,
      ...(error ? { error } : {}),
    };
    if (deepEqual(status, before)) return;
    await this.#client.updateStatus(VOLUME_GROUP_SNAPSHOTS, { ...group, status });
    const say = (reason: string, message: string) => this.#recorder.event(group, 'Normal', reason, message);
    if (before.creationTime === undefined && status.creationTime !== undefined)
      say(
        'GroupSnapshotCreated',
        `GroupSnapshot ${keyOf(group)} was successfully created by the CSI driver.`,
      );
    if (!before.readyToUse && readyToUse)
      say('GroupSnapshotReady', `GroupSnapshot ${keyOf(group)} is ready to use.`);
  }

  async #delete(group: VolumeGroupSnapshot, content: VolumeGroupSnapshotContent | undefined): Promise<void> {
    if (!group.metadata.finalizers?.includes(GROUP_BOUND_FINALIZER)) return;
    const { namespace, name } = group.metadata;
    const members = [...this.#snapshots.indexed('namespace', namespace!)].filter(
      ({ status }) => status?.volumeGroupSnapshotName === name,
    );
    for (const { metadata } of members) {
      if (!isBeingRestored(this.#claims, metadata)) continue;
      const message = `Snapshot ${namespace}/${metadata.name} belonging to VolumeGroupSnapshot ${namespace}/${name} is being used to restore a PVC`;
      this.#recorder.event(group, 'Warning', 'SnapshotDeletePending', message);
      throw new Error(`${message}: snapshot is in use, will retry deletion`);
    }
    const goesWithIt = content?.spec!.deletionPolicy === 'Delete';
    if (content) {
      if (content.metadata.annotations?.[GROUP_BEING_DELETED] === undefined)
        await this.#client.patch(
          VOLUME_GROUP_SNAPSHOT_CONTENTS,
          content.metadata,
          'application/merge-patch+json',
          { metadata: { annotations: { [GROUP_BEING_DELETED]: 'yes' } } },
        );
      if (goesWithIt && content.metadata.deletionTimestamp === undefined)
        await this.#client.delete(VOLUME_GROUP_SNAPSHOT_CONTENTS, content.metadata);
    }
    for (const { metadata } of members)
      if (metadata.deletionTimestamp === undefined) await this.#client.delete(VOLUME_SNAPSHOTS, metadata);
    if (!goesWithIt)
      await removeFinalizers(this.#client, VOLUME_GROUP_SNAPSHOTS, group, GROUP_BOUND_FINALIZER);
  }

  /** Says what is wrong, once. */
  async #fail(
    group: VolumeGroupSnapshot,
    reason: string,
    message: string,
    readyToUse?: false,
  ): Promise<void> {
    if (group.status?.error?.message === message) return;
    this.#recorder.event(group, 'Warning', reason, message);
    const error = { time: timestamp(this.#clock.now()), message };
    const status = { ...group.status, error, ...(readyToUse === undefined ? {} : { readyToUse }) };
    await this.#client.updateStatus(VOLUME_GROUP_SNAPSHOTS, { ...group, status });
  }
}

/** The name of the content that is made for a group. */
const contentNameOf = ({ metadata }: VolumeGroupSnapshot): string => `groupsnapcontent-${metadata.uid}`;
