/**
 * One series: its labels and its samples in order of time. Two typed arrays that grow by doubling; what is
 * dropped leaves at the front, and the arrays are moved together when half of them is gone.
 */
import type { Labels } from './labels.ts';

const FIRST_CAPACITY = 16;

/** Bytes that a sample takes: time, value, and whether it is a staleness marker. */
export const SAMPLE_BYTES = 17;

export class TimeSeries {
  readonly labels: Labels;
  /** Epoch ms, ascending; only `start` to `end` (exclusive) are in use. Likewise `values` and `stale`. */
  times = new Float64Array(FIRST_CAPACITY);
  values = new Float64Array(FIRST_CAPACITY);
  /** 1: the series ended here (a staleness marker). */
  stale = new Uint8Array(FIRST_CAPACITY);
  start = 0;
  end = 0;

  constructor(labels: Labels) {
    this.labels = labels;
  }

  get length(): number {
    return this.end - this.start;
  }

  get lastTimeMs(): number {
    return this.end > this.start ? this.times[this.end - 1]! : -Infinity;
  }

  /** A sample; undefined is a staleness marker. False: it is older than what is there, and was left out. */
  append(timeMs: number, value: number | undefined): boolean {
    if (this.length > 0 && timeMs <= this.lastTimeMs) return false;
    if (this.end === this.times.length) this.#makeRoom();
    this.times[this.end] = timeMs;
    this.values[this.end] = value ?? NaN;
    this.stale[this.end] = value === undefined ? 1 : 0;
    this.end++;
    return true;
  }

  /** Index of the last sample at or before `timeMs`; `start - 1` when there is none. */
  lastIndexAt(timeMs: number): number {
    let low = this.start;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.times[middle]! <= timeMs) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Forgets what is older; returns how many samples that were. */
  dropBefore(timeMs: number): number {
    const first = this.start;
    while (this.start < this.end && this.times[this.start]! < timeMs) this.start++;
    const dropped = this.start - first;
    if (this.start > this.times.length / 2) this.#move(this.times.length);
    return dropped;
  }

  #makeRoom(): void {
    this.#move(this.start > this.times.length / 2 ? this.times.length : this.times.length * 2);
  }

  #move(capacity: number): void {
    const { start, end } = this;
    const moved = <T extends Float64Array | Uint8Array>(from: T, to: T): T => {
      to.set(from.subarray(start, end));
      return to;
    };
    this.times = moved(this.times, new Float64Array(capacity));
    this.values = moved(this.values, new Float64Array(capacity));
    this.stale = moved(this.stale, new Uint8Array(capacity));
    this.start = 0;
    this.end = end - start;
  }
}
