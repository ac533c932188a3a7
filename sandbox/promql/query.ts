/** Queries over a store: at one time, and over a range of steps. */
import { slice } from '../core/slice.ts';
import { Annotations } from './annotations.ts';
import { documentedType, typeOf } from './check.ts';
import { DEFAULT_SUBQUERY_STEP_MS, Evaluation, isSteppable } from './evaluation.ts';
import { Labels } from './labels.ts';
import { parsePromQL } from './parse.ts';
import type { SeriesStore } from './series-store.ts';
import { PromQLError, type QueryValue, type RangeSeries, type Sample } from './value.ts';

export interface QueryOptions {
  /** `--query.lookback-delta`; default 5 minutes. */
  lookbackMs?: number;
  /** Of subqueries that do not say one: `global.evaluation_interval`; default 1 minute. */
  subqueryStepMs?: number;
  /** `--query.max-samples`; default 10 million. */
  maxSamples?: number;
  /** Called between steps: where the caller counts the work and waits its turn. */
  pause?(samples: number): Promise<void> | undefined;
}

export interface QueryAnswer {
  value: QueryValue;
  warnings: string[];
  infos: string[];
}

const LOOKBACK_MS = 300_000;
const MAX_SAMPLES = 10_000_000;

/** Throws `PromQLParseError` and `PromQLError`. */
export async function instantQuery(
  store: SeriesStore,
  query: string,
  timeMs: number,
  options: QueryOptions = {},
): Promise<QueryAnswer> {
  const expression = parsePromQL(query);
  const annotations = new Annotations(query);
  const counter = new SampleCounter(options);
  const evaluation = evaluationOf({ store, startMs: timeMs, endMs: timeMs, annotations, counter, options });
  const result = await evaluation.at(expression, timeMs);
  await counter.pause();
  const answer = (value: QueryValue) => ({ value, ...messages(annotations) });
  switch (typeOf(expression)) {
    case 'scalar':
      return answer({ type: 'scalar', timeMs, value: result as number });
    case 'string':
      return answer({ type: 'string', timeMs, value: result as string });
    case 'vector':
      return answer({ type: 'vector', timeMs, samples: result as Sample[] });
    case 'matrix':
      return answer({ type: 'matrix', series: (result as RangeSeries[]).sort(byLabels) });
  }
}

/** From `startMs` to `endMs` (inclusive), each `stepMs`. Throws `PromQLParseError` and `PromQLError`. */
export async function rangeQuery(
  store: SeriesStore,
  query: string,
  { startMs, endMs, stepMs }: { startMs: number; endMs: number; stepMs: number },
  options: QueryOptions = {},
): Promise<QueryAnswer> {
  const expression = parsePromQL(query);
  if (!isSteppable(expression))
    throw new PromQLError(
      `invalid expression type "${documentedType(typeOf(expression))}" for range query, must be Scalar or instant Vector`,
    );
  const annotations = new Annotations(query);
  const counter = new SampleCounter(options);
  const evaluation = evaluationOf({ store, startMs, endMs, annotations, counter, options });
  const found = new Map<string, RangeSeries>();
  for (let timeMs = startMs; timeMs <= endMs; timeMs += stepMs) {
    const result = await evaluation.at(expression, timeMs);
    const samples =
      typeof result === 'number' ? [{ labels: Labels.NONE, value: result }] : (result as Sample[]);
    for (const { labels, value } of samples) {
      let series = found.get(labels.key);
      if (!series) found.set(labels.key, (series = { labels, times: [], values: [] }));
      series.times.push(timeMs);
      series.values.push(value);
    }
    await counter.pause();
  }
  const series = [...found.values()].sort(byLabels);
  return { value: { type: 'matrix', series }, ...messages(annotations) };
}

function evaluationOf({
  store,
  startMs,
  endMs,
  annotations,
  counter,
  options,
}: {
  store: SeriesStore;
  startMs: number;
  endMs: number;
  annotations: Annotations;
  counter: SampleCounter;
  options: QueryOptions;
}): Evaluation {
  return new Evaluation({
    store,
    startMs,
    endMs,
    lookbackMs: options.lookbackMs ?? LOOKBACK_MS,
    subqueryStepMs: options.subqueryStepMs ?? DEFAULT_SUBQUERY_STEP_MS,
    annotations,
    onSamples: (count) => counter.add(count),
  });
}

class SampleCounter {
  readonly #maxSamples: number;
  readonly #pause: QueryOptions['pause'];
  #total = 0;
  #sincePause = 0;

  constructor({ maxSamples = MAX_SAMPLES, pause }: QueryOptions) {
    this.#maxSamples = maxSamples;
    this.#pause = pause;
  }

  add(count: number): void {
    this.#total += count;
    this.#sincePause += count;
    if (this.#total > this.#maxSamples)
      throw new PromQLError('query processing would load too many samples into memory in query execution');
  }

  async pause(): Promise<void> {
    const samples = this.#sincePause;
    this.#sincePause = 0;
    await this.#pause?.(samples);
    await slice();
  }
}

const messages = ({ warnings, infos }: Annotations) => ({ warnings, infos });

/** By names and values of labels in turn, fewer labels first. */
function byLabels({ labels: { pairs: a } }: RangeSeries, { labels: { pairs: b } }: RangeSeries): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++)
    for (const part of [0, 1] as const) {
      const [left, right] = [a[index]![part], b[index]![part]];
      if (left !== right) return left < right ? -1 : 1;
    }
  return a.length - b.length;
}
