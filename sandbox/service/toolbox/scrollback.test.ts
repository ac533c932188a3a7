import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concat } from '../../core/bytes.ts';
import { Scrollback } from './scrollback.ts';

function readAll(scrollback: Scrollback, position: number) {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const { bytes, end } = scrollback.read(position);
    if (bytes.length === 0) return concat(chunks);
    chunks.push(bytes);
    position = end;
  }
}

test('a reader gets what was printed since, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), fc.nat(), (pieces, start) => {
      const scrollback = new Scrollback();
      for (const piece of pieces) scrollback.append(piece);
      const whole = pieces.length === 0 ? new Uint8Array(0) : concat(pieces);
      const position = Math.min(start, whole.length);
      expect(readAll(scrollback, position)).toEqual(whole.subarray(position));
    }),
  );
});

test('the oldest output goes when there is too much', () => {
  const scrollback = new Scrollback();
  for (let i = 0; i < 100; i++) scrollback.append(new Uint8Array(10_000).fill(i));
  const kept = readAll(scrollback, 0);
  expect(kept.length).toBeGreaterThanOrEqual(Scrollback.SIZE_BYTES);
  expect(kept.length).toBeLessThan(Scrollback.SIZE_BYTES + 10_000);
  expect(kept.at(-1)).toBe(99);
  expect(scrollback.end).toBe(1_000_000);
});
