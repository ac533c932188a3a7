/** The volumes of one pod: mounted before its first container, kept up to date after (pkg/kubelet/volumemanager). */
import type { Pod } from '../client/kinds.ts';
import { MountError } from './container-errors.ts';
import type { PodPlace } from './downward-api.ts';
import { Volumes, type MountedVolume } from './volumes.ts';

export class PodVolumes {
  readonly #volumes: Volumes;
  readonly #updateEvery: (periodMs: number) => void;
  readonly #mounted = new Map<string, MountedVolume>();

  /** @param updateEvery asks for `update` again and again: a token has to be replaced by then. */
  constructor(volumes: Volumes, updateEvery: (periodMs: number) => void) {
    this.#volumes = volumes;
    this.#updateEvery = updateEvery;
  }

  /** What is mounted, by the volume's name. */
  get mounted(): ReadonlyMap<string, MountedVolume> {
    return this.#mounted;
  }

  /** Mounts what the pod's containers use and is not mounted yet. Rejects with `MountError`. */
  async mount(pod: Pod, place: PodPlace): Promise<void> {
    const used = new Set<string>();
    for (const { volumeMounts = [] } of [...(pod.spec.initContainers ?? []), ...pod.spec.containers])
      for (const { name } of volumeMounts) used.add(name);
    for (const volume of pod.spec.volumes ?? []) {
      if (!used.has(volume.name) || this.#mounted.has(volume.name)) continue;
      this.#mounted.set(volume.name, await this.#volumes.setUp(pod, volume, place));
      const periodMs = Volumes.refreshAfterMs(volume);
      if (periodMs !== undefined) this.#updateEvery(periodMs);
    }
  }

  /** The pod is gone: nothing of its volumes is kept. */
  remove(): void {
    for (const { attached } of this.#mounted.values()) attached?.remove();
    this.#mounted.clear();
  }

  /** Brings what is mounted up to date. Answers what went wrong; those volumes stay as they were. */
  async update(pod: Pod, place: PodPlace): Promise<MountError[]> {
    const failures: MountError[] = [];
    for (const volume of pod.spec.volumes ?? []) {
      const mounted = this.#mounted.get(volume.name);
      if (!mounted) continue;
      try {
        await this.#volumes.update(pod, volume, mounted, place);
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
