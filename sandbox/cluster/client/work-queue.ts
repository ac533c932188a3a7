/**
 * A queue of keys to reconcile: client-go's rate-limiting workqueue with its worker. A key that is added
 * while it waits is there once; one that is added while it is being worked on is worked on again after.
 */
import type { Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { macrotask, slice } from '../../core/slice.ts';

/** `workqueue.DefaultTypedControllerRateLimiter`: 5 ms doubling to 1000 s an item … */
const BASE_DELAY_MS = 5;
const MAX_DELAY_MS = 1_000_000;
/** … and never more than 10 retries a second after a burst of 100. */
const RETRIES_PER_SECOND = 10;
const RETRY_BURST = 100;

export interface WorkQueueOptions {
  clock: Clock;
  /** Brings what `key` names to its desired state. Throwing puts the key back with a back-off. */
  reconcile(key: string): Promise<void>;
  /** Hears of every failure of `reconcile`; failures are otherwise only retried. */
  onError?(key: string, error: unknown): void;
  /** Keys worked on at the same time (never the same one twice); default 1, in order of arrival. */
  workers?: number;
  /** Failures in a row after which a key is dropped until it is added again; default: never. */
  maxRetries?: number;
}

export class WorkQueue implements Disposable {
  readonly #options: WorkQueueOptions;
  readonly #workers: number;
  readonly #waiting = new Set<string>();
  readonly #working = new Set<string>();
  /** Added while being worked on. */
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  /** When each delayed key is due (epoch ms), with its timer. */
  readonly #delayed = new Map<string, { due: number; timer: Disposable }>();
  readonly #timers = new DisposableStore();
  #running = 0;
  #tokens = RETRY_BURST;
  #tokensAt: number;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#workers = options.workers ?? 1;
    this.#tokensAt = options.clock.now();
  }

  /** Keys that wait or are being worked on; delayed ones do not count. */
  get size(): number {
    return this.#waiting.size + this.#working.size;
  }

  add(key: string): void {
    if (this.#timers.disposed) return;
    if (this.#working.has(key)) {
      this.#again.add(key);
      return;
    }
    this.#waiting.add(key);
    if (this.#running < this.#workers) {
      this.#running++;
      // In a task of its own: what a burst of events says about one key is then one piece of work.
      void macrotask().then(() => this.#work());
    }
  }

  /** Adds `key` after `delayMs`; of several such requests the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    if (delayMs <= 0) return this.add(key);
    const { clock } = this.#options;
    const due = clock.now() + delayMs;
    const delayed = this.#delayed.get(key);
    if (delayed && delayed.due <= due) return;
    if (delayed) this.#cancel(key, delayed.timer);
    const timer = this.#timers.add(
      clock.setTimeout(() => {
        this.#cancel(key, timer);
        this.add(key);
      }, delayMs),
    );
    this.#delayed.set(key, { due, timer });
  }

  /** Adds `key` after the back-off of its failures so far, and counts one more. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const backoffMs = Math.min(BASE_DELAY_MS * 2 ** failures, MAX_DELAY_MS);
    this.addAfter(key, Math.max(backoffMs, this.#reserve()));
  }

  /** Failures in a row of `key`. */
  failuresOf(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** `key` did well, or is given up: its back-off starts anew. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  dispose(): void {
    this.#timers.dispose();
    this.#waiting.clear();
    this.#again.clear();
    this.#delayed.clear();
  }

  async #work(): Promise<void> {
    for (let key; (key = this.#waiting.values().next().value) !== undefined;) {
      const pause = slice();
      if (pause) {
        await pause;
        if (!this.#waiting.has(key)) continue;
      }
      this.#waiting.delete(key);
      this.#working.add(key);
      try {
        await this.#options.reconcile(key);
        this.forget(key);
      } catch (error) {
        this.#failed(key, error);
      }
      this.#working.delete(key);
      if (this.#again.delete(key)) {
        this.#waiting.add(key);
        // Lets informers catch up with what the reconciliation itself wrote.
        await macrotask();
      }
    }
    this.#running--;
  }

  #failed(key: string, error: unknown): void {
    if (this.#timers.disposed) return;
    this.#options.onError?.(key, error);
    if (this.failuresOf(key) < (this.#options.maxRetries ?? Infinity)) this.addRateLimited(key);
    else this.forget(key);
  }

  #cancel(key: string, timer: Disposable): void {
    timer.dispose();
    this.#timers.release(timer);
    this.#delayed.delete(key);
  }

  /** Takes a token of the bucket; answers the milliseconds until it is there. */
  #reserve(): number {
    const now = this.#options.clock.now();
    const refill = ((now - this.#tokensAt) * RETRIES_PER_SECOND) / 1000;
    this.#tokens = Math.min(RETRY_BURST, this.#tokens + refill) - 1;
    this.#tokensAt = now;
    return this.#tokens >= 0 ? 0 : (-this.#tokens * 1000) / RETRIES_PER_SECOND;
  }
}
