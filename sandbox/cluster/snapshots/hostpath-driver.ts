/**
 * hostpath.csi.k8s.io, the example driver of Kubernetes' storage group (kubernetes-csi/csi-driver-host-path v1.18), as
 * its deployment for several nodes runs it: a plugin on each node, whose volumes and snapshots are directories of that
 * node. Where the real one packs a snapshot with tar, this one keeps a copy-on-write copy. Sizes are promised and not
 * enforced, as there. Left out: raw blocks, inline volumes, kinds of storage with a capacity.
 */
import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import type { MemoryFileSystem } from '../../os/memory-file-system.ts';
import type { CsiNodePlugin } from '../kubelet/csi-plugin.ts';
import type { NodeDisk } from '../kubelet/node-disk.ts';

export const DRIVER = 'hostpath.csi.k8s.io';
export const TOPOLOGY_KEY = 'topology.hostpath.csi/node';

/** On each node. */
const DIRECTORY = '/var/lib/csi-hostpath-data';

/** A node as far as its plugin needs it. */
export interface DriverNode {
  readonly name: string;
  readonly disk: NodeDisk;
  /** Whether its plugin can be spoken with. */
  readonly reachable: boolean;
  readonly csiPlugins: Map<string, CsiNodePlugin>;
}

/** The answer of a plugin that refuses, as gRPC prints it. */
export class PluginError extends Error {
  readonly code: string;

  constructor(code: 'InvalidArgument' | 'NotFound' | 'Unavailable', description: string) {
    super(`rpc error: code = ${code} desc = ${description}`);
    this.code = code;
  }
}

/** What a new volume starts with. */
export type VolumeSource = { snapshotHandle: string } | { volumeHandle: string };

export interface TakenSnapshot {
  snapshotHandle: string;
  volumeHandle: string;
  sizeBytes: number;
  createdMs: number;
}

interface Stored {
  /** What it was asked for under: a request that comes again is answered with what it made. */
  name?: string;
  node: DriverNode;
  sizeBytes: number;
}

interface StoredSnapshot extends Stored, TakenSnapshot {
  /** Of the group that it was taken in. */
  group?: string;
}

export class HostPathDriver {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #nodes: ReadonlyMap<string, DriverNode>;
  readonly #volumes = new Map<string, Stored>();
  readonly #snapshots = new Map<string, StoredSnapshot>();

