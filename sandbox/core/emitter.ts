import { toDisposable, type Disposable } from './disposable.ts';

/** Subscribes to something; the returned disposable ends the subscription. */
export type Event<T> = (listener: (value: T) => void) => Disposable;

/** A synchronous event source. Listeners added while firing are not called for the value being fired. */
export class Emitter<T> implements Disposable {
  #listeners = new Set<(value: T) => void>();

  /** Hand this out; keep the emitter private. */
  readonly event: Event<T> = (listener) => {
    const own = (value: T) => listener(value);
    this.#listeners.add(own);
    return toDisposable(() => this.#listeners.delete(own));
  };

  get size(): number {
    return this.#listeners.size;
  }

  fire(value: T): void {
    for (const listener of Array.from(this.#listeners)) listener(value);
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
