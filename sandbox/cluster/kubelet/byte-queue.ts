/** A queue has room for this much before its writer has to wait. */
const CAPACITY_BYTES = 65_536;

/** Bytes from writers that can wait to one reader that iterates. Closing ends the reader's loop after what is there. */
export class ByteQueue implements AsyncIterable<Uint8Array> {
  #chunks: Uint8Array[] = [];
  #sizeBytes = 0;
  #closed = false;
  #abandoned = false;
  #reader: (() => void) | undefined;
  #writers: (() => void)[] = [];

  get closed(): boolean {
    return this.#closed;
  }

  /** Returns a promise when the writer has to wait. What comes after the end is dropped. */
  push(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#closed || this.#abandoned || bytes.length === 0) return undefined;
    this.#chunks.push(bytes);
    this.#sizeBytes += bytes.length;
    this.#reader?.();
    if (this.#sizeBytes <= CAPACITY_BYTES) return undefined;
    return new Promise((resolve) => this.#writers.push(resolve));
  }

  close(): void {
    this.#closed = true;
    this.#reader?.();
    for (const resume of this.#writers.splice(0)) resume();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk) {
          this.#sizeBytes -= chunk.length;
          if (this.#sizeBytes <= CAPACITY_BYTES) for (const resume of this.#writers.splice(0)) resume();
          yield chunk;
        } else if (this.#closed) return;
        else {
          await new Promise<void>((resolve) => (this.#reader = resolve));
          this.#reader = undefined;
        }
      }
    } finally {
      // Nobody will read the rest: writers go on, into nothing.
      this.#abandoned = true;
      this.#chunks = [];
      for (const resume of this.#writers.splice(0)) resume();
    }
  }
}
