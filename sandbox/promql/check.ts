/** Types of expressions, and what is refused because of them: `checkAST` of Prometheus' parser, in its words. */
import {
  isComparison,
  isSetOperator,
  type BinaryExpression,
  type Expression,
  type Position,
  type ValueType,
} from './expression.ts';
import { FUNCTIONS } from './function-signatures.ts';
import { PromQLParseError } from './parse-error.ts';

/** The type of a value as the documentation calls it. */
export const documentedType = (type: ValueType): string =>
  type === 'vector' ? 'instant vector' : type === 'matrix' ? 'range vector' : type;

/** Type of an expression that passed `checkTypes`. */
export function typeOf(expression: Expression): ValueType {
  switch (expression.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'parenthesis':
    case 'unary':
      return typeOf(expression.expression);
    case 'vectorSelector':
    case 'aggregate':
      return 'vector';
    case 'matrixSelector':
    case 'subquery':
      return 'matrix';
    case 'call':
      return FUNCTIONS.get(expression.name)?.returns ?? 'vector';
    case 'binary':
      return typeOf(expression.left) === 'scalar' && typeOf(expression.right) === 'scalar'
        ? 'scalar'
        : 'vector';
  }
}

/** Throws `PromQLParseError`; settles how vectors are matched by set operators. */
export function checkTypes(query: string, root: Expression): void {
  const refuse = (position: Position, reason: string): never => {
    throw new PromQLParseError(query, position, reason);
  };

  const expect = (expression: Expression, type: ValueType, context: string): void => {
    check(expression);
    const actual = typeOf(expression);
    if (actual !== type)
      refuse(
        expression.position,
        `expected type ${documentedType(type)} in ${context}, got ${documentedType(actual)}`,
      );
  };

  const check = (expression: Expression): void => {
    switch (expression.kind) {
      case 'parenthesis':
        return check(expression.expression);
      case 'unary': {
        check(expression.expression);
        const type = typeOf(expression.expression);
        if (type !== 'scalar' && type !== 'vector')
          refuse(
            expression.position,
            `unary expression only allowed on expressions of type scalar or instant vector, got "${documentedType(type)}"`,
          );
        return;
      }
      case 'vectorSelector':
        if (expression.name === '' && expression.matchers.every((matcher) => matcher.matches('')))
          refuse(expression.position, 'vector selector must contain at least one non-empty matcher');
        return;
      case 'matrixSelector':
        return check(expression.selector);
      case 'subquery': {
        check(expression.expression);
        const type = typeOf(expression.expression);
        if (type !== 'vector')
          refuse(expression.position, `subquery is only allowed on instant vector, got ${type} instead`);
        return;
      }
      case 'aggregate':
        expect(expression.expression, 'vector', 'aggregation expression');
        if (expression.parameter)
          expect(
            expression.parameter,
            expression.operator === 'count_values' ? 'string' : 'scalar',
            'aggregation parameter',
          );
        return;
      case 'call':
        return checkCall(expression);
      case 'binary':
        check(expression.left);
        check(expression.right);
        return checkBinary(expression);
      default:
    }
  };

  const checkCall = ({ name, arguments: args, position }: Expression & { kind: 'call' }): void => {
    const signature = FUNCTIONS.get(name);
    if (!signature) return refuse(position, `unknown function with name "${name}"`);
    const { arguments: types, variadic } = signature;
    const says = (bound: string, count: number) =>
      refuse(position, `expected ${bound}${count} argument(s) in call to "${name}", got ${args.length}`);
    if (variadic === 0) {
      if (args.length !== types.length) says('', types.length);
    } else if (args.length < types.length - 1) says('at least ', types.length - 1);
    else if (variadic > 0 && args.length > types.length - 1 + variadic)
      says('at most ', types.length - 1 + variadic);
    args.forEach((argument, index) =>
      expect(argument, types[Math.min(index, types.length - 1)]!, `call to function "${name}"`),
    );
  };

  const checkBinary = (expression: BinaryExpression): void => {
    const { operator, left, right, returnBool, matching, position } = expression;
    const types = [typeOf(left), typeOf(right)];
    const isSet = isSetOperator(operator);
    const place = operatorPosition(query, left.position.end, right.position.start);
    if (returnBool && !isComparison(operator))
      refuse(place, 'bool modifier can only be used on comparison operators');
    if (isComparison(operator) && !returnBool && types.every((type) => type === 'scalar'))
      refuse(place, 'comparisons between scalars must use BOOL modifier');
    const both = matching.on && matching.labels.find((label) => matching.include.includes(label));
    if (both) refuse(place, `label "${both}" must not occur in ON and GROUP clause at once`);
    [left, right].forEach((side, index) => {
      if (types[index] !== 'scalar' && types[index] !== 'vector')
        refuse(side.position, 'binary expression must contain only scalar and instant vector types');
    });
    if (types.includes('scalar')) {
      if (isSet) refuse(position, `set operator "${operator}" not allowed in binary scalar expression`);
      if (matching.labels.length > 0)
        refuse(position, 'vector matching only allowed between instant vectors');
    } else if (isSet) {
      if (matching.cardinality !== 'one-to-one')
        refuse(position, `no grouping allowed for "${operator}" operation`);
      matching.cardinality = 'many-to-many';
    }
  };

  check(root);
}

/** Where the operator stands: what is between the operands, without the spaces around it. */
function operatorPosition(query: string, from: number, to: number): Position {
  const between = query.slice(from, to);
  const start = from + (between.length - between.trimStart().length);
  return { start, end: start + between.trim().length };
}
