import { expect, test } from 'vitest';
import { LoadAverage } from './load-average.ts';

const rounded = (load: LoadAverage, nowMs: number) => load.at(nowMs).map((each) => each.toFixed(2));

test('a busy CPU comes near 1, the shorter the span the sooner, and an idle one goes back', () => {
  const load = new LoadAverage(0);
  expect(rounded(load, 500)).toEqual(['0.00', '0.00', '0.00']);
  for (let now = 100; now <= 60_000; now += 100) load.note(now, 100);
  expect(rounded(load, 60_000)).toEqual(['0.63', '0.18', '0.06']);
  expect(rounded(load, 120_000)).toEqual(['0.23', '0.15', '0.06']);
});

test('work after a long rest is spread over the rest', () => {
  const load = new LoadAverage(0);
  load.note(3_600_000, 4);
  expect(rounded(load, 3_600_000)).toEqual(['0.00', '0.00', '0.00']);
});
