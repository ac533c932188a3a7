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
}
declare const setImmediate: ((callback: () => void) => unknown) | undefined;
declare const performance: { now(): number };

/**
 * A slice long enough to amortise the switch, which costs some hundredths of a millisecond, and short enough for a
 * 60 Hz frame and an echo within 8 ms: a key waits for the rest of one slice and, on its way back, for another.
 */
export const SLICE_MS = 4;

const waiting: (() => void)[] = [];
/** Somebody looks at what these do. */
const watched: (() => void)[] = [];
let lastWasWatched = false;
let sliceStart = performance.now();

/**
 * Starts the next slice for whoever waits longest. Every second one is for those who are watched, so that an echo
 * waits for one slice of the cluster's work instead of a queue of them, and a loop at the prompt stops nothing.
 */
function next(): void {
  sliceStart = performance.now();
  lastWasWatched = watched.length > 0 && (!lastWasWatched || waiting.length === 0);
  (lastWasWatched ? watched : waiting).shift()?.();
  if (watched.length + waiting.length > 0) schedule();
}

/**
 * Has `next` called in a task of its own. Node handles up to a thousand messages of a port before it looks
 * at sockets and timers again, but runs one round of immediates in between; browsers have no immediates,
 * and make each message a task.
 */
const schedule: () => void = typeof setImmediate === 'function' ? () => setImmediate(next) : byMessages();

function byMessages(): () => void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = next;
  return () => port2.postMessage(0);
}

/**
 * Resolves in a new macrotask, without the 4 ms clamp of nested `setTimeout`. Order is first in, first out, among
 * those who are watched and among those who are not.
 */
export function macrotask(isWatched = false): Promise<void> {
  return new Promise((resolve) => {
    (isWatched ? watched : waiting).push(resolve);
    if (watched.length + waiting.length === 1) schedule();
  });
}

let limitMs = SLICE_MS;

/**
 * How long slices are from now on, everywhere. Only for tests that compare runs: with `Infinity` the order
 * of work no longer depends on how fast the machine is.
 */
export function setSliceMs(ms: number): void {
  limitMs = ms;
}

/** A slice that seems longer began before the thread had nothing to do. */
const LONGEST_MS = 25;
let takenUntil = 0;

/** Takes the real time of the current slice that nobody has taken yet, in ms; 0 when the thread was idle in it. */
export function takeSliceMs(): number {
  const from = Math.max(sliceStart, takenUntil);
  takenUntil = performance.now();
  return takenUntil - from > LONGEST_MS ? 0 : takenUntil - from;
}

/** `undefined` while the current slice lasts; a promise of the next one when it is used up. */
export function slice(isWatched = false): Promise<void> | undefined {
  return performance.now() - sliceStart > limitMs ? macrotask(isWatched) : undefined;
}
