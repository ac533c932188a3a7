import { expect, test } from 'vitest';
import { durationMs, durationText } from './duration.ts';
import { numberText, parseNumber } from './number-text.ts';

test.each([
  ['5m', 300_000, '5m'],
  ['90s', 90_000, '1m30s'],
  ['1h30m', 5_400_000, '1h30m'],
  ['24h', 86_400_000, '1d'],
  ['25h', 90_000_000, '25h'],
  ['1500ms', 1500, '1s500ms'],
  ['0', 0, '0s'],
])('%s is %i ms, and %s', (text, ms, shown) => {
  expect(durationMs(text)).toBe(ms);
  expect(durationText(ms)).toBe(shown);
});

test.each(['', '5', '5x', '1m1h', 'm', '-5m', '1.5h'])('%j is no duration', (text) => {
  expect(durationMs(text)).toBeUndefined();
});

test.each([
  [1e21, '1000000000000000000000'],
  [1.5e-7, '0.00000015'],
  [-2.5, '-2.5'],
  [Infinity, '+Inf'],
  [NaN, 'NaN'],
  [1.25e22, '12500000000000000000000'],
])('%d is written %s', (value, text) => {
  expect(numberText(value)).toBe(text);
  expect(parseNumber(text)).toBe(value);
});
