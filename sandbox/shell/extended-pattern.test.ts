import { expect, test } from 'vitest';
import { ExtendedPattern } from './extended-pattern.ts';
import { matchPattern, removePattern, replacePattern } from './pattern.ts';

test.each([
  ['?(ab)c', ['c', 'abc'], ['abab', 'ababc']],
  ['*(ab)c', ['c', 'abc', 'ababc'], ['aba', 'ac']],
  ['+(a|b)', ['a', 'abba'], ['', 'abc']],
  ['@(foo|ba?)', ['foo', 'bar', 'baz'], ['foobar', 'ba']],
  ['!(*.c|*.h)', ['a.txt', ''], ['a.c', 'b.h']],
  ['a!(b)c', ['ac', 'axc', 'abbc'], ['abc']],
  ['+([[:digit:]])', ['2024'], ['20x']],
  ['*(+(a))b', ['b', 'aab'], ['aac']],
])('%s', (pattern, yes, no) => {
  for (const text of yes) expect(matchPattern(pattern, text), text).toBe(true);
  for (const text of no) expect(matchPattern(pattern, text), text).toBe(false);
});

test('ends are those of all matches', () => {
  expect(new ExtendedPattern('*(a|aa)').ends('aaab')).toEqual([0, 1, 2, 3]);
  expect(new ExtendedPattern('@(A)', true).ends('ab')).toEqual([1]);
});

test('removes and replaces the shortest or the longest', () => {
  expect(removePattern('aaab', '+(a)', '#')).toBe('aab');
  expect(removePattern('aaab', '+(a)', '##')).toBe('b');
  expect(removePattern('baaa', '+(a)', '%')).toBe('baa');
  expect(removePattern('baaa', '+(a)', '%%')).toBe('b');
  expect(replacePattern('a  b   c', '+( )', '-', '/')).toBe('a-b-c');
  expect(replacePattern('foobar', '@(foo|bar)', 'X', '%')).toBe('fooX');
});

test('what would backtrack for ever ends', () => {
  const text = `${'a'.repeat(200)}c`;
  for (const pattern of ['*(*(a))b', '+(a|aa|+(a))b', '*(!(x))*(!(y))b'])
    expect(matchPattern(pattern, text), pattern).toBe(false);
});
