/**
 * `rate`, `increase`, `delta` and their instant forms. What a counter lost by a reset is added again, and the slope
 * between the first and the last sample is extrapolated to the range's ends, as far as that is likely: Prometheus'
 * `extrapolatedRate`.
 */
import type { RangeSeries } from './value.ts';

/** An end of the range this many intervals away from a sample is taken for the end of the series. */
const THRESHOLD = 1.1;

export interface RateOptions {
  /** A counter's decreases are resets. */
  isCounter: boolean;
  /** Per second, not over the range. */
  isRate: boolean;
}

/** Undefined: too few samples. `rangeStartMs` is exclusive. */
export function extrapolatedRate(
  { times, values }: RangeSeries,
  rangeStartMs: number,
  rangeEndMs: number,
  { isCounter, isRate }: RateOptions,
): number | undefined {
  const last = values.length - 1;
  if (last < 1) return undefined;
  let change = values[last]! - values[0]!;
  if (isCounter)
    for (let index = 1; index <= last; index++)
      if (values[index]! < values[index - 1]!) change += values[index - 1]!;

  const sampledSeconds = (times[last]! - times[0]!) / 1000;
  const intervalSeconds = sampledSeconds / last;
  const thresholdSeconds = intervalSeconds * THRESHOLD;
  let toStartSeconds = (times[0]! - rangeStartMs) / 1000;
  let toEndSeconds = (rangeEndMs - times[last]!) / 1000;
  if (toStartSeconds >= thresholdSeconds) toStartSeconds = intervalSeconds / 2;
  // A counter was not below zero: it began no earlier than where its line meets zero.
  if (isCounter && change > 0 && values[0]! >= 0)
    toStartSeconds = Math.min(toStartSeconds, sampledSeconds * (values[0]! / change));
  if (toEndSeconds >= thresholdSeconds) toEndSeconds = intervalSeconds / 2;
  let factor = (sampledSeconds + toStartSeconds + toEndSeconds) / sampledSeconds;
  if (isRate) factor /= (rangeEndMs - rangeStartMs) / 1000;
  return change * factor;
}

/** `irate` and `idelta`: between the last two samples. Undefined: there are not two. */
export function instantRate(
  { times, values }: RangeSeries,
  { isCounter, isRate }: RateOptions,
): number | undefined {
  const last = values.length - 1;
  if (last < 1) return undefined;
  const isReset = isCounter && values[last]! < values[last - 1]!;
  const change = isReset ? values[last]! : values[last]! - values[last - 1]!;
  return isRate ? change / ((times[last]! - times[last - 1]!) / 1000) : change;
}
