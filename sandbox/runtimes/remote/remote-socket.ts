/** A message socket to the Kubernetes API, at the connecting end. */
import { Emitter } from '../../core/emitter.ts';
import type { MessageSocket } from '../../core/http.ts';
import { pump } from './pump.ts';
import type { Stream } from './stream.ts';
import { abortError } from './wire-error.ts';

/** WebSocket's code for a connection that ended without a close message. */
const ABNORMAL_CLOSURE = 1006;

/** Resolves when the server has upgraded the connection that `stream` asked for. */
export async function remoteSocket(stream: Stream, signal?: AbortSignal): Promise<MessageSocket> {
  const abort = () => stream.reset(signal?.reason ?? abortError());
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  const greeting = (await stream.next()) as { protocol: string } | undefined;
  if (!greeting) throw new Error('The session gave no answer.');
  const socket = new RemoteSocket(stream, greeting.protocol);
  socket.onClose(() => signal?.removeEventListener('abort', abort));
  return socket;
}

class RemoteSocket implements MessageSocket {
  readonly protocol: string;
  #stream: Stream;
  #closes = new Emitter<{ code: number; reason: string }>();
  #messages;
  #closed = false;

  readonly onClose = this.#closes.event;

  constructor(stream: Stream, protocol: string) {
    this.#stream = stream;
    this.protocol = protocol;
    this.#messages = pump(stream, (message) => {
      const close = message['close'] as { code: number; reason: string } | undefined;
      if (close) this.#close(close);
    });
    stream.onClose((error) => this.#close({ code: ABNORMAL_CLOSURE, reason: error?.message ?? '' }));
  }

  send(message: Uint8Array): Promise<void> {
    return this.#stream.send(message);
  }

  onMessage(listener: (message: Uint8Array) => void | Promise<void>) {
    return this.#messages.consume(listener);
  }

  close(code = 1000, reason = ''): void {
    if (this.#closed) return;
    this.#stream.post({ close: { code, reason } });
    this.#stream.end();
    this.#close({ code, reason });
    // What the peer still says before it has heard of this is for nobody.
    this.#messages.consume(() => {});
  }

  #close(reason: { code: number; reason: string }): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stream.end();
    this.#closes.fire(reason);
    this.#closes.dispose();
  }
}
