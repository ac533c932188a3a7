import { expect, test } from 'vitest';
import { CompletionIndexes } from './completion-indexes.ts';

test.each([
  { name: 'nothing', text: '', more: [], want: '' },
  { name: 'one', text: '', more: [3], want: '3' },
  { name: 'two neighbours', text: '', more: [7, 8], want: '7,8' },
  { name: 'a run, in any order', text: '', more: [9, 7, 8], want: '7-9' },
  { name: 'what closes a gap', text: '0-2,4', more: [3], want: '0-4' },
  { name: 'what is there already', text: '0-2,5', more: [1, 5], want: '0-2,5' },
  { name: 'indexes that the job no longer has', text: '8-12,15', more: [], want: '8,9' },
])('writes $name', ({ text, more, want }) => {
  expect(CompletionIndexes.parse(text, 10).with(more).toString()).toBe(want);
});

test('knows what it has and what is missing', () => {
  const indexes = CompletionIndexes.parse('1,3-5', 10);
  expect([0, 1, 2, 3, 4, 5, 6].filter((index) => indexes.has(index))).toEqual([1, 3, 4, 5]);
  expect(indexes.size).toBe(4);
  expect(indexes.missing(3, 10)).toEqual([0, 2, 6]);
  expect(indexes.missing(9, 7)).toEqual([0, 2, 6]);
  expect(indexes.overlap(CompletionIndexes.of([0, 3, 4, 9]))).toBe(2);
});
