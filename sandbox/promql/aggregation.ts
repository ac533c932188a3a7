/** Aggregations over an instant vector: `sum by (…)`, `topk`, `quantile`, … */
import type { AggregateExpression, AggregateOperator } from './expression.ts';
import { ascending, meanOf, quantileOf, sumOf, varianceOf } from './kahan-sum.ts';
import { Labels, METRIC_NAME } from './labels.ts';
import { numberText } from './number-text.ts';
import type { Sample } from './value.ts';
import { PromQLError } from './value.ts';

/** What is left of a group's values. */
const REDUCTIONS: Readonly<Partial<Record<AggregateOperator, (values: readonly number[]) => number>>> = {
  sum: sumOf,
  avg: meanOf,
  count: (values) => values.length,
  group: () => 1,
  min: (values) => values.reduce((least, value) => (value < least || Number.isNaN(least) ? value : least)),
  max: (values) => values.reduce((most, value) => (value > most || Number.isNaN(most) ? value : most)),
  stdvar: varianceOf,
  stddev: (values) => Math.sqrt(varianceOf(values)),
};

export class Aggregation {
  readonly #operator: AggregateOperator;
  readonly #labelsOf: (labels: Labels) => Labels;
  /** Groups by the labels of their members: series have the same labels at every step. */
  readonly #groups = new WeakMap<Labels, Labels>();

  constructor({ operator, grouping, without }: AggregateExpression) {
    this.#operator = operator;
    const names = new Set(grouping);
    if (without) names.add(METRIC_NAME);
    this.#labelsOf = without ? (labels) => labels.without(names) : (labels) => labels.keep(names);
  }

  /** `parameter`: of `topk`, `bottomk` and `quantile` a number, of `count_values` a label. */
  evaluate(samples: readonly Sample[], parameter: number | string): Sample[] {
    switch (this.#operator) {
      case 'topk':
      case 'bottomk':
        return this.#extremes(samples, parameter as number);
      case 'count_values':
        return this.#countValues(samples, parameter as string);
      case 'quantile':
        return this.#reduce(samples, (values) => quantileOf(parameter as number, values));
      default:
        return this.#reduce(samples, REDUCTIONS[this.#operator]!);
    }
  }

  #reduce(samples: readonly Sample[], reduction: (values: readonly number[]) => number): Sample[] {
    return [...this.#grouped(samples).values()].map(({ labels, members }) => ({
      labels,
      value: reduction(members.map(({ value }) => value)),
    }));
  }

  /** The elements themselves, with their labels, best first within a group. */
  #extremes(samples: readonly Sample[], parameter: number): Sample[] {
    if (Number.isNaN(parameter)) throw new PromQLError('Parameter value is NaN');
    if (Math.abs(parameter) >= 2 ** 63)
      throw new PromQLError(`Scalar value ${numberText(parameter)} overflows int64`);
    const count = Math.trunc(parameter);
    if (count < 1) return [];
    const direction = this.#operator === 'topk' ? -1 : 1;
    // NaN last, whatever the direction.
    const better = (a: Sample, b: Sample) =>
      Number.isNaN(a.value) || Number.isNaN(b.value)
        ? -ascending(a.value, b.value)
        : direction * ascending(a.value, b.value);
    return [...this.#grouped(samples).values()].flatMap(({ members }) =>
      members.sort(better).slice(0, count),
    );
  }

  #countValues(samples: readonly Sample[], label: string): Sample[] {
    if (label === '') throw new PromQLError(`invalid label name "${label}"`);
    const counted = new Map<string, Sample>();
    for (const { labels, value } of samples) {
      const group = this.#labelsOf(labels).with(label, numberText(value));
      const known = counted.get(group.key);
      if (known) known.value++;
      else counted.set(group.key, { labels: group, value: 1 });
    }
    return [...counted.values()];
  }

  #grouped(samples: readonly Sample[]): Map<string, { labels: Labels; members: Sample[] }> {
    const groups = new Map<string, { labels: Labels; members: Sample[] }>();
    for (const sample of samples) {
      let labels = this.#groups.get(sample.labels);
      if (!labels) this.#groups.set(sample.labels, (labels = this.#labelsOf(sample.labels)));
      const group = groups.get(labels.key);
      if (group) group.members.push(sample);
      else groups.set(labels.key, { labels, members: [sample] });
    }
    return groups;
  }
}
