/**
 * One query over a store: at one time, or at each step of a range. Each node is evaluated anew at each step; what does
 * not change from step to step (which series a selector means, which labels a result has) is remembered per node.
 * From `promql/engine.go` of Prometheus 3. Left out: native histograms, start timestamps, and the flags that are off by
 * default; a range query's limits are the caller's (`query.ts`).
 */
import { slice } from '../core/slice.ts';
import { Aggregation } from './aggregation.ts';
import type { Annotations } from './annotations.ts';
import { typeOf } from './check.ts';
import {
  isComparison,
  unwrapped,
  type AggregateExpression,
  type AtModifier,
  type BinaryExpression,
  type CallExpression,
  type Expression,
  type MatrixSelector,
  type Position,
  type Subquery,
  type VectorSelector,
} from './expression.ts';
import { bucketFraction, bucketQuantile, type Bucket } from './histogram.ts';
import { labelJoin, labelReplace } from './label-functions.ts';
import { Labels, METRIC_NAME } from './labels.ts';
import {
  binaryNumber,
  compareNumbers,
  DATE_FUNCTIONS,
  NUMBER_FUNCTIONS,
  roundTo,
} from './number-functions.ts';
import { numberText, parseNumber } from './number-text.ts';
import { FOR_COUNTERS, KEEP_NAME, RANGE_FUNCTIONS } from './range-functions.ts';
import type { SeriesStore } from './series-store.ts';
import type { TimeSeries } from './time-series.ts';
import { ascending } from './kahan-sum.ts';
import { PromQLError, type RangeSeries, type Sample } from './value.ts';
import { VectorMatcher } from './vector-matching.ts';

/** A subquery without a step has this one: `global.evaluation_interval`. */
export const DEFAULT_SUBQUERY_STEP_MS = 60_000;

export interface EvaluationOptions {
  store: SeriesStore;
  /** Epoch ms; equal for an instant query. */
  startMs: number;
  endMs: number;
  /** How far back a selector looks for a sample. */
  lookbackMs: number;
  subqueryStepMs: number;
  annotations: Annotations;
  /** Hears how many samples were looked at; throws to give up. */
  onSamples(count: number): void;
}

/** A value at one step. */
export type StepValue = number | string | Sample[] | RangeSeries[];

/** A range's samples, and where the range was. */
interface Range {
  series: RangeSeries[];
  startMs: number;
  endMs: number;
}

const BUCKET_LABEL = 'le';
const BUCKET_LABELS: ReadonlySet<string> = new Set([BUCKET_LABEL, METRIC_NAME]);
const COUNTER_NAME = /_(total|sum|count|bucket)$/;

export class Evaluation {
  readonly #options: EvaluationOptions;
  readonly #selections = new Map<readonly unknown[], TimeSeries[]>();
  readonly #aggregations = new Map<AggregateExpression, Aggregation>();
  readonly #matchers = new Map<BinaryExpression, VectorMatcher>();
  readonly #nameless = new WeakMap<Labels, Labels>();
  readonly #withoutBucket = new WeakMap<Labels, Labels>();
  /** Steps of subqueries; outer steps share them. */
  readonly #inner = new Map<Subquery, Map<number, Sample[]>>();

  constructor(options: EvaluationOptions) {
    this.#options = options;
  }

  /** Throws `PromQLError`. */
  async at(expression: Expression, timeMs: number): Promise<StepValue> {
    switch (expression.kind) {
      case 'number':
      case 'string':
        return expression.value;
      case 'parenthesis':
        return this.at(expression.expression, timeMs);
      case 'unary':
        return this.#unary(expression, timeMs);
      case 'vectorSelector':
        return this.#select(expression, timeMs);
      case 'matrixSelector':
      case 'subquery':
        return (await this.#range(expression, timeMs)).series;
      case 'aggregate':
        return this.#aggregate(expression, timeMs);
      case 'binary':
        return this.#binary(expression, timeMs);
      case 'call':
        return this.#call(expression, timeMs);
    }
  }

  async #vector(expression: Expression, timeMs: number): Promise<Sample[]> {
    return (await this.at(expression, timeMs)) as Sample[];
  }

