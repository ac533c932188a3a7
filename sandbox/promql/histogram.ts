/** Quantiles and fractions of classic histograms: cumulative buckets with their upper bounds in the label `le`. */

export interface Bucket {
  upperBound: number;
  /** Observations at or below the bound. */
  count: number;
}

/** Differences between buckets smaller than this share are rounding. */
const TOLERANCE = 1e-12;

/** What was put right, because a count fell from one bucket to the next. */
export interface ForcedMonotonicity {
  minBucket: number;
  maxBucket: number;
  maxDifference: number;
}

/** `buckets` are sorted and put right in place. */
export function bucketQuantile(
  quantile: number,
  buckets: Bucket[],
): { value: number; forced: ForcedMonotonicity | undefined } {
  const plain = (value: number) => ({ value, forced: undefined });
  if (Number.isNaN(quantile)) return plain(NaN);
  if (quantile < 0) return plain(-Infinity);
  if (quantile > 1) return plain(Infinity);
  const merged = merge(buckets);
  if (merged.at(-1)!.upperBound !== Infinity) return plain(NaN);
  const forced = forceMonotonicity(merged);
  const observations = merged.at(-1)!.count;
  if (merged.length < 2 || observations === 0 || Number.isNaN(observations)) return { value: NaN, forced };
  return { value: interpolated(quantile * observations, merged), forced };
}

function interpolated(rank: number, buckets: readonly Bucket[]): number {
  const last = buckets.length - 1;
  let index = buckets.findIndex(({ count }) => count >= rank);
  if (index < 0) index = last;
  if (index === last) return buckets[last - 1]!.upperBound;
  const { upperBound, count } = buckets[index]!;
  if (index === 0 && upperBound <= 0) return upperBound;
  const below = index > 0 ? buckets[index - 1]! : { upperBound: 0, count: 0 };
  return below.upperBound + (upperBound - below.upperBound) * ((rank - below.count) / (count - below.count));
}

/** The share of the observations between two values. */
export function bucketFraction(lower: number, upper: number, buckets: Bucket[]): number {
  const merged = merge(buckets);
  if (merged.at(-1)!.upperBound !== Infinity) return NaN;
  const { count } = merged.at(-1)!;
  if (count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return NaN;
  if (lower >= upper) return 0;
  return (rankOf(upper, merged) - rankOf(lower, merged)) / count;
}

/** How many observations are at or below a value. */
function rankOf(value: number, buckets: readonly Bucket[]): number {
  let below: Bucket = { upperBound: buckets[0]!.upperBound <= 0 ? -Infinity : 0, count: 0 };
  for (const bucket of buckets) {
    if (below.upperBound >= value) return below.count;
    if (bucket.upperBound > value) {
      if (below.upperBound === -Infinity) return bucket.count;
      const share = (value - below.upperBound) / (bucket.upperBound - below.upperBound);
      return below.count + (bucket.count - below.count) * share;
    }
    below = bucket;
  }
  return buckets.at(-1)!.count;
}

/** Sorted by bound; buckets with the same one together. */
function merge(buckets: Bucket[]): Bucket[] {
  buckets.sort((a, b) => (a.upperBound < b.upperBound ? -1 : a.upperBound > b.upperBound ? 1 : 0));
  const merged: Bucket[] = [];
  for (const bucket of buckets) {
    const last = merged.at(-1);
    if (last?.upperBound === bucket.upperBound) last.count += bucket.count;
    else merged.push({ ...bucket });
  }
  return merged;
}

function forceMonotonicity(buckets: Bucket[]): ForcedMonotonicity | undefined {
  let forced: ForcedMonotonicity | undefined;
  let previous = buckets[0]!.count;
  for (const bucket of buckets.slice(1)) {
    const { count, upperBound } = bucket;
    if (almostEqual(previous, count)) bucket.count = previous;
    else if (count < previous) {
      bucket.count = previous;
      forced ??= { minBucket: Infinity, maxBucket: -Infinity, maxDifference: 0 };
      forced.minBucket = Math.min(forced.minBucket, upperBound);
      forced.maxBucket = Math.max(forced.maxBucket, upperBound);
      forced.maxDifference = Math.max(forced.maxDifference, previous - count);
    } else previous = count;
  }
  return forced;
}

function almostEqual(a: number, b: number): boolean {
  if (a === b) return true;
  const sum = Math.abs(a) + Math.abs(b);
  return a !== 0 && b !== 0 && Math.abs(a - b) / sum < TOLERANCE;
}
