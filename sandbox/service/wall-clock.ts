/** The wall's time, gaps included: a session's cluster goes on while the service's process is suspended. */
import type { Clock } from '../core/clock.ts';
import { toDisposable } from '../core/disposable.ts';

/** setTimeout takes 31 bits of milliseconds; sessions are shorter. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export const wallClock: Clock = {
  now: () => Date.now(),
  setTimeout(callback, delayMs) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), MAX_DELAY_MS));
    // Waiting for a session to expire keeps no process alive.
    timer.unref();
    return toDisposable(() => clearTimeout(timer));
  },
};
