/** One line from a descriptor, leaving what follows it for the next reader. */
import { concat, decode } from '../core/bytes.ts';
import { Errno } from '../os/errno.ts';
import type { Process } from '../os/process.ts';
import { settle, type Step } from './coroutine.ts';

const NEWLINE = 10;

/** The next bytes, without waiting when they are there; null at end of file. */
export function* readChunk(process: Process, fd: number): Step<Uint8Array | null> {
  const operations = process.files[fd]?.operations;
  if (!operations?.read) throw new Errno('EBADF', String(fd));
  const now = operations.readNow?.();
  if (now !== undefined) {
    const pause = process.tick();
    if (pause) yield pause;
    return now;
  }
  return yield* settle(process.read(fd));
}

/** A line without its newline; undefined at end of file. A last line without a newline counts. */
export function* readLine(process: Process, fd: number): Step<string | undefined> {
  const { text, ended } = yield* readUntil(process, fd, NEWLINE);
  return ended && text === '' ? undefined : text;
}

/** Text up to `delimiter`, which is consumed; `ended` says that end of file came first. */
export function* readUntil(
  process: Process,
  fd: number,
  delimiter: number,
): Step<{ text: string; ended: boolean }> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const bytes = yield* readChunk(process, fd);
    if (bytes === null) return { text: chunks.length === 0 ? '' : decode(concat(chunks)), ended: true };
    const end = bytes.indexOf(delimiter);
    if (end < 0) {
      chunks.push(bytes);
      continue;
    }
    process.files[fd]?.operations.unread?.(bytes.subarray(end + 1));
    if (chunks.length === 0) return { text: decode(bytes.subarray(0, end)), ended: false };
    chunks.push(bytes.subarray(0, end));
    return { text: decode(concat(chunks)), ended: false };
  }
}
