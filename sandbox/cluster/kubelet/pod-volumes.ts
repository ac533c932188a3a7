/** The volumes of one pod: mounted before its first container, kept up to date after (pkg/kubelet/volumemanager). */
import type { Clock } from '../../core/clock.ts';
import type { ControlGroup } from '../../os/control-group.ts';
import type { MemoryFileSystem } from '../../os/memory-file-system.ts';
import type { Pod } from '../client/kinds.ts';
import { MountError } from './container-errors.ts';
import type { PodPlace } from './downward-api.ts';
import { LocalStorage } from './local-storage.ts';
import { Volumes, type MountedVolume } from './volumes.ts';

export interface PodVolumesInit {
  volumes: Volumes;
  clock: Clock;
  pod(): Pod;
  /** Asks for `update` again and again: a token has to be replaced by then. */
  updateEvery(periodMs: number): void;
  /** More is written than may be: ends the pod. */
  evict(message: string): void;
}

export class PodVolumes {
  readonly #init: PodVolumesInit;
  readonly #mounted = new Map<string, MountedVolume>();
  readonly #storage: LocalStorage;
  /** Root file systems of the newest container of each name, and what the kubelet had put there. */
  readonly #roots = new Map<string, { files: MemoryFileSystem; ownBytes: number }>();

  constructor(init: PodVolumesInit) {
    this.#init = init;
    this.#storage = new LocalStorage({
      clock: init.clock,
      pod: init.pod,
      evict: init.evict,
      written: () =>
        new Map([...this.#roots].map(([name, { files, ownBytes }]) => [name, files.usedBytes - ownBytes])),
    });
  }

  /** What is mounted, by the volume's name. */
  get mounted(): ReadonlyMap<string, MountedVolume> {
    return this.#mounted;
  }

  /** What a container writes outside its volumes counts from now on. */
  addRoot(container: string, files: MemoryFileSystem): void {
    this.#roots.set(container, { files, ownBytes: files.usedBytes });
    this.#storage.watch(files);
  }

  /** Bytes on the node's disk: written by containers, and in emptyDir volumes. */
  get usedBytes(): number {
    let total = 0;
    for (const { files, ownBytes } of this.#roots.values()) total += files.usedBytes - ownBytes;
    for (const { files, path } of this.#mounted.values()) if (path !== undefined) total += files.usedBytes;
    return total;
  }

  /** Volumes in memory count as memory of `controlGroup` from now on. */
  countMemory(controlGroup: ControlGroup): void {
    for (const { files, inMemory } of this.#mounted.values())
      if (inMemory) files.onCharge = (bytes) => controlGroup.allocate(bytes);
  }

  /** Mounts what the pod's containers use and is not mounted yet. Rejects with `MountError`. */
  async mount(pod: Pod, place: PodPlace): Promise<void> {
    const used = new Set<string>();
    for (const { volumeMounts = [] } of [...(pod.spec.initContainers ?? []), ...pod.spec.containers])
      for (const { name } of volumeMounts) used.add(name);
    for (const volume of pod.spec.volumes ?? []) {
      if (!used.has(volume.name) || this.#mounted.has(volume.name)) continue;
      // An image's volume comes with the container.
      if (volume.image) continue;
      const mounted = await this.#init.volumes.setUp(pod, volume, place);
      this.#mounted.set(volume.name, mounted);
      if (mounted.path !== undefined) this.#storage.addVolume(volume.name, mounted.files);
      const periodMs = Volumes.refreshAfterMs(volume);
      if (periodMs !== undefined) this.#init.updateEvery(periodMs);
    }
  }

  /** The pod is gone: nothing of its volumes is kept. */
  remove(): void {
    for (const volume of this.#mounted.values()) this.#init.volumes.remove(volume);
    this.#mounted.clear();
  }

  /** Brings what is mounted up to date. Answers what went wrong; those volumes stay as they were. */
  async update(pod: Pod, place: PodPlace): Promise<MountError[]> {
    const failures: MountError[] = [];
    for (const volume of pod.spec.volumes ?? []) {
      const mounted = this.#mounted.get(volume.name);
      if (!mounted) continue;
      try {
        await this.#init.volumes.update(pod, volume, mounted, place);
      } catch (error) {
        if (!(error instanceof MountError)) throw error;
        failures.push(error);
      }
    }
    return failures;
  }
}

/** Names of the ConfigMaps and Secrets that a pod's volumes show: `configmaps/NAME`, `secrets/NAME`. */
export function volumeReferences(pod: Pod): ReadonlySet<string> {
  const out = new Set<string>();
  for (const volume of pod.spec.volumes ?? []) {
    if (volume.configMap?.name) out.add(`configmaps/${volume.configMap.name}`);
    if (volume.secret?.secretName) out.add(`secrets/${volume.secret.secretName}`);
    for (const { configMap, secret } of volume.projected?.sources ?? []) {
      if (configMap?.name) out.add(`configmaps/${configMap.name}`);
      if (secret?.name) out.add(`secrets/${secret.name}`);
    }
  }
  return out;
}
