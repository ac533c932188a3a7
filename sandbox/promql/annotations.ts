/** What Prometheus remarks about a query that works all the same: warnings, and hints that it calls infos. */
import { timestamp } from '../core/clock.ts';
import type { Position } from './expression.ts';
import type { ForcedMonotonicity } from './histogram.ts';
import { numberText } from './number-text.ts';
import { lineAndColumn } from './parse-error.ts';

/** As in the API's answers: so many of each, then how many more there are. */
const MAX_SHOWN = 10;

export class Annotations {
  readonly #query: string;
  readonly #warnings = new Set<string>();
  readonly #infos = new Set<string>();
  readonly #forced = new Map<
    Position,
    ForcedMonotonicity & { count: number; firstMs: number; lastMs: number }
  >();

  constructor(query: string) {
    this.#query = query;
  }

  warn(position: Position, message: string): void {
    this.#warnings.add(`PromQL warning: ${message} (${lineAndColumn(this.#query, position.start)})`);
  }

  inform(position: Position, message: string): void {
    this.#infos.add(`PromQL info: ${message} (${lineAndColumn(this.#query, position.start)})`);
  }

  /** Buckets of a histogram were put right; over the steps of a range they are one remark. */
  informForced(position: Position, forced: ForcedMonotonicity, timeMs: number): void {
    const known = this.#forced.get(position);
    if (!known) {
      this.#forced.set(position, { ...forced, count: 1, firstMs: timeMs, lastMs: timeMs });
      return;
    }
    known.minBucket = Math.min(known.minBucket, forced.minBucket);
    known.maxBucket = Math.max(known.maxBucket, forced.maxBucket);
    known.maxDifference = Math.max(known.maxDifference, forced.maxDifference);
    known.count++;
    known.lastMs = timeMs;
  }

  get warnings(): string[] {
    return shown(this.#warnings, 'warning');
  }

  get infos(): string[] {
    const forced = [...this.#forced].map(
      ([position, { minBucket, maxBucket, maxDifference, count, firstMs, lastMs }]) =>
        'PromQL info: input to histogram_quantile needed to be fixed for monotonicity ' +
        '(see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile), ' +
        `from buckets ${numberText(minBucket)} to ${numberText(maxBucket)}, ` +
        `with a max diff of ${numberText(Number(maxDifference.toPrecision(2)))}, ` +
        `over ${count} samples from ${timestamp(firstMs)} to ${timestamp(lastMs)} ` +
        `(${lineAndColumn(this.#query, position.start)})`,
    );
    return shown(new Set([...this.#infos, ...forced]), 'info');
  }
}

function shown(messages: ReadonlySet<string>, kind: string): string[] {
  const first = [...messages].slice(0, MAX_SHOWN);
  const more = messages.size - first.length;
  return more > 0 ? [...first, `${more} more ${kind} annotations omitted`] : first;
}
