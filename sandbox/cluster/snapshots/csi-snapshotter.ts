/**
 * csi-snapshotter, the half of external-snapshotter (v8.6) that stands beside a driver: has the snapshots taken and
 * deleted that contents ask for, one by one or a group at the same moment, and says so in the contents. Left out:
 * secrets, timeouts of the driver (ours answers or refuses at once), groups that were not made here.
 */
import { timestamp, type Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { keyOf } from '../api/object.ts';
import { StatusError } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import { removeFinalizers } from '../client/finalizers.ts';
import type { Informer } from '../client/informer.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import { WorkQueue } from '../client/work-queue.ts';
import { DRIVER, PluginError, type HostPathDriver, type TakenSnapshot } from './hostpath-driver.ts';
import {
  BEING_DELETED,
  CONTENT_FINALIZER,
  GROUP_BEING_DELETED,
  GROUP_CONTENT_FINALIZER,
  GROUP_HANDLE,
  MANAGED_BY,
  VOLUME_GROUP_SNAPSHOT_CONTENTS,
  VOLUME_SNAPSHOT_CONTENTS,
  type VolumeGroupSnapshotContent,
  type VolumeSnapshotContent,
  type VolumeSnapshotContentStatus,
} from './snapshot-kinds.ts';

export interface CsiSnapshotterOptions {
  clock: Clock;
  client: Client;
  informers: InformerFactory;
  recorder: EventRecorder;
  driver: HostPathDriver;
  onError(key: string, error: unknown): void;
}

export class CsiSnapshotter implements Disposable {
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #driver: HostPathDriver;
  readonly #contents: Informer<VolumeSnapshotContent>;
  readonly #groups: Informer<VolumeGroupSnapshotContent>;
  readonly #resources = new DisposableStore();

  constructor({ clock, client, informers, recorder, driver, onError }: CsiSnapshotterOptions) {
    this.#clock = clock;
    this.#client = client;
    this.#recorder = recorder;
    this.#driver = driver;
    this.#contents = informers.informer(VOLUME_SNAPSHOT_CONTENTS);
    this.#groups = informers.informer(VOLUME_GROUP_SNAPSHOT_CONTENTS);
    const queue = (reconcile: (key: string) => Promise<void>) =>
      this.#resources.add(new WorkQueue({ clock, reconcile, onError }));
    const contents = queue((name) => this.#syncContent(name));
    const groups = queue((name) => this.#syncGroup(name));
    const contentSeen = (content: VolumeSnapshotContent) => {
      if (content.spec!.driver !== DRIVER) return;
      keepSnapshot(driver, content);
      contents.add(keyOf(content));
    };
    const groupSeen = (content: VolumeGroupSnapshotContent) => {
      if (content.spec!.driver === DRIVER) groups.add(keyOf(content));
    };
    this.#resources.add(
      this.#contents.addHandler({ add: contentSeen, update: (_before, after) => contentSeen(after) }),
    );
    this.#resources.add(
      this.#groups.addHandler({ add: groupSeen, update: (_before, after) => groupSeen(after) }),
    );
  }

  dispose(): void {
    this.#resources.dispose();
  }

  async #syncContent(name: string): Promise<void> {
    const content = this.#contents.get(name);
    if (!content) return;
    const { metadata, spec, status } = content;
    const { snapshotHandle, volumeHandle } = spec!.source;
    if (metadata.deletionTimestamp !== undefined) {
      const unbound = snapshotHandle !== undefined && !spec!.volumeSnapshotRef.uid;
      if (unbound || metadata.annotations?.[BEING_DELETED] !== undefined) await this.#delete(content);
      return;
    }
    const isGroupMember = metadata.annotations?.[GROUP_HANDLE] !== undefined;
    if (status?.readyToUse || isGroupMember) return;
    try {
      if (snapshotHandle !== undefined) await this.#look(content, snapshotHandle);
      else await this.#take(content, volumeHandle!);
    } catch (error) {
      // A node that is switched off has nobody who would say so.
      if (error instanceof StatusError || isUnavailable(error)) throw error;
      const [reason, what] =
        snapshotHandle === undefined
          ? ['SnapshotCreationFailed', 'Failed to create snapshot']
          : ['SnapshotContentCheckandUpdateFailed', 'Failed to check and update snapshot content'];
      await this.#fail(content, reason!, `${what}: ${(error as Error).message}`);
      throw error;
    }
  }

  async #take(content: VolumeSnapshotContent, volumeHandle: string): Promise<void> {
    let taken: TakenSnapshot;
    try {
      [taken] = this.#driver.createSnapshots(nameOf(content), [volumeHandle]) as [TakenSnapshot];
    } catch (error) {
      if (isUnavailable(error)) throw error;
      throw new Error(
        `failed to take snapshot of the volume ${volumeHandle}: ${JSON.stringify((error as Error).message)}`,
      );
    }
    await this.#report(content, taken);
  }

  /** A snapshot that somebody says is there. */
  async #look(content: VolumeSnapshotContent, handle: string): Promise<void> {
    const found = this.#driver.snapshot(handle);
    if (!found)
      throw new Error(
        `failed to list snapshot for content ${content.metadata.name}: "can not find snapshot for snapshotID ${handle}"`,
      );
    await this.#report(content, found);
  }

  async #report(
    { metadata }: VolumeSnapshotContent,
    { snapshotHandle, createdMs, sizeBytes }: TakenSnapshot,
  ): Promise<void> {
    const status: VolumeSnapshotContentStatus = {
      creationTime: createdMs * 1e6,
      readyToUse: true,
      restoreSize: sizeBytes,
      snapshotHandle,
    };
    await this.#client.patch(
      VOLUME_SNAPSHOT_CONTENTS,
      { name: metadata.name! },
      'application/merge-patch+json',
      { status: { ...status, error: null } },
      { subresource: 'status' },
    );
  }

  async #delete(content: VolumeSnapshotContent): Promise<void> {
    const { spec, status } = content;
    let present = content;
    const handle = status?.snapshotHandle ?? this.#driver.snapshotsNamed(nameOf(content))[0]?.snapshotHandle;
    const isGroupMember = status?.volumeGroupSnapshotHandle !== undefined;
    if (spec!.deletionPolicy === 'Delete' && handle !== undefined && !isGroupMember) {
      try {
        this.#driver.deleteSnapshot(handle);
      } catch (error) {
        if (!isUnavailable(error))
          this.#recorder.event(content, 'Warning', 'SnapshotDeleteError', 'Failed to delete snapshot');
        throw error;
      }
      const { snapshotHandle: _h, readyToUse: _r, creationTime: _c, restoreSize: _s, ...rest } = status ?? {};
      present = await this.#client.updateStatus(VOLUME_SNAPSHOT_CONTENTS, { ...content, status: rest });
    }
    await removeFinalizers(this.#client, VOLUME_SNAPSHOT_CONTENTS, present, CONTENT_FINALIZER);
  }

  async #syncGroup(name: string): Promise<void> {
    const content = this.#groups.get(name);
    if (!content) return;
    const { metadata, spec, status } = content;
    if (metadata.deletionTimestamp !== undefined) {
      if (metadata.annotations?.[GROUP_BEING_DELETED] !== undefined) await this.#deleteGroup(content);
      return;
    }
    const { volumeHandles } = spec!.source;
    if (status?.readyToUse || !volumeHandles) return;
    const handle = groupHandleOf(content);
    let taken: TakenSnapshot[];
    try {
      taken = this.#driver.createSnapshots(handle, volumeHandles, handle);
    } catch (error) {
      if (isUnavailable(error)) throw error;
      const why = JSON.stringify((error as Error).message);
      const message = `Failed to create group snapshot: failed to take group snapshot of the volumes [${volumeHandles.join(' ')}]: ${why}`;
      const failed = { time: timestamp(this.#clock.now()), message };
      if (status?.error?.message !== message) {
        this.#recorder.event(content, 'Warning', 'GroupSnapshotCreationFailed', message);
        await this.#client.updateStatus(VOLUME_GROUP_SNAPSHOT_CONTENTS, {
          ...content,
          status: { ...status, readyToUse: false, error: failed },
        });
      }
      throw error;
    }
    await this.#client.updateStatus(VOLUME_GROUP_SNAPSHOT_CONTENTS, {
      ...content,
      status: {
        creationTime: timestamp(taken[0]!.createdMs),
        readyToUse: true,
        volumeGroupSnapshotHandle: handle,
        volumeSnapshotInfoList: taken.map(({ snapshotHandle, volumeHandle, createdMs, sizeBytes }) => ({
          creationTime: createdMs * 1e6,
          readyToUse: true,
          restoreSize: sizeBytes,
          snapshotHandle,
          volumeHandle,
        })),
      },
    });
  }

  async #deleteGroup(content: VolumeGroupSnapshotContent): Promise<void> {
    const { spec, status } = content;
    const handle = status?.volumeGroupSnapshotHandle;
    if (spec!.deletionPolicy === 'Delete' && handle !== undefined)
      for (const { snapshotHandle } of status?.volumeSnapshotInfoList ?? [])
        this.#driver.deleteSnapshot(snapshotHandle, handle);
    await removeFinalizers(this.#client, VOLUME_GROUP_SNAPSHOT_CONTENTS, content, GROUP_CONTENT_FINALIZER);
  }

  /** Says what is wrong, once. */
  async #fail(content: VolumeSnapshotContent, reason: string, message: string): Promise<void> {
    if (content.status?.error?.message === message) return;
    this.#recorder.event(content, 'Warning', reason, message);
    const error = { time: timestamp(this.#clock.now()), message };
    await this.#client.updateStatus(VOLUME_SNAPSHOT_CONTENTS, {
      ...content,
      status: { ...content.status, readyToUse: false, error },
    });
  }
}

const isUnavailable = (error: unknown) => error instanceof PluginError && error.code === 'Unavailable';

const nameOf = ({ spec }: VolumeSnapshotContent): string => `snapshot-${spec!.volumeSnapshotRef.uid}`;

/** The driver's own name of a group would do as well: one group has one content. */
const groupHandleOf = ({ metadata }: VolumeGroupSnapshotContent): string => metadata.uid!;

/** A snapshot's files are kept for its content. */
function keepSnapshot(driver: HostPathDriver, { metadata, spec, status }: VolumeSnapshotContent): void {
  const snapshotHandle = status?.snapshotHandle;
  if (snapshotHandle === undefined) return;
  driver.keepSnapshot(
    {
      snapshotHandle,
      volumeHandle: spec!.source.volumeHandle ?? '',
      sizeBytes: status!.restoreSize ?? 0,
      createdMs: (status!.creationTime ?? 0) / 1e6,
    },
    metadata.labels?.[MANAGED_BY],
    metadata.uid!,
    status!.volumeGroupSnapshotHandle,
  );
}
