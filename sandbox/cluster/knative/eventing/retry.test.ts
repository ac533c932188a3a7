import { expect, test } from 'vitest';
import { backoffMs, isoDurationMs, isTransient } from './retry.ts';

test.each([
  ['PT0.2S', 200],
  ['PT5S', 5000],
  ['PT1M30S', 90_000],
  ['P1DT2H', 93_600_000],
  ['P', undefined],
  ['PT', undefined],
  ['5s', undefined],
  ['PT5', undefined],
])('%s is %s ms', (text, want) => {
  expect(isoDurationMs(text)).toBe(want);
});

test.each([
  ['exponential', [500, 1000, 2000, 4000]],
  ['linear', [0, 500, 1000, 1500]],
  ['', [0, 0, 0, 0]],
])('back-off %s', (backoffPolicy, want) => {
  expect(want.map((_, attempt) => backoffMs({ backoffPolicy, backoffDelay: 'PT0.5S' }, attempt))).toEqual(
    want,
  );
});

test('what may be another answer next time', () => {
  expect([undefined, 404, 408, 409, 429, 500, 503].every(isTransient)).toBe(true);
  expect([200, 202, 301, 400, 401, 413, 422].some(isTransient)).toBe(false);
});
