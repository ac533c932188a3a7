/**
 * Gathers what changed and stores it soon: a change is on its way to the disk within `FLUSH_MS`, so that a
 * tab that crashes loses next to nothing. Never left to unload, which browsers do not promise to run.
 */
import type { SessionStore, StoreBatch, StoredMeta } from './session-store.ts';

const FLUSH_MS = 200;
/** After a failed write: storage is seldom full for a moment only. */
const RETRY_MS = 10_000;

type Kind = 'objects' | 'files' | 'terminals';

/** Looks up the present value of a record when it is written; undefined: it is gone. */
export type Lookup<K extends Kind> = (key: string) => StoreBatch[K][number][1];

export interface JournalOptions {
  store: SessionStore;
  meta: () => StoredMeta;
  objects: Lookup<'objects'>;
  files: Lookup<'files'>;
  terminals: Lookup<'terminals'>;
  /** Told when writing fails, and with undefined when it works again. */
  onFailure: (error: Error | undefined) => void;
}

export class Journal {
  #options: JournalOptions;
  #changed: Record<Kind, Set<string>> = { objects: new Set(), files: new Set(), terminals: new Set() };
  #touched = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> | undefined;
  #failed = false;
  #closed = false;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** A record has changed; its value is looked up when it is written. */
  mark(kind: Kind, key: string): void {
    this.#changed[kind].add(key);
    this.touch();
  }

  /** Only `meta` has changed. */
  touch(): void {
    this.#touched = true;
    if (!this.#closed) this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS);
  }

  /** Stores everything that was marked before. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#writing;
    if (!this.#touched) return;
    this.#touched = false;
    const changed = this.#changed;
    this.#changed = { objects: new Set(), files: new Set(), terminals: new Set() };
    const { store, meta, objects, files, terminals } = this.#options;
    const batch: StoreBatch = {
      meta: meta(),
      objects: [...changed.objects].map((key) => [key, objects(key)]),
      files: [...changed.files].map((key) => [key, files(key)]),
      terminals: [...changed.terminals].map((key) => [key, terminals(key)]),
    };
    this.#writing = store.write(batch).then(
      () => this.#report(undefined),
      (error: Error) => {
        for (const kind of ['objects', 'files', 'terminals'] as const) {
          for (const key of changed[kind]) this.#changed[kind].add(key);
        }
        this.#touched = true;
        if (!this.#closed) this.#timer ??= setTimeout(() => void this.flush(), RETRY_MS);
        this.#report(error);
      },
    );
    await this.#writing;
  }

  /** Stores what is left and stops. */
  async close(): Promise<void> {
    await this.flush();
    this.abandon();
  }

  /** Stops without storing what is left. */
  abandon(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #report(error: Error | undefined): void {
    if (!error && !this.#failed) return;
    this.#failed = error !== undefined;
    this.#options.onFailure(error);
  }
}
