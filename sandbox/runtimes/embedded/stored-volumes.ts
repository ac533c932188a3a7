/**
 * The volumes of the cluster's nodes as records of a store, beside the files of the learner's machine: a key
 * is `volume:POD UID/NAME:PATH`. Records of pods that are no more are dropped.
 */
import type { AttachedVolume, VolumeDisk } from '../../cluster/cluster.ts';
import type { MemoryFileSystem } from '../../os/memory-file-system.ts';
import type { StoredFile } from './session-store.ts';
import { StoredFiles } from './stored-files.ts';

const PREFIX = 'volume:';
/** All of a volume is kept. */
const NOTHING = /(?!)/;

export const isVolumeKey = (key: string): boolean => key.startsWith(PREFIX);

export class StoredVolumes implements VolumeDisk {
  readonly #onChange: (key: string) => void;
  /** Records by volume (`POD UID/NAME`), until the volume is set up again. */
  readonly #kept = new Map<string, Map<string, StoredFile>>();
  readonly #attached = new Map<string, StoredFiles>();

  /**
   * @param stored records of all files; those of volumes are taken
   * @param isThere whether a pod, by its UID, is still there
   * @param onChange hears the key of every record that has to be written anew
   */
  constructor(
    stored: ReadonlyMap<string, StoredFile>,
    isThere: (podUid: string) => boolean,
    onChange: (key: string) => void,
  ) {
    this.#onChange = onChange;
    for (const [key, file] of stored) {
      if (!isVolumeKey(key)) continue;
      const { volume, path } = partsOf(key);
      if (!isThere(volume.split('/')[0]!)) {
        onChange(key);
        continue;
      }
      let files = this.#kept.get(volume);
      if (!files) this.#kept.set(volume, (files = new Map()));
      files.set(path, file);
    }
  }

  attach({ podUid, name }: { podUid: string; name: string }, files: MemoryFileSystem): AttachedVolume {
    const volume = `${podUid}/${name}`;
    const records = new StoredFiles(files, NOTHING);
    const kept = this.#kept.get(volume);
    if (kept) records.restore(kept);
    this.#kept.delete(volume);
    this.#attached.set(volume, records);
    const changes = records.onChange((path) => this.#onChange(`${PREFIX}${volume}:${path}`));
    return {
      remove: () => {
        changes.dispose();
        this.#attached.delete(volume);
        for (const path of records.known) this.#onChange(`${PREFIX}${volume}:${path}`);
      },
    };
  }

  /** The record under a key, or undefined when there is nothing any more. */
  record(key: string): StoredFile | undefined {
    const { volume, path } = partsOf(key);
    return this.#attached.get(volume)?.record(path);
  }
}

function partsOf(key: string): { volume: string; path: string } {
  const colon = key.indexOf(':', PREFIX.length);
  return { volume: key.slice(PREFIX.length, colon), path: key.slice(colon + 1) };
}
