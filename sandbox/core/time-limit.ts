/** Work that may take so long and no longer, on the clock of whoever runs it. */
import type { Clock } from './clock.ts';

/**
 * Runs `work` with a signal that aborts with `late()` after `limitMs`, and with `outer`'s reason when that does. It is the
 * work's to heed the signal.
 */
export async function withTimeLimit<T>(
  clock: Clock,
  limitMs: number,
  late: () => Error,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const timer = clock.setTimeout(() => controller.abort(late()), limitMs);
  const abort = () => controller.abort(outer!.reason);
  if (outer?.aborted) abort();
  else outer?.addEventListener('abort', abort, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    timer.dispose();
    outer?.removeEventListener('abort', abort);
  }
}
