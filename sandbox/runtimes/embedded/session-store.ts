/** Where a session outlives its tab. What is stored is the latest state of each thing, not its history. */
import type { KubernetesObject } from '../../cluster/api/object.ts';

/** Raised by one whenever a record below changes its meaning; see `SessionStore.load`. */
export const FORMAT = 1;

export interface StoredMeta {
  format: number;
  /** `ExerciseStart.version` that the session began from. */
  exerciseVersion: string;
  /** Whether the exercise's manifests have been applied: a tab may end before. */
  laidOut: boolean;
  /** What the cluster's clock read at the last write: it goes on from there. */
  clockMs: number;
  /** The store's revision at the last write. Revisions never go back. */
  revision: number;
}

export interface StoredFile {
  kind: 'file' | 'directory' | 'symlink';
  mode: number;
  uid: number;
  gid: number;
  mtimeMs: number;
  /** Contents of a file; target of a symlink. */
  contents?: Uint8Array | string;
}

export interface StoredSession {
  meta: StoredMeta;
  /** By storage key. */
  objects: Map<string, KubernetesObject>;
  /** By absolute path on the learner's machine, or by the key of a volume's file (`stored-volumes.ts`). */
  files: Map<string, StoredFile>;
  /** Scrollback by terminal name, raw output. */
  terminals: Map<string, Uint8Array>;
}

/** One atomic write. `undefined` as a value removes the record. */
export interface StoreBatch {
  meta: StoredMeta;
  objects: [key: string, object: KubernetesObject | undefined][];
  files: [path: string, file: StoredFile | undefined][];
  terminals: [name: string, scrollback: Uint8Array | undefined][];
}

export interface SessionStore {
  /** What was stored, or undefined. Rejects with `FormatUnknown` for records of a version that cannot be read. */
  load(): Promise<StoredSession | undefined>;
  /** Stores all of the batch or nothing. Rejects with `StorageFull`, or with what the storage says. */
  write(batch: StoreBatch): Promise<void>;
  clear(): Promise<void>;
  close(): void;
}

export class StorageFull extends Error {
  constructor() {
    super('The browser’s storage is full: what you do from now on is lost when this tab closes.');
  }
}

export class FormatUnknown extends Error {
  readonly format: number;
  constructor(format: number) {
    super(
      `This lesson was stored by another version of Slipway (format ${format}, this one reads ${FORMAT}).`,
    );
    this.format = format;
  }
}

/** Keeps a session in memory: for tests, and where the browser offers no storage. */
export class MemorySessionStore implements SessionStore {
  #session: StoredSession | undefined;

  load(): Promise<StoredSession | undefined> {
    return Promise.resolve(this.#session);
  }

  write(batch: StoreBatch): Promise<void> {
    this.#session ??= { meta: batch.meta, objects: new Map(), files: new Map(), terminals: new Map() };
    this.#session.meta = batch.meta;
    put(this.#session.objects, batch.objects);
    put(this.#session.files, batch.files);
    put(this.#session.terminals, batch.terminals);
    return Promise.resolve();
  }

  clear(): Promise<void> {
    this.#session = undefined;
    return Promise.resolve();
  }

  close(): void {}
}

function put<T>(map: Map<string, T>, records: [string, T | undefined][]): void {
  for (const [key, value] of records) {
    if (value === undefined) map.delete(key);
    else map.set(key, value);
  }
}
