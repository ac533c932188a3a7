/** What is said of several measurements of the same thing. */

export const median = (samples: readonly number[]): number => percentile(samples, 50);

/** The nearest-rank percentile, `percent` in (0, 100]. Throws without samples. */
export function percentile(samples: readonly number[], percent: number): number {
  if (samples.length === 0) throw new Error('nothing was measured');
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1]!;
}
