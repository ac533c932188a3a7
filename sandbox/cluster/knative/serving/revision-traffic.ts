/**
 * The requests of one revision at the activator: who is under way on which pod, who waits for one. A pod takes
 * `containerConcurrency` of them at once, or any number; the least busy pod is the next.
 */
import type { Clock } from '../../../core/clock.ts';
import { ConcurrencyMetric } from './concurrency-metric.ts';

/** Requests that wait for a pod; more are refused (the activator's breaker). */
const QUEUE_DEPTH = 10_000;

export interface Place {
  readonly pod: string;
  readonly address: string;
}

interface Slot extends Place {
  busy: number;
}

/** Nobody may wait any more: too many do. */
export class QueueFull extends Error {}

export class RevisionTraffic {
  readonly metric = new ConcurrencyMetric();
  /** Requests that a pod takes at once; 0: any number. */
  containerConcurrency = 0;
  readonly #clock: Clock;
  readonly #slots = new Map<string, Slot>();
  readonly #waiting = new Set<(slot: Slot) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Requests that no pod has taken yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Pods that take requests. */
  get pods(): number {
    return this.#slots.size;
  }

  /** A pod answers: whoever waits is sent there. */
  add(pod: string, address: string): void {
    if (this.#slots.get(pod)?.address === address) return;
    this.#slots.set(pod, { pod, address, busy: 0 });
    this.#pump();
  }

  /** A pod ends, or does not answer: nothing more is sent there. */
  remove(pod: string): void {
    this.#slots.delete(pod);
  }

  /** Counts a request from now until it is released. */
  begin(): () => void {
    this.metric.begin(this.#clock.now());
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.metric.end(this.#clock.now());
    };
  }

  /** A place on a pod, as soon as there is one. Rejects with `QueueFull`, or the signal's reason. */
  acquire(signal?: AbortSignal): Promise<Place> | Place {
    const slot = this.#free();
    if (slot) {
      slot.busy++;
      return slot;
    }
    if (this.#waiting.size >= QUEUE_DEPTH) throw new QueueFull('pending request queue full');
    return new Promise((resolve, reject) => {
      const take = (found: Slot) => {
        signal?.removeEventListener('abort', abort);
        resolve(found);
      };
      const abort = () => {
        this.#waiting.delete(take);
        reject(signal!.reason);
      };
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.add(take);
    });
  }

  /** Gives a place back. */
  release({ pod, address }: Place): void {
    const slot = this.#slots.get(pod);
    if (slot?.address === address) slot.busy--;
    this.#pump();
  }

  #free(): Slot | undefined {
    let least: Slot | undefined;
    for (const slot of this.#slots.values())
      if (
        (this.containerConcurrency === 0 || slot.busy < this.containerConcurrency) &&
        (!least || slot.busy < least.busy)
      )
        least = slot;
    return least;
  }

  #pump(): void {
    for (const take of this.#waiting) {
      const slot = this.#free();
      if (!slot) return;
      this.#waiting.delete(take);
      slot.busy++;
      take(slot);
    }
  }
}
