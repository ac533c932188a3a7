import type { Terminal } from './terminal.ts';

/**
 * An open file description: what a file descriptor points at, shared by `dup` and fork, counted.
 * The last `close` runs `onClose`.
 */
export interface OpenFileOperations {
  /** The next bytes, or null at end of file. */
  read?(): Promise<Uint8Array | null>;
  /** Puts bytes back in front (a shell's `read` takes one line). */
  unread?(bytes: Uint8Array): void;
  /** Returns a promise only when the writer has to wait (back pressure). Throws `Errno` EPIPE, ENOSPC, … */
  write?(bytes: Uint8Array): Promise<void> | undefined;
  onClose?(): void;
  /** The terminal behind it, for `isatty` and window size. */
  terminal?: Terminal;
  /** The path it was opened by, for `/proc/PID/fd` and `tail -f`. */
  path?: string;
  /** Like `read`, when the bytes are there without waiting: null at end of file, undefined if it would wait. */
  readNow?(): Uint8Array | null | undefined;
  /** Resolves when `readNow` may have something: waiting takes nothing, so a reader that dies loses nothing. */
  readable?(): Promise<void>;
}

export class OpenFile {
  readonly operations: OpenFileOperations;
  #references = 0;

  constructor(operations: OpenFileOperations) {
    this.operations = operations;
  }

  get terminal(): Terminal | undefined {
    return this.operations.terminal;
  }

  /** One more descriptor points here. */
  acquire(): this {
    this.#references++;
    return this;
  }

  /** One descriptor less. */
  close(): void {
    if (--this.#references === 0) this.operations.onClose?.();
  }
}
