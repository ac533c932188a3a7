import fc from 'fast-check';
import { expect, test } from 'vitest';
import { demultiplex } from './exec.ts';

function frame(descriptor: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = descriptor;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

test('wherever the stream is divided, the outputs come apart', async () => {
  const whole = Buffer.concat([frame(1, 'out'), frame(2, 'error'), frame(1, ''), frame(1, 'more')]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: whole.length }), { maxLength: 5 }), async (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), whole.length];
      async function* pieces() {
        for (let i = 1; i < at.length; i++) yield whole.subarray(at[i - 1], at[i]);
      }
      const seen: string[] = [];
      for await (const { descriptor, bytes } of demultiplex(pieces())) seen.push(`${descriptor} ${bytes}`);
      expect(seen).toEqual(['1 out', '2 error', '1 ', '1 more']);
    }),
  );
});
