/**
 * Events of `events.k8s.io` as the scheduler records them: client-go `tools/events`. The same event again
 * within six minutes is a series: its first repetition is written, further ones are counted silently.
 */
import { microTimestamp, type Clock } from '../../core/clock.ts';
import type { Disposable } from '../../core/disposable.ts';
import { slice } from '../../core/slice.ts';
import type { KubernetesObject } from '../api/object.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from './client.ts';
import { EventNames, referenceTo, type EventType } from './event-recorder.ts';
import type { EventsEvent } from './kinds.ts';
import { EVENTS_V1 } from './resources.ts';

/** A series without a repetition for so long is over. */
const SERIES_END_MS = 360_000;

interface Recorded {
  event: EventsEvent;
  count: number;
  lastMs: number;
}

export class EventSeriesRecorder implements Disposable {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #controller: string;
  readonly #instance: string;
  readonly #names: EventNames;
  readonly #recorded = new Map<string, Recorded>();
  readonly #outbox: { recorded: Recorded; repeated: boolean }[] = [];
  #sending = false;
  #disposed = false;

  /** @param instance of the controller, such as `default-scheduler-<host>`. */
  constructor(client: Client, clock: Clock, controller: string, instance: string) {
    this.#client = client;
    this.#clock = clock;
    this.#controller = controller;
    this.#instance = instance;
    this.#names = new EventNames(instance);
  }

  /** Records that `action` was tried on `regarding`, and what came of it. Returns at once. */
  event(
    regarding: KubernetesObject,
    type: EventType,
    reason: string,
    action: string,
    note: string,
    related?: KubernetesObject,
  ): void {
    if (this.#disposed) return;
    const nowMs = this.#clock.now();
    const { uid } = regarding.metadata;
    const key = [uid, related?.metadata.uid, type, reason, action].join('\0');
    const known = this.#recorded.get(key);
    if (known && nowMs - known.lastMs <= SERIES_END_MS) {
      known.lastMs = nowMs;
      known.count++;
      if (known.count === 2) this.#post(known, true);
      return;
    }
    this.#forgetEnded(nowMs);
    const reference = referenceTo(regarding);
    const event: EventsEvent = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: {
        name: this.#names.next(reference.name!, nowMs),
        namespace: reference.namespace ?? 'default',
      },
      eventTime: microTimestamp(nowMs),
      reportingController: this.#controller,
      reportingInstance: this.#instance,
      action,
      reason,
      regarding: reference,
      ...(related ? { related: referenceTo(related) } : {}),
      note,
      type,
    };
    const recorded = { event, count: 1, lastMs: nowMs };
    this.#recorded.set(key, recorded);
    this.#post(recorded, false);
  }

  dispose(): void {
    this.#disposed = true;
    this.#outbox.length = 0;
    this.#recorded.clear();
  }

  /** Oldest first: those after the first that still runs are left for later. */
  #forgetEnded(nowMs: number): void {
    for (const [key, { lastMs }] of this.#recorded) {
      if (nowMs - lastMs <= SERIES_END_MS) return;
      this.#recorded.delete(key);
    }
  }

  #post(recorded: Recorded, repeated: boolean): void {
    this.#outbox.push({ recorded, repeated });
    if (this.#sending) return;
    this.#sending = true;
    queueMicrotask(() => void this.#send());
  }

  async #send(): Promise<void> {
    for (let next; (next = this.#outbox.shift());) {
      const pause = slice();
      if (pause) await pause;
      try {
        await this.#write(next.recorded, next.repeated);
      } catch {
        // An event that the API does not take (its namespace is going away, say) is not worth a retry.
      }
    }
    this.#sending = false;
  }

  async #write({ event, count, lastMs }: Recorded, repeated: boolean): Promise<void> {
    const series = { count, lastObservedTime: microTimestamp(lastMs) };
    if (repeated) {
      try {
        await this.#client.patch(EVENTS_V1, event.metadata, 'application/strategic-merge-patch+json', {
          series,
        });
        return;
      } catch (error) {
        if (!isStatus(error, 'NotFound')) throw error;
      }
    }
    await this.#client.create(EVENTS_V1, {
      ...event,
      metadata: { ...event.metadata },
      ...(repeated ? { series } : {}),
    });
  }
}
