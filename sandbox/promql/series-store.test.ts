import { expect, test } from 'vitest';
import { Labels } from './labels.ts';
import { Matcher } from './matcher.ts';
import { SeriesStore } from './series-store.ts';

const series = (pod: string) => Labels.of({ __name__: 'up', pod });
const all = [new Matcher('__name__', '=', 'up')];
const podsOf = (store: SeriesStore) => store.select(all).map(({ labels }) => labels.get('pod'));

test('samples older than the retention go, and series with nothing left', () => {
  const store = new SeriesStore({ retentionMs: 60_000 });
  store.append(series('old'), 0, 1);
  for (let second = 0; second <= 300; second += 1) store.append(series('new'), second * 1000, second);
  store.truncate(300_000);
  expect(podsOf(store)).toEqual(['new']);
  const [left] = store.select(all);
  expect(left!.times[left!.start]).toBe(240_000);
  expect(left!.values[left!.lastIndexAt(299_500)]).toBe(299);
  expect(store.sampleCount).toBe(61);
  // A series that was forgotten may come back.
  store.append(series('old'), 301_000, 1);
  expect(podsOf(store)).toEqual(['new', 'old']);
});

test('more samples than there is room for: the oldest go', () => {
  const store = new SeriesStore({ maxSamples: 100 });
  for (let second = 0; second < 150; second++) store.append(series('a'), second * 1000, second);
  store.truncate(150_000);
  expect(store.sampleCount).toBeLessThanOrEqual(100);
  expect(store.sampleCount).toBeGreaterThan(80);
  const [left] = store.select(all);
  expect(left!.values[left!.end - 1]).toBe(149);
});

test('a sample that is not newer is refused', () => {
  const store = new SeriesStore();
  expect(store.append(series('a'), 1000, 1)).toBe(true);
  expect(store.append(series('a'), 1000, 2)).toBe(false);
  expect(store.append(series('a'), 500, 2)).toBe(false);
  expect(store.sampleCount).toBe(1);
});
