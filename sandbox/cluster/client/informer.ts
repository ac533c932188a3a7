/**
 * A local, always current copy of one resource, kept by list and watch and shared by everybody in the
 * process who needs it: client-go's Reflector, Indexer and SharedInformer in one. Handlers run in order
 * of revision, right after the store took the change; long batches yield to other work of the thread.
 */
import type { Clock } from '../../core/clock.ts';
import { DisposableStore, toDisposable, type Disposable } from '../../core/disposable.ts';
import { slice } from '../../core/slice.ts';
import { controllerOf, keyOf, type KubernetesObject } from '../api/object.ts';
import type { WatchEvent } from '../api/request.ts';
import { isStatus } from '../api/status.ts';
import type { Client, Scope } from './client.ts';
import type { ResourceType } from './resources.ts';

export interface EventHandler<T> {
  /** `initial`: the object was there before the informer (or this handler) started. */
  add?(object: T, initial: boolean): void;
  update?(before: T, after: T): void;
  /** `object` is the last state known. */
  delete?(object: T): void;
}

/** The values under which an index files an object; none when it does not concern the index. */
export type IndexFunction<T> = (object: T) => readonly string[];

export interface InformerOptions<T> {
  scope?: Scope;
  indexes?: Record<string, IndexFunction<T>>;
}

/** Pods by the node they are bound to. */
export const byNode: IndexFunction<KubernetesObject<{ nodeName?: string }>> = (object) =>
  object.spec?.nodeName ? [object.spec.nodeName] : NONE;

/** Objects by the uid of their controller. */
export const byController: IndexFunction<KubernetesObject> = (object) => {
  const controller = controllerOf(object);
  return controller ? [controller.uid] : NONE;
};

/** Objects by namespace. */
export const byNamespace: IndexFunction<KubernetesObject> = (object) =>
  object.metadata.namespace ? [object.metadata.namespace] : NONE;

/** Objects by `namespace/label=value`, for each of their labels; selectors start from their rarest label. */
export const byLabel: IndexFunction<KubernetesObject> = (object) => {
  const { namespace = '', labels } = object.metadata;
  if (!labels) return NONE;
  let values = valuesOfLabels.get(labels);
  if (!values) {
    values = Object.entries(labels).map(([key, value]) => `${namespace}/${key}=${value}`);
    valuesOfLabels.set(labels, values);
  }
  return values;
};

/** What no write touches stays the same object: an object's labels are those of its next versions. */
const valuesOfLabels = new WeakMap<Record<string, string>, readonly string[]>();

const NONE: readonly string[] = [];

/** Reflector's back-off between attempts to list: 800 ms doubling to 30 s. */
const RETRY_MIN_MS = 800;
const RETRY_MAX_MS = 30_000;

export class Informer<T extends KubernetesObject = KubernetesObject> implements Disposable {
  readonly type: ResourceType<T>;
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #scope: Scope;
  readonly #store = new Map<string, T>();
  readonly #indexes = new Map<string, Index<T>>();
  readonly #handlers = new Set<EventHandler<T>>();
  readonly #resources = new DisposableStore();
  #watch: Disposable | undefined;
  #resourceVersion = '';
  #started = false;
  #failures = 0;
  /** Changes that wait for delivery, and how many of its head are done. */
  #pending: WatchEvent<T>[] = [];
  #delivering = false;
  #synced = false;
  #markSynced!: () => void;
  /** Resolves when the first list is in the store and was given to the handlers. */
  readonly synced: Promise<void>;

