import type { Event } from '../core/emitter.ts';
import type { OpenFile } from './open-file.ts';

/** The slave side of a pty as processes see it. Output and input go through its `OpenFile`. */
export interface Terminal {
  /** `/dev/pts/N`. */
  readonly name?: string;
  readonly columns: number;
  readonly rows: number;
  readonly onResize: Event<void>;
  /** False when what programs have written last did not end its line. */
  readonly atLineStart?: boolean;
  /** The process group that gets the keyboard's signals. */
  foreground: number;
  /** Canonical mode with echo (the default), or raw: bytes as they are typed, no echo, no signals. */
  setRaw(raw: boolean): void;
  /** Echo in canonical mode (`read -s`, `stty -echo`). */
  setEcho?(echo: boolean): void;
  /** Lines (the default) or bytes, with echo and signals as they are (`read -n`). */
  setCanonical?(canonical: boolean): void;
  /** The terminal as an open file, for `/dev/tty`. */
  readonly file?: OpenFile;
}
