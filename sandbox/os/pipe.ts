import { concat } from '../core/bytes.ts';
import { Errno } from './errno.ts';
import { OpenFile } from './open-file.ts';

/** A pipe holds this much before its writer waits (Linux: 64 KiB). */
const CAPACITY_BYTES = 65536;
/** A chunk of this size is worth a read of its own. */
const LARGE_BYTES = 8192;

/** A one-way byte stream with back pressure, end of file and EPIPE. */
class Pipe {
  #chunks: Uint8Array[] = [];
  #sizeBytes = 0;
  #writersGone = false;
  #readersGone = false;
  #readers: (() => void)[] = [];
  #writers: (() => void)[] = [];

  /** What is there, null once it is empty and the writers are gone, undefined when a reader would wait. */
  readNow(): Uint8Array | null | undefined {
    const first = this.#chunks[0];
    if (!first) return this.#writersGone ? null : undefined;
    let bytes = first;
    // A large chunk is handed out as it is, small ones together.
    if (first.length >= LARGE_BYTES) this.#chunks.shift();
    else {
      bytes = concat(this.#chunks);
      this.#chunks = [];
    }
    this.#sizeBytes -= bytes.length;
    if (this.#sizeBytes <= CAPACITY_BYTES) wake(this.#writers);
    return bytes;
  }

  /** Resolves with what is there, or null once it is empty and the writers are gone. */
  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const bytes = this.readNow();
      if (bytes !== undefined) return bytes;
      await this.readable();
    }
  }

  /** Resolves when a read would not wait. */
  readable(): Promise<void> {
    if (this.#chunks.length > 0 || this.#writersGone) return Promise.resolve();
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  unread(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.unshift(bytes);
    this.#sizeBytes += bytes.length;
    wake(this.#readers);
  }

  /** Never splits: a chunk larger than the capacity is taken whole, then the writer waits. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#readersGone) throw new Errno('EPIPE');
    if (bytes.length === 0) return undefined;
    this.#chunks.push(bytes);
    this.#sizeBytes += bytes.length;
    wake(this.#readers);
    if (this.#sizeBytes <= CAPACITY_BYTES) return undefined;
    return new Promise((resolve) => this.#writers.push(resolve));
  }

  closeWriter(): void {
    this.#writersGone = true;
    wake(this.#readers);
  }

  closeReader(): void {
    this.#readersGone = true;
    wake(this.#writers);
  }
}

/** `pipe(2)`: the reading and the writing end. */
export function openPipe(): { reader: OpenFile; writer: OpenFile } {
  const pipe = new Pipe();
  return {
    reader: new OpenFile({
      read: () => pipe.read(),
      readNow: () => pipe.readNow(),
      readable: () => pipe.readable(),
      unread: (bytes) => pipe.unread(bytes),
      onClose: () => pipe.closeReader(),
    }),
    writer: new OpenFile({ write: (bytes) => pipe.write(bytes), onClose: () => pipe.closeWriter() }),
  };
}

function wake(waiting: (() => void)[]): void {
  for (const resume of waiting.splice(0)) resume();
}
