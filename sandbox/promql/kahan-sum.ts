/** Sums and means that lose no small summands: Kahan's compensated summation in Neumaier's form, as Prometheus adds. */
export class KahanSum {
  sum = 0;
  #compensation = 0;

  add(value: number): void {
    const total = this.sum + value;
    if (!Number.isFinite(total)) this.#compensation = 0;
    else if (Math.abs(this.sum) >= Math.abs(value)) this.#compensation += this.sum - total + value;
    else this.#compensation += value - total + this.sum;
    this.sum = total;
  }

  get total(): number {
    return Number.isFinite(this.sum) ? this.sum + this.#compensation : this.sum;
  }

  scale(factor: number): void {
    this.sum *= factor;
    this.#compensation *= factor;
  }
}

export function sumOf(values: readonly number[]): number {
  const sum = new KahanSum();
  for (const value of values) sum.add(value);
  return sum.total;
}

/** The mean; values whose sum is more than a number can hold are averaged one by one. */
export function meanOf(values: readonly number[]): number {
  const total = sumOf(values);
  if (Number.isFinite(total)) return total / values.length;
  const mean = new KahanSum();
  values.forEach((value, index) => {
    mean.scale(index / (index + 1));
    mean.add(value / (index + 1));
  });
  return mean.total;
}

/** The population's variance, by Welford's method. */
export function varianceOf(values: readonly number[]): number {
  const mean = new KahanSum();
  const squares = new KahanSum();
  values.forEach((value, index) => {
    const delta = value - mean.total;
    mean.add(delta / (index + 1));
    squares.add(delta * (value - mean.total));
  });
  return squares.total / values.length;
}

/** The φ-quantile with interpolation between neighbours; NaN sorts first. */
export function quantileOf(quantile: number, values: readonly number[]): number {
  if (values.length === 0 || Number.isNaN(quantile)) return NaN;
  if (quantile < 0) return -Infinity;
  if (quantile > 1) return Infinity;
  const sorted = [...values].sort(ascending);
  const rank = quantile * (sorted.length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(sorted.length - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return sorted[lower]! * (1 - weight) + sorted[upper]! * weight;
}

/** NaN before everything. */
export function ascending(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : -1;
  if (Number.isNaN(b)) return 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
