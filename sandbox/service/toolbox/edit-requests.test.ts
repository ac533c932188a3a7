import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concat, decode, encode } from '../../core/bytes.ts';
import { EditRequests } from './edit-requests.ts';

const request = (path: string) => `\x1b]7717;${Buffer.from(path).toString('base64')}\x07`;

function feed(chunks: string[]) {
  const requests = new EditRequests();
  const taken = chunks.map((chunk) => requests.take(encode(chunk)));
  return {
    output: decode(concat(taken.map(({ output }) => output))),
    paths: taken.flatMap(({ paths }) => paths),
  };
}

test.each([
  { name: 'none', chunks: ['plain \x1b[32mgreen\x1b[0m'], output: 'plain \x1b[32mgreen\x1b[0m', paths: [] },
  { name: 'one', chunks: [`a${request('web.yaml')}b`], output: 'ab', paths: ['web.yaml'] },
  { name: 'two', chunks: [request('a') + request('ü/b c')], output: '', paths: ['a', 'ü/b c'] },
  {
    name: 'another command of the terminal',
    chunks: ['\x1b]0;title\x07x'],
    output: '\x1b]0;title\x07x',
    paths: [],
  },
])('$name', ({ chunks, output, paths }) => {
  expect(feed(chunks)).toEqual({ output, paths });
});

test('wherever the output is divided, nothing is lost and nothing is missed', () => {
  const text = `before\x1b[1m${request('a/b.yaml')}mid\x1b]8;;x\x07${request('c')}after`;
  fc.assert(
    fc.property(fc.array(fc.nat({ max: text.length }), { maxLength: 6 }), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), text.length];
      const chunks = at.slice(1).map((end, i) => text.slice(at[i], end));
      expect(feed(chunks)).toEqual({
        output: 'before\x1b[1mmid\x1b]8;;x\x07after',
        paths: ['a/b.yaml', 'c'],
      });
    }),
  );
});

test('a sequence that never ends is let through after a while', () => {
  const endless = `\x1b]7717;${'A'.repeat(10_000)}`;
  expect(feed([endless, 'more']).output).toBe(`${endless}more`);
});
