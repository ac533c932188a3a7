import { expect, test } from 'vitest';
import { Labels } from './labels.ts';
import { instantQuery, rangeQuery } from './query.ts';
import { SeriesStore } from './series-store.ts';

/** Counters of `count` pods, a sample each 15 s for ten minutes, each growing by its number a second. */
function counters(count: number): SeriesStore {
  const store = new SeriesStore();
  for (let pod = 0; pod < count; pod++) {
    const labels = Labels.of({
      __name__: 'requests_total',
      pod: `pod-${pod}`,
      code: pod % 10 === 0 ? '500' : '200',
    });
    for (let second = 0; second <= 600; second += 15) store.append(labels, second * 1000, second * (pod % 7));
  }
  return store;
}

test('a thousand series over a range: the work is counted, and the sums are right', async () => {
  const store = counters(1000);
  let samples = 0;
  const { value } = await rangeQuery(
    store,
    'sum by (code) (rate(requests_total[1m]))',
    { startMs: 60_000, endMs: 600_000, stepMs: 60_000 },
    {
      pause: (count) => {
        samples += count;
        return undefined;
      },
    },
  );
  // Four samples a minute, a thousand series, ten steps.
  expect(samples).toBe(40_000);
  const perSecond = (isError: boolean) =>
    Array.from({ length: 1000 }, (_, pod) => ((pod % 10 === 0) === isError ? pod % 7 : 0)).reduce(
      (a, b) => a + b,
    );
  expect(value).toMatchObject({ type: 'matrix' });
  const [ok, failed] = value.type === 'matrix' ? value.series : [];
  expect(ok!.labels.toObject()).toEqual({ code: '200' });
  expect(ok!.values.map((rate) => Math.round(rate))).toEqual(Array(10).fill(perSecond(false)));
  expect(failed!.values.map((rate) => Math.round(rate))).toEqual(Array(10).fill(perSecond(true)));
});

test('a query that would look at too many samples is given up', async () => {
  const store = counters(100);
  await expect(
    instantQuery(store, 'rate(requests_total[10m])', 600_000, { maxSamples: 1000 }),
  ).rejects.toThrow('query processing would load too many samples into memory in query execution');
});

test('a range of a range makes no sense', async () => {
  await expect(rangeQuery(new SeriesStore(), 'a[5m]', { startMs: 0, endMs: 1, stepMs: 1 })).rejects.toThrow(
    'invalid expression type "range vector" for range query, must be Scalar or instant Vector',
  );
});
