/** Functions of one series' samples within a range. */
import { extrapolatedRate, instantRate, type RateOptions } from './counter-rate.ts';
import { KahanSum, meanOf, quantileOf, sumOf, varianceOf } from './kahan-sum.ts';
import type { RangeSeries } from './value.ts';

/** Where and with what a function of a range is evaluated. */
export interface RangeContext {
  /** Exclusive (epoch ms). */
  rangeStartMs: number;
  rangeEndMs: number;
  /** When the expression is evaluated; the range's end unless it is shifted. */
  timeMs: number;
  /** The scalar argument, for those that have one. */
  parameter: number;
}

/** Undefined: the series has no result. */
export type RangeFunction = (series: RangeSeries, context: RangeContext) => number | undefined;

const rateFunction =
  (options: RateOptions): RangeFunction =>
  (series, { rangeStartMs, rangeEndMs }) =>
    extrapolatedRate(series, rangeStartMs, rangeEndMs, options);

/** `better(candidate, best)`; NaN gives way to anything. */
const extreme =
  (better: (a: number, b: number) => boolean): RangeFunction =>
  ({ values }) =>
    values.reduce((best, value) => (better(value, best) || Number.isNaN(best) ? value : best));

const countPairs =
  (counts: (value: number, previous: number) => boolean): RangeFunction =>
  ({ values }) =>
    values.reduce(
      (count, value, index) => count + (index > 0 && counts(value, values[index - 1]!) ? 1 : 0),
      0,
    );

export const RANGE_FUNCTIONS: ReadonlyMap<string, RangeFunction> = new Map<string, RangeFunction>([
  ['rate', rateFunction({ isCounter: true, isRate: true })],
  ['increase', rateFunction({ isCounter: true, isRate: false })],
  ['delta', rateFunction({ isCounter: false, isRate: false })],
  ['irate', (series) => instantRate(series, { isCounter: true, isRate: true })],
  ['idelta', (series) => instantRate(series, { isCounter: false, isRate: false })],
  ['avg_over_time', ({ values }) => meanOf(values)],
  ['sum_over_time', ({ values }) => sumOf(values)],
  ['count_over_time', ({ values }) => values.length],
  ['present_over_time', () => 1],
  ['first_over_time', ({ values }) => values[0]],
  ['last_over_time', ({ values }) => values.at(-1)],
  ['max_over_time', extreme((a, b) => a > b)],
  ['min_over_time', extreme((a, b) => a < b)],
  ['stdvar_over_time', ({ values }) => varianceOf(values)],
  ['stddev_over_time', ({ values }) => Math.sqrt(varianceOf(values))],
  ['quantile_over_time', ({ values }, { parameter }) => quantileOf(parameter, values)],
  ['changes', countPairs((a, b) => a !== b && !(Number.isNaN(a) && Number.isNaN(b)))],
  ['resets', countPairs((a, b) => a < b)],
  ['deriv', (series) => linearRegression(series, series.times[0]!)?.slope],
  [
    'predict_linear',
    (series, { timeMs, parameter }) => {
      const line = linearRegression(series, timeMs);
      return line && line.slope * parameter + line.intercept;
    },
  ],
]);

/** Those whose results keep the metric's name. */
export const KEEP_NAME: ReadonlySet<string> = new Set(['last_over_time', 'first_over_time']);

/** Those that are meant for counters. */
export const FOR_COUNTERS: ReadonlySet<string> = new Set(['rate', 'increase', 'irate']);

/** Least squares; the intercept is at `interceptMs`. Undefined: fewer than two samples. */
function linearRegression(
  { times, values }: RangeSeries,
  interceptMs: number,
): { slope: number; intercept: number } | undefined {
  const count = values.length;
  if (count < 2) return undefined;
  if (values.every((value) => value === values[0])) {
    if (!Number.isFinite(values[0])) return { slope: NaN, intercept: NaN };
    return { slope: 0, intercept: values[0]! };
  }
  const [x, y, xy, xx] = [new KahanSum(), new KahanSum(), new KahanSum(), new KahanSum()];
  values.forEach((value, index) => {
    const seconds = (times[index]! - interceptMs) / 1000;
    x.add(seconds);
    y.add(value);
    xy.add(seconds * value);
    xx.add(seconds * seconds);
  });
  const covariance = xy.total - (x.total * y.total) / count;
  const variance = xx.total - (x.total * x.total) / count;
  const slope = covariance / variance;
  return { slope, intercept: y.total / count - (slope * x.total) / count };
}
