/**
 * A controller of one of Knative's kinds: looks at an object when it, or something that it follows, has changed, and
 * writes the status that it comes to (knative.dev/pkg's generated reconcilers).
 */
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { deepEqual } from '../api/equality.ts';
import { keyOf, type KubernetesObject } from '../api/object.ts';
import { isStatus } from '../api/status.ts';
import type { Informer } from '../client/informer.ts';
import type { ResourceType } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import type { KnativeContext } from './knative-context.ts';

/** Another resource whose changes concern objects of the kind: under which keys. */
export interface Followed {
  type: ResourceType;
  keys(object: KubernetesObject): Iterable<string>;
}

export interface ReconcilerInit<T extends KubernetesObject> {
  context: KnativeContext;
  type: ResourceType<T>;
  follows: readonly Followed[];
  /** Brings the world to what the object says. Answers its status; undefined: it stays. */
  reconcile(object: T, key: string): Promise<T['status'] | undefined>;
  /** The object is not there any more. */
  deleted?(key: string): void;
}

/** Something of the kind's own name: the same key. */
export const sameName = (type: ResourceType): Followed => ({ type, keys: (object) => [keyOf(object)] });

/** Something that has a label with the name of the object. */
export const named = (type: ResourceType, label: string): Followed => ({
  type,
  keys: ({ metadata }) => {
    const name = metadata.labels?.[label];
    return name ? [`${metadata.namespace}/${name}`] : [];
  },
});

export class Reconciler<T extends KubernetesObject> implements Disposable {
  readonly informer: Informer<T>;
  readonly #init: ReconcilerInit<T>;
  readonly #queue: WorkQueue;
  readonly #resources = new DisposableStore();

  constructor(init: ReconcilerInit<T>) {
    this.#init = init;
    const { context, type, follows } = init;
    this.informer = context.informers.informer(type);
    this.#queue = this.#resources.add(
      new WorkQueue({
        clock: context.clock,
        reconcile: (key) => this.#reconcile(key),
        onError: (key, error) => {
          // Somebody has written meanwhile: what is there now is looked at again.
          if (!isStatus(error, 'Conflict')) context.onError(`${type.resource} ${key}`, error);
        },
      }),
    );
    const add = (object: T) => this.#queue.add(keyOf(object));
    this.#resources.add(this.informer.addHandler({ add, update: (_, after) => add(after), delete: add }));
    for (const { type: other, keys } of follows) {
      const changed = (object: KubernetesObject) => {
        for (const key of keys(object)) this.#queue.add(key);
      };
      this.#resources.add(
        context.informers.informer(other).addHandler({
          add: changed,
          update: (before, after) => {
            changed(before);
            changed(after);
          },
          delete: changed,
        }),
      );
    }
  }

  /** Looks at the object, now or after a while. */
  look(key: string, delayMs = 0): void {
    this.#queue.addAfter(key, delayMs);
  }

  dispose(): void {
    this.#resources.dispose();
  }

  async #reconcile(key: string): Promise<void> {
    const object = this.informer.get(key);
    if (!object) return this.#init.deleted?.(key);
    if (object.metadata.deletionTimestamp !== undefined) return;
    const { type, context } = this.#init;
    const fields = await this.#init.reconcile(object, key);
    if (!fields) return;
    const status = Object.fromEntries(
      Object.entries({ observedGeneration: object.metadata.generation, ...fields }).filter(
        ([, value]) => value !== undefined,
      ),
    );
    if (!deepEqual(object.status, status)) await context.client.updateStatus(type, { ...object, status });
  }
}
