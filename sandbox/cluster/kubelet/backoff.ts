/**
 * Waiting longer after each failure: client-go's `flowcontrol.Backoff` as the kubelet uses it for
 * containers that crash and images that cannot be pulled. Ten seconds, doubling to five minutes; forgotten
 * after ten minutes without a failure.
 */
import type { Clock } from '../../core/clock.ts';

const INITIAL_BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 300_000;

interface Entry {
  delayMs: number;
  updatedMs: number;
}

export class Backoff {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The delay in force for `key`, 0 when there is none. */
  delayMs(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0;
  }

  /** Milliseconds until `key` may be tried again, if its last failure was at `sinceMs`; default: when `next` was called. */
  remainingMs(key: string, sinceMs?: number): number {
    const entry = this.#entries.get(key);
    if (!entry || this.#isOld(entry, sinceMs ?? this.#clock.now())) return 0;
    return Math.max(0, (sinceMs ?? entry.updatedMs) + entry.delayMs - this.#clock.now());
  }

  /** Another attempt after a failure at `sinceMs`: the next wait will be twice as long. */
  next(key: string, sinceMs = this.#clock.now()): void {
    const entry = this.#entries.get(key);
    const delayMs =
      entry && !this.#isOld(entry, sinceMs)
        ? Math.min(2 * entry.delayMs, MAX_BACKOFF_MS)
        : INITIAL_BACKOFF_MS;
    this.#entries.set(key, { delayMs, updatedMs: this.#clock.now() });
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  #isOld({ updatedMs }: Entry, atMs: number): boolean {
    return atMs - updatedMs > 2 * MAX_BACKOFF_MS;
  }
}
