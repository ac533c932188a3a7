/**
 * `edit FILE` asks the page to open a file in the editor. It does so in the terminal's own output, by a
 * private control sequence (`OSC 7777 ; edit ; PATH BEL`), which works the same through a pty in this
 * thread, in a container and over a network; runtimes take it out of the output before it is shown.
 */
import { concat, decode, encode } from '../core/bytes.ts';

const START = encode('\x1b]7777;edit;');
const BEL = 7;
/** A longer path is not one of ours: the bytes are let through as they are. */
const MAX_PATH_BYTES = 4096;

/** Splits a terminal's output, which may cut a sequence anywhere, into what is shown and what is asked for. */
export class EditRequests {
  #onEdit: (path: string) => void;
  /** The beginning of a sequence whose end has not arrived. */
  #held: Uint8Array | undefined;

  constructor(onEdit: (path: string) => void) {
    this.#onEdit = onEdit;
  }

  /** What of `chunk` is to be shown now. */
  push(chunk: Uint8Array): Uint8Array {
    const bytes = this.#held ? concat([this.#held, chunk]) : chunk;
    this.#held = undefined;
    if (!bytes.includes(START[0]!)) return bytes;
    const shown: Uint8Array[] = [];
    let from = 0;
    for (let at = 0; at < bytes.length; at++) {
      const matched = prefixLength(bytes, at);
      if (matched === 0) continue;
      const end = matched === START.length ? bytes.indexOf(BEL, at + matched) : -1;
      if (end >= 0) {
        shown.push(bytes.subarray(from, at));
        this.#onEdit(decode(bytes.subarray(at + matched, end)));
        from = end + 1;
        at = end;
      } else if (
        at + matched === bytes.length ||
        (matched === START.length && bytes.length - at < MAX_PATH_BYTES)
      ) {
        shown.push(bytes.subarray(from, at));
        this.#held = bytes.slice(at);
        return concat(shown);
      }
    }
    shown.push(bytes.subarray(from));
    return concat(shown);
  }
}

/** How many bytes of the sequence's start stand at `at`: all of it, what fits before the end, or 0. */
function prefixLength(bytes: Uint8Array, at: number): number {
  const length = Math.min(START.length, bytes.length - at);
  for (let i = 0; i < length; i++) if (bytes[at + i] !== START[i]) return 0;
  return length;
}
