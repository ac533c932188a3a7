/**
 * What a container prints, as the CRI keeps it: whole lines with the time they were written at and their
 * stream. A line without its newline waits for it (or for 16 KiB), so `logs -f` shows it later, as in life.
 * A file that has grown beyond its limit is rotated, as the kubelet does: `logs` reads the newest file, and so starts
 * at a later line. Rotated files are not kept: nobody can read them but on the node itself.
 */
import { concat, encode } from '../../core/bytes.ts';
import type { Clock } from '../../core/clock.ts';

export type LogStream = 'stdout' | 'stderr';

export interface LogQuery {
  follow?: boolean;
  timestamps?: boolean;
  tailLines?: number;
  /** Epoch ms: only lines from then on. */
  sinceMs?: number;
  limitBytes?: number;
  /** Ends a followed log. */
  signal?: AbortSignal;
}

interface Line {
  timeMs: number;
  /** With its newline, unless the stream ended without one or the line was too long. */
  bytes: Uint8Array;
}

/** containerd splits longer lines (`max_container_log_line_size`). */
const MAX_LINE_BYTES = 16_384;
/** `containerLogMaxSize` */
const MAX_LOG_BYTES = 10 * 1024 * 1024;
/** `containerLogMonitorInterval`: a file may grow beyond its limit for so long … */
const MONITOR_MS = 10_000;
/** … and a tab has room for this much of it. */
const MAX_EXCESS_BYTES = 10 * 1024 * 1024;
/** Lines handed to a reader at once. */
const BATCH_LINES = 256;

export class ContainerLog {
  readonly #clock: Clock;
  #lines: Line[] = [];
  /** Lines dropped from the front by rotation. */
  #dropped = 0;
  #sizeBytes = 0;
  #partial: { stdout: Uint8Array[]; stderr: Uint8Array[] } | undefined;
  #ended = false;
  /** When the file was found to be too big (epoch ms). */
  #excessSinceMs: number | undefined;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get ended(): boolean {
    return this.#ended;
  }

  write(stream: LogStream, bytes: Uint8Array): void {
    if (this.#ended || bytes.length === 0) return;
    let from = 0;
    for (let end; (end = bytes.indexOf(10, from)) >= 0; from = end + 1)
      this.#line(stream, bytes.subarray(from, end + 1));
    if (from < bytes.length) this.#keep(stream, bytes.subarray(from));
    this.#wake();
  }

  /** The container has ended: what waits for a newline is a line now. */
  end(): void {
    if (this.#ended) return;
    for (const stream of ['stdout', 'stderr'] as const)
      if (this.#partial?.[stream].length) this.#line(stream, new Uint8Array(0));
    this.#ended = true;
    this.#wake();
  }

  /** The last lines together, at most `lines` and `sizeBytes` of them (termination messages). */
  tail(lines: number, sizeBytes: number): Uint8Array {
    const chosen: Uint8Array[] = [];
    let total = 0;
    for (let i = this.#lines.length - 1; i >= 0 && chosen.length < lines; i--) {
      total += this.#lines[i]!.bytes.length;
      if (total > sizeBytes) break;
      chosen.unshift(this.#lines[i]!.bytes);
    }
    return chosen.length === 0 ? new Uint8Array(0) : concat(chosen);
  }

  async *read(query: LogQuery = {}): AsyncGenerator<Uint8Array> {
    const { follow, timestamps, tailLines, sinceMs, signal } = query;
    let left = query.limitBytes ?? Infinity;
    let next = this.#dropped;
    if (sinceMs !== undefined) {
      while (next < this.#end && this.#lines[next - this.#dropped]!.timeMs < sinceMs) next++;
    }
    if (tailLines !== undefined) next = Math.max(next, this.#end - tailLines);
    for (;;) {
      next = Math.max(next, this.#dropped);
      while (next < this.#end && left > 0) {
        const batch = this.#lines.slice(next - this.#dropped, next - this.#dropped + BATCH_LINES);
        next += batch.length;
        let bytes = concat(batch.map((line) => (timestamps ? stamped(line) : line.bytes)));
        if (bytes.length > left) bytes = bytes.subarray(0, left);
        left -= bytes.length;
        yield bytes;
        next = Math.max(next, this.#dropped);
      }
      if (!follow || this.#ended || left <= 0 || signal?.aborted) return;
      await new Promise<void>((resolve) => {
        const wake = () => {
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiting.push(wake);
        signal?.addEventListener('abort', wake, { once: true });
      });
    }
  }

  /** Number of the line after the last. */
  get #end(): number {
    return this.#dropped + this.#lines.length;
  }

  #keep(stream: LogStream, bytes: Uint8Array): void {
    this.#partial ??= { stdout: [], stderr: [] };
    this.#partial[stream].push(bytes);
    let size = 0;
    for (const part of this.#partial[stream]) size += part.length;
    if (size >= MAX_LINE_BYTES) this.#line(stream, new Uint8Array(0));
  }

  #line(stream: LogStream, rest: Uint8Array): void {
    const partial = this.#partial?.[stream];
    let bytes = rest;
    if (partial?.length) {
      bytes = concat([...partial, rest]);
      partial.length = 0;
    }
    this.#lines.push({ timeMs: this.#clock.now(), bytes });
    this.#sizeBytes += bytes.length;
    if (this.#sizeBytes <= MAX_LOG_BYTES) return;
    const now = this.#clock.now();
    this.#excessSinceMs ??= now;
    const due = now >= this.#excessSinceMs + MONITOR_MS;
    if (due || this.#sizeBytes > MAX_LOG_BYTES + MAX_EXCESS_BYTES) this.#rotate();
  }

  /** The next line is the first of a new file. */
  #rotate(): void {
    this.#dropped += this.#lines.length;
    this.#lines = [];
    this.#sizeBytes = 0;
    this.#excessSinceMs = undefined;
  }

  #wake(): void {
    if (this.#waiting.length > 0) for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** With its time as `kubectl logs --timestamps` shows it: nanoseconds, though ours end after the third digit. */
function stamped({ timeMs, bytes }: Line): Uint8Array {
  return concat([encode(`${new Date(timeMs).toISOString().slice(0, -1)}000000Z `), bytes]);
}
