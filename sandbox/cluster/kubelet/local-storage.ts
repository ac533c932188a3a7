/**
 * Limits on what pods write to the node's disk: `sizeLimit` of emptyDir volumes and `ephemeral-storage` of
 * containers (pkg/kubelet/eviction, localStorageEviction). The real kubelet measures every ten seconds; here a write
 * over a limit has it measured after ten.
 */
import type { Clock } from '../../core/clock.ts';
import type { MemoryFileSystem } from '../../os/memory-file-system.ts';
import {
  addQuantities,
  formatQuantity,
  parseQuantity,
  quantityValue,
  type Quantity,
} from '../api/quantity.ts';
import type { Pod } from '../client/kinds.ts';

/** `evictionMonitoringPeriod` */
const MONITORING_PERIOD_MS = 10_000;

interface LocalStorageInit {
  clock: Clock;
  pod(): Pod;
  /** Bytes that a container has written outside its volumes, by its name. */
  written(): ReadonlyMap<string, number>;
  /** Ends the pod. */
  evict(message: string): void;
}

export class LocalStorage {
  readonly #init: LocalStorageInit;
  readonly #volumes = new Map<string, MemoryFileSystem>();
  #measuring = false;

  constructor(init: LocalStorageInit) {
    this.#init = init;
  }

  /** An emptyDir volume that is on disk. */
  addVolume(name: string, files: MemoryFileSystem): void {
    this.#volumes.set(name, files);
    this.watch(files);
  }

  /** Something that counts, like a container's root file system. */
  watch(files: MemoryFileSystem): void {
    files.onCharge = (bytes) => {
      if (bytes > 0) this.#written();
    };
  }

  #written(): void {
    if (this.#measuring || this.#excess() === undefined) return;
    this.#measuring = true;
    this.#init.clock.setTimeout(() => {
      this.#measuring = false;
      const excess = this.#excess();
      if (excess) this.#init.evict(excess);
    }, MONITORING_PERIOD_MS);
  }

  /** What is too much, in the kubelet's words, which end with a space. */
  #excess(): string | undefined {
    const { spec } = this.#init.pod();
    let volumeBytes = 0;
    for (const { name, emptyDir } of spec.volumes ?? []) {
      const used = this.#volumes.get(name)?.usedBytes;
      if (used === undefined) continue;
      volumeBytes += used;
      const limit = emptyDir?.sizeLimit;
      if (limit !== undefined && quantityValue(limit) > 0 && used > quantityValue(limit))
        return `Usage of EmptyDir volume "${name}" exceeds the limit "${limit}". `;
    }
    const written = this.#init.written();
    let podLimit: Quantity | undefined;
    let podBytes = volumeBytes;
    for (const { name, resources } of spec.containers) {
      podBytes += written.get(name) ?? 0;
      const limit = resources?.limits?.['ephemeral-storage'];
      if (limit === undefined) continue;
      const quantity = parseQuantity(limit);
      podLimit = podLimit ? addQuantities(podLimit, quantity) : quantity;
    }
    if (podLimit && podBytes > quantityValue(formatQuantity(podLimit)))
      return `Pod ephemeral local storage usage exceeds the total limit of containers ${formatQuantity(podLimit)}. `;
    for (const { name, resources } of spec.containers) {
      const limit = resources?.limits?.['ephemeral-storage'];
      if (limit !== undefined && (written.get(name) ?? 0) > quantityValue(limit))
        return `Container ${name} exceeded its local ephemeral storage limit "${limit}". `;
    }
    return undefined;
  }
}
