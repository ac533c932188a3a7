/** The tree of a PromQL expression, and the types of its values. */
import type { Matcher } from './matcher.ts';

/** Types as Prometheus' API calls them; messages say `documentedType`. */
export type ValueType = 'scalar' | 'string' | 'vector' | 'matrix';

/** Offsets into the query, half open. */
export interface Position {
  start: number;
  end: number;
}

export type AggregateOperator =
  | 'sum'
  | 'avg'
  | 'count'
  | 'min'
  | 'max'
  | 'group'
  | 'stddev'
  | 'stdvar'
  | 'topk'
  | 'bottomk'
  | 'quantile'
  | 'count_values';

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type SetOperator = 'and' | 'or' | 'unless';
export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2' | ComparisonOperator | SetOperator;

/** When a selector looks, if not at the evaluation's time: a fixed time (epoch ms), or an end of the range. */
export type AtModifier = number | 'start' | 'end';

interface TimeShift {
  offsetMs: number;
  at: AtModifier | undefined;
}

export interface VectorSelector extends TimeShift {
  kind: 'vectorSelector';
  /** Outside the braces; empty: none. */
  name: string;
  /** The name's included. */
  matchers: readonly Matcher[];
  position: Position;
}

export interface MatrixSelector {
  kind: 'matrixSelector';
  selector: VectorSelector;
  rangeMs: number;
  position: Position;
}

export interface Subquery extends TimeShift {
  kind: 'subquery';
  expression: Expression;
  rangeMs: number;
  /** Undefined: the engine's default. */
  stepMs: number | undefined;
  position: Position;
}

export interface VectorMatching {
  cardinality: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';
  /** `on` (true) or `ignoring`. */
  on: boolean;
  labels: readonly string[];
  /** Labels that `group_left` or `group_right` copies from the one side. */
  include: readonly string[];
}

export interface BinaryExpression {
  kind: 'binary';
  operator: BinaryOperator;
  left: Expression;
  right: Expression;
  returnBool: boolean;
  matching: VectorMatching;
  position: Position;
}

export interface AggregateExpression {
  kind: 'aggregate';
  operator: AggregateOperator;
  expression: Expression;
  parameter: Expression | undefined;
  grouping: readonly string[];
  without: boolean;
  position: Position;
}

export interface CallExpression {
  kind: 'call';
  name: string;
  arguments: readonly Expression[];
  position: Position;
}

export type Expression =
  | { kind: 'number'; value: number; position: Position }
  | { kind: 'string'; value: string; position: Position }
  | { kind: 'parenthesis'; expression: Expression; position: Position }
  | { kind: 'unary'; negative: boolean; expression: Expression; position: Position }
  | VectorSelector
  | MatrixSelector
  | Subquery
  | BinaryExpression
  | AggregateExpression
  | CallExpression;

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const SETS: ReadonlySet<string> = new Set(['and', 'or', 'unless']);

export const isComparison = (operator: BinaryOperator): operator is ComparisonOperator =>
  COMPARISONS.has(operator);
export const isSetOperator = (operator: BinaryOperator): operator is SetOperator => SETS.has(operator);

/** What stands in (any number of) parentheses. */
export function unwrapped(expression: Expression): Expression {
  while (expression.kind === 'parenthesis') ({ expression } = expression);
  return expression;
}
