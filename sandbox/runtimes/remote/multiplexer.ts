/**
 * Many streams over one channel. The connecting side opens streams, the serving side accepts them. A peer
 * that breaks the protocol loses the connection; a channel that closes ends every stream with one error.
 */
import type { Channel } from './channel.ts';
import { decodeFrame, decodeJson, encodeFrame, encodeJson, FrameInvalid } from './frame.ts';
import { Stream, type StreamPort } from './stream.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { Emitter } from '../../core/emitter.ts';

/** Streams that one connection may have open: a lesson has dozens, a mistake has thousands. */
export const MAX_STREAMS = 1024;

/** The connection ended while something was under way on it. */
export class ConnectionLost extends Error {
  constructor(reason: string) {
    super(reason || 'The connection was closed.');
    this.name = 'ConnectionLost';
  }
}

export class Multiplexer implements Disposable {
  #channel: Channel;
  #accept: ((request: unknown, stream: Stream) => void) | undefined;
  #streams = new Map<number, Stream>();
  /** The last stream that either side opened. */
  #last = 0;
  #lost: ConnectionLost | undefined;
  #closes = new Emitter<string>();
  #subscriptions = new DisposableStore();

  /** Fires once, with the reason, after every stream has been told. */
  readonly onClose = this.#closes.event;

  /** @param accept takes the streams that the peer opens; without it the peer may open none. */
  constructor(channel: Channel, accept?: (request: unknown, stream: Stream) => void) {
    this.#channel = channel;
    this.#accept = accept;
    this.#subscriptions.add(channel.onClose((reason) => this.#lose(reason)));
    this.#subscriptions.add(channel.onFrame((frame) => this.#receive(frame)));
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  /** Starts a stream with a JSON request. On a lost connection the stream is closed from the start. */
  open(request: unknown): Stream {
    const id = ++this.#last;
    const stream = this.#add(id);
    if (this.#lost) stream.lose(this.#lost);
    else this.#channel.send(encodeFrame('open', id, encodeJson(request)));
    return stream;
  }

  /** Closes the channel. */
  dispose(): void {
    this.close('');
  }

  close(reason: string): void {
    this.#channel.close(reason);
    this.#lose(reason);
  }

  #add(id: number): Stream {
    const port: StreamPort = {
      send: (kind, payload, more) => this.#channel.send(encodeFrame(kind, id, payload, more)),
      release: () => this.#streams.delete(id),
    };
    const stream = new Stream(port);
    this.#streams.set(id, stream);
    return stream;
  }

  #receive(bytes: Uint8Array): void {
    try {
      const frame = decodeFrame(bytes);
      if (frame.kind === 'open') return this.#receiveOpen(frame.stream, decodeJson(frame.payload));
      const stream = this.#streams.get(frame.stream);
      if (stream) stream.receive(frame);
      // A stream that was closed here may still have frames on the way.
      else if (frame.stream > this.#last)
        throw new FrameInvalid('a message on a stream that was never opened');
    } catch (error) {
      if (!(error instanceof FrameInvalid)) throw error;
      this.close(error.message);
    }
  }

  #receiveOpen(id: number, request: unknown): void {
    if (!this.#accept || id <= this.#last) throw new FrameInvalid('a stream that it may not open');
    this.#last = id;
    const stream = this.#add(id);
    if (this.#streams.size > MAX_STREAMS) {
      stream.reset(new Error(`More than ${MAX_STREAMS} things at once on one connection. Close some first.`));
    } else this.#accept(request, stream);
  }

  #lose(reason: string): void {
    if (this.#lost) return;
    this.#lost = new ConnectionLost(reason);
    this.#subscriptions.dispose();
    for (const stream of this.#streams.values()) stream.lose(this.#lost);
    this.#closes.fire(reason);
    this.#closes.dispose();
  }
}
