/** The body of a watch: event after event, until the server, the client or a timeout ends it. */
import type { Disposable } from '../../../core/disposable.ts';
import type { WatchEvent } from '../../api/request.ts';
import { StatusError } from '../../api/status.ts';

export interface WatchSource {
  (onEvents: (events: WatchEvent[]) => void, onEnd: (error?: Error) => void): Disposable;
}

/** Events that wait for a reader, beyond its first list. A real server's watch cache has as little patience. */
const MAX_WAITING = 10_000;

/**
 * Opens the watch at once, so that what cannot start is an answer of its own. Events wait here while the
 * reader is slow. `write` makes bytes of events; `onEnd` is told once, however it ends.
 */
export function watchBody(
  open: WatchSource,
  write: (events: readonly WatchEvent[]) => Uint8Array,
  signal: AbortSignal | undefined,
  onEnd: () => void,
): AsyncIterable<Uint8Array> {
  let waiting: WatchEvent[] = [];
  let ended = false;
  let wake: (() => void) | undefined;
  const notify = () => {
    wake?.();
    wake = undefined;
  };
  let over = false;
  const close = () => {
    watch?.dispose();
    if (over) return;
    over = true;
    onEnd();
  };
  let watch: Disposable | undefined;
  watch = open(
    (events) => {
      if (ended) return;
      // Not by spreading: a first list may be longer than a call has room for arguments.
      waiting = waiting.length === 0 ? events : waiting.concat(events);
      if (waiting.length > MAX_WAITING && waiting.length > events.length) {
        // Whoever is this far behind gets what is here and then has to start again from there.
        ended = true;
        close();
      }
      notify();
    },
    (error) => {
      if (error instanceof StatusError) waiting.push({ type: 'ERROR', object: error.status as any });
      ended = true;
      notify();
    },
  );
  const stop = () => {
    ended = true;
    close();
    notify();
  };
  signal?.addEventListener('abort', stop, { once: true });
  return {
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          if (waiting.length > 0) {
            const events = waiting;
            waiting = [];
            yield write(events);
          } else if (ended) return;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        signal?.removeEventListener('abort', stop);
        close();
      }
    },
  };
}
