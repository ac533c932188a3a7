/**
 * One conversation on a connection: JSON and byte messages both ways, each direction with credit. A sender
 * may have `WINDOW_BYTES` on the way; the receiver gives credit back as its reader takes messages, so that
 * a reader who stops reading costs one window and nothing else.
 */
import { concat } from '../../core/bytes.ts';
import { Emitter } from '../../core/emitter.ts';
import {
  decodeJson,
  encodeJson,
  FrameInvalid,
  MAX_PAYLOAD_BYTES,
  type Frame,
  type FrameKind,
} from './frame.ts';
import { abortError, fromWireError, toWireError, type WireError } from './wire-error.ts';

/** A message: bytes, or any JSON value. */
export type Message = Uint8Array | { [key: string]: unknown };

/**
 * Bytes of a direction that may be on the way or unread. A terminal's output stops this far ahead of what
 * is drawn, and 10 MB/s pass at a round trip of 13 ms.
 */
export const WINDOW_BYTES = 128 * 1024;

/** The largest message that is put together from several frames: an exec or port-forward never comes near. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** What a frame costs besides its payload, so that empty messages are not free. */
const FRAME_COST_BYTES = 16;

/** How a stream reaches its connection. */
export interface StreamPort {
  send(kind: FrameKind, payload?: Uint8Array, more?: boolean): void;
  /** The stream will send and take nothing more. */
  release(): void;
}

interface Outgoing {
  kind: FrameKind;
  payload: Uint8Array;
  more: boolean;
  sent: (() => void) | undefined;
  failed: ((error: Error) => void) | undefined;
}

interface Incoming {
  message: Message;
  costBytes: number;
}

export class Stream {
  #port: StreamPort;
  #credit = WINDOW_BYTES;
  #outgoing: Outgoing[] = [];
  #endAsked = false;
  #endSent = false;

  #incoming: Incoming[] = [];
  #fragments: Uint8Array[] = [];
  #fragmentBytes = 0;
  /** Cost of what arrived and was not yet credited. */
  #uncredited = 0;
  /** Cost of what was taken since the last credit frame. */
  #taken = 0;
  #endReceived = false;
  #reader: { resolve: (message: Message | undefined) => void; reject: (error: Error) => void } | undefined;

  #error: Error | undefined;
  #closed = false;
  #closes = new Emitter<Error | undefined>();

  /** Fires once: with the error of a reset or a lost connection, or with undefined when both sides ended. */
  readonly onClose = this.#closes.event;

