import { describe, expect, test } from 'vitest';
import { formatDuration, humanAge, humanDuration, parseDuration } from './duration.ts';

const S = 1000;
const M = 60 * S;
const H = 60 * M;
const D = 24 * H;

describe('humanDuration', () => {
  test.each([
    [-5 * S, '<invalid>'],
    [-1 * S, '0s'],
    [0, '0s'],
    [999, '0s'],
    [59 * S, '59s'],
    [119 * S, '119s'],
    [2 * M, '2m'],
    [2 * M + 3 * S, '2m3s'],
    [9 * M + 59 * S, '9m59s'],
    [10 * M + 59 * S, '10m'],
    [179 * M, '179m'],
    [3 * H, '3h'],
    [3 * H + 4 * M, '3h4m'],
    [8 * H + 59 * M, '8h'],
    [47 * H, '47h'],
    [2 * D, '2d'],
    [5 * D + 2 * H, '5d2h'],
    [8 * D + 5 * H, '8d'],
    [729 * D, '729d'],
    [730 * D, '2y'],
    [3 * 365 * D + 7 * D, '3y7d'],
    [8 * 365 * D + 7 * D, '8y'],
  ])('%d ms is %s', (ms, want) => expect(humanDuration(ms)).toBe(want));

  test('of nothing', () => expect(humanAge(undefined, 0)).toBe('<unknown>'));
});

describe('Go durations', () => {
  test.each([
    ['0s', 0],
    ['1h0m0s', H],
    ['1h2m3.5s', H + 2 * M + 3500],
    ['250ms', 250],
    ['1.5s', 1500],
    ['2m0s', 2 * M],
    ['-3s', -3000],
    ['500µs', 0.5],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
    expect(formatDuration(ms)).toBe(text);
  });

  test.each([
    ['', 'time: invalid duration ""'],
    ['5', 'time: missing unit in duration "5"'],
    ['5x', 'time: unknown unit "x" in duration "5x"'],
    ['x', 'time: invalid duration "x"'],
  ])('%j is refused', (text, message) => expect(() => parseDuration(text)).toThrow(message));
});
