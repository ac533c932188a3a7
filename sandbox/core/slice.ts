/**
 * Cooperative time slices on one thread: whoever loops calls `slice()` and awaits what it returns, so
 * that no run of work keeps the thread for more than `SLICE_MS`.
 */
declare class MessageChannel {
  port1: Port;
  port2: Port;
}
interface Port {
  onmessage: (() => void) | null;
  postMessage(message: unknown): void;
  unref?(): void;
  ref?(): void;
}
declare const performance: { now(): number };

/** A slice long enough to amortise the switch and short enough for a 60 Hz frame and an 8 ms echo. */
export const SLICE_MS = 8;

const channel = new MessageChannel();
const waiting: (() => void)[] = [];
let sliceStart = performance.now();
channel.port1.onmessage = () => {
  sliceStart = performance.now();
  waiting.shift()?.();
  // Node: an armed port keeps the process alive, an idle one must not.
  if (waiting.length === 0) channel.port1.unref?.();
};
channel.port1.unref?.();

/** Resolves in a new macrotask, without the 4 ms clamp of nested `setTimeout`. Order is first in, first out. */
export function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.length === 0) channel.port1.ref?.();
    waiting.push(resolve);
    channel.port2.postMessage(0);
  });
}

/** `undefined` while the current slice lasts; a promise of the next one when it is used up. */
export function slice(): Promise<void> | undefined {
  return performance.now() - sliceStart > SLICE_MS ? macrotask() : undefined;
}