  constructor(port: StreamPort) {
    this.#port = port;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Sends one message, whole for the reader. Resolves when it is on its way; rejects when the stream closes first. */
  send(message: Message): Promise<void> {
    if (message instanceof Uint8Array) return this.#enqueue('bytes', message, true);
    return this.#enqueue('json', encodeJson(message), true);
  }

  /** `send` where nobody waits and a closed stream is no news. */
  post(message: Message): void {
    this.send(message).catch(() => {});
  }

  /** Sends bytes whose division into messages means nothing: a body. */
  sendBody(bytes: Uint8Array): Promise<void> {
    return bytes.length === 0 ? Promise.resolve() : this.#enqueue('bytes', bytes, false);
  }

  /** Nothing more will be sent; what was sent before still arrives. */
  end(): void {
    if (this.#closed || this.#endAsked) return;
    this.#endAsked = true;
    this.#pump();
  }

  /** Ends both directions at once and drops what is unsent and unread. Without `error`: a cancellation. */
  reset(error?: unknown): void {
    if (this.#closed) return;
    this.#port.send('reset', error === undefined ? undefined : encodeJson(toWireError(error)));
    this.#close(error instanceof Error ? error : abortError());
  }

  /** The next message, or undefined at the end. One call at a time. Rejects when the stream was reset. */
  next(): Promise<Message | undefined> {
    if (this.#reader) throw new Error('Two readers on one stream');
    const first = this.#incoming.shift();
    if (first) {
      this.#take(first.costBytes);
      return Promise.resolve(first.message);
    }
    if (this.#error) return Promise.reject(this.#error);
    if (this.#endReceived) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => (this.#reader = { resolve, reject }));
  }

  /** A frame of this stream arrived. Throws `FrameInvalid`. */
  receive(frame: Frame): void {
    if (this.#closed) return;
    switch (frame.kind) {
      case 'json':
      case 'bytes':
        return this.#receiveMessage(frame);
      case 'credit': {
        const bytes = decodeJson(frame.payload);
        if (typeof bytes !== 'number' || !(bytes > 0)) throw new FrameInvalid('a credit that is no number');
        this.#credit += bytes;
        return this.#pump();
      }
      case 'end':
        this.#endReceived = true;
        this.#reader?.resolve(undefined);
        this.#reader = undefined;
        return this.#closeWhenDone();
      case 'reset':
        return this.#close(
          frame.payload.length > 0 ? fromWireError(decodeJson(frame.payload) as WireError) : abortError(),
        );
      case 'open':
        throw new FrameInvalid('a stream that was open already');
    }
  }

  /** The connection is gone. */
  lose(error: Error): void {
    this.#close(error);
  }

  #enqueue(kind: FrameKind, payload: Uint8Array, whole: boolean): Promise<void> {
    if (this.#closed) return Promise.reject(this.#error ?? abortError('The stream is closed'));
    if (this.#endAsked) return Promise.reject(new Error('A message after the end of its stream'));
    return new Promise((sent, failed) => {
      for (let at = 0; at === 0 || at < payload.length; at += MAX_PAYLOAD_BYTES) {
        const last = at + MAX_PAYLOAD_BYTES >= payload.length;
        this.#outgoing.push({
          kind,
          payload: payload.subarray(at, at + MAX_PAYLOAD_BYTES),
          more: whole && !last,
          sent: last ? sent : undefined,
          failed: last ? failed : undefined,
        });
      }
      this.#pump();
    });
  }

  /** Sends while there is credit. It may go below zero by one frame, so that no frame is too large for a window. */
  #pump(): void {
    while (this.#credit > 0) {
      const next = this.#outgoing.shift();
      if (!next) break;
      this.#credit -= next.payload.length + FRAME_COST_BYTES;
      this.#port.send(next.kind, next.payload, next.more);
      next.sent?.();
    }
    if (!this.#endAsked || this.#endSent || this.#outgoing.length > 0) return;
    this.#endSent = true;
    this.#port.send('end');
    this.#closeWhenDone();
  }

  #receiveMessage({ kind, payload, more }: Frame): void {
    if (this.#endReceived) throw new FrameInvalid('a message after the end of its stream');
    const costBytes = payload.length + FRAME_COST_BYTES;
    this.#uncredited += costBytes;
    if (this.#uncredited > WINDOW_BYTES + MAX_PAYLOAD_BYTES + FRAME_COST_BYTES) {
      throw new FrameInvalid('more than it had credit for');
    }
    if (more || this.#fragments.length > 0) {
      this.#fragments.push(payload);
      this.#fragmentBytes += payload.length;
      if (this.#fragmentBytes > MAX_MESSAGE_BYTES) throw new FrameInvalid('a message that is too long');
      if (more) {
        // A message longer than the window would wait for its own end.
        return this.#take(costBytes);
      }
      payload = concat(this.#fragments);
      this.#fragments = [];
      this.#fragmentBytes = 0;
    }
    const message = kind === 'bytes' ? payload : (decodeJson(payload) as Message);
    if (this.#reader) {
      const { resolve } = this.#reader;
      this.#reader = undefined;
      this.#take(costBytes);
      resolve(message);
    } else this.#incoming.push({ message, costBytes });
  }

  #take(costBytes: number): void {
    this.#taken += costBytes;
    if (this.#closed || this.#endReceived || this.#taken < WINDOW_BYTES / 2) return;
    this.#port.send('credit', encodeJson(this.#taken));
    this.#uncredited -= this.#taken;
    this.#taken = 0;
  }

  #closeWhenDone(): void {
    if (this.#endSent && this.#endReceived) this.#close(undefined);
  }

  #close(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#error = error;
    this.#port.release();
    const outgoing = this.#outgoing;
    this.#outgoing = [];
    this.#fragments = [];
    if (error) {
      this.#incoming = [];
      this.#reader?.reject(error);
      this.#reader = undefined;
    }
    for (const { failed } of outgoing) failed?.(error ?? abortError('The stream is closed'));
    this.#closes.fire(error);
    this.#closes.dispose();
  }
}
