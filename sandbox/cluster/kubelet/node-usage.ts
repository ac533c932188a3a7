/**
 * What a node uses of its CPUs and memory: its pods, as their control groups count it, and the daemons of the
 * system, of which nothing runs here: theirs is a declared rate.
 */
import type { Clock } from '../../core/clock.ts';
import { ControlGroup } from '../../os/control-group.ts';
import type { Usage } from '../../os/usage-history.ts';
import { quantityMilliValue, quantityValue } from '../api/quantity.ts';

/** CPUs that kubelet, container runtime and kernel take all the time. */
const SYSTEM_CPUS = 0.035;
/** … and their memory. */
const SYSTEM_BYTES = 310 * 1024 ** 2;
/** `memory.available` below this makes the node evict (`evictionHard`). */
export const EVICTION_THRESHOLD_BYTES = 100 * 1024 ** 2;

export class NodeUsage {
  readonly #clock: Clock;
  readonly startedMs: number;
  readonly capacityBytes: number;
  readonly cpus: number;
  /** Of all pods together. It may not use more than is left before the node evicts. */
  readonly pods: ControlGroup;

  /** @param capacity as in the Node's status */
  constructor(clock: Clock, capacity: Readonly<Record<string, string | number>>) {
    this.#clock = clock;
    this.startedMs = clock.now();
    this.cpus = quantityMilliValue(capacity['cpu'] ?? '1') / 1000;
    this.capacityBytes = quantityValue(capacity['memory'] ?? '1Gi');
    this.pods = new ControlGroup({
      clock,
      cpuLimit: this.cpus,
      memoryLimitBytes: this.capacityBytes - SYSTEM_BYTES - EVICTION_THRESHOLD_BYTES,
    });
  }

  /** Bytes that nobody uses. */
  get availableBytes(): number {
    return this.capacityBytes - this.now().memoryBytes;
  }

  now(): Usage {
    return this.#with(this.pods, this.#clock.now());
  }

  /** What it had used at a beat (see `usage-history.ts`). */
  at(beatMs: number): Usage {
    return this.#with(this.pods.usageAt(beatMs), beatMs);
  }

  /** The daemons' own part. */
  system(atMs = this.#clock.now()): Usage {
    return { cpuMs: SYSTEM_CPUS * Math.max(0, atMs - this.startedMs), memoryBytes: SYSTEM_BYTES };
  }

  #with(pods: Usage, atMs: number): Usage {
    const system = this.system(atMs);
    return { cpuMs: pods.cpuMs + system.cpuMs, memoryBytes: pods.memoryBytes + system.memoryBytes };
  }
}
