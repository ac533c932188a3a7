import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RegularExpression } from './regular-expression.ts';

const PATTERNS: [pattern: string, texts: string[]][] = [
  ['^[a-z]+$', ['abc', 'aBc', '', 'abc\n']],
  ['a|bc|', ['a', 'bc', 'x', '']],
  ['(ab)*c', ['ababc', 'c', 'ab']],
  ['(ab)*?c', ['ababc', 'c', 'ab']],
  ['a{2,3}', ['a', 'aa', 'aaa', 'aaaa']],
  ['a{2,3}?', ['aaaa']],
  ['a{2,}', ['aaaaa', 'a']],
  ['^\\d{3}-\\d{4}$', ['555-1234', '5555-1234']],
  ['\\bfoo\\b', ['a foo b', 'afoo', 'foo']],
  ['[^x-z]', ['x', 'xa', 'yz']],
  ['[a\\]\\-]', [']', '-', 'b']],
  ['x.y', ['xay', 'x\ny', 'x😀y']],
  ['(?i)HeLLo', ['hello', 'HELLO', 'help']],
  ['(?:a|ab)(?:c|bcd)', ['abcd', 'ac', 'abc']],
  ['\\.', ['.', 'a']],
  ['{', ['{', 'a']],
  ['a?b??', ['ab', 'a', 'b']],
];

test.each(PATTERNS)('%s finds what a backtracking engine finds', (pattern, texts) => {
  const flags = pattern.startsWith('(?i)') ? 'iu' : 'u';
  const theirs = new RegExp(pattern.replace('(?i)', '').replace(/^\{$/, '\\{'), flags);
  for (const text of texts) {
    const found = RegularExpression.compile(pattern).find(text);
    const wanted = theirs.exec(text);
    expect([text, found?.start, found?.text]).toEqual([text, wanted?.index, wanted?.[0]]);
  }
});

test('agrees with the other engine on random patterns', () => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '(a|b)', '(ab|a)', '^', '$');
  const piece = fc.tuple(atom, fc.constantFrom('', '', '*', '+', '?', '*?', '{1,2}'));
  const text = fc.stringMatching(/^[abc]{0,8}$/);
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 5 }), text, (pieces, subject) => {
      const pattern = pieces.map(([one, many]) => (one === '^' || one === '$' ? one : one + many)).join('');
      const found = RegularExpression.compile(pattern).find(subject);
      const wanted = new RegExp(pattern, 'u').exec(subject);
      expect([found?.start, found?.text]).toEqual([wanted?.index, wanted?.[0]]);
    }),
    { numRuns: 1000 },
  );
});

const ERRORS: [pattern: string, message: string][] = [
  ['(', 'error parsing regexp: missing closing ): `(`'],
  ['a)', 'error parsing regexp: unexpected ): `a)`'],
  ['[a', 'error parsing regexp: missing closing ]: `[a`'],
  ['*', 'error parsing regexp: missing argument to repetition operator: `*`'],
  ['a**', 'error parsing regexp: invalid nested repetition operator: `**`'],
  ['^(?!x).*$', 'error parsing regexp: invalid or unsupported Perl syntax: `(?!`'],
  ['(?<=a)b', 'error parsing regexp: invalid named capture: `(?<=a)b`'],
  ['(?i', 'error parsing regexp: invalid or unsupported Perl syntax: `(?i`'],
  ['(a{100}){100}', 'error parsing regexp: invalid repeat count: `{100}`'],
  ['\\1', 'error parsing regexp: invalid escape sequence: `\\1`'],
  ['\\y', 'error parsing regexp: invalid escape sequence: `\\y`'],
  ['[z-a]', 'error parsing regexp: invalid character class range: `z-a`'],
  ['a{1001}', 'error parsing regexp: invalid repeat count: `{1001}`'],
  ['a\\', 'error parsing regexp: trailing backslash at end of expression: ``'],
];

test.each(ERRORS)('%s is refused in Go’s words', (pattern, message) => {
  expect(() => RegularExpression.compile(pattern)).toThrow(message);
});

test('what makes a backtracking engine run for ever takes time in proportion to the text', () => {
  expect(RegularExpression.compile('^(a+)+$').test(`${'a'.repeat(50_000)}!`)).toBe(false);
  expect(RegularExpression.compile('(x+x+)+y').test('x'.repeat(20_000))).toBe(false);
});

test('all matches, in code points', () => {
  expect(RegularExpression.compile('[0-9]+').findAll('1 22 333', 2)).toEqual(['1', '22']);
  expect(RegularExpression.compile('.').findAll('a😀')).toEqual(['a', '😀']);
  expect(RegularExpression.compile('a*').findAll('baab')).toEqual(['', 'aa', '']);
});

test('any text is a pattern or is refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (pattern, text) => {
      try {
        RegularExpression.compile(pattern).test(text);
      } catch (error) {
        expect((error as Error).message).toMatch(/^error parsing regexp: /);
      }
    }),
  );
});
