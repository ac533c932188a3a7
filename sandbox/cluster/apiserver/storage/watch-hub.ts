/**
 * Fans the store's changes out to watches: the watch cache of a real API server. One subscription to the
 * store serves all watches; an event is made once and shared by everybody who gets it.
 */
import type { Clock } from '../../../core/clock.ts';
import type { Disposable } from '../../../core/disposable.ts';
import type { KubernetesObject } from '../../api/object.ts';
import type { RequestOptions, WatchEvent } from '../../api/request.ts';
import { StatusError } from '../../api/status.ts';
import type { Selection } from './selection.ts';
import { RevisionCompacted, type Change, type Store } from './store.ts';

/** How long after a change the watches that asked for bookmarks are told the new revision. */
const BOOKMARK_PERIOD_MS = 60_000;
/** A watch that times out sooner gets no bookmark at its end. */
const LAST_BOOKMARK_SECONDS = 2;

export interface WatchOptions {
  resource: string;
  selection: Selection;
  options: RequestOptions;
  /** Where the resource's history begins, if that is later than the store's. */
  since?: number;
  /** The object in the version the watch asked for. */
  convert(object: KubernetesObject): KubernetesObject;
  /** What a bookmark calls its object. */
  apiVersion: string;
  kind: string;
  onEvents(events: WatchEvent[]): void;
  onEnd(error?: Error): void;
}

