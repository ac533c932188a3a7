/**
 * Load averages over 1, 5 and 15 minutes, damped exponentially as in the kernel. What is averaged is the CPU that was in
 * use, not the number of processes that could run: here those who wait for a CPU are not counted.
 */
const SPANS_MS = [60_000, 300_000, 900_000] as const;

/** More often than this nothing is computed. */
const FOLD_MS = 1000;

export class LoadAverage {
  readonly #averages = SPANS_MS.map(() => 0);
  #foldedMs: number;
  /** CPU time since then. */
  #usedMs = 0;

  constructor(nowMs: number) {
    this.#foldedMs = nowMs;
  }

  /** Somebody used the CPU until now. */
  note(nowMs: number, cpuMs: number): void {
    this.#usedMs += cpuMs;
    this.#fold(nowMs);
  }

  /** The three averages, in CPUs. */
  at(nowMs: number): readonly number[] {
    this.#fold(nowMs);
    return this.#averages;
  }

  #fold(nowMs: number): void {
    const passedMs = nowMs - this.#foldedMs;
    if (passedMs < FOLD_MS) return;
    const busy = this.#usedMs / passedMs;
    SPANS_MS.forEach((spanMs, i) => {
      const kept = Math.exp(-passedMs / spanMs);
      this.#averages[i] = this.#averages[i]! * kept + busy * (1 - kept);
    });
    this.#foldedMs = nowMs;
    this.#usedMs = 0;
  }
}
