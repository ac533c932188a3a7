import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeFrame, decodeJson, encodeFrame, FRAME_KIND, FrameInvalid, type FrameKind } from './frame.ts';

const kinds = Object.keys(FRAME_KIND) as FrameKind[];

test('decoding inverts encoding', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...kinds),
      fc.nat({ max: 0xffff_ffff }),
      fc.uint8Array({ maxLength: 100 }),
      fc.boolean(),
      (kind, stream, payload, more) => {
        expect(decodeFrame(encodeFrame(kind, stream, payload, more))).toEqual({
          kind,
          stream,
          payload,
          more,
        });
      },
    ),
  );
});

test('a frame inside a larger buffer is read at its own offset', () => {
  const frame = encodeFrame('bytes', 7, Uint8Array.of(1, 2, 3));
  const larger = new Uint8Array(frame.length + 10);
  larger.set(frame, 5);
  expect(decodeFrame(larger.subarray(5, 5 + frame.length))).toMatchObject({ kind: 'bytes', stream: 7 });
});

test.each([
  { name: 'empty', bytes: [] },
  { name: 'shorter than its header', bytes: [1, 0, 0] },
  { name: 'of no known kind', bytes: [77, 0, 0, 0, 1] },
])('a frame that is $name is refused', ({ bytes }) => {
  expect(() => decodeFrame(Uint8Array.from(bytes))).toThrow(FrameInvalid);
});

test('a JSON payload that is not JSON is refused', () => {
  expect(() => decodeJson(Uint8Array.of(0x7b))).toThrow(FrameInvalid);
});
