/**
 * Reads a stream for one consumer of its bytes, who may come late and may be slow: the next message is
 * taken, and credit given for it, only when the consumer is done with the last. JSON messages keep their
 * place among the bytes. A consumer that fails ends the stream.
 */
import { toDisposable, type Disposable } from '../../core/disposable.ts';
import type { Stream } from './stream.ts';

type Consumer = (bytes: Uint8Array) => void | Promise<void>;

export interface Pump {
  /** Replaces the consumer. Disposing stops reading; what arrives meanwhile waits. */
  consume(consumer: Consumer): Disposable;
}

export function pump(stream: Stream, onJson: (message: { [key: string]: unknown }) => void): Pump {
  let consumer: Consumer | undefined;
  let resume: (() => void) | undefined;

  const run = async () => {
    for (let message; (message = await stream.next());) {
      if (!(message instanceof Uint8Array)) {
        onJson(message);
        continue;
      }
      while (!consumer && !stream.closed) await new Promise<void>((resolve) => (resume = resolve));
      await consumer?.(message);
    }
  };
  run().catch(() => stream.reset());
  stream.onClose(() => resume?.());

  return {
    consume(next) {
      consumer = next;
      resume?.();
      return toDisposable(() => {
        if (consumer === next) consumer = undefined;
      });
    },
  };
}
