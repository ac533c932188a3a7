/**
 * A clock for proofs: a minute of the cluster passes in a second, in step with the thread's real work, so
 * that tools that run in real Workers are not outrun by timers.
 */
import { ManualClock } from '../../../core/clock.ts';

/** One real tick, and how far the clock may move in it. */
const TICK_MS = 4;

export class PacedClock extends ManualClock {
  #ticking: ReturnType<typeof setInterval>;

  /** @param factor cluster milliseconds that pass in a real one. */
  constructor(startMs: number | undefined, factor: number) {
    super(startMs);
    let last = performance.now();
    let busy = false;
    this.#ticking = setInterval(() => {
      if (busy) return;
      busy = true;
      const now = performance.now();
      // A thread that was busy computing has not used its time: it does not pass either.
      const elapsedMs = Math.min(now - last, 4 * TICK_MS);
      last = now;
      void this.advance(elapsedMs * factor).finally(() => (busy = false));
    }, TICK_MS);
  }

  stop(): void {
    clearInterval(this.#ticking);
  }
}
