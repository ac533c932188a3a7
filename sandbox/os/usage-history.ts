/**
 * What a counter was at the last few beats of the clock, without a timer: whoever changes the counter notes
 * first what it was until now. So usage can be read later as if somebody had sampled it, and idling costs nothing.
 */

/** CPU time used since the start, in ms, and memory in use, in bytes. */
export interface Usage {
  cpuMs: number;
  memoryBytes: number;
}

interface Entry {
  /** The last beat at which `usage` held. */
  beat: number;
  usage: Usage;
}

/** Beats are this far apart, counted from the epoch: how often a metrics server scrapes. */
export const BEAT_MS = 15_000;
/** Entries that are kept: each covers one beat or more. */
const KEPT = 8;

const NOTHING: Usage = { cpuMs: 0, memoryBytes: 0 };

export class UsageHistory {
  readonly #entries: Entry[] = [];
  /** The beat that is past already: later ones still hold what is true now. */
  #noted: number;
  readonly #startMs: number;

  /** @param nowMs when the counter began: before, it was zero. */
  constructor(nowMs: number) {
    this.#startMs = nowMs;
    this.#noted = Math.floor(nowMs / BEAT_MS);
  }

  /** Before each change at `nowMs`: `usage` is what held until now. */
  note(nowMs: number, usage: Usage): void {
    const beat = Math.floor(nowMs / BEAT_MS);
    if (beat === this.#noted) return;
    this.#noted = beat;
    this.#entries.push({ beat, usage: { cpuMs: usage.cpuMs, memoryBytes: usage.memoryBytes } });
    if (this.#entries.length > KEPT) this.#entries.shift();
  }

  /** What held at the beat `atMs` (a multiple of `BEAT_MS`), given what holds now. */
  at(atMs: number, now: Usage): Usage {
    if (atMs < this.#startMs) return NOTHING;
    const beat = Math.floor(atMs / BEAT_MS);
    return this.#entries.find((entry) => entry.beat >= beat)?.usage ?? now;
  }
}
