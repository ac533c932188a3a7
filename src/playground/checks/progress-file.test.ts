import { expect, test } from 'vitest';
import { exportProgress, importProgress } from './progress-file.ts';
import { readProgress, recordPassed, writeProgress } from './progress.ts';

test('what was exported is there again after an import', () => {
  recordPassed('a/one', [0, 1], 2);
  recordPassed('a/two', [1], 3);
  const file = exportProgress(['a/one', 'a/two', 'a/never-opened']);
  writeProgress('a/one', { passed: [], of: 2, done: false });
  writeProgress('a/two', { passed: [], of: 3, done: false });
  expect(importProgress(file)).toBe(2);
  expect(readProgress('a/one')).toEqual({ passed: [0, 1], of: 2, done: true });
  expect(readProgress('a/two')).toEqual({ passed: [1], of: 3, done: false });
});

test('an import takes nothing away', () => {
  recordPassed('b/one', [0], 2);
  const file = exportProgress(['b/one']);
  recordPassed('b/one', [0, 1], 2);
  importProgress(file);
  expect(readProgress('b/one')).toEqual({ passed: [0, 1], of: 2, done: true });
});

test.each([
  { name: 'not JSON', text: 'hello', want: 'not JSON' },
  { name: 'another file', text: '{"format":"x"}', want: 'not Slipway’s progress' },
  {
    name: 'an entry that is none',
    text: '{"format":"slipway-progress/1","exercises":{"c/one":{"passed":"all"}}}',
    want: 'c/one cannot be read',
  },
])('$name is refused', ({ text, want }) => {
  expect(() => importProgress(text)).toThrow(want);
  expect(readProgress('c/one')).toBeUndefined();
});
