import { expect, test } from 'vitest';
import { expand } from './expansion.ts';

test.each([
  ['plain', 'plain'],
  ['$(A)', 'one'],
  ['$(A)$(B)', 'one$(A)'],
  ['$$(A)', '$(A)'],
  ['$$$(A)', '$one'],
  ['$(NOPE)', '$(NOPE)'],
  ['$(A', '$(A'],
  ['$A costs $5', '$A costs $5'],
  ['$', '$'],
  ['$()', '$()'],
])('%s becomes %s', (text, want) => {
  expect(expand(text, { A: 'one', B: '$(A)' })).toBe(want);
});
