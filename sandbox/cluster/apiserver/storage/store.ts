/**
 * What etcd is to a real API server: keys with versions under one revision that only grows.
 *
 * Objects are plain values, immutable once stored and shared with everybody who reads them; nothing is
 * serialised. The last `historyLimit` changes are kept, so that a reader may ask for any revision since
 * `compactedRevision` and a watch may resume from it. Keys are `namespace/name`, or `name` for what has
 * no namespace, and every resource has a key space of its own (`apps/deployments`).
 */
import type { Disposable } from '../../../core/disposable.ts';
import { toDisposable } from '../../../core/disposable.ts';
import { keyOf, type KubernetesObject } from '../../api/object.ts';

export interface Change {
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** Key space: `pods`, `apps/deployments`. */
  readonly resource: string;
  readonly key: string;
  /** As stored by the change; for DELETED the last state, with the revision of the deletion. */
  readonly object: KubernetesObject;
  /** What was there before, if anything. */
  readonly previous: KubernetesObject | undefined;
}

/** The state at one revision. Cheap: it shares every object with the store it was taken from. */
export interface StoreSnapshot {
  revision: number;
  resources: Record<string, KubernetesObject[]>;
}

/** The state before `compactedRevision` is gone. */
export class RevisionCompacted extends Error {
  readonly compactedRevision: number;
  constructor(revision: number, compactedRevision: number) {
    super(`too old resource version: ${revision} (${compactedRevision})`);
    this.compactedRevision = compactedRevision;
  }
}

/** Somebody wrote the key since its version was read. */
export class VersionMismatch extends Error {
  readonly current: KubernetesObject | undefined;
  constructor(current: KubernetesObject | undefined) {
    super(current ? `the key is at ${current.metadata.resourceVersion}` : 'the key does not exist');
    this.current = current;
  }
}

export interface StoreOptions {
  /** Changes kept for reads in the past and for watches that resume. */
  historyLimit?: number;
}

/** Enough for 1,000 pods to start and be replaced once; an entry costs what changed, not a whole object. */
const HISTORY_LIMIT = 20_000;

type Listener = (changes: readonly Change[]) => void;

export class Store {
  #revision = 0;
  #compacted = 0;
  #spaces = new Map<string, KeySpace>();
  /** Changes after `#compacted`, oldest first, one for each revision. */
  #history: Change[] = [];
  #historyLimit: number;
  #listeners = new Set<Listener>();
  #undelivered: Change[] = [];

  constructor({ historyLimit = HISTORY_LIMIT }: StoreOptions = {}) {
    this.#historyLimit = historyLimit;
  }

  /** Revision of the last change; 0 before the first. */
  get revision(): number {
    return this.#revision;
  }

  /** The oldest revision that can be read, and watched from. */
  get compactedRevision(): number {
    return this.#compacted;
  }

  get(resource: string, key: string): KubernetesObject | undefined {
    return this.#spaces.get(resource)?.objects.get(key);
  }