  constructor(clock: Clock, random: Random, nodes: ReadonlyMap<string, DriverNode>) {
    this.#clock = clock;
    this.#random = random;
    this.#nodes = nodes;
    for (const node of nodes.values())
      node.csiPlugins.set(DRIVER, { publish: (handle) => this.#publish(node, handle) });
  }

  /** The node that a source's directory is on; undefined when there is none such. */
  nodeOf(source: VolumeSource): string | undefined {
    return this.#find(source)?.node.name;
  }

  /** How many volumes a node has. */
  volumesOn(node: string): number {
    let count = 0;
    for (const volume of this.#volumes.values()) if (volume.node.name === node) count++;
    return count;
  }

  /** Makes a volume on a node, with what is in `source` at this moment. Answers its handle. */
  createVolume(name: string, nodeName: string, sizeBytes: number, source?: VolumeSource): string {
    for (const [made, volume] of this.#volumes) if (volume.name === name) return made;
    const node = this.#reachable(nodeName);
    const handle = this.#random.uuid();
    const path = pathOf(handle);
    // Whose it will be is not known yet: a volume that comes to nothing is not kept over a reload.
    const owner = { uid: handle, name: VOLUME };
    if (source) {
      const { handle: from, sizeBytes: sourceBytes } = this.#source(source, node);
      const [what, id] = Object.entries(source)[0]!;
      if (sourceBytes > sizeBytes)
        throw new PluginError(
          'InvalidArgument',
          `${what === 'snapshotHandle' ? 'snapshot' : 'volume'} ${id} size ${sourceBytes} is greater than requested volume size ${sizeBytes}`,
        );
      node.disk.clone(from, path, owner);
    } else node.disk.directory(path, owner);
    this.#volumes.set(handle, { name, node, sizeBytes });
    return handle;
  }

  /** Deletes a volume; one that is gone already is fine. */
  deleteVolume(handle: string): void {
    const volume = this.#volumes.get(handle);
    if (!volume) return;
    this.#reachable(volume.node.name).disk.remove(pathOf(handle));
    this.#volumes.delete(handle);
  }

  expandVolume(handle: string, sizeBytes: number): void {
    const volume = this.#volume(handle);
    this.#reachable(volume.node.name);
    volume.sizeBytes = Math.max(volume.sizeBytes, sizeBytes);
  }

  /** Takes snapshots of volumes, all at the same moment: one, or a group that goes by a handle of its own. */
  createSnapshots(name: string, volumeHandles: readonly string[], group?: string): TakenSnapshot[] {
    const made = this.snapshotsNamed(name);
    if (made.length > 0) return made;
    const volumes = volumeHandles.map((volumeHandle) => ({ volumeHandle, ...this.#volume(volumeHandle) }));
    for (const { node } of volumes) this.#reachable(node.name);
    const createdMs = this.#clock.now();
    return volumes.map(({ volumeHandle, node, sizeBytes }) => {
      const snapshotHandle = this.#random.uuid();
      const owner = { uid: snapshotHandle, name: SNAPSHOT };
      node.disk.clone(pathOf(volumeHandle), snapshotPathOf(snapshotHandle), owner);
      const snapshot = { snapshotHandle, volumeHandle, sizeBytes, createdMs };
      this.#snapshots.set(snapshotHandle, { ...snapshot, name, node, ...(group ? { group } : {}) });
      return snapshot;
    });
  }

  /** What was taken under a name since the driver started. */
  snapshotsNamed(name: string): TakenSnapshot[] {
    return [...this.#snapshots.values()].filter((snapshot) => snapshot.name === name);
  }

  snapshot(handle: string): TakenSnapshot | undefined {
    return this.#snapshots.get(handle);
  }

  /** Deletes a snapshot; one that is gone already is fine. One of a group goes with its group. */
  deleteSnapshot(handle: string, group?: string): void {
    const snapshot = this.#snapshots.get(handle);
    if (!snapshot) return;
    if (snapshot.group !== group)
      throw new PluginError(
        'InvalidArgument',
        `Snapshot with ID ${handle} is part of groupsnapshot ${snapshot.group}`,
      );
    this.#reachable(snapshot.node.name).disk.remove(snapshotPathOf(handle));
    this.#snapshots.delete(handle);
  }

  /** Keeps a volume's files for the object that stands for it; after a reload, brings them back. */
  keepVolume(handle: string, nodeName: string | undefined, sizeBytes: number, uid: string): void {
    const node = this.#nodes.get(nodeName ?? '');
    if (!node) return;
    this.#keep(node, pathOf(handle), { uid, name: VOLUME });
    if (!this.#volumes.has(handle)) this.#volumes.set(handle, { node, sizeBytes });
  }

  /** The same for a snapshot. */
  keepSnapshot(
    snapshot: TakenSnapshot,
    nodeName: string | undefined,
    uid: string,
    group: string | undefined,
  ): void {
    const { snapshotHandle } = snapshot;
    const known = this.#snapshots.get(snapshotHandle);
    const node = known?.node ?? this.#nodes.get(nodeName ?? '');
    if (!node) return;
    this.#keep(node, snapshotPathOf(snapshotHandle), { uid, name: SNAPSHOT });
    if (!known) this.#snapshots.set(snapshotHandle, { ...snapshot, node, ...(group ? { group } : {}) });
  }

  #keep({ disk }: DriverNode, path: string, owner: { uid: string; name: string }): void {
    if (disk.has(path)) disk.keep(path, owner);
    else disk.directory(path, owner);
  }

  #publish(node: DriverNode, handle: string): MemoryFileSystem {
    const volume = this.#volume(handle);
    const path = pathOf(handle);
    if (volume.node !== node || !node.disk.has(path)) throw noVolume(handle);
    return node.disk.directory(path, { uid: handle, name: VOLUME });
  }

  #volume(handle: string): Stored {
    const volume = this.#volumes.get(handle);
    if (!volume) throw noVolume(handle);
    return volume;
  }

  #find(source: VolumeSource): Stored | undefined {
    return 'snapshotHandle' in source
      ? this.#snapshots.get(source.snapshotHandle)
      : this.#volumes.get(source.volumeHandle);
  }

  /** What a volume on that node starts from: it has to be there too. */
  #source(source: VolumeSource, node: DriverNode): { handle: string; sizeBytes: number } {
    const found = this.#find(source);
    if ('snapshotHandle' in source) {
      if (found?.node !== node)
        throw new PluginError(
          'NotFound',
          `snapshot id ${source.snapshotHandle} does not exist in the snapshots list`,
        );
      return { handle: snapshotPathOf(source.snapshotHandle), sizeBytes: found.sizeBytes };
    }
    if (found?.node !== node) throw noVolume(source.volumeHandle);
    return { handle: pathOf(source.volumeHandle), sizeBytes: found.sizeBytes };
  }

  #reachable(nodeName: string): DriverNode {
    const node = this.#nodes.get(nodeName);
    if (!node?.reachable)
      throw new PluginError('Unavailable', `connection error: node ${nodeName} does not answer`);
    return node;
  }
}

const VOLUME = 'volume';
const SNAPSHOT = 'snapshot';

const pathOf = (handle: string) => `${DIRECTORY}/${handle}`;
const snapshotPathOf = (handle: string) => `${DIRECTORY}/${handle}.snap`;

const noVolume = (handle: string) =>
  new PluginError('NotFound', `volume id ${handle} does not exist in the volumes list`);
