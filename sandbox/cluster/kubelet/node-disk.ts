/**
 * A node's disk: directories that outlive containers. Those of emptyDir volumes go with their pod, those of
 * PersistentVolumes (the path of a `hostPath` or `local` one) when their provisioner removes them. All of them
 * outlive a reboot of the node; a `VolumeDisk` keeps them over a reload of the page too. Copies are copy-on-write:
 * constant time, whatever is in them.
 */
import type { Clock } from '../../core/clock.ts';
import { MemoryFileSystem } from '../../os/memory-file-system.ts';
import type { AttachedVolume, VolumeDisk } from './volume-disk.ts';

interface Directory {
  files: MemoryFileSystem;
  attached: AttachedVolume | undefined;
}

export class NodeDisk {
  readonly #clock: Clock;
  readonly #disk: VolumeDisk | undefined;
  readonly #directories = new Map<string, Directory>();

  constructor(clock: Clock, disk?: VolumeDisk) {
    this.#clock = clock;
    this.#disk = disk;
  }

  /**
   * The directory at `path`, made when absent.
   * @param owner UID of the object that it is kept for, and what it is called there
   */
  directory(path: string, owner: { uid: string; name: string }): MemoryFileSystem {
    const known = this.#directories.get(path);
    if (known) return known.files;
    const files = new MemoryFileSystem({ clock: this.#clock });
    files.chmod('/', 0o777);
    this.#add(path, files, owner);
    return files;
  }

  has(path: string): boolean {
    return this.#directories.has(path);
  }

  /** Bytes in the directory at `path`; 0 without one. */
  usedBytes(path: string): number {
    return this.#directories.get(path)?.files.usedBytes ?? 0;
  }

  /**
   * Makes the directory `to` as `from` is now; neither sees what is written to the other afterwards. What nobody
   * writes to is a snapshot. Replaces what was at `to`. Throws when there is nothing at `from`.
   */
  clone(from: string, to: string, owner: { uid: string; name: string }): void {
    const source = this.#directories.get(from);
    if (!source) throw new Error(`no directory ${from} on this node`);
    this.remove(to);
    const files = new MemoryFileSystem({ clock: this.#clock, tree: source.files.snapshot() });
    this.#add(to, files, owner);
    // Whoever keeps the disk is told of all that is in it.
    files.utimes('/', files.stat('/').mtimeMs);
  }

  /** Keeps the directory at `path` for another owner from now on, which has to know all that is in it. */
  keep(path: string, owner: { uid: string; name: string }): void {
    const directory = this.#directories.get(path);
    if (!directory) return;
    directory.attached?.remove();
    this.#add(path, directory.files, owner);
    directory.files.utimes('/', directory.files.stat('/').mtimeMs);
  }

  /** Removes the directory at `path` with all that is in it. */
  remove(path: string): void {
    this.#directories.get(path)?.attached?.remove();
    this.#directories.delete(path);
  }

  #add(path: string, files: MemoryFileSystem, { uid, name }: { uid: string; name: string }): void {
    this.#directories.set(path, { files, attached: this.#disk?.attach({ podUid: uid, name }, files) });
  }
}

/** Where the kubelet has the directory of an emptyDir volume. */
export const emptyDirPath = (podUid: string, name: string): string =>
  `/var/lib/kubelet/pods/${podUid}/volumes/kubernetes.io~empty-dir/${name}`;
