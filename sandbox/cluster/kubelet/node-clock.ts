/** The clock of one node: that of the cluster, but while the node is paused nothing on it becomes due. */
import type { Clock } from '../../core/clock.ts';
import type { Disposable } from '../../core/disposable.ts';

interface Pending {
  /** Undefined once it is cancelled or has been called. */
  callback: (() => void) | undefined;
  timer: Disposable | undefined;
}

export class NodeClock implements Clock {
  readonly #clock: Clock;
  #paused = false;
  /** What became due meanwhile, in order. */
  #late: Pending[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Time goes on for a paused node: it only does nothing in it. */
  now(): number {
    return this.#clock.now();
  }

  setTimeout(callback: () => void, delayMs: number): Disposable {
    const pending: Pending = { callback, timer: undefined };
    pending.timer = this.#clock.setTimeout(() => this.#due(pending), delayMs);
    return {
      dispose: () => {
        pending.callback = undefined;
        pending.timer?.dispose();
      },
    };
  }

  pause(): void {
    this.#paused = true;
  }

  /** What became due in the pause happens now. */
  unpause(): void {
    this.#paused = false;
    const late = this.#late;
    this.#late = [];
    for (const pending of late) this.#due(pending);
  }

  #due(pending: Pending): void {
    if (this.#paused) {
      this.#late.push(pending);
      return;
    }
    const { callback } = pending;
    pending.callback = undefined;
    callback?.();
  }
}
