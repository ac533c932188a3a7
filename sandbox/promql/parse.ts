/**
 * A query becomes an `Expression`. The grammar is Prometheus' own for its web editor (`@prometheus-io/lezer-promql`);
 * what its tree means, and what is refused, is here and in `check.ts`. Left out: duration expressions beyond one
 * number, `smoothed`, `anchored` and `fill` modifiers, and `limitk`/`limit_ratio`, which Prometheus has behind feature
 * flags too.
 */
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { RegularExpressionError } from '../cel/regular-expression-syntax.ts';
import { checkTypes } from './check.ts';
import { durationMs } from './duration.ts';
import type {
  AggregateOperator,
  AtModifier,
  BinaryOperator,
  Expression,
  Position,
  VectorMatching,
} from './expression.ts';
import { METRIC_NAME } from './labels.ts';
import { Matcher, type MatchOperator } from './matcher.ts';
import { parseNumber } from './number-text.ts';
import { PromQLParseError } from './parse-error.ts';
import { unquoted } from './string-literal.ts';
import { refuseSyntaxErrors } from './syntax-error.ts';

const WITH_PARAMETER: ReadonlySet<string> = new Set(['topk', 'bottomk', 'quantile', 'count_values']);
const BEHIND_A_FLAG = ['limitk', 'limit_ratio'];

/** Throws `PromQLParseError`. */
export function parsePromQL(query: string): Expression {
  const tree = parser.parse(query);
  refuseSyntaxErrors(query, tree);
  const root = children(tree.topNode).find(({ name }) => name !== 'LineComment');
  if (!root)
    throw new PromQLParseError(query, { start: 0, end: query.length }, 'no expression found in input');
  const expression = new Reader(query).expression(root);
  checkTypes(query, expression);
  return expression;
}

class Reader {
  readonly #query: string;

  constructor(query: string) {
    this.#query = query;
  }