  constructor(client: Client, clock: Clock, type: ResourceType<T>, options: InformerOptions<T> = {}) {
    this.#client = client;
    this.#clock = clock;
    this.type = type;
    this.#scope = options.scope ?? {};
    this.synced = new Promise((resolve) => (this.#markSynced = resolve));
    for (const [name, values] of Object.entries(options.indexes ?? {})) this.addIndex(name, values);
  }

  get hasSynced(): boolean {
    return this.#synced;
  }

  /** Why the last attempt to list or watch failed; undefined while all is well. */
  lastError: Error | undefined;

  /** Lists and watches until disposed. Calling it again does nothing. */
  start(): this {
    if (!this.#started) {
      this.#started = true;
      void this.#list();
    }
    return this;
  }

  /** The object called `key` (see `keyOf`), as far as this informer has seen. */
  get(key: string): T | undefined {
    return this.#store.get(key);
  }

  /** All objects in no particular order. */
  list(): IterableIterator<T> {
    return this.#store.values();
  }

  get size(): number {
    return this.#store.size;
  }

  /** The objects filed under `value` of an index. Do not keep the set: it changes. */
  indexed(index: string, value: string): ReadonlySet<T> {
    const found = this.#indexes.get(index);
    if (!found) throw new Error(`informer of ${this.type.resource} has no index ${index}`);
    return found.get(value);
  }

  /** Adds an index unless one of that name exists. What is in the store already is filed too. */
  addIndex(name: string, values: IndexFunction<T>): void {
    if (this.#indexes.has(name)) return;
    const index = new Index(values);
    for (const object of this.#store.values()) index.replace(undefined, object);
    this.#indexes.set(name, index);
  }

  /** Adds a handler, which is told of everything in the store first. */
  addHandler(handler: EventHandler<T>): Disposable {
    if (handler.add) this.#store.forEach((object) => handler.add!(object, true));
    this.#handlers.add(handler);
    return toDisposable(() => this.#handlers.delete(handler));
  }

  dispose(): void {
    this.#resources.dispose();
    this.#handlers.clear();
    this.#pending = [];
  }

  async #list(): Promise<void> {
    try {
      const list = await this.#client.list(this.type, this.#scope);
      if (this.#resources.disposed) return;
      const events: WatchEvent<T>[] = list.items.map((object) => ({ type: 'ADDED', object }));
      if (this.#store.size > 0) {
        const present = new Set(list.items.map(keyOf));
        for (const [key, object] of this.#store) {
          if (!present.has(key)) events.push({ type: 'DELETED', object });
        }
      }
      await this.#deliver(events);
      if (this.#resources.disposed) return;
      // The list is as of its own revision, which its items are older than.
      this.#resourceVersion = list.metadata.resourceVersion ?? '';
      if (!this.#synced) {
        this.#synced = true;
        this.#markSynced();
      }
      this.#startWatch();
    } catch (error) {
      this.#retry(error as Error, () => void this.#list());
    }
  }

  #startWatch(): void {
    if (this.#resources.disposed) return;
    if (this.#watch) this.#resources.release(this.#watch);
    const scope: Scope = {
      ...this.#scope,
      resourceVersion: this.#resourceVersion,
      allowWatchBookmarks: true,
    };
    try {
      this.#watch = this.#client.watch(
        this.type,
        scope,
        (events) => {
          this.#failures = 0;
          this.lastError = undefined;
          void this.#deliver(events);
        },
        (error) => this.#watchEnded(error),
      );
      this.#resources.add(this.#watch);
    } catch (error) {
      this.#watchEnded(error as Error);
    }
  }

  #watchEnded(error: Error | undefined): void {
    if (this.#resources.disposed) return;
    if (!error) this.#retry(undefined, () => this.#startWatch());
    else if (this.#failures === 0 && isExpired(error)) {
      // Counted until an event comes: a watch that expires at once must not become a busy loop.
      this.#failures++;
      void this.#list();
    } else this.#retry(error, () => void this.#list());
  }

  /** A watch that ended in order is taken up at once, a failure after a back-off. */
  #retry(error: Error | undefined, attempt: () => void): void {
    if (this.#resources.disposed) return;
    this.lastError = error;
    const delayMs = error ? Math.min(RETRY_MIN_MS * 2 ** this.#failures++, RETRY_MAX_MS) : 0;
    const timer: Disposable = this.#clock.setTimeout(() => {
      this.#resources.release(timer);
      attempt();
    }, delayMs);
    this.#resources.add(timer);
  }

  /** Takes `events` into the store and tells the handlers. Resolves when they, and all before, are done. */
  async #deliver(events: WatchEvent<T>[]): Promise<void> {
    if (this.#delivering) {
      for (const event of events) this.#pending.push(event);
      return;
    }
    this.#delivering = true;
    this.#pending = events;
    for (let at = 0; at < this.#pending.length; at++) {
      this.#take(this.#pending[at]!);
      const pause = slice();
      if (pause) await pause;
    }
    this.#pending = [];
    this.#delivering = false;
  }

  #take({ type, object }: WatchEvent<T>): void {
    if (type === 'ERROR') return;
    const { resourceVersion } = object.metadata;
    if (type !== 'DELETED' || resourceVersion) this.#resourceVersion = resourceVersion ?? '';
    if (type === 'BOOKMARK') return;
    const key = keyOf(object);
    const before = this.#store.get(key);
    if (type === 'DELETED') {
      if (!before) return;
      this.#store.delete(key);
      for (const index of this.#indexes.values()) index.replace(before, undefined);
      for (const handler of this.#handlers) handler.delete?.(object);
      return;
    }
    if (before && before.metadata.resourceVersion === resourceVersion) return;
    if (before && before.metadata.uid !== object.metadata.uid) {
      // Missed between two lists: the one was deleted and another took its name.
      this.#take({ type: 'DELETED', object: before });
      this.#take({ type, object });
      return;
    }
    this.#store.set(key, object);
    for (const index of this.#indexes.values()) index.replace(before, object);
    if (before) for (const handler of this.#handlers) handler.update?.(before, object);
    else for (const handler of this.#handlers) handler.add?.(object, !this.#synced);
  }
}

const isExpired = (error: Error) => isStatus(error, 'Expired') || isStatus(error, 'Gone');

/** Sets of objects by value. */
class Index<T> {
  readonly #values: IndexFunction<T>;
  readonly #sets = new Map<string, Set<T>>();

  constructor(values: IndexFunction<T>) {
    this.#values = values;
  }

  get(value: string): ReadonlySet<T> {
    return this.#sets.get(value) ?? (EMPTY as ReadonlySet<T>);
  }

  replace(before: T | undefined, after: T | undefined): void {
    if (before !== undefined) {
      for (const value of this.#values(before)) {
        const set = this.#sets.get(value);
        set?.delete(before);
        if (set?.size === 0) this.#sets.delete(value);
      }
    }
    if (after !== undefined) {
      for (const value of this.#values(after)) {
        let set = this.#sets.get(value);
        if (!set) this.#sets.set(value, (set = new Set()));
        set.add(after);
      }
    }
  }
}

const EMPTY: ReadonlySet<unknown> = new Set();
