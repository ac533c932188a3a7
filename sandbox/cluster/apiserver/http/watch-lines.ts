/**
 * Lines of watches: an event that a thousand clients get is written once. Holds the lines of one delivery
 * only, so that what nobody is being told takes no memory.
 */
import type { KubernetesObject } from '../../api/object.ts';
import type { WatchEvent } from '../../api/request.ts';

export class WatchLines {
  #lines = new Map<KubernetesObject, { type: string; line: string }>();

  /** The line of `event`, by `write` unless somebody has just been told the same. */
  of(event: WatchEvent, write: (event: WatchEvent) => string): string {
    const known = this.#lines.get(event.object);
    if (known?.type === event.type) return known.line;
    const line = write(event);
    if (this.#lines.size === 0) queueMicrotask(() => this.#forgetSoon());
    this.#lines.set(event.object, { type: event.type, line });
    return line;
  }

  /** Readers of one delivery wake up in microtasks of their own: the lines outlive a few of those. */
  async #forgetSoon(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) await undefined;
    this.#lines.clear();
  }
}

/** Microtasks between the delivery of an event and the last reader's turn to write it. */
const TURNS = 32;
