/** The timers of one pod: what it does later, and when it is next looked at as a whole. */
import type { Clock } from '../../core/clock.ts';
import type { Disposable } from '../../core/disposable.ts';

export class PodTimers implements Disposable {
  readonly #clock: Clock;
  readonly #sync: () => void;
  readonly #timers = new Set<Disposable>();
  #wakeAt: { dueMs: number; timer: Disposable } | undefined;

  /** @param sync looks at the pod. */
  constructor(clock: Clock, sync: () => void) {
    this.#clock = clock;
    this.#sync = sync;
  }

  /** Syncs after `delayMs`; of several such requests the earliest counts. */
  wakeIn(delayMs: number): void {
    const dueMs = this.#clock.now() + delayMs;
    if (this.#wakeAt && this.#wakeAt.dueMs <= dueMs) return;
    if (this.#wakeAt) {
      this.#wakeAt.timer.dispose();
      this.#timers.delete(this.#wakeAt.timer);
    }
    const timer = this.after(delayMs, () => {
      this.#wakeAt = undefined;
      this.#sync();
    });
    this.#wakeAt = { dueMs, timer };
  }

  after(delayMs: number, callback: () => void): Disposable {
    const timer = this.#clock.setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, delayMs);
    this.#timers.add(timer);
    return timer;
  }

  /** Nothing that was asked for so far happens. */
  dispose(): void {
    for (const timer of this.#timers) timer.dispose();
    this.#timers.clear();
    this.#wakeAt = undefined;
  }
}
