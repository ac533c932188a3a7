/**
 * Events of the core group as kubelet, the controllers and the scheduler record them: client-go `tools/record` with its
 * correlator. The same event again counts up; ten of one reason with differing messages are combined;
 * an object that floods is cut to one event in five minutes. Writes happen one after another in the
 * background and are dropped when the API refuses them.
 */
import { timestamp, type Clock } from '../../core/clock.ts';
import type { Disposable } from '../../core/disposable.ts';
import { slice } from '../../core/slice.ts';
import type { KubernetesObject } from '../api/object.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from './client.ts';
import type { Event, ObjectReference } from './kinds.ts';
import { EVENTS } from './resources.ts';

export type EventType = 'Normal' | 'Warning';

/** Who records: `source.component` and `source.host` (a node's name for kubelets). */
export interface EventSourceName {
  component: string;
  host?: string;
}

/** Events of one reason with different messages before they are combined, and the window they fall in. */
const AGGREGATE_LIMIT = 10;
const AGGREGATE_WINDOW_MS = 600_000;
/** Events an object may have at once, and then one every five minutes. */
const SPAM_BURST = 25;
const SPAM_REFILL_MS = 300_000;
/** Entries remembered of each sort (client-go's LRU size). */
const CACHE_SIZE = 4096;

export class EventRecorder implements Disposable {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #source: EventSourceName;
  readonly #names: EventNames;
  readonly #similar = new LruMap<{ messages: Set<string>; last: number }>();
  readonly #observed = new LruMap<Event>();
  readonly #spam = new LruMap<{ tokens: number; at: number }>();
  readonly #outbox: { event: Event; known: boolean; key: string }[] = [];
  #sending = false;
  #disposed = false;

  constructor(client: Client, clock: Clock, source: EventSourceName) {
    this.#client = client;
    this.#clock = clock;
    this.#source = source;
    this.#names = new EventNames(`${source.component}/${source.host ?? ''}`);
  }

  /**
   * Records that something happened to `object` (an object, or a reference with a `fieldPath`).
   * Returns at once.
   */
  event(object: KubernetesObject | ObjectReference, type: EventType, reason: string, message: string): void {
    if (this.#disposed) return;
    const now = this.#clock.now();
    const involvedObject = referenceTo(object);
    const time = timestamp(now);
    const { component, host } = this.#source;
    const event: Event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: this.#names.next(involvedObject.name!, now),
        namespace: involvedObject.namespace ?? 'default',
      },
      involvedObject,
      reason,
      message,
      source: host ? { component, host } : { component },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
      type,
      eventTime: null as unknown as string,
      reportingComponent: component,
      reportingInstance: host ?? '',
    };
    this.#correlate(event, now);
  }

  dispose(): void {
    this.#disposed = true;
    this.#outbox.length = 0;
  }

  #correlate(event: Event, now: number): void {
    const { involvedObject: object, type, reason, message } = event;
    const objectKey = [object.kind, object.namespace, object.name, object.uid, object.apiVersion].join('\0');
    const similarKey = [objectKey, object.fieldPath, type, reason].join('\0');
    let key = `${similarKey}\0${message}`;

    let similar = this.#similar.get(similarKey);
    if (!similar || now - similar.last > AGGREGATE_WINDOW_MS) similar = { messages: new Set(), last: now };
    similar.last = now;
    similar.messages.add(message!);
    this.#similar.set(similarKey, similar);
    if (similar.messages.size >= AGGREGATE_LIMIT) {
      similar.messages.delete(message!);
      event.message = `(combined from similar events): ${message}`;
      key = similarKey;
    }

    const before = this.#observed.get(key);
    if (before) {
      event.metadata.name = before.metadata.name;
      event.firstTimestamp = before.firstTimestamp;
      event.count = before.count! + 1;
    }
    this.#observed.set(key, event);

    if (!this.#admit(objectKey, now)) return;
    this.#outbox.push({ event, known: before !== undefined, key });
    if (!this.#sending) {
      this.#sending = true;
      queueMicrotask(() => void this.#send());
    }
  }

  /** The spam filter: a token bucket an object. */
  #admit(objectKey: string, now: number): boolean {
    const bucket = this.#spam.get(objectKey) ?? { tokens: SPAM_BURST, at: now };
    bucket.tokens = Math.min(SPAM_BURST, bucket.tokens + (now - bucket.at) / SPAM_REFILL_MS);
    bucket.at = now;
    this.#spam.set(objectKey, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  async #send(): Promise<void> {
    for (let next; (next = this.#outbox.shift());) {
      const pause = slice();
      if (pause) await pause;
      try {
        await this.#write(next.event, next.known);
      } catch {
        // An event that the API does not take (its namespace is going away, say) is not worth a retry.
      }
    }
    this.#sending = false;
  }

  async #write(event: Event, known: boolean): Promise<void> {
    if (known) {
      const { count, lastTimestamp, message, metadata } = event;
      const patch = { count, lastTimestamp, message };
      try {
        await this.#client.patch(EVENTS, metadata, 'application/strategic-merge-patch+json', patch);
        return;
      } catch (error) {
        if (!isStatus(error, 'NotFound')) throw error;
        // It has expired: start over under the name it had.
      }
    }
    await this.#client.create(EVENTS, { ...event, metadata: { ...event.metadata } });
  }
}

/** The reference to `object` that events carry. A reference is returned as it is. */
export function referenceTo(object: KubernetesObject | ObjectReference): ObjectReference {
  if (!('metadata' in object)) return object as ObjectReference;
  const { apiVersion, kind, metadata } = object as KubernetesObject;
  return {
    kind,
    ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
    name: metadata.name,
    uid: metadata.uid,
    apiVersion,
    resourceVersion: metadata.resourceVersion,
  };
}

/**
 * Names of events: `<object>.<nanoseconds in hex>`. Our clock counts milliseconds, so the rest comes from
 * the source's name and an ordinal: two sources, or two events of one instant, do not collide.
 */
class EventNames {
  #last = 0n;
  readonly #offset: bigint;

  constructor(source: string) {
    let hash = 0;
    for (let i = 0; i < source.length; i++) hash = (Math.imul(hash, 31) + source.charCodeAt(i)) >>> 0;
    this.#offset = BigInt(hash % 900_000);
  }

  next(objectName: string, nowMs: number): string {
    const nanoseconds = BigInt(Math.floor(nowMs)) * 1_000_000n + this.#offset;
    this.#last = nanoseconds > this.#last ? nanoseconds : this.#last + 1n;
    return `${objectName}.${this.#last.toString(16)}`;
  }
}

/** The `CACHE_SIZE` entries used last. */
class LruMap<V> {
  readonly #map = new Map<string, V>();

  get(key: string): V | undefined {
    return this.#map.get(key);
  }

  set(key: string, value: V): void {
    this.#map.delete(key);
    this.#map.set(key, value);
    if (this.#map.size > CACHE_SIZE) this.#map.delete(this.#map.keys().next().value!);
  }
}
