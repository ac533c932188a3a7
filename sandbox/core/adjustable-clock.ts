/**
 * A clock that follows another at a rate that can be changed while timers wait: stopped, as fast as its base,
 * faster, or moved ahead at once. What a cluster runs on whose learner may hold time.
 */
import type { Clock } from './clock.ts';
import type { Disposable } from './disposable.ts';
import { macrotask } from './slice.ts';
import { TimerQueue } from './timer-queue.ts';

export class AdjustableClock implements Clock {
  #base: Clock;
  #timers = new TimerQueue();
  /** This clock read `#now` when its base read `#baseNow`. */
  #now: number;
  #baseNow: number;
  #rate = 1;
  #advancing = false;
  /** When the advances asked for so far are through. */
  #moved: Promise<void> = Promise.resolve();
  #armed: { due: number; timer: Disposable } | undefined;

  /** @param startMs epoch time at which the clock starts; default: what `base` reads. */
  constructor(base: Clock, startMs: number = base.now()) {
    this.#base = base;
    this.#now = startMs;
    this.#baseNow = base.now();
  }

  /** Milliseconds of this clock to one of its base; 0 while it stands. */
  get rate(): number {
    return this.#rate;
  }

  /** @throws RangeError for a rate that is negative or not a number. */
  setRate(rate: number): void {
    if (!(rate >= 0 && rate < Infinity)) throw new RangeError(`a clock cannot run at the rate ${rate}`);
    this.#anchor(this.#exact());
    this.#rate = rate;
    this.#disarm();
    this.#arm();
  }

  now(): number {
    return Math.floor(this.#exact());
  }

  setTimeout(callback: () => void, delayMs: number): Disposable {
    const timer = this.#timers.add(this.#exact() + Math.max(0, delayMs), callback);
    this.#arm();
    return { dispose: () => (timer.callback = undefined) };
  }

  /**
   * Moves forward by `ms` at once, running each timer at its own time; promises that a timer resolves come to
   * their ends before the next. The rate holds again afterwards. Asked for twice, the second follows the first.
   */
  advance(ms: number): Promise<void> {
    const moved = this.#moved.then(() => this.#advance(ms));
    this.#moved = moved.catch(() => {});
    return moved;
  }

  async #advance(ms: number): Promise<void> {
    this.#anchor(this.#exact());
    this.#advancing = true;
    const end = this.#now + ms;
    try {
      for (let due; (due = this.#timers.peek()?.due) !== undefined && due <= end;) {
        this.#anchor(Math.max(due, this.now()));
        this.#runNext();
        await macrotask();
      }
      this.#anchor(end);
    } finally {
      this.#advancing = false;
      this.#arm();
    }
  }

  #exact(): number {
    if (this.#advancing) return this.#now;
    return this.#now + (this.#base.now() - this.#baseNow) * this.#rate;
  }

  #anchor(now: number): void {
    this.#now = now;
    this.#baseNow = this.#base.now();
  }

  #arm(): void {
    const due = this.#timers.peek()?.due;
    if (this.#rate === 0 || this.#advancing || due === undefined) return this.#disarm();
    const baseDue = this.#baseNow + (due - this.#now) / this.#rate;
    if (this.#armed && this.#armed.due <= baseDue) return;
    this.#disarm();
    const timer = this.#base.setTimeout(() => this.#run(), Math.ceil(baseDue - this.#base.now()));
    this.#armed = { due: baseDue, timer };
  }

  #disarm(): void {
    this.#armed?.timer.dispose();
    this.#armed = undefined;
  }

  #run(): void {
    this.#armed = undefined;
    if (this.#advancing) return;
    const now = this.now();
    for (let timer; (timer = this.#timers.peek()) && timer.due <= now;) this.#runNext();
    this.#arm();
  }

  #runNext(): void {
    const { callback } = this.#timers.shift()!;
    callback?.();
  }
}
