/** What holds of volumes that can be copied and of their snapshots when nothing is left to do. */
import type { Client } from '../../../sandbox/cluster/client/client.ts';
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from '../../../sandbox/cluster/client/resources.ts';
import { quantityValue } from '../../../sandbox/cluster/api/quantity.ts';
import type { DriverNode } from '../../../sandbox/cluster/snapshots/hostpath-driver.ts';
import {
  CLAIM_FINALIZER,
  VOLUME_GROUP_SNAPSHOT_CONTENTS,
  VOLUME_GROUP_SNAPSHOTS,
  VOLUME_SNAPSHOT_CONTENTS,
  VOLUME_SNAPSHOTS,
} from '../../../sandbox/cluster/snapshots/snapshot-kinds.ts';

const DIRECTORY = '/var/lib/csi-hostpath-data';

/** @param nodes where the driver keeps what it has */
export async function snapshotViolations(
  client: Client,
  nodes: ReadonlyMap<string, DriverNode>,
): Promise<string[]> {
  const broken: string[] = [];
  const expect = (holds: boolean, what: string) => void (holds || broken.push(what));
  const snapshots = (await client.list(VOLUME_SNAPSHOTS)).items;
  const contents = (await client.list(VOLUME_SNAPSHOT_CONTENTS)).items;
  const groups = (await client.list(VOLUME_GROUP_SNAPSHOTS)).items;
  const groupContents = (await client.list(VOLUME_GROUP_SNAPSHOT_CONTENTS)).items;
  const claims = (await client.list(PERSISTENT_VOLUME_CLAIMS)).items;
  const volumes = (await client.list(PERSISTENT_VOLUMES)).items;
  const has = (path: string) => [...nodes.values()].filter(({ disk }) => disk.has(`${DIRECTORY}/${path}`));

  for (const { metadata, status } of snapshots) {
    const what = `VolumeSnapshot ${metadata.name}`;
    expect(metadata.deletionTimestamp === undefined, `${what} is still being deleted`);
    if (!status?.readyToUse) continue;
    const content = contents.find(({ metadata: { name } }) => name === status.boundVolumeSnapshotContentName);
    expect(content?.spec!.volumeSnapshotRef.uid === metadata.uid, `${what} is ready without its content`);
    expect(content?.status?.readyToUse === true, `${what} is ready and its content is not`);
  }
  for (const { metadata, spec, status } of contents) {
    const what = `VolumeSnapshotContent ${metadata.name}`;
    expect(metadata.deletionTimestamp === undefined, `${what} is still being deleted`);
    const owner = snapshots.find(({ metadata: { uid } }) => uid === spec!.volumeSnapshotRef.uid);
    expect(owner !== undefined || spec!.deletionPolicy === 'Retain', `${what} is left over`);
    if (status?.snapshotHandle)
      expect(has(`${status.snapshotHandle}.snap`).length === 1, `the storage of ${what} is not there once`);
  }
  for (const { metadata, status } of groups) {
    const what = `VolumeGroupSnapshot ${metadata.name}`;
    expect(metadata.deletionTimestamp === undefined, `${what} is still being deleted`);
    if (!status?.readyToUse) continue;
    const content = groupContents.find(({ spec }) => spec!.volumeGroupSnapshotRef.uid === metadata.uid);
    const members = snapshots.filter(
      ({ metadata: { ownerReferences } }) => ownerReferences?.[0]?.uid === metadata.uid,
    );
    const taken = content?.status?.volumeSnapshotInfoList?.length;
    expect(taken === members.length, `${what} has ${members.length} snapshots of ${taken}`);
    const times = new Set(members.map((member) => member.status?.creationTime));
    expect(times.size <= 1, `${what} was taken at ${[...times].join(' and ')}`);
  }
  for (const { metadata, spec } of groupContents)
    expect(
      groups.some(({ metadata: { uid } }) => uid === spec!.volumeGroupSnapshotRef.uid),
      `VolumeGroupSnapshotContent ${metadata.name} is left over`,
    );
  for (const { metadata, spec } of volumes)
    if (spec.csi)
      expect(
        has(spec.csi.volumeHandle).length === 1,
        `the storage of PersistentVolume ${metadata.name} is not there once`,
      );
  for (const { metadata, spec, status } of claims) {
    if (spec.storageClassName !== 'csi-hostpath-sc') continue;
    const what = `PersistentVolumeClaim ${metadata.name}`;
    expect(status?.phase === 'Bound' || spec.dataSource !== undefined, `${what} is ${status?.phase}`);
    const waits = snapshots.some(
      (each) => each.spec!.source.persistentVolumeClaimName === metadata.name && !each.status?.readyToUse,
    );
    const held = metadata.finalizers?.includes(CLAIM_FINALIZER) ?? false;
    expect(waits || !held, `${what} is held for a snapshot that is not being taken`);
    if (status?.phase !== 'Bound') continue;
    const volume = volumes.find(({ metadata: { name } }) => name === spec.volumeName);
    const [asked, got] = [spec.resources!.requests!, volume?.spec.capacity ?? {}];
    expect(
      quantityValue(asked['storage']!) === quantityValue(got['storage'] ?? 0),
      `${what} asks for ${asked['storage']} and has ${got['storage']}`,
    );
  }
  return broken;
}
