/** A set of labels: what identifies a time series. The metric's name is the label `__name__`. */
import { seriesText } from '../core/prometheus-text.ts';

export const METRIC_NAME = '__name__';

type Pair = readonly [name: string, value: string];

/** Immutable, sorted by name, without empty values: a label that is empty is a label that is not there. */
export class Labels {
  static readonly NONE = new Labels([]);
  /** Sorted by name. */
  readonly pairs: readonly Pair[];
  #key: string | undefined;

  private constructor(pairs: readonly Pair[]) {
    this.pairs = pairs;
  }

  static of(labels: Readonly<Record<string, string>> | Iterable<Pair>): Labels {
    const pairs = Symbol.iterator in labels ? [...(labels as Iterable<Pair>)] : Object.entries(labels);
    return new Labels(pairs.filter(([, value]) => value !== '').sort(byName));
  }

  /** The same for equal sets, and for no others. */
  get key(): string {
    return (this.#key ??= this.pairs.map(([name, value]) => `${name}\u0000${value}`).join('\u0001'));
  }

  /** A label's value; empty when it is not there. */
  get(name: string): string {
    for (const pair of this.pairs) if (pair[0] === name) return pair[1];
    return '';
  }

  /** The name of the metric; empty when it has none. */
  get metricName(): string {
    return this.get(METRIC_NAME);
  }

  without(names: ReadonlySet<string>): Labels {
    const rest = this.pairs.filter(([name]) => !names.has(name));
    return rest.length === this.pairs.length ? this : new Labels(rest);
  }

  keep(names: ReadonlySet<string>): Labels {
    const kept = this.pairs.filter(([name]) => names.has(name));
    return kept.length === this.pairs.length ? this : new Labels(kept);
  }

  withoutMetricName(): Labels {
    return this.without(NAME_ONLY);
  }

  /** With a label set; an empty value takes it away. */
  with(name: string, value: string): Labels {
    const rest = this.pairs.filter((pair) => pair[0] !== name);
    return value === '' ? new Labels(rest) : Labels.of([...rest, [name, value]]);
  }

  toObject(): Record<string, string> {
    return Object.fromEntries(this.pairs);
  }

  /** `{__name__="metric", name="value"}`, as Prometheus writes it in messages. */
  toString(): string {
    const texts = this.pairs.map(([name, value]) => seriesText('', { [name]: value }).slice(1, -1));
    return `{${texts.join(', ')}}`;
  }
}

const NAME_ONLY: ReadonlySet<string> = new Set([METRIC_NAME]);

const byName = (a: Pair, b: Pair): number => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);