export class WatchHub implements Disposable {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #watches = new Map<string, Set<Watch>>();
  readonly #subscription: Disposable;
  /** Set while there are changes that no bookmark has told of: an idle store costs nothing. */
  #bookmarks: Disposable | undefined;
  /** Changes up to here were delivered. */
  #delivered: number;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#delivered = store.revision;
    this.#subscription = store.onChanges((changes) => this.#deliver(changes));
  }

  /** Watches that are open now. */
  get size(): number {
    let size = 0;
    for (const watches of this.#watches.values()) size += watches.size;
    return size;
  }

  open(options: WatchOptions): Disposable {
    const watch = new Watch(options, this.#store, this.#clock, () => this.#remove(watch));
    let watches = this.#watches.get(options.resource);
    if (!watches) this.#watches.set(options.resource, (watches = new Set()));
    watches.add(watch);
    watch.start();
    return watch;
  }

  /** Ends every watch, as a restart of the server or a rewind of its storage does. */
  endAll(error?: Error): void {
    for (const watches of this.#watches.values()) for (const watch of watches) watch.end(error);
  }

  /** Ends the watches of a resource that is no more. */
  endAllOf(resource: string): void {
    for (const watch of this.#watches.get(resource) ?? []) watch.end();
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#bookmarks?.dispose();
    this.endAll();
  }

  #remove(watch: Watch): void {
    this.#watches.get(watch.resource)?.delete(watch);
  }

  #deliver(changes: readonly Change[]): void {
    this.#delivered = changes.at(-1)!.revision;
    this.#bookmarks ??= this.#clock.setTimeout(() => this.#bookmark(), BOOKMARK_PERIOD_MS);
    const byResource = new Map<string, Change[]>();
    for (const change of changes) {
      if (!this.#watches.has(change.resource)) continue;
      const list = byResource.get(change.resource);
      if (list) list.push(change);
      else byResource.set(change.resource, [change]);
    }
    for (const [resource, list] of byResource)
      for (const watch of this.#watches.get(resource)!) watch.push(list);
  }

  #bookmark(): void {
    this.#bookmarks = undefined;
    for (const watches of this.#watches.values())
      for (const watch of watches) watch.bookmark(this.#delivered);
  }
}

export const expired = (message: string): StatusError => new StatusError('Expired', message);

class Watch implements Disposable {
  readonly #options: WatchOptions;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #onGone: () => void;
  /** Changes up to here were sent or are none of this watch's business. */
  #revision: number;
  #ended = false;
  #started = false;
  #waiting: Change[] = [];
  #timeout: Disposable | undefined;
  /** The last revision that the client has heard of. */
  #told: number;

  constructor(options: WatchOptions, store: Store, clock: Clock, onGone: () => void) {
    this.#options = options;
    this.#store = store;
    this.#clock = clock;
    this.#onGone = onGone;
    this.#revision = store.revision;
    this.#told = 0;
  }

  get resource(): string {
    return this.#options.resource;
  }

  /** Sends what the watch starts with, in a microtask: the caller holds the watch by then. */
  start(): void {
    const { resourceVersion, sendInitialEvents, timeoutSeconds, allowWatchBookmarks } = this.#options.options;
    const from = resourceVersion && resourceVersion !== '0' ? Number(resourceVersion) : undefined;
    let first: (() => WatchEvent[]) | undefined;
    if (sendInitialEvents || from === undefined) {
      const { resource, selection, convert } = this.#options;
      if (sendInitialEvents !== false) {
        const objects = this.#store.list(resource, selection.prefix);
        first = () => {
          const events: WatchEvent[] = [];
          for (const object of objects)
            if (selection.matches(object)) events.push({ type: 'ADDED', object: convert(object) });
          if (sendInitialEvents && allowWatchBookmarks) events.push(this.#bookmarkEvent(true));
          return events;
        };
      }
    } else {
      let changes: readonly Change[];
      // A revision that is yet to come was given out by another life of this cluster, before a reset;
      // one from before the kind existed has no history.
      if (from > this.#store.revision || from < (this.#options.since ?? 0)) {
        queueMicrotask(() =>
          this.end(expired(`too old resource version: ${from} (${this.#store.revision})`)),
        );
        return;
      }
      try {
        changes = this.#store.changesSince(from);
      } catch (error) {
        if (!(error instanceof RevisionCompacted)) throw error;
        queueMicrotask(() => this.end(expired(error.message)));
        return;
      }
      const mine = changes.filter((change) => change.resource === this.resource);
      if (mine.length > 0) first = () => this.#eventsOf(mine);
    }
    if (timeoutSeconds)
      this.#timeout = this.#clock.setTimeout(() => {
        // Whoever starts again then has missed as little as can be.
        if (timeoutSeconds > LAST_BOOKMARK_SECONDS) this.bookmark(this.#revision);
        this.end();
      }, timeoutSeconds * 1000);
    queueMicrotask(() => {
      if (this.#ended) return;
      this.#started = true;
      const events = first?.() ?? [];
      if (events.length > 0) this.#options.onEvents(events);
      if (this.#waiting.length > 0) this.push(this.#waiting.splice(0));
    });
  }

  /** Changes of this watch's resource, in order. */
  push(changes: readonly Change[]): void {
    if (this.#ended) return;
    if (!this.#started) {
      for (const change of changes) this.#waiting.push(change);
      return;
    }
    // Changes made before the watch opened may be delivered to the hub only after it did.
    const fresh =
      changes[0]!.revision > this.#revision
        ? changes
        : changes.filter((change) => change.revision > this.#revision);
    if (fresh.length === 0) return;
    this.#revision = fresh.at(-1)!.revision;
    const events = this.#eventsOf(fresh);
    if (events.length === 0) return;
    this.#told = this.#revision;
    this.#options.onEvents(events);
  }

  /** Tells a watch that asked for it that there is nothing more for it up to `revision`. */
  bookmark(revision: number): void {
    if (this.#ended || !this.#started || !this.#options.options.allowWatchBookmarks) return;
    if (revision <= this.#told) return;
    this.#revision = Math.max(this.#revision, revision);
    this.#told = this.#revision;
    this.#options.onEvents([this.#bookmarkEvent(false)]);
  }

  end(error?: Error): void {
    if (this.#ended) return;
    this.dispose();
    this.#options.onEnd(error);
  }

  dispose(): void {
    this.#ended = true;
    this.#timeout?.dispose();
    this.#onGone();
  }

  #eventsOf(changes: readonly Change[]): WatchEvent[] {
    const { selection, convert } = this.#options;
    const events: WatchEvent[] = [];
    for (const change of changes) {
      if (selection.prefix && !change.key.startsWith(selection.prefix)) continue;
      if (selection.whole) events.push({ type: change.type, object: convert(change.object) });
      else {
        const event = selected(change, selection);
        if (event) events.push({ type: event.type, object: convert(event.object) });
      }
    }
    return events;
  }

  #bookmarkEvent(initialEventsEnd: boolean): WatchEvent {
    const { apiVersion, kind } = this.#options;
    const annotations = initialEventsEnd
      ? { annotations: { 'k8s.io/initial-events-end': 'true' } }
      : undefined;
    const metadata = { resourceVersion: String(this.#revision), ...annotations };
    return { type: 'BOOKMARK', object: { kind, apiVersion, metadata } };
  }
}

/** A change as somebody sees it who sees only what the selectors match. */
function selected(
  { type, object, previous, revision }: Change,
  selection: Selection,
): { type: Change['type']; object: KubernetesObject } | undefined {
  const matched = previous !== undefined && selection.matches(previous);
  const matches = type !== 'DELETED' && selection.matches(object);
  if (matches) return { type: matched ? 'MODIFIED' : 'ADDED', object };
  if (!matched) return undefined;
  if (type === 'DELETED') return { type, object };
  // It left the selection: its last state that was in it, with the revision at which it left.
  const metadata = { ...previous.metadata, resourceVersion: String(revision) };
  return { type: 'DELETED', object: { ...previous, metadata } };
}
