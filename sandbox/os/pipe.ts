import { concat } from '../core/bytes.ts';
import { Errno } from './errno.ts';
import { OpenFile } from './open-file.ts';

/** A pipe holds this much before its writer waits (Linux: 64 KiB). */
const CAPACITY_BYTES = 65536;

/** A one-way byte stream with back pressure, end of file and EPIPE. */
export class Pipe {
  #chunks: Uint8Array[] = [];
  #sizeBytes = 0;
  #writersGone = false;
  #readersGone = false;
  #readers: (() => void)[] = [];
  #writers: (() => void)[] = [];

  /** Resolves with everything that is there, or null once it is empty and the writers are gone. */
  async read(): Promise<Uint8Array | null> {
    for (;;) {
      if (this.#chunks.length > 0) {
        const bytes = concat(this.#chunks);
        this.#chunks = [];
        this.#sizeBytes = 0;
        wake(this.#writers);
        return bytes;
      }
      if (this.#writersGone) return null;
      await new Promise<void>((resolve) => this.#readers.push(resolve));
    }
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
      unread: (bytes) => pipe.unread(bytes),
      onClose: () => pipe.closeReader(),
    }),
    writer: new OpenFile({ write: (bytes) => pipe.write(bytes), onClose: () => pipe.closeWriter() }),
  };
}

function wake(waiting: (() => void)[]): void {
  for (const resume of waiting.splice(0)) resume();
}
