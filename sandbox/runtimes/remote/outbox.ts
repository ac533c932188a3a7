/**
 * Events of a source that cannot wait, towards a stream that may be slow. Holds at most `limit` events;
 * beyond that the oldest are dropped, as they are from a log that is rotated.
 */
import type { Message, Stream } from './stream.ts';

export class Outbox<T extends Message> {
  #stream: Stream;
  #limit: number;
  #keyOf: ((event: T) => unknown) | undefined;
  #waiting: T[] = [];
  #sending = false;

  /** @param keyOf where given, a waiting event is replaced by a later one with the same key. */
  constructor(stream: Stream, limit: number, keyOf?: (event: T) => unknown) {
    this.#stream = stream;
    this.#limit = limit;
    this.#keyOf = keyOf;
  }

  push(event: T): void {
    if (this.#stream.closed) return;
    if (this.#keyOf) {
      const key = this.#keyOf(event);
      const at = this.#waiting.findIndex((waiting) => this.#keyOf!(waiting) === key);
      if (at >= 0) this.#waiting.splice(at, 1);
    }
    this.#waiting.push(event);
    if (this.#waiting.length > this.#limit) this.#waiting.shift();
    if (!this.#sending) void this.#send();
  }

  async #send(): Promise<void> {
    this.#sending = true;
    try {
      for (let event; (event = this.#waiting.shift());) await this.#stream.send(event);
    } catch {
      // The stream closed: nobody listens any more.
      this.#waiting = [];
    }
    this.#sending = false;
  }
}