  async #number(expression: Expression, timeMs: number): Promise<number> {
    return (await this.at(expression, timeMs)) as number;
  }

  async #unary(expression: Expression & { kind: 'unary' }, timeMs: number): Promise<StepValue> {
    const value = await this.at(expression.expression, timeMs);
    if (!expression.negative) return value;
    return typeof value === 'number' ? -value : this.#mapped(value as Sample[], (element) => -element);
  }

  // ---- selectors

  #series(selector: VectorSelector): TimeSeries[] {
    let series = this.#selections.get(selector.matchers);
    if (!series) {
      series = this.#options.store.select(selector.matchers);
      this.#selections.set(selector.matchers, series);
    }
    return series;
  }

  #shifted({ offsetMs, at }: { offsetMs: number; at: AtModifier | undefined }, timeMs: number): number {
    const { startMs, endMs } = this.#options;
    const base = at === undefined ? timeMs : at === 'start' ? startMs : at === 'end' ? endMs : at;
    return base - offsetMs;
  }

  #select(selector: VectorSelector, timeMs: number): Sample[] {
    const atMs = this.#shifted(selector, timeMs);
    const samples: Sample[] = [];
    for (const series of this.#series(selector)) {
      const index = series.lastIndexAt(atMs);
      if (index < series.start || series.stale[index]) continue;
      const sampleMs = series.times[index]!;
      if (sampleMs <= atMs - this.#options.lookbackMs) continue;
      samples.push({ labels: series.labels, value: series.values[index]!, timeMs: sampleMs });
    }
    this.#options.onSamples(samples.length);
    return samples;
  }

  async #range(expression: Expression, timeMs: number): Promise<Range> {
    const inner = unwrapped(expression);
    if (inner.kind === 'subquery') return this.#subquery(inner, timeMs);
    return this.#matrix(inner as MatrixSelector, timeMs);
  }

  #matrix({ selector, rangeMs }: MatrixSelector, timeMs: number): Range {
    const endMs = this.#shifted(selector, timeMs);
    const startMs = endMs - rangeMs;
    const found: RangeSeries[] = [];
    for (const series of this.#series(selector)) {
      const times: number[] = [];
      const values: number[] = [];
      const last = series.lastIndexAt(endMs);
      for (let index = series.lastIndexAt(startMs) + 1; index <= last; index++) {
        if (series.stale[index]) continue;
        times.push(series.times[index]!);
        values.push(series.values[index]!);
      }
      this.#options.onSamples(times.length);
      if (times.length > 0) found.push({ labels: series.labels, times, values });
    }
    return { series: found, startMs, endMs };
  }

  async #subquery(subquery: Subquery, timeMs: number): Promise<Range> {
    const { expression, rangeMs } = subquery;
    const stepMs = subquery.stepMs ?? this.#options.subqueryStepMs;
    const endMs = this.#shifted(subquery, timeMs);
    const startMs = endMs - rangeMs;
    let known = this.#inner.get(subquery);
    if (!known) this.#inner.set(subquery, (known = new Map()));
    const found = new Map<string, RangeSeries>();
    let stepAtMs = Math.trunc(startMs / stepMs) * stepMs;
    if (stepAtMs <= startMs) stepAtMs += stepMs;
    for (; stepAtMs <= endMs; stepAtMs += stepMs) {
      let samples = known.get(stepAtMs);
      if (!samples) {
        samples = await this.#vector(expression, stepAtMs);
        known.set(stepAtMs, samples);
        await slice();
      } else this.#options.onSamples(samples.length);
      for (const { labels, value } of samples) {
        let series = found.get(labels.key);
        if (!series) found.set(labels.key, (series = { labels, times: [], values: [] }));
        series.times.push(stepAtMs);
        series.values.push(value);
      }
    }
    return { series: [...found.values()], startMs, endMs };
  }

  // ---- operators

  async #aggregate(expression: AggregateExpression, timeMs: number): Promise<Sample[]> {
    const parameter = expression.parameter ? await this.at(expression.parameter, timeMs) : 0;
    if (expression.operator === 'quantile')
      this.#checkQuantile(parameter as number, expression.parameter!.position);
    let aggregation = this.#aggregations.get(expression);
    if (!aggregation) this.#aggregations.set(expression, (aggregation = new Aggregation(expression)));
    const samples = await this.#vector(expression.expression, timeMs);
    return aggregation.evaluate(samples, parameter as number | string);
  }

  async #binary(expression: BinaryExpression, timeMs: number): Promise<StepValue> {
    const { operator } = expression;
    const left = (await this.at(expression.left, timeMs)) as number | Sample[];
    const right = (await this.at(expression.right, timeMs)) as number | Sample[];
    if (typeof left === 'number')
      return typeof right === 'number'
        ? isComparison(operator)
          ? Number(compareNumbers(operator, left, right))
          : binaryNumber(operator, left, right)
        : this.#withScalar(expression, right, (value) => [left, value]);
    if (typeof right === 'number') return this.#withScalar(expression, left, (value) => [value, right]);
    let matcher = this.#matchers.get(expression);
    if (!matcher) this.#matchers.set(expression, (matcher = new VectorMatcher(expression)));
    return matcher.evaluate(left, right);
  }

  #withScalar(
    { operator, returnBool }: BinaryExpression,
    samples: readonly Sample[],
    operands: (value: number) => [number, number],
  ): Sample[] {
    if (!isComparison(operator))
      return this.#mapped(samples, (value) => binaryNumber(operator, ...operands(value)));
    if (returnBool)
      return this.#mapped(samples, (value) => Number(compareNumbers(operator, ...operands(value))));
    return samples.filter(({ value }) => compareNumbers(operator, ...operands(value)));
  }

  // ---- functions

  async #call(call: CallExpression, timeMs: number): Promise<StepValue> {
    const { name, arguments: args } = call;
    if (RANGE_FUNCTIONS.has(name)) return this.#rangeCall(call, timeMs);
    const ofNumber = NUMBER_FUNCTIONS.get(name);
    if (ofNumber) return this.#mapped(await this.#vector(args[0]!, timeMs), ofNumber);
    const ofDate = DATE_FUNCTIONS.get(name);
    if (ofDate)
      return args[0]
        ? this.#mapped(await this.#vector(args[0], timeMs), ofDate)
        : [{ labels: Labels.NONE, value: ofDate(timeMs / 1000) }];
    switch (name) {
      case 'time':
        return timeMs / 1000;
      case 'pi':
        return Math.PI;
      case 'vector':
        return [{ labels: Labels.NONE, value: await this.#number(args[0]!, timeMs) }];
      case 'scalar': {
        const samples = await this.#vector(args[0]!, timeMs);
        return samples.length === 1 ? samples[0]!.value : NaN;
      }
      case 'absent':
        return (await this.#vector(args[0]!, timeMs)).length > 0 ? [] : absence(args[0]!);
      case 'absent_over_time':
        return (await this.#range(args[0]!, timeMs)).series.length > 0 ? [] : absence(args[0]!);
      case 'histogram_quantile':
      case 'histogram_fraction':
        return this.#histogram(call, timeMs);
      default:
        return this.#vectorCall(call, await this.#vector(args[0]!, timeMs), timeMs);
    }
  }

  /** Functions whose first argument is an instant vector. */
  async #vectorCall(call: CallExpression, samples: Sample[], timeMs: number): Promise<Sample[]> {
    const { name, arguments: args } = call;
    const scalars: number[] = [];
    const texts: string[] = [];
    for (const argument of args.slice(1)) {
      const value = await this.at(argument, timeMs);
      if (typeof value === 'string') texts.push(value);
      else scalars.push(value as number);
    }
    const [first = 0, second = 0] = scalars;
    switch (name) {
      case 'clamp':
        return first > second
          ? []
          : this.#mapped(samples, (value) => Math.max(first, Math.min(second, value)));
      case 'clamp_max':
        return this.#mapped(samples, (value) => Math.min(first, value));
      case 'clamp_min':
        return this.#mapped(samples, (value) => Math.max(first, value));
      case 'round':
        return this.#mapped(samples, (value) => roundTo(value, scalars.length > 0 ? first : 1));
      case 'timestamp': {
        const isSelector = unwrapped(args[0]!).kind === 'vectorSelector';
        return this.#renamed(
          samples.map((sample) => ({
            ...sample,
            value: ((isSelector ? sample.timeMs : undefined) ?? timeMs) / 1000,
          })),
        );
      }
      case 'sort':
      case 'sort_desc':
        return this.#sorted(call, samples);
      case 'label_replace':
        return this.#unique(labelReplace(samples, texts as [string, string, string, string]));
      case 'label_join':
        return this.#unique(labelJoin(samples, texts as [string, string]));
      default:
        throw new Error(`function "${name}" has a signature and no implementation`);
    }
  }

  #sorted({ name, position }: CallExpression, samples: Sample[]): Sample[] {
    if (this.#options.startMs !== this.#options.endMs)
      this.#options.annotations.warn(
        position,
        'sort is ineffective for range queries since results are always ordered by labels',
      );
    const direction = name === 'sort' ? 1 : -1;
    return [...samples].sort((a, b) =>
      // NaN last, whatever the direction.
      Number.isNaN(a.value) || Number.isNaN(b.value)
        ? -ascending(a.value, b.value)
        : direction * ascending(a.value, b.value),
    );
  }

  async #rangeCall({ name, arguments: args }: CallExpression, timeMs: number): Promise<Sample[]> {
    const isRangeLast = name === 'quantile_over_time';
    const rangeArgument = isRangeLast ? args[1]! : args[0]!;
    const other = isRangeLast ? args[0] : args[1];
    const parameter = other ? await this.#number(other, timeMs) : 0;
    if (isRangeLast) this.#checkQuantile(parameter, other!.position);
    const { series, startMs, endMs } = await this.#range(rangeArgument, timeMs);
    const evaluate = RANGE_FUNCTIONS.get(name)!;
    const context = { rangeStartMs: startMs, rangeEndMs: endMs, timeMs, parameter };
    const samples: Sample[] = [];
    for (const one of series) {
      const value = evaluate(one, context);
      if (value === undefined) continue;
      samples.push({ labels: one.labels, value });
      const { metricName } = one.labels;
      if (FOR_COUNTERS.has(name) && metricName && !COUNTER_NAME.test(metricName))
        this.#options.annotations.inform(
          rangeArgument.position,
          `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "${metricName}"`,
        );
    }
    return KEEP_NAME.has(name) ? samples : this.#renamed(samples);
  }

  async #histogram({ name, arguments: args }: CallExpression, timeMs: number): Promise<Sample[]> {
    const isQuantile = name === 'histogram_quantile';
    const first = await this.#number(args[0]!, timeMs);
    const second = isQuantile ? 0 : await this.#number(args[1]!, timeMs);
    const source = args.at(-1)!;
    if (isQuantile) this.#checkQuantile(first, args[0]!.position);
    const histograms = new Map<string, { labels: Labels; buckets: Bucket[] }>();
    for (const { labels, value } of await this.#vector(source, timeMs)) {
      const upperBound = parseNumber(labels.get(BUCKET_LABEL));
      if (upperBound === undefined) {
        this.#options.annotations.warn(
          source.position,
          `bucket label "${BUCKET_LABEL}" is missing or has a malformed value of "${labels.get(BUCKET_LABEL)}"${ofMetric(labels)}`,
        );
        continue;
      }
      let rest = this.#withoutBucket.get(labels);
      if (!rest) this.#withoutBucket.set(labels, (rest = labels.without(BUCKET_LABELS)));
      // The name tells histograms apart, although the result has none.
      const key = `${labels.metricName}\u0002${rest.key}`;
      const histogram = histograms.get(key);
      if (histogram) histogram.buckets.push({ upperBound, count: value });
      else histograms.set(key, { labels: rest, buckets: [{ upperBound, count: value }] });
    }
    return this.#unique(
      [...histograms.values()].map(({ labels, buckets }) => ({
        labels,
        value: isQuantile
          ? this.#quantile(first, buckets, source.position, timeMs)
          : bucketFraction(first, second, buckets),
      })),
    );
  }

  #quantile(quantile: number, buckets: Bucket[], position: Position, timeMs: number): number {
    const { value, forced } = bucketQuantile(quantile, buckets);
    if (forced) this.#options.annotations.informForced(position, forced, timeMs);
    return value;
  }

  #checkQuantile(quantile: number, position: Position): void {
    if (quantile >= 0 && quantile <= 1) return;
    this.#options.annotations.warn(
      position,
      `quantile value should be between 0 and 1, got ${numberText(quantile)}`,
    );
  }

  // ---- results

  /** New values, which are no longer the metric's. */
  #mapped(samples: readonly Sample[], value: (value: number) => number): Sample[] {
    return this.#renamed(samples.map((sample) => ({ labels: sample.labels, value: value(sample.value) })));
  }

  #renamed(samples: Sample[]): Sample[] {
    for (const sample of samples) {
      let nameless = this.#nameless.get(sample.labels);
      if (!nameless) this.#nameless.set(sample.labels, (nameless = sample.labels.withoutMetricName()));
      sample.labels = nameless;
    }
    return this.#unique(samples);
  }

  #unique(samples: Sample[]): Sample[] {
    if (samples.length < 2) return samples;
    const keys = new Set<string>();
    for (const { labels } of samples) keys.add(labels.key);
    if (keys.size < samples.length)
      throw new PromQLError('vector cannot contain metrics with the same labelset');
    return samples;
  }
}

/** What `absent` says: one, with the labels that the selector asked for by `=`. */
function absence(argument: Expression): Sample[] {
  const inner = argument.kind === 'matrixSelector' ? argument.selector : argument;
  const matchers = inner.kind === 'vectorSelector' ? inner.matchers : [];
  let labels = Labels.NONE;
  const seen = new Set<string>();
  for (const { name, operator, value } of matchers) {
    if (name === METRIC_NAME) continue;
    labels = labels.with(name, operator === '=' && !seen.has(name) ? value : '');
    if (operator === '=') seen.add(name);
  }
  return [{ labels, value: 1 }];
}

const ofMetric = ({ metricName }: Labels): string => (metricName ? ` for metric name "${metricName}"` : '');

/** Whether a range of an expression makes sense: strings and ranges have none. */
export const isSteppable = (expression: Expression): boolean =>
  ['scalar', 'vector'].includes(typeOf(expression));
