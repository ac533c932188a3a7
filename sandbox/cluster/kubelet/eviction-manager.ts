/**
 * Ends pods when a node runs out of memory: pkg/kubelet/eviction with the default hard threshold
 * `memory.available<100Mi`. One pod at a time: those over their request first, then by priority, then by how far
 * they are over. Left out: soft thresholds, node and image file systems (the node's disk is not limited), PIDs.
 */
import type { Clock } from '../../core/clock.ts';
import type { Disposable } from '../../core/disposable.ts';
import { formatQuantity, quantityValue } from '../api/quantity.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Pod } from '../client/kinds.ts';
import type { NodeRegistration } from './node-registration.ts';
import { EVICTION_THRESHOLD_BYTES, type NodeUsage } from './node-usage.ts';
import type { PodWorker } from './pod-worker.ts';
import { requestOf } from './resource-requests.ts';

/** `monitoringInterval`: how often the kubelet looks; the kernel tells it at once when the threshold is crossed. */
const MONITORING_MS = 10_000;
/** `evictionPressureTransitionPeriod`: the condition outlasts its cause. */
const TRANSITION_MS = 300_000;
/** `immediateEvictionGracePeriodSeconds` */
const GRACE_MS = 1_000;

export interface EvictionManagerInit {
  clock: Clock;
  recorder: EventRecorder;
  registration: NodeRegistration;
  usage: NodeUsage;
  workers(): Iterable<PodWorker>;
}

export class EvictionManager implements Disposable {
  readonly #init: EvictionManagerInit;
  #timer: Disposable | undefined;
  #scheduled = false;
  /** When the threshold was last seen crossed (epoch ms). */
  #lastSeenMs = -Infinity;

  constructor(init: EvictionManagerInit) {
    this.#init = init;
    init.usage.pods.onOutOfMemory = () => this.#notified();
  }

  /** Whether pods without requests are sent away. */
  get underPressure(): boolean {
    return this.#init.clock.now() < this.#lastSeenMs + TRANSITION_MS;
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#init.usage.pods.onOutOfMemory = undefined;
  }

  /** The kernel says that the threshold is crossed. */
  #notified(): void {
    // With nothing left at all the kernel does not wait for the kubelet.
    if (this.#init.usage.availableBytes <= 0) this.#killWorst();
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#synchronize();
    });
  }

  #synchronize(): void {
    const { clock, recorder, registration, usage } = this.#init;
    this.#timer?.dispose();
    this.#timer = undefined;
    if (usage.availableBytes >= EVICTION_THRESHOLD_BYTES) {
      if (this.underPressure) this.#lookAgainIn(this.#lastSeenMs + TRANSITION_MS - clock.now());
      else registration.setMemoryPressure(false);
      return;
    }
    this.#lastSeenMs = clock.now();
    registration.setMemoryPressure(true);
    recorder.event(registration.reference, 'Warning', 'EvictionThresholdMet', 'Attempting to reclaim memory');
    const first = this.#ranked()[0];
    first?.worker.evict(this.#failure(first));
    this.#lookAgainIn(MONITORING_MS);
  }

  #lookAgainIn(delayMs: number): void {
    this.#timer = this.#init.clock.setTimeout(() => this.#synchronize(), delayMs);
  }

  /** The container that the kernel's own choice would fall on: the largest of the pod that ranks first. */
  #killWorst(): void {
    const records = this.#ranked()[0]?.worker.records.filter(({ running }) => running) ?? [];
    const used = (record: (typeof records)[number]) => record.current!.init.controlGroup.memoryBytes;
    records.sort((a, b) => used(b) - used(a));
    records[0]?.current!.kill('OOMKilled');
  }

  /** Who goes first. */
  #ranked(): Candidate[] {
    const candidates: Candidate[] = [];
    for (const worker of this.#init.workers()) {
      if (worker.finished || worker.evicted || !worker.sandbox || isCritical(worker.pod)) continue;
      const usedBytes = worker.sandbox.controlGroup.memoryBytes;
      const requestBytes = requestOf(worker.pod, 'memory');
      candidates.push({ worker, usedBytes, requestBytes, priority: worker.pod.spec.priority ?? 0 });
    }
    return candidates.sort(
      (a, b) =>
        Number(isOver(b)) - Number(isOver(a)) ||
        a.priority - b.priority ||
        b.usedBytes - b.requestBytes - (a.usedBytes - a.requestBytes),
    );
  }

  #failure({ worker }: Candidate) {
    const { usage } = this.#init;
    const bytes = (value: number) =>
      formatQuantity({ nano: BigInt(Math.ceil(value / 1024) * 1024) * 1_000_000_000n, format: 'BinarySI' });
    let message = `The node was low on resource: memory. Threshold quantity: ${bytes(EVICTION_THRESHOLD_BYTES)}, available: ${bytes(Math.max(0, usage.availableBytes))}. `;
    for (const { spec, current, running, kind } of worker.records) {
      if (!running || kind === 'ephemeral') continue;
      const usedBytes = current!.init.controlGroup.memoryBytes;
      const request = spec.resources?.requests?.['memory'] ?? '0';
      if (usedBytes > quantityValue(request))
        message += `Container ${spec.name} was using ${bytes(usedBytes)}, request is ${request}, has larger consumption of memory. `;
    }
    return {
      reason: 'Evicted',
      message,
      graceMs: GRACE_MS,
      condition: { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message },
    };
  }
}

interface Candidate {
  worker: PodWorker;
  usedBytes: number;
  requestBytes: number;
  priority: number;
}

const isOver = ({ usedBytes, requestBytes }: Candidate): boolean => usedBytes > requestBytes;

/** `system-node-critical` and above are never evicted. */
const CRITICAL_PRIORITY = 2_000_000_000;
const isCritical = ({ spec }: Pod): boolean => (spec.priority ?? 0) >= CRITICAL_PRIORITY;
