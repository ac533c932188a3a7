import { describe, expect, test } from 'vitest';
import { AutoscalerConfig, type Scaling } from './autoscaler-config.ts';
import { ConcurrencyMetric } from './concurrency-metric.ts';
import { Decider } from './decider.ts';

const scaling = (annotations: Record<string, string> = {}, containerConcurrency = 0): Scaling =>
  new AutoscalerConfig().of({
    metadata: {
      annotations: Object.fromEntries(
        Object.entries(annotations).map(([name, value]) => [`autoscaling.knative.dev/${name}`, value]),
      ),
    },
    spec: { containerConcurrency },
  });

/** Requests under way, from a second to another. */
function busy(spans: { from: number; to: number; requests?: number }[]): ConcurrencyMetric {
  const metric = new ConcurrencyMetric();
  const events = spans.flatMap(({ from, to, requests = 1 }) => [
    { at: from, by: requests },
    { at: to, by: -requests },
  ]);
  for (const { at, by } of events.sort((a, b) => a.at - b.at))
    for (let left = Math.abs(by); left > 0; left--)
      if (by > 0) metric.begin(at * 1000);
      else metric.end(at * 1000);
  return metric;
}

describe('what the configuration says', () => {
  test.each([
    ['by default', {}, 0, { target: 70, stableWindowMs: 60_000, panicWindowMs: 6000, minScale: 0 }],
    ['a soft target', { target: '10' }, 0, { target: 7 }],
    ['a hard limit', {}, 5, { target: 3.5 }],
    ['both: no more than the limit', { target: '50' }, 10, { target: 7 }],
    ['utilization', { target: '10', 'target-utilization-percentage': '100' }, 0, { target: 10 }],
    ['a window', { window: '10s' }, 0, { stableWindowMs: 10_000, panicWindowMs: 1000 }],
    ['bounds, in the older spelling', { minScale: '2', maxScale: '4' }, 0, { minScale: 2, maxScale: 4 }],
    ['requests a second', { metric: 'rps' }, 0, { metric: 'rps', target: 140 }],
  ])('%s', (_, annotations, limit, want) => {
    expect(scaling(annotations as Record<string, string>, limit)).toMatchObject(want);
  });
});

describe('the metric', () => {
  test('averages over the window, or as long as there are data', () => {
    const metric = busy([{ from: 0, to: 10, requests: 4 }]);
    expect(metric.average(60_000, 10_000).concurrency).toBeCloseTo(4);
    expect(metric.average(60_000, 40_000).concurrency).toBeCloseTo(1);
    expect(metric.average(60_000, 40_000).rps).toBeCloseTo(0.1);
    expect(metric.average(60_000, 70_000).concurrency).toBe(0);
  });

  test('tells when the last request will have left the window', () => {
    const metric = busy([{ from: 5, to: 5.2 }]);
    expect(metric.quietAtMs(10_000, 6000)).toBe(15_000);
    expect(metric.average(10_000, 14_999).concurrency).toBeGreaterThan(0);
    expect(metric.average(10_000, 15_000).concurrency).toBe(0);
    expect(metric.quietAtMs(10_000, 15_000)).toBeUndefined();
    metric.begin(20_000);
    expect(metric.quietAtMs(10_000, 21_000)).toBe(Infinity);
  });
});

describe('the decision', () => {
  const decide = (
    metric: ConcurrencyMetric,
    {
      at,
      ready,
      settings = scaling(),
      waiting = false,
    }: { at: number; ready: number; settings?: Scaling; waiting?: boolean },
    decider = new Decider(),
  ) => decider.decide(metric, settings, ready, waiting, true, at * 1000);

  test.each([
    ['nothing asked for', [], 0, false, 0],
    ['one request that waits', [{ from: 0, to: 1 }], 0, true, 1],
    ['as much as one pod is for', [{ from: 0, to: 60, requests: 70 }], 1, false, 1],
    ['a little more', [{ from: 0, to: 60, requests: 71 }], 1, false, 2],
  ])('%s', (_, spans, ready, waiting, want) => {
    const at = waiting ? 0 : 60;
    expect(decide(busy(spans), { at, ready, waiting })).toBe(want);
  });

  test('no more than half of the pods go at a time', () => {
    expect(decide(busy([{ from: 0, to: 1 }]), { at: 100, ready: 8 })).toBe(4);
    expect(decide(busy([{ from: 0, to: 1 }]), { at: 100, ready: 1 })).toBe(0);
  });

  test('panic: twice as much as the pods are for makes pods at once, and keeps them for a window', () => {
    const decider = new Decider();
    const calm = { from: 0, to: 60, requests: 10 };
    expect(decide(busy([calm]), { at: 60, ready: 1 }, decider)).toBe(1);
    const metric = busy([calm, { from: 60, to: 66, requests: 690 }]);
    expect(decide(metric, { at: 66, ready: 1 }, decider)).toBe(10);
    expect(decider.panicking).toBe(true);
    expect(decide(metric, { at: 100, ready: 10 }, decider)).toBe(10);
    expect(decide(metric, { at: 127, ready: 10 }, decider)).toBe(5);
    expect(decider.panicking).toBe(false);
  });

  test('a delay holds what was wanted before', () => {
    const decider = new Decider();
    const settings = scaling({ 'scale-down-delay': '30s', window: '10s' });
    const metric = busy([{ from: 0, to: 10, requests: 71 }]);
    expect(decide(metric, { at: 10, ready: 2, settings }, decider)).toBe(2);
    expect(decide(metric, { at: 25, ready: 1, settings }, decider)).toBe(2);
    expect(decide(metric, { at: 41, ready: 1, settings }, decider)).toBe(0);
  });
});
