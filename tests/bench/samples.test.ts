import { expect, test } from 'vitest';
import { percentile } from './samples.ts';

const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);

test.each([
  { name: 'the median of an odd number', samples: [3, 1, 2], percent: 50, want: 2 },
  { name: 'the lower middle of an even number', samples: [4, 1, 3, 2], percent: 50, want: 2 },
  { name: 'the 99th of a hundred', samples: hundred, percent: 99, want: 99 },
  { name: 'the largest', samples: hundred, percent: 100, want: 100 },
  { name: 'the only one', samples: [7], percent: 99, want: 7 },
])('$name', ({ samples, percent, want }) => {
  expect(percentile(samples, percent)).toBe(want);
});

test('of nothing there is no percentile', () => {
  expect(() => percentile([], 50)).toThrow('nothing was measured');
});
