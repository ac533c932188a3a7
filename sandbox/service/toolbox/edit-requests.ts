/**
 * Takes the wishes of `edit FILE` out of a terminal's output: `ESC ] 7717 ; base64 path BEL`. A sequence may
 * be split over chunks; what turns out not to be one passes through unchanged.
 */
import { concat } from '../../core/bytes.ts';

const PREFIX = new TextEncoder().encode('\x1b]7717;');
const BELL = 7;
const MAX_SEQUENCE_BYTES = 8192;

export class EditRequests {
  /** A beginning of a sequence whose end has not come. */
  #pending: Uint8Array = new Uint8Array(0);

  take(chunk: Uint8Array): { output: Uint8Array; paths: string[] } {
    const bytes = this.#pending.length > 0 ? concat([this.#pending, chunk]) : chunk;
    this.#pending = new Uint8Array(0);
    const output: Uint8Array[] = [];
    const paths: string[] = [];
    let from = 0;
    for (let at = bytes.indexOf(PREFIX[0]!); at >= 0; at = bytes.indexOf(PREFIX[0]!, at)) {
      const length = matchLength(bytes, at);
      if (length < PREFIX.length && at + length < bytes.length) {
        at++;
        continue;
      }
      const end = bytes.indexOf(BELL, at);
      if (end < 0) {
        if (bytes.length - at > MAX_SEQUENCE_BYTES) {
          at++;
          continue;
        }
        output.push(bytes.subarray(from, at));
        this.#pending = bytes.slice(at);
        return { output: concat(output), paths };
      }
      output.push(bytes.subarray(from, at));
      paths.push(pathIn(bytes.subarray(at + PREFIX.length, end)));
      from = at = end + 1;
    }
    output.push(bytes.subarray(from));
    return { output: concat(output), paths };
  }
}

/** How much of the prefix stands at `at`. */
function matchLength(bytes: Uint8Array, at: number): number {
  let length = 0;
  while (length < PREFIX.length && bytes[at + length] === PREFIX[length]) length++;
  return length;
}

const pathIn = (base64: Uint8Array) => Buffer.from(Buffer.from(base64).toString(), 'base64').toString();
