/**
 * Pods that wait for a node (`backend/queue`): those to be tried now, by priority and then by age; those
 * that wait out a back-off; and those that fit nowhere until something changes that concerns what kept
 * them out.
 */
import { BinaryHeap } from '../../core/binary-heap.ts';
import type { Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import type { Pod } from '../client/kinds.ts';
import type { ClusterEvent } from './plugin.ts';

/** Back-off after a failed attempt: 1 s doubling to 10 s. */
const INITIAL_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 10_000;
/** A pod that nothing concerned is tried again after so long all the same. */
const MAX_UNSCHEDULABLE_MS = 5 * 60_000;

export interface QueuedPod {
  pod: Pod;
  priority: number;
  /** Orders pods of one priority. */
  order: number;
  attempts: number;
  /** When the last attempt failed (epoch ms). */
  failedAtMs: number;
  /** Names of the plugins that kept it out at the last attempt; empty when the attempt failed otherwise. */
  keptOutBy: ReadonlySet<string>;
  /** Moves on by itself when due: end of back-off, or long unschedulable. */
  timer: Disposable | undefined;
}

export class SchedulingQueue implements Disposable {
  readonly #clock: Clock;
  readonly #concerns: (plugin: string, event: ClusterEvent) => boolean;
  readonly #onReady: () => void;
  readonly #active = new BinaryHeap<QueuedPod>(before);
  readonly #backingOff = new Map<string, { entry: QueuedPod; dueMs: number }>();
  readonly #unschedulable = new Map<string, QueuedPod>();
  readonly #known = new Map<string, QueuedPod>();
  readonly #timers = new DisposableStore();
  #order = 0;
  /** Counts events that moved pods: one that came during an attempt counts for its outcome. */
  #moves = 0;

  /**
   * @param concerns whether an event may change a plugin's mind.
   * @param onReady called when a pod has become ready to be tried.
   */
  constructor(clock: Clock, concerns: (plugin: string, event: ClusterEvent) => boolean, onReady: () => void) {
    this.#clock = clock;
    this.#concerns = concerns;
    this.#onReady = onReady;
  }

  /** Pods that can be tried now. */
  get readyCount(): number {
    return this.#active.size;
  }

  get moves(): number {
    return this.#moves;
  }

  add(pod: Pod): void {
    const uid = pod.metadata.uid!;
    const known = this.#known.get(uid);
    if (known) return this.update(pod);
    const entry: QueuedPod = {
      pod,
      priority: pod.spec.priority ?? 0,
      order: this.#order++,
      attempts: 0,
      failedAtMs: 0,
      keptOutBy: new Set(),
      timer: undefined,
    };
    this.#known.set(uid, entry);
    this.#activate(entry);
  }

  /** Takes over a new version of the pod; one that fits nowhere is tried again when its demands changed. */
  update(pod: Pod): void {
    const entry = this.#known.get(pod.metadata.uid!);
    if (!entry) return this.add(pod);
    const changed = entry.pod.spec !== pod.spec || entry.pod.metadata.labels !== pod.metadata.labels;
    const relevant =
      changed &&
      JSON.stringify([entry.pod.spec, entry.pod.metadata.labels]) !==
        JSON.stringify([pod.spec, pod.metadata.labels]);
    entry.pod = pod;
    if (relevant && this.#unschedulable.delete(pod.metadata.uid!)) this.#requeue(entry);
  }

  remove(uid: string): void {
    const entry = this.#known.get(uid);
    if (!entry) return;
    this.#known.delete(uid);
    this.#unschedulable.delete(uid);
    this.#backingOff.delete(uid);
    this.#cancel(entry);
  }

  /** Takes the next pod to be tried. The caller says what came of it with `failed` or `remove`. */
  pop(): QueuedPod | undefined {
    for (let entry; (entry = this.#active.pop());) {
      if (this.#known.get(entry.pod.metadata.uid!) === entry) {
        entry.attempts++;
        return entry;
      }
    }
    return undefined;
  }

  /**
   * The pod fits nowhere, or the attempt failed.
   * @param moves the value of `moves` when the attempt began.
   */
  failed(entry: QueuedPod, keptOutBy: ReadonlySet<string>, moves: number): void {
    const uid = entry.pod.metadata.uid!;
    if (this.#known.get(uid) !== entry) return;
    entry.failedAtMs = this.#clock.now();
    entry.keptOutBy = keptOutBy;
    if (keptOutBy.size === 0 || moves !== this.#moves) return this.#requeue(entry);
    this.#unschedulable.set(uid, entry);
    this.#arm(entry, MAX_UNSCHEDULABLE_MS, () => {
      this.#unschedulable.delete(uid);
      this.#requeue(entry);
    });
  }

  /** Something changed in the cluster: tries again what it may help. */
  move(event: ClusterEvent): void {
    this.#moves++;
    for (const [uid, entry] of this.#unschedulable) {
      for (const plugin of entry.keptOutBy) {
        if (!this.#concerns(plugin, event)) continue;
        this.#unschedulable.delete(uid);
        this.#requeue(entry);
        break;
      }
    }
  }

  dispose(): void {
    this.#timers.dispose();
    this.#known.clear();
    this.#unschedulable.clear();
    this.#backingOff.clear();
  }

  /** After the rest of its back-off. */
  #requeue(entry: QueuedPod): void {
    this.#cancel(entry);
    const backoffMs = Math.min(INITIAL_BACKOFF_MS * 2 ** (entry.attempts - 1), MAX_BACKOFF_MS);
    const dueMs = entry.failedAtMs + backoffMs;
    const leftMs = dueMs - this.#clock.now();
    if (leftMs <= 0) return this.#activate(entry);
    this.#backingOff.set(entry.pod.metadata.uid!, { entry, dueMs });
    this.#arm(entry, leftMs, () => this.#flushBackoff());
  }

  /** All whose back-off is over become ready together, so that priority decides among them. */
  #flushBackoff(): void {
    const nowMs = this.#clock.now();
    for (const [uid, { entry, dueMs }] of this.#backingOff) {
      if (dueMs > nowMs) continue;
      this.#backingOff.delete(uid);
      this.#cancel(entry);
      this.#activate(entry);
    }
  }

  #activate(entry: QueuedPod): void {
    this.#active.push(entry);
    this.#onReady();
  }

  #arm(entry: QueuedPod, delayMs: number, then: () => void): void {
    entry.timer = this.#timers.add(
      this.#clock.setTimeout(() => {
        this.#cancel(entry);
        then();
      }, delayMs),
    );
  }

  #cancel(entry: QueuedPod): void {
    if (!entry.timer) return;
    entry.timer.dispose();
    this.#timers.release(entry.timer);
    entry.timer = undefined;
  }
}

/** Highest priority first, then first come. */
const before = (a: QueuedPod, b: QueuedPod) =>
  a.priority > b.priority || (a.priority === b.priority && a.order < b.order);
