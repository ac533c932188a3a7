/**
 * Time is injected. Only this file and `slice.ts` touch the platform's timers and clocks, so that a
 * test, a paused cluster and a fast-forwarded one all run the same code.
 */
import type { Disposable } from './disposable.ts';
import { TimerQueue } from './timer-queue.ts';

declare function setTimeout(callback: () => void, delayMs: number): unknown;
declare function clearTimeout(handle: unknown): void;
declare const performance: { now(): number };

export interface Clock {
  /** Milliseconds since the Unix epoch on this clock. Never goes back. */
  now(): number;
  /** Calls `callback` once, `delayMs` of this clock's time from now. Disposing cancels it. */
  setTimeout(callback: () => void, delayMs: number): Disposable;
}

/** Resolves after `delayMs` of the clock's time; rejects with the signal's reason when aborted. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, delayMs);
    const abort = () => {
      timer.dispose();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
  });
}

let lastSecond = NaN;
let lastTimestamp = '';

/** `2026-01-02T03:04:05Z`: a Kubernetes `metav1.Time`, whole seconds. */
export function timestamp(epochMs: number): string {
  const second = Math.floor(epochMs / 1000);
  // Objects are stamped by the thousand within one second.
  if (second !== lastSecond) {
    lastSecond = second;
    lastTimestamp = new Date(second * 1000).toISOString().replace('.000Z', 'Z');
  }
  return lastTimestamp;
}

let lastMs = NaN;
let lastMicroTimestamp = '';

/** `2026-01-02T03:04:05.678000Z`: a Kubernetes `metav1.MicroTime`. */
export function microTimestamp(epochMs: number): string {
  if (epochMs !== lastMs) {
    lastMs = epochMs;
    lastMicroTimestamp = new Date(epochMs).toISOString().replace('Z', '000Z');
  }
  return lastMicroTimestamp;
}

/**
 * The wall clock less the time nobody ran it: when a timer is late by more than `GAP_MS` (tab frozen,
 * laptop asleep), what it is late by is cut out, so that no lease goes stale meanwhile.
 */
export class RealClock implements Clock {
  static readonly GAP_MS = 2000;
  /** Platform milliseconds at which this clock would have read 0. */
  #zero: number;
  #timers = new TimerQueue();
  #armed: { due: number; handle: unknown } | undefined;

  /** @param startMs epoch time at which the clock starts; default: now on the wall. */
  constructor(startMs: number = Date.now()) {
    this.#zero = performance.now() - startMs;
  }

  now(): number {
    const now = performance.now() - this.#zero;
    const due = this.#timers.peek()?.due;
    if (due !== undefined && now - due > RealClock.GAP_MS) {
      this.#zero += now - due;
      return Math.floor(due);
    }
    return Math.floor(now);
  }

  setTimeout(callback: () => void, delayMs: number): Disposable {
    const timer = this.#timers.add(this.now() + Math.max(0, delayMs), callback);
    this.#arm();
    return { dispose: () => (timer.callback = undefined) };
  }

  #arm(): void {
    const due = this.#timers.peek()?.due;
    if (due === undefined || (this.#armed && this.#armed.due <= due)) return;
    if (this.#armed) clearTimeout(this.#armed.handle);
    // setTimeout's limit is 2^31-1 ms; a longer wait looks again.
    const delayMs = Math.min(Math.max(0, due - this.now()), 2 ** 31 - 1);
    this.#armed = { due, handle: setTimeout(() => this.#run(), delayMs) };
  }

  #run(): void {
    this.#armed = undefined;
    const now = this.now();
    for (let timer; (timer = this.#timers.peek()) && timer.due <= now;) {
      this.#timers.shift();
      const callback = timer.callback!;
      timer.callback = undefined;
      callback();
    }
    this.#arm();
  }
}

/** A clock that moves only when told: paused, stepped, fast-forwarded. Timers fire in due order. */
export class ManualClock implements Clock {
  #now: number;
  #timers = new TimerQueue();

  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, delayMs: number): Disposable {
    const timer = this.#timers.add(this.#now + Math.max(0, delayMs), callback);
    return { dispose: () => (timer.callback = undefined) };
  }

  /** When the next timer is due (epoch ms), or undefined with none. */
  get next(): number | undefined {
    return this.#timers.peek()?.due;
  }

  /** Moves to the next timer's time and runs it. Returns false with nothing to run. */
  step(): boolean {
    const timer = this.#timers.shift();
    if (!timer) return false;
    this.#now = Math.max(this.#now, timer.due);
    const callback = timer.callback!;
    timer.callback = undefined;
    callback();
    return true;
  }

  /**
   * Moves forward by `ms`, running each timer at its own time. Between timers it calls `settle`
   * (default: a macrotask) so that promises started by a timer may set timers of their own.
   */
  async advance(ms: number, settle: () => Promise<void> = macrotaskOnce): Promise<void> {
    const end = this.#now + ms;
    await settle();
    while (this.next !== undefined && this.next <= end) {
      this.step();
      await settle();
    }
    this.#now = end;
  }
}

const macrotaskOnce = () => new Promise<void>((resolve) => void setTimeout(resolve, 0));
