/**
 * What the processes of a container use together, as a control group (cgroup v2) counts and limits it. CPU is
 * counted work: processes say what they do at the prices below, and wait on the machine's clock for the CPU they
 * have used. So an endless loop uses one CPU of that clock, however fast the real machine is, and runs repeat.
 * A CPU limit is a quota of each 100 ms (CFS bandwidth); over the memory limit the group is out of memory.
 * Left out: weights (on a node whose CPUs are all in use everybody gets the same turns, whatever was requested),
 * page cache, swap, I/O.
 */
import type { Clock } from '../core/clock.ts';
import { LoadAverage } from './load-average.ts';
import { UsageHistory, type Usage } from './usage-history.ts';

/** CPU time in ms of a step of an interpreter, a system call or a cancellation point. */
export const STEP_MS = 0.02;
/** … of each byte that is read or written. */
export const BYTE_MS = 1e-6;
/** … of starting a process. */
export const START_MS = 0.5;
/** … of answering a request over the network, before what the server does for it. */
export const REQUEST_MS = 0.2;

/** What a process has in memory before it asks for more: a small shell. */
export const PROCESS_BYTES = 640 * 1024;

/** `cpu.max`: the quota is for each period of this length. */
export const PERIOD_MS = 100;

export interface ControlGroupInit {
  clock: Clock;
  /** What counts with it: a pod's group, a node's. */
  parent?: ControlGroup | undefined;
  /** CPUs; default: no limit. */
  cpuLimit?: number | undefined;
  memoryLimitBytes?: number | undefined;
  /** It uses more memory than it may. */
  onOutOfMemory?: (() => void) | undefined;
}

export class ControlGroup implements Usage {
  readonly #clock: Clock;
  readonly #history: UsageHistory;
  readonly parent: ControlGroup | undefined;
  /** Of the whole machine: the same in all groups. */
  readonly load: LoadAverage;
  onOutOfMemory: (() => void) | undefined;
  cpuMs = 0;
  memoryBytes = 0;
  /** The most that `memoryBytes` ever was. */
  peakBytes = 0;
  memoryLimitBytes: number;
  #cpuLimit: number;
  /** Number of the period that `#usedMs` was used in. */
  #period = 0;
  /** CPU time used in this period, with what was used too early before it. */
  #usedMs = 0;
  /** `cpu.stat`: periods with work in them, those in which it had to wait, and for how long. */
  periods = 0;
  throttledPeriods = 0;
  throttledMs = 0;
  #throttledUntil = 0;

  constructor(init: ControlGroupInit) {
    this.#clock = init.clock;
    this.parent = init.parent;
    this.onOutOfMemory = init.onOutOfMemory;
    this.#cpuLimit = init.cpuLimit ?? Infinity;
    this.memoryLimitBytes = init.memoryLimitBytes ?? Infinity;
    this.#history = new UsageHistory(init.clock.now());
    this.load = init.parent?.load ?? new LoadAverage(init.clock.now());
  }

  get cpuLimit(): number {
    return this.#cpuLimit;
  }

  /** Another quota, from now on. */
  set cpuLimit(cpus: number) {
    this.#cpuLimit = cpus;
    this.#usedMs = 0;
    this.#throttledUntil = 0;
  }

  /** Work was done. */
  charge(cpuMs: number): void {
    const now = this.#clock.now();
    this.#history.note(now, this);
    this.cpuMs += cpuMs;
    if (this.#cpuLimit !== Infinity) {
      this.#enter(Math.floor(now / PERIOD_MS));
      this.#usedMs += cpuMs;
    }
    if (this.parent) this.parent.charge(cpuMs);
    else this.load.note(now, cpuMs);
  }

  /** Milliseconds until the group may run again; 0: now. */
  pauseMs(): number {
    const above = this.parent?.pauseMs() ?? 0;
    if (this.#cpuLimit === Infinity) return above;
    const now = this.#clock.now();
    this.#enter(Math.floor(now / PERIOD_MS));
    const quotaMs = this.#cpuLimit * PERIOD_MS;
    // A little over is what rounding leaves.
    if (this.#usedMs < quotaMs - STEP_MS / 2) return above;
    const until = (this.#period + Math.floor(this.#usedMs / quotaMs + 1e-9)) * PERIOD_MS;
    if (until > this.#throttledUntil) {
      this.throttledPeriods += Math.ceil((until - Math.max(now, this.#throttledUntil)) / PERIOD_MS);
      this.throttledMs += until - Math.max(now, this.#throttledUntil);
      this.#throttledUntil = until;
    }
    return Math.max(above, until - now);
  }

  #enter(period: number): void {
    if (period === this.#period) return;
    const passed = period - this.#period;
    this.#period = period;
    this.#usedMs = Math.max(0, this.#usedMs - passed * this.#cpuLimit * PERIOD_MS);
    this.periods++;
  }

  /** Takes memory. Over its own limit it is out of memory, and the processes in it are as good as dead. */
  allocate(bytes: number): void {
    this.#history.note(this.#clock.now(), this);
    this.memoryBytes = Math.max(0, this.memoryBytes + bytes);
    this.peakBytes = Math.max(this.peakBytes, this.memoryBytes);
    this.parent?.allocate(bytes);
    if (bytes > 0) this.reclaim();
  }

  /** What a write to `memory.max` does too: more in use than allowed, with nothing to give back, ends it. */
  reclaim(): void {
    if (this.memoryBytes > this.memoryLimitBytes) this.onOutOfMemory?.();
  }

  /** Gives memory back. */
  release(bytes: number): void {
    this.allocate(-bytes);
  }

  /** What it had used at a beat (a multiple of `BEAT_MS`) of the last two minutes. */
  usageAt(beatMs: number): Usage {
    return this.#history.at(beatMs, this);
  }
}