  /** All objects whose key starts with `prefix`, in order of their keys, now or at `revision`. */
  list(resource: string, prefix = '', revision = this.#revision): KubernetesObject[] {
    const now = this.#spaces.get(resource)?.list(prefix) ?? [];
    if (revision === this.#revision) return now;
    const then = new Map(now.map((object) => [keyOf(object), object]));
    for (const change of this.#undo(revision)) {
      if (change.resource !== resource || !change.key.startsWith(prefix)) continue;
      if (change.previous) then.set(change.key, change.previous);
      else then.delete(change.key);
    }
    return [...then.keys()].sort().map((key) => then.get(key)!);
  }

  /** The object as it was at `revision`. */
  getAt(resource: string, key: string, revision: number): KubernetesObject | undefined {
    let object = this.get(resource, key);
    for (const change of this.#undo(revision))
      if (change.resource === resource && change.key === key) object = change.previous;
    return object;
  }

  /** Revision of the last change of the resource; 0 before the first. */
  revisionOf(resource: string): number {
    return this.#spaces.get(resource)?.revision ?? 0;
  }

  count(resource: string): number {
    return this.#spaces.get(resource)?.objects.size ?? 0;
  }

  /** Key spaces that hold or held something. */
  resources(): string[] {
    return [...this.#spaces.keys()];
  }

  /**
   * Stores `object`, whose `metadata` must be the caller's own: its resourceVersion is set here.
   * `expected` is what the caller read before (undefined: nothing may be there).
   */
  put(
    resource: string,
    key: string,
    object: KubernetesObject,
    expected: KubernetesObject | undefined,
  ): KubernetesObject {
    const space = this.#space(resource);
    const previous = space.objects.get(key);
    if (previous !== expected) throw new VersionMismatch(previous);
    const revision = this.#revision + 1;
    object.metadata.resourceVersion = String(revision);
    space.set(key, object);
    space.revision = revision;
    this.#record({ revision, type: previous ? 'MODIFIED' : 'ADDED', resource, key, object, previous });
    return object;
  }

  /** Removes the key and returns the object's last state, with the revision of the deletion. */
  delete(resource: string, key: string, expected: KubernetesObject): KubernetesObject {
    const space = this.#space(resource);
    const previous = space.objects.get(key);
    if (previous !== expected) throw new VersionMismatch(previous);
    const revision = this.#revision + 1;
    const object = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(revision) } };
    space.delete(key);
    space.revision = revision;
    this.#record({ revision, type: 'DELETED', resource, key, object, previous });
    return object;
  }

  /** Changes after `revision`, oldest first. */
  changesSince(revision: number): readonly Change[] {
    if (revision < this.#compacted) throw new RevisionCompacted(revision, this.#compacted);
    return this.#history.slice(revision - this.#compacted);
  }

  /** Every change from now on, in order, in batches, each delivered in a microtask. */
  onChanges(listener: Listener): Disposable {
    // Changes made before the subscription are not for it, though they may not be delivered yet.
    const after = this.#revision;
    let caughtUp = this.#undelivered.length === 0;
    const own: Listener = (changes) => {
      if (caughtUp) return listener(changes);
      const fresh = changes.filter((change) => change.revision > after);
      caughtUp = true;
      if (fresh.length > 0) listener(fresh);
    };
    this.#listeners.add(own);
    return toDisposable(() => this.#listeners.delete(own));
  }

  /** Forgets the history up to `revision`: older reads and watches fail from now on. */
  compact(revision = this.#revision): void {
    if (revision <= this.#compacted) return;
    this.#history.splice(0, revision - this.#compacted);
    this.#compacted = revision;
  }

  snapshot(revision = this.#revision): StoreSnapshot {
    const resources: Record<string, KubernetesObject[]> = {};
    for (const resource of this.#spaces.keys()) {
      const objects = this.list(resource, '', revision);
      if (objects.length > 0) resources[resource] = objects;
    }
    return { revision, resources };
  }

  /** A store with the same state and no history. Neither notices what happens in the other. */
  fork(revision = this.#revision): Store {
    const store = new Store({ historyLimit: this.#historyLimit });
    store.load(this.snapshot(revision));
    return store;
  }

  /** Writes the state at `revision` as new revisions: what was made since is deleted, what changed is put back. */
  rewind(revision: number): void {
    const then = new Map<string, Change>();
    for (const change of this.#undo(revision)) then.set(`${change.resource} ${change.key}`, change);
    for (const { resource, key, previous } of then.values()) {
      const now = this.get(resource, key);
      if (previous === now) continue;
      if (previous) this.put(resource, key, { ...previous, metadata: { ...previous.metadata } }, now);
      else this.delete(resource, key, now!);
    }
  }

  /** Takes a snapshot's state as the whole state of this empty store; revisions continue after it. */
  load({ revision, resources }: StoreSnapshot): void {
    if (this.#revision !== 0) throw new Error(`the store is not empty: it is at revision ${this.#revision}`);
    for (const [resource, objects] of Object.entries(resources)) {
      const space = this.#space(resource);
      for (const object of objects) space.set(keyOf(object), object);
      space.revision = revision;
    }
    this.#revision = revision;
    this.#compacted = revision;
  }

  #space(resource: string): KeySpace {
    let space = this.#spaces.get(resource);
    if (!space) this.#spaces.set(resource, (space = new KeySpace()));
    return space;
  }

  /** Changes to take back to get to `revision`, newest first. */
  *#undo(revision: number): Iterable<Change> {
    if (revision < this.#compacted) throw new RevisionCompacted(revision, this.#compacted);
    for (let at = this.#history.length - 1; at >= revision - this.#compacted; at--) yield this.#history[at]!;
  }

  #record(change: Change): void {
    this.#revision = change.revision;
    this.#history.push(change);
    // Dropped in blocks, so that a write costs no shift of the whole array.
    if (this.#history.length >= this.#historyLimit * 1.25) {
      this.compact(change.revision - this.#historyLimit);
    }
    this.#undelivered.push(change);
    if (this.#undelivered.length === 1) queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    const changes = this.#undelivered;
    this.#undelivered = [];
    for (const listener of this.#listeners) listener(changes);
  }
}

/** The objects of one resource, and their keys in order when somebody lists. */
class KeySpace {
  readonly objects = new Map<string, KubernetesObject>();
  /** Of the last change. */
  revision = 0;
  /** Sorted up to `#sorted`, then in order of arrival; may hold keys that are gone while `#gone`. */
  #keys: string[] = [];
  #sorted = 0;
  #gone = false;

  set(key: string, object: KubernetesObject): void {
    if (!this.objects.has(key)) this.#keys.push(key);
    this.objects.set(key, object);
  }

  delete(key: string): void {
    if (this.objects.delete(key)) this.#gone = true;
  }

  list(prefix: string): KubernetesObject[] {
    const keys = this.#order();
    const out: KubernetesObject[] = [];
    for (let at = prefix ? lowerBound(keys, prefix) : 0; at < keys.length; at++) {
      const key = keys[at]!;
      if (prefix && !key.startsWith(prefix)) break;
      out.push(this.objects.get(key)!);
    }
    return out;
  }

  #order(): readonly string[] {
    if (this.#gone) {
      this.#keys = [...this.objects.keys()];
      this.#gone = false;
      this.#sorted = 0;
    }
    // The sort is adaptive: a sorted run with a short tail costs little more than its length.
    if (this.#sorted < this.#keys.length) this.#keys.sort();
    this.#sorted = this.#keys.length;
    return this.#keys;
  }
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
