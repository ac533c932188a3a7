/** Values of expressions. */
import type { Labels } from './labels.ts';

/** An element of an instant vector. */
export interface Sample {
  labels: Labels;
  value: number;
  /** When the sample was taken (epoch ms), where a selector found it; undefined: it is computed. */
  timeMs?: number;
}

/** A series' samples within a range, without staleness markers. */
export interface RangeSeries {
  labels: Labels;
  /** Epoch ms, ascending. */
  times: number[];
  values: number[];
}

/** The result of a query. */
export type QueryValue =
  | { type: 'scalar'; timeMs: number; value: number }
  | { type: 'string'; timeMs: number; value: string }
  | { type: 'vector'; timeMs: number; samples: Sample[] }
  | { type: 'matrix'; series: RangeSeries[] };

/** A query that cannot be evaluated, in Prometheus' words. */
export class PromQLError extends Error {}
