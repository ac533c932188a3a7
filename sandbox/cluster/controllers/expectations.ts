/**
 * What a controller has asked for and not yet seen in its informer (`UIDTrackingControllerExpectations`).
 * While a key has such, the controller must not decide anew: it would create or delete twice.
 */
import type { Clock } from '../../core/clock.ts';
import { keyOf } from '../api/object.ts';
import type { EventHandler } from '../client/informer.ts';
import type { Pod } from '../client/kinds.ts';

/** Expectations that were not met by then are dropped, so that a lost event cannot stall a controller. */
const EXPIRY_MS = 5 * 60_000;

interface Expected {
  creations: number;
  /** Keys of the objects whose deletion is awaited. */
  deletions: Set<string>;
  atMs: number;
}

export class Expectations {
  readonly #clock: Clock;
  readonly #expected = new Map<string, Expected>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on `creations` new objects and the deletion of these others are awaited. */
  expect(key: string, creations: number, deletions: Iterable<string> = []): void {
    this.#expected.set(key, { creations, deletions: new Set(deletions), atMs: this.#clock.now() });
  }

  /** One creation less to wait for: it was seen, or it failed. */
  creationObserved(key: string): void {
    const expected = this.#expected.get(key);
    if (expected && expected.creations > 0) expected.creations--;
  }

  deletionObserved(key: string, objectKey: string): void {
    this.#expected.get(key)?.deletions.delete(objectKey);
  }

  /** Reports pods as they come and go. `seen` finds the key that a pod counts for, if any, and passes it on. */
  podHandler(seen: (pod: Pod, observe: (key: string) => void) => void): EventHandler<Pod> {
    return {
      add: (pod) => seen(pod, (key) => this.creationObserved(key)),
      update: (_before, pod) =>
        seen(pod, (key) => {
          if (pod.metadata.deletionTimestamp) this.deletionObserved(key, keyOf(pod));
        }),
      delete: (pod) => seen(pod, (key) => this.deletionObserved(key, keyOf(pod))),
    };
  }

  /** Whether everything asked for under `key` has been seen, or too long ago. */
  satisfied(key: string): boolean {
    const expected = this.#expected.get(key);
    if (!expected) return true;
    if (expected.creations === 0 && expected.deletions.size === 0) return true;
    return this.#clock.now() - expected.atMs > EXPIRY_MS;
  }

  forget(key: string): void {
    this.#expected.delete(key);
  }
}
