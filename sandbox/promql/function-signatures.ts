/**
 * The functions and what they take, as in Prometheus' `promql/parser/functions.go`. Left out: those that only native
 * histograms have (`histogram_count`, `histogram_avg`, …), and what Prometheus itself refuses without a feature flag
 * (`sort_by_label`, `mad_over_time`, `info`, …).
 */
import type { ValueType } from './expression.ts';

export interface FunctionSignature {
  arguments: readonly ValueType[];
  /** How many more of the last kind are allowed (or, for 1, that it may be left out); -1: any number. */
  variadic: number;
  returns: ValueType;
}

const signature = (
  args: readonly ValueType[],
  returns: ValueType = 'vector',
  variadic = 0,
): FunctionSignature => ({ arguments: args, variadic, returns });

const vector = signature(['vector']);
const matrix = signature(['matrix']);
const dateOf = signature(['vector'], 'vector', 1);

const ofVectors =
  'abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor ln log10 log2 rad sgn sin sinh sort sort_desc sqrt tan tanh timestamp';
const ofRanges =
  'absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta increase irate last_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time';
const ofDates = 'day_of_month day_of_week day_of_year days_in_month hour minute month year';

const all = (names: string, of: FunctionSignature): [string, FunctionSignature][] =>
  names.split(' ').map((name) => [name, of]);

export const FUNCTIONS: ReadonlyMap<string, FunctionSignature> = new Map([
  ...all(ofVectors, vector),
  ...all(ofRanges, matrix),
  ...all(ofDates, dateOf),
  ['clamp', signature(['vector', 'scalar', 'scalar'])],
  ['clamp_max', signature(['vector', 'scalar'])],
  ['clamp_min', signature(['vector', 'scalar'])],
  ['histogram_fraction', signature(['scalar', 'scalar', 'vector'])],
  ['histogram_quantile', signature(['scalar', 'vector'])],
  ['label_join', signature(['vector', 'string', 'string', 'string'], 'vector', -1)],
  ['label_replace', signature(['vector', 'string', 'string', 'string', 'string'])],
  ['pi', signature([], 'scalar')],
  ['predict_linear', signature(['matrix', 'scalar'])],
  ['quantile_over_time', signature(['scalar', 'matrix'])],
  ['round', signature(['vector', 'scalar'], 'vector', 1)],
  ['scalar', signature(['vector'], 'scalar')],
  ['time', signature([], 'scalar')],
  ['vector', signature(['scalar'])],
]);
