/**
 * Time series in memory, found by their labels. Bounded by age and by number of samples, as a Prometheus is by
 * `--storage.tsdb.retention.time` and `.size`. Left out: blocks on disk, a write-ahead log, out-of-order samples,
 * exemplars, native histograms.
 */
import { Labels, METRIC_NAME } from './labels.ts';
import { matchesAll, type Matcher } from './matcher.ts';
import { TimeSeries } from './time-series.ts';

export interface SeriesStoreOptions {
  /** Samples older than this are forgotten; default: none. */
  retentionMs?: number;
  /** More than this many and the oldest go first; default 1 million (17 MB). */
  maxSamples?: number;
}

/** How much of the time span goes at once when there are too many samples. */
const DROPPED_SHARE = 0.1;

export class SeriesStore {
  readonly #retentionMs: number;
  readonly #maxSamples: number;
  readonly #byKey = new Map<string, TimeSeries>();
  readonly #byMetric = new Map<string, Set<TimeSeries>>();
  #samples = 0;
  #latestMs = -Infinity;

  constructor({ retentionMs = Infinity, maxSamples = 1_000_000 }: SeriesStoreOptions = {}) {
    this.#retentionMs = retentionMs;
    this.#maxSamples = maxSamples;
  }

  get seriesCount(): number {
    return this.#byKey.size;
  }

  get sampleCount(): number {
    return this.#samples;
  }

  /** A sample of a series; undefined is a staleness marker. False: it is not newer than the series' last. */
  append(labels: Labels, timeMs: number, value: number | undefined): boolean {
    let series = this.#byKey.get(labels.key);
    if (!series) {
      series = new TimeSeries(labels);
      this.#byKey.set(labels.key, series);
      const { metricName } = labels;
      let sameName = this.#byMetric.get(metricName);
      if (!sameName) this.#byMetric.set(metricName, (sameName = new Set()));
      sameName.add(series);
    }
    if (!series.append(timeMs, value)) return false;
    this.#samples++;
    this.#latestMs = Math.max(this.#latestMs, timeMs);
    return true;
  }

  /** Series that all matchers select, in the order in which they came. */
  select(matchers: readonly Matcher[]): TimeSeries[] {
    const name = matchers.find((matcher) => matcher.name === METRIC_NAME && matcher.operator === '=');
    const candidates = name ? (this.#byMetric.get(name.value) ?? []) : this.#byKey.values();
    const selected: TimeSeries[] = [];
    for (const series of candidates) if (matchesAll(series.labels, matchers)) selected.push(series);
    return selected;
  }

  /** Forgets what is too old or too much, and series that have nothing left. */
  truncate(nowMs: number): void {
    this.#dropBefore(nowMs - this.#retentionMs);
    while (this.#samples > this.#maxSamples) {
      const oldestMs = this.#oldestMs();
      this.#dropBefore(oldestMs + Math.max(1, (this.#latestMs - oldestMs) * DROPPED_SHARE));
    }
  }

  #oldestMs(): number {
    let oldestMs = Infinity;
    for (const series of this.#byKey.values())
      if (series.length > 0) oldestMs = Math.min(oldestMs, series.times[series.start]!);
    return oldestMs;
  }

  #dropBefore(timeMs: number): void {
    if (timeMs === -Infinity) return;
    for (const series of this.#byKey.values()) {
      this.#samples -= series.dropBefore(timeMs);
      if (series.length > 0) continue;
      this.#byKey.delete(series.labels.key);
      const sameName = this.#byMetric.get(series.labels.metricName)!;
      sameName.delete(series);
      if (sameName.size === 0) this.#byMetric.delete(series.labels.metricName);
    }
  }
}
