import { expect, test } from 'vitest';
import { JsonValues } from './json-values.ts';

test.each([
  { name: 'objects', chunks: ['{"a":1}\n{"b"', ':2}'], want: ['{"a":1}', '\n{"b":2}'], rest: '' },
  {
    name: 'brackets and quotes in strings',
    chunks: ['{"a":"}\\"', '"}[1]'],
    want: ['', '{"a":"}\\""}[1]'],
    rest: '',
  },
  {
    name: 'a number ends where a blank follows',
    chunks: ['1 2', '3', '\n'],
    want: ['1 ', '', '23\n'],
    rest: '',
  },
  { name: 'an escape between two pieces', chunks: ['"a\\', '"b"'], want: ['', '"a\\"b"'], rest: '' },
  { name: 'words', chunks: ['true fal', 'se'], want: ['true ', ''], rest: 'false' },
  {
    name: 'what is no JSON is left for jq to complain about',
    chunks: ['}', ' x '],
    want: ['}', ' x '],
    rest: '',
  },
])('$name', ({ chunks, want, rest }) => {
  const values = new JsonValues();
  expect(chunks.map((chunk) => values.push(chunk))).toEqual(want);
  expect(values.rest).toBe(rest);
});
