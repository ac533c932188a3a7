/**
 * One frame on the wire: a byte of kind, four bytes of stream number (big endian), the payload.
 * JSON payloads are UTF-8. A message larger than `MAX_PAYLOAD_BYTES` goes as several frames, all but the
 * last marked `more`, so that one long message cannot hold up every other stream.
 */
import { decode, encode, EMPTY } from '../../core/bytes.ts';

export const FRAME_KIND = {
  /** Starts a stream; JSON payload says what is wanted. */
  open: 1,
  /** A JSON message. */
  json: 2,
  /** A message of bytes. */
  bytes: 3,
  /** The sender has nothing more to say on this stream. */
  end: 4,
  /** The stream is over in both directions; JSON payload holds the error, or nothing for a cancellation. */
  reset: 5,
  /** The receiver took in so many bytes more (JSON number). */
  credit: 6,
} as const;

export type FrameKind = keyof typeof FRAME_KIND;

const KINDS = new Map<number, FrameKind>(
  Object.entries(FRAME_KIND).map(([name, code]) => [code, name as FrameKind]),
);

/** Long enough that the header does not matter, short enough to interleave: about 3 ms at 100 Mbit/s. */
export const MAX_PAYLOAD_BYTES = 32 * 1024;

const HEADER_BYTES = 5;
const MORE = 0x80;

export interface Frame {
  kind: FrameKind;
  stream: number;
  payload: Uint8Array;
  /** The message goes on in the stream's next frame. */
  more: boolean;
}

export function encodeFrame(
  kind: FrameKind,
  stream: number,
  payload: Uint8Array = EMPTY,
  more = false,
): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + payload.length);
  const view = new DataView(frame.buffer);
  view.setUint8(0, FRAME_KIND[kind] | (more ? MORE : 0));
  view.setUint32(1, stream);
  frame.set(payload, HEADER_BYTES);
  return frame;
}

/** The payload is a view of `bytes`, not a copy. Throws `FrameInvalid`. */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.length < HEADER_BYTES) throw new FrameInvalid(`a frame of ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  const code = view.getUint8(0);
  const kind = KINDS.get(code & ~MORE);
  if (!kind) throw new FrameInvalid(`a frame of kind ${code}`);
  return {
    kind,
    stream: view.getUint32(1),
    payload: bytes.subarray(HEADER_BYTES),
    more: (code & MORE) !== 0,
  };
}

export const encodeJson = (value: unknown): Uint8Array => encode(JSON.stringify(value));

/** Throws `FrameInvalid`. */
export function decodeJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(decode(payload));
  } catch {
    throw new FrameInvalid('a JSON payload that is not JSON');
  }
}

/** The peer does not speak this protocol. */
export class FrameInvalid extends Error {
  constructor(received: string) {
    super(`The other side of the connection sent ${received}.`);
    this.name = 'FrameInvalid';
  }
}
