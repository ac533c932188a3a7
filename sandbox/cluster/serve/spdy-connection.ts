/**
 * The server's side of a SPDY/3.1 connection, as far as Kubernetes' clients use it (moby/spdystream):
 * streams that the client opens, data both ways, half-close and reset, ping. Flow control is left to the
 * transport below, as it is there.
 */
import { Buffer } from 'node:buffer';
import { HeaderReader, HeaderWriter } from './spdy-headers.ts';

const VERSION = 3;
const SYN_STREAM = 1;
const SYN_REPLY = 2;
const RST_STREAM = 3;
const PING = 6;
const GO_AWAY = 7;
const FLAG_FIN = 1;
const HEADER_BYTES = 8;
/** RST_STREAM status CANCEL. */
const CANCEL = 5;

export interface SpdyStream {
  readonly headers: ReadonlyMap<string, string>;
  /** What the client sends; ends with its half. One consumer. */
  readonly input: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
  /** Ends this side's half. */
  end(): Promise<void>;
  reset(): Promise<void>;
}

export class SpdyConnection {
  readonly #send: (bytes: Uint8Array) => Promise<void>;
  readonly #onStream: (stream: SpdyStream) => void;
  readonly #streams = new Map<number, Stream>();
  readonly #reader = new HeaderReader();
  readonly #writer = new HeaderWriter();
  #rest: Buffer = Buffer.alloc(0);
  /** Header blocks share a compression state, so everything is read in order. */
  #reading: Promise<void> = Promise.resolve();

  constructor(send: (bytes: Uint8Array) => Promise<void>, onStream: (stream: SpdyStream) => void) {
    this.#send = send;
    this.#onStream = onStream;
  }

  /** Bytes from the client, split anywhere. */
  receive(bytes: Uint8Array): Promise<void> {
    return (this.#reading = this.#reading.then(() => this.#receive(bytes)));
  }

  /** The client has gone. */
  close(): void {
    for (const stream of this.#streams.values()) stream.finish();
    this.#streams.clear();
  }

  async #receive(bytes: Uint8Array): Promise<void> {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (;;) {
      if (this.#rest.length < HEADER_BYTES) return;
      const length = this.#rest.readUIntBE(5, 3);
      if (this.#rest.length < HEADER_BYTES + length) return;
      const head = this.#rest.subarray(0, HEADER_BYTES);
      const payload = this.#rest.subarray(HEADER_BYTES, HEADER_BYTES + length);
      this.#rest = this.#rest.subarray(HEADER_BYTES + length);
      const flags = head[4]!;
      if (head[0]! & 0x80) await this.#control(head.readUInt16BE(2), flags, payload);
      else await this.#streams.get(head.readUInt32BE(0))?.receive(payload, (flags & FLAG_FIN) !== 0);
    }
  }

  async #control(type: number, flags: number, payload: Buffer): Promise<void> {
    switch (type) {
      case SYN_STREAM: {
        const id = payload.readUInt32BE(0) & 0x7fffffff;
        const headers = await this.#reader.read(payload.subarray(10));
        const stream = new Stream(id, headers, (frame) => this.#send(frame));
        this.#streams.set(id, stream);
        const block = await this.#writer.write(new Map());
        const reply = Buffer.alloc(4);
        reply.writeUInt32BE(id);
        await this.#send(controlFrame(SYN_REPLY, 0, Buffer.concat([reply, block])));
        if (flags & FLAG_FIN) stream.finish();
        this.#onStream(stream);
        return;
      }
      case RST_STREAM: {
        const id = payload.readUInt32BE(0) & 0x7fffffff;
        this.#streams.get(id)?.finish();
        this.#streams.delete(id);
        return;
      }
      case PING:
        return this.#send(controlFrame(PING, 0, Buffer.from(payload)));
      case GO_AWAY:
        this.close();
    }
  }
}

class Stream implements SpdyStream {
  readonly headers: ReadonlyMap<string, string>;
  readonly #id: number;
  readonly #send: (frame: Uint8Array) => Promise<void>;
  #waiting: Uint8Array[] = [];
  #finished = false;
  #ended = false;
  #wake: (() => void) | undefined;
  #taken: (() => void) | undefined;

  constructor(id: number, headers: ReadonlyMap<string, string>, send: (frame: Uint8Array) => Promise<void>) {
    this.#id = id;
    this.headers = headers;
    this.#send = send;
  }

  /** Resolves when the bytes were taken, so that a slow port slows its client. */
  async receive(bytes: Uint8Array, last: boolean): Promise<void> {
    if (bytes.length > 0) this.#waiting.push(Uint8Array.from(bytes));
    if (last) this.#finished = true;
    this.#wake?.();
    if (bytes.length > 0 && !this.#finished) await new Promise<void>((resolve) => (this.#taken = resolve));
  }

  /** Nothing more comes from the client. */
  finish(): void {
    this.#finished = true;
    this.#wake?.();
    this.#taken?.();
  }

  readonly input: AsyncIterable<Uint8Array> = this.#read();

  async *#read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const bytes = this.#waiting.shift();
      if (bytes) {
        yield bytes;
        if (this.#waiting.length === 0) this.#taken?.();
      } else if (this.#finished) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#ended ? Promise.resolve() : this.#send(dataFrame(this.#id, 0, bytes));
  }

  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#send(dataFrame(this.#id, FLAG_FIN, new Uint8Array(0)));
  }

  async reset(): Promise<void> {
    this.#ended = true;
    const payload = Buffer.alloc(8);
    payload.writeUInt32BE(this.#id);
    payload.writeUInt32BE(CANCEL, 4);
    await this.#send(controlFrame(RST_STREAM, 0, payload));
    this.finish();
  }
}

function controlFrame(type: number, flags: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt16BE(0x8000 | VERSION);
  head.writeUInt16BE(type, 2);
  head[4] = flags;
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

function dataFrame(id: number, flags: number, bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt32BE(id);
  head[4] = flags;
  head.writeUIntBE(bytes.length, 5, 3);
  return Buffer.concat([head, bytes]);
}
