/** The body of a watch: one JSON event a line, until the server, the client or a timeout ends it. */
import type { Disposable } from '../../../core/disposable.ts';
import { encode } from '../../../core/bytes.ts';
import type { WatchEvent } from '../../api/request.ts';
import { StatusError } from '../../api/status.ts';

export interface WatchSource {
  (onEvents: (events: WatchEvent[]) => void, onEnd: (error?: Error) => void): Disposable;
}

/**
 * Opens the watch at once, so that what cannot start is an answer of its own. Events wait here while the
 * reader is slow. `write` makes the object of an event what the client asked for.
 */
export function watchBody(
  open: WatchSource,
  write: (event: WatchEvent) => unknown,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  let waiting: WatchEvent[] = [];
  let ended = false;
  let wake: (() => void) | undefined;
  const notify = () => {
    wake?.();
    wake = undefined;
  };
  const watch = open(
    (events) => {
      waiting.push(...events);
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
    watch.dispose();
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
            const lines = events.map((event) => `${JSON.stringify(lineOf(event, write))}\n`);
            yield encode(lines.join(''));
          } else if (ended) return;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        signal?.removeEventListener('abort', stop);
        watch.dispose();
      }
    },
  };
}

function lineOf(event: WatchEvent, write: (event: WatchEvent) => unknown): object {
  return { type: event.type, object: event.type === 'ERROR' ? event.object : write(event) };
}
