import { expect, test } from 'vitest';
import { quoteReplacement, matchPattern, removePattern, replacePattern } from './pattern.ts';

test.each([
  ['*', '', true],
  ['a*c', 'abbc', true],
  ['a*c', 'abbd', false],
  ['a?c', 'abc', true],
  ['[a-c]x', 'bx', true],
  ['[!a-c]x', 'bx', false],
  ['[]]', ']', true],
  ['[[:digit:]]*', '1a', true],
  ['\\*', '*', true],
  ['\\*', 'a', false],
  ['[', '[', true],
  ['@(a|b)c', 'bc', true],
  ['+(ab)', 'abab', true],
  ['!(a)', 'b', true],
  ['!(a)', 'a', false],
  ['?', '😀', true],
])('%s on %s: %s', (pattern, text, want) => {
  expect(matchPattern(pattern, text)).toBe(want);
});

test('a hostile pattern takes no time', () => {
  expect(matchPattern(`${'*a'.repeat(30)}b`, 'a'.repeat(20_000))).toBe(false);
});

test('removal is the shortest or the longest', () => {
  expect(
    ['#', '##', '%', '%%'].map((op) => removePattern('a/b/c', op.startsWith('#') ? '*/' : '/*', op as '#')),
  ).toEqual(['b/c', 'c', 'a/b', 'a']);
});

test('a replacement is no pattern, but `&` in it is what was matched', () => {
  expect(replacePattern('a.b.c', '.', quoteReplacement('$&'), '/')).toBe('a$&b$&c');
  expect(replacePattern('a.b.c', '[ac]', '<&\\&>', '/')).toBe('<a&>.b.<c&>');
});