  expression(node: SyntaxNode): Expression {
    const position = positionOf(node);
    switch (node.name) {
      case 'NumberDurationLiteral':
        return { kind: 'number', value: this.#number(node), position };
      case 'StringLiteral':
        return { kind: 'string', value: this.#string(node), position };
      case 'ParenExpr':
        return { kind: 'parenthesis', expression: this.expression(children(node)[0]!), position };
      case 'UnaryExpr': {
        const [operator, operand] = children(node);
        const negative = this.#text(operator!) === '-';
        return { kind: 'unary', negative, expression: this.expression(operand!), position };
      }
      case 'BinaryExpr':
        return this.#binary(node);
      case 'AggregateExpr':
        return this.#aggregate(node);
      case 'FunctionCall': {
        const [name, body] = children(node);
        const args = children(body!).map((argument) => this.expression(argument));
        return { kind: 'call', name: this.#text(name!), arguments: args, position };
      }
      case 'VectorSelector':
        return this.#vectorSelector(node);
      case 'MatrixSelector':
        return this.#matrixSelector(node);
      case 'SubqueryExpr':
        return this.#subquery(node);
      case 'OffsetExpr':
        return this.#offset(node);
      case 'StepInvariantExpr':
        return this.#at(node);
      default:
        return this.#refuse(position, `unexpected ${this.#text(node)}`);
    }
  }

  #vectorSelector(node: SyntaxNode): Expression {
    const matchers: Matcher[] = [];
    let name = '';
    for (const part of children(node)) {
      if (part.name === 'Identifier') name = this.#text(part);
      else for (const matcher of children(part)) matchers.push(this.#matcher(matcher));
    }
    const twice = name && matchers.find((matcher) => matcher.name === METRIC_NAME);
    const position = positionOf(node);
    if (twice) this.#refuse(position, `metric name must not be set twice: "${name}" or "${twice.value}"`);
    if (name) matchers.push(new Matcher(METRIC_NAME, '=', name));
    return { kind: 'vectorSelector', name, matchers, offsetMs: 0, at: undefined, position };
  }

  #matcher(node: SyntaxNode): Matcher {
    const [label, operator, value] = children(node);
    // A quoted name alone is the metric's.
    if (node.name === 'QuotedLabelName') return new Matcher(METRIC_NAME, '=', this.#string(label!));
    const name = node.name === 'QuotedLabelMatcher' ? this.#string(children(label!)[0]!) : this.#text(label!);
    try {
      return new Matcher(name, this.#text(operator!) as MatchOperator, this.#string(value!));
    } catch (error) {
      if (error instanceof RegularExpressionError) return this.#refuse(positionOf(node), error.message);
      throw error;
    }
  }

  #matrixSelector(node: SyntaxNode): Expression {
    const [inner, range] = children(node);
    const rangeMs = this.#positiveDuration(range!);
    return this.#postfixed(inner!, node.to, (selector, position) => {
      if (selector.kind !== 'vectorSelector')
        return this.#refuse(position, 'ranges only allowed for vector selectors');
      if (selector.offsetMs !== 0) this.#refuse(position, 'no offset modifiers allowed before range');
      if (selector.at !== undefined) this.#refuse(position, 'no @ modifiers allowed before range');
      return { kind: 'matrixSelector', selector, rangeMs, position };
    });
  }

  #subquery(node: SyntaxNode): Expression {
    const [inner, range, step] = children(node);
    const rangeMs = this.#positiveDuration(range!);
    const stepMs = step && this.#positiveDuration(step);
    return this.#postfixed(inner!, node.to, (expression, position) => ({
      kind: 'subquery',
      expression,
      rangeMs,
      stepMs,
      offsetMs: 0,
      at: undefined,
      position,
    }));
  }

  #offset(node: SyntaxNode): Expression {
    const [inner, , duration] = children(node);
    const offsetMs = this.#duration(duration!);
    return this.#shifted(inner!, node, 'offset', (target) => {
      if (target.offsetMs !== 0) this.#refuse(positionOf(node), 'offset may not be set multiple times');
      return { ...target, offsetMs };
    });
  }

  #at(node: SyntaxNode): Expression {
    const [inner, , time] = children(node);
    const at = this.#time(time!);
    return this.#shifted(inner!, node, '@', (target) => {
      if (target.at !== undefined)
        this.#refuse(positionOf(node), '@ <timestamp> may not be set multiple times');
      return { ...target, at };
    });
  }

  #time(node: SyntaxNode): AtModifier {
    if (node.name === 'AtModifierPreprocessors') return this.#text(node) as 'start' | 'end';
    const seconds = this.#number(node);
    if (!Number.isFinite(seconds))
      this.#refuse(positionOf(node), `timestamp out of bounds for @ modifier: ${this.#text(node)}`);
    return Math.round(seconds * 1000);
  }

  /** Puts a modifier where it counts: on the selector, or on the subquery. */
  #shifted(
    inner: SyntaxNode,
    node: SyntaxNode,
    modifier: string,
    shift: <T extends { offsetMs: number; at: AtModifier | undefined }>(target: T) => T,
  ): Expression {
    return this.#postfixed(inner, node.to, (target, position) => {
      if (target.kind === 'vectorSelector') return { ...shift(target), position };
      if (target.kind === 'subquery') return { ...shift(target), position };
      if (target.kind === 'matrixSelector') return { ...target, selector: shift(target.selector), position };
      return this.#refuse(
        target.position,
        `${modifier} modifier must be preceded by an instant vector selector or range vector selector or a subquery`,
      );
    });
  }

  /**
   * What stands behind an operand binds tighter than any operator. The grammar gives it all that stands before:
   * `-a[5m]`, `a + b offset 5m`.
   */
  #postfixed(
    inner: SyntaxNode,
    end: number,
    make: (operand: Expression, position: Position) => Expression,
  ): Expression {
    const onto = (operand: Expression): Expression => {
      const position = { start: operand.position.start, end };
      if (operand.kind === 'unary') return { ...operand, expression: onto(operand.expression), position };
      if (operand.kind === 'binary') return { ...operand, right: onto(operand.right), position };
      return make(operand, position);
    };
    return onto(this.expression(inner));
  }

  #aggregate(node: SyntaxNode): Expression {
    const position = positionOf(node);
    let grouping: string[] = [];
    let without = false;
    let args: Expression[] = [];
    let operator = '';
    for (const part of children(node)) {
      if (part.name === 'AggregateOp') operator = this.#text(part).toLowerCase();
      else if (part.name === 'AggregateModifier') {
        const [word, labels] = children(part);
        without = word!.name === 'Without';
        grouping = this.#labels(labels!);
      } else args = children(part).map((argument) => this.expression(argument));
    }
    if (BEHIND_A_FLAG.includes(operator))
      this.#refuse(
        position,
        `${operator}() is experimental and must be enabled with --enable-feature=promql-experimental-functions`,
      );
    const wanted = WITH_PARAMETER.has(operator) ? 2 : 1;
    if (args.length === 0) this.#refuse(position, 'no arguments for aggregate expression provided');
    if (args.length !== wanted)
      this.#refuse(
        position,
        `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
      );
    return {
      kind: 'aggregate',
      operator: operator as AggregateOperator,
      expression: args.at(-1)!,
      parameter: wanted === 2 ? args[0] : undefined,
      grouping,
      without,
      position,
    };
  }

  #binary(node: SyntaxNode): Expression {
    const parts = children(node);
    const operator = this.#text(parts[1]!).toLowerCase() as BinaryOperator;
    const matching: VectorMatching = { cardinality: 'one-to-one', on: false, labels: [], include: [] };
    let returnBool = false;
    for (const part of parts.slice(2, -1)) {
      if (part.name === 'BoolModifier') returnBool = true;
      else if (part.name === 'MatchingModifierClause') {
        const words = children(part);
        matching.on = words[0]!.name === 'On';
        matching.labels = this.#labels(words[1]!);
        if (words[2]) matching.cardinality = words[2].name === 'GroupLeft' ? 'many-to-one' : 'one-to-many';
        if (words[3]) matching.include = this.#labels(words[3]);
      } else this.#refuse(positionOf(part), 'fill modifiers are experimental and not enabled');
    }
    const left = this.expression(parts[0]!);
    const right = this.expression(parts.at(-1)!);
    const power = {
      kind: 'binary',
      operator,
      left,
      right,
      returnBool,
      matching,
      position: positionOf(node),
    } as const;
    // The grammar takes the sign for a part of the number; in PromQL it binds less tightly than `^`.
    const sign = /^[-+]/.exec(this.#text(parts[0]!))?.[0];
    if (operator === '^' && left.kind === 'number' && sign) {
      const base = { ...left, value: sign === '-' ? -left.value : left.value };
      return {
        kind: 'unary',
        negative: sign === '-',
        expression: { ...power, left: base },
        position: power.position,
      };
    }
    return power;
  }

  #labels(node: SyntaxNode): string[] {
    return children(node).map((label) =>
      label.name === 'QuotedLabelName' ? this.#string(children(label)[0]!) : this.#text(label),
    );
  }

  #number(node: SyntaxNode): number {
    const text = this.#text(node).replace(/^([-+])\s*/, '$1');
    const number = parseNumber(text);
    if (number !== undefined) return number;
    const negative = text.startsWith('-');
    const ms = durationMs(text.replace(/^[-+]/, ''));
    if (ms === undefined) this.#refuse(positionOf(node), `not a valid duration string: "${text}"`);
    return (negative ? -1 : 1) * (ms! / 1000);
  }

  #positiveDuration(node: SyntaxNode): number {
    const ms = this.#duration(node);
    if (ms <= 0) this.#refuse(positionOf(node), 'duration must be greater than 0');
    return ms;
  }

  /** Milliseconds. */
  #duration(node: SyntaxNode): number {
    const [first, second, ...more] = children(node);
    if (first?.name === 'UnaryOp' && second && more.length === 0)
      return (this.#text(first) === '-' ? -1 : 1) * this.#duration(second);
    if (first?.name !== 'NumberDurationLiteralInDurationContext' || second)
      this.#refuse(
        positionOf(node),
        'experimental duration expression is not enabled, use --enable-feature=promql-duration-expr to enable it',
      );
    return Math.round(this.#number(first!) * 1000);
  }

  #string(node: SyntaxNode): string {
    const value = unquoted(this.#text(node));
    if (value === undefined) return this.#refuse(positionOf(node), 'unterminated quoted string');
    return value;
  }

  #text(node: SyntaxNode): string {
    return this.#query.slice(node.from, node.to);
  }

  #refuse(position: Position, reason: string): never {
    throw new PromQLParseError(this.#query, position, reason);
  }
}

const positionOf = ({ from, to }: SyntaxNode): Position => ({ start: from, end: to });

function children(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling)
    if (child.name !== 'LineComment') found.push(child);
  return found;
}
