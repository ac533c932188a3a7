import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decode, encode, concat } from '../core/bytes.ts';
import { EditRequests } from './edit-request.ts';

function run(chunks: Uint8Array[]): { shown: string; paths: string[] } {
  const paths: string[] = [];
  const requests = new EditRequests((path) => paths.push(path));
  return { shown: decode(concat(chunks.map((chunk) => requests.push(chunk)))), paths };
}

it('takes a request out of the output', () => {
  const output = encode('before\x1b]7777;edit;a/b.yaml\x07after');
  expect(run([output])).toEqual({ shown: 'beforeafter', paths: ['a/b.yaml'] });
});

it('gives the same however the output is cut', () => {
  const output = encode('\x1b[1m$ \x1b]7777;edit;web.yaml\x07\x1b]0;title\x07done');
  fc.assert(
    fc.property(fc.array(fc.nat({ max: output.length }), { maxLength: 6 }), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), output.length];
      const chunks = at.slice(1).map((end, i) => output.subarray(at[i], end));
      expect(run(chunks)).toEqual({ shown: '\x1b[1m$ \x1b]0;title\x07done', paths: ['web.yaml'] });
    }),
  );
});

it('lets through what only looks like the beginning of one', () => {
  expect(run([encode('\x1b]7777;other\x07')])).toEqual({ shown: '\x1b]7777;other\x07', paths: [] });
});
