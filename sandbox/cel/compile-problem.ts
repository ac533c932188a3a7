/**
 * What is wrong with an expression, as cel-go's compiler says it: place, problem, the line and a mark. The
 * library that checks expressions here stops at the first problem and has words of its own; the usual ones
 * are put into cel-go's.
 *
 * Left out: a second problem of the same expression, and the finer distinctions of its parser.
 */
import type { ASTNode, Environment, ParseError, TypeError } from '@marcbachmann/cel-js';

const EXPRESSION_STARTS =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

const OPERATORS: Record<string, string> = { in: '@in', '!_': '!_', '-_': '-_' };

/** `ERROR: <input>:1:5: undefined field 'b'`, and where. `source` is the expression. */
export function compileProblem(
  source: string,
  error: ParseError | TypeError,
  environment: Environment,
): string {
  const [at, message] = describe(source, error, environment);
  return markedProblem(source, at, message);
}

/** A problem with its place, the line and a mark. `at` is an offset in `source`. */
export function markedProblem(source: string, at: number, message: string): string {
  const before = source.slice(0, at);
  const line = before.split('\n').length;
  const column = before.length - (before.lastIndexOf('\n') + 1);
  const text = source.split('\n')[line - 1] ?? '';
  return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${text}\n | ${'.'.repeat(column)}^`;
}

/** Offset and words. */
function describe(source: string, error: ParseError | TypeError, environment: Environment): [number, string] {
  const start = error.range?.start ?? 0;
  const node = error.node as ASTNode | undefined;
  switch (error.code) {
    case 'unknown_variable':
      return [start, `undeclared reference to '${String(node?.args)}' (in container '')`];
    case 'no_such_key': {
      const name = /No such key: (.*)$/s.exec(error.summary)?.[1] ?? '';
      return [Math.max(0, source.lastIndexOf('.', start)), `undefined field '${name}'`];
    }
    case 'no_such_overload':
      return overload(source, node, error.summary, start);
    case 'no_matching_overload':
      return call(node, error.summary, start, environment, source);
    case 'invalid_logical_operand':
      return [operandAt(node, start), `expected type 'bool' but found '${quoted(error.summary)}'`];
    case 'invalid_condition_type':
      return [start, `expected type 'bool' but found '${quoted(error.summary)}'`];
    case 'invalid_macro_argument':
      return [start, error.summary];
    case 'unterminated_string':
      return [start, `Syntax error: token recognition error at: '${source.slice(start)}'`];
    case 'unexpected_token':
      return [
        start,
        `Syntax error: mismatched input '${tokenAt(source, start)}' expecting ${EXPRESSION_STARTS}`,
      ];
    case 'unexpected_character':
      return [start, `Syntax error: extraneous input '${tokenAt(source, start)}' expecting <EOF>`];
    default:
      return [start, error.summary];
  }
}

const tokenAt = (source: string, at: number): string => /^\s*(\w+|\S)/.exec(source.slice(at))?.[1] ?? '<EOF>';

const quoted = (text: string): string => celType(/got '([^']*)'/.exec(text)?.[1] ?? 'dyn');

/** `list<string>` → `list(string)`. */
const celType = (type: string): string =>
  type
    .replace(/google\.protobuf\.(Timestamp|Duration)/g, (_, name: string) => name.toLowerCase())
    .replaceAll('<', '(')
    .replaceAll('>', ')');

/** The place of the operand that is no bool: of a field, its dot. */
function operandAt(node: ASTNode | undefined, start: number): number {
  if (!node || (node.op !== '&&' && node.op !== '||')) return start;
  const wrong = node.args.find((each) => {
    const type = (each as { checkedType?: { name: string } }).checkedType?.name;
    return type !== 'bool' && type !== 'dyn';
  });
  return wrong ? placeOf(wrong) : start;
}

/** Where cel-go says that an expression is: at the operator, the dot or the bracket. */
function placeOf(node: ASTNode): number {
  if (node.op === '.') return node.end - node.args[1].length - 1;
  return node.start;
}

function overload(
  source: string,
  node: ASTNode | undefined,
  summary: string,
  start: number,
): [number, string] {
  const unary = /^no such overload: ([!-])(.+)$/s.exec(summary);
  if (unary)
    return [start, `found no matching overload for '${unary[1]}_' applied to '(${celType(unary[2]!)})'`];
  const binary = /^no such overload: (.+) (==|!=|<=|>=|<|>|\+|-|\*|\/|%|in) (.+)$/s.exec(summary);
  if (!binary || !node) return [start, summary];
  const [, left, operator, right] = binary;
  const [first] = node.args as ASTNode[];
  const from = first?.end ?? start;
  const at = from + /^[\s)]*/.exec(source.slice(from))![0].length;
  const name = OPERATORS[operator!] ?? `_${operator}_`;
  return [
    at,
    `found no matching overload for '${name}' applied to '(${celType(left!)}, ${celType(right!)})'`,
  ];
}

function call(
  node: ASTNode | undefined,
  summary: string,
  start: number,
  environment: Environment,
  source: string,
): [number, string] {
  if (!node || (node.op !== 'call' && node.op !== 'rcall')) return [start, summary];
  const name = node.args[0];
  const from = node.op === 'rcall' ? node.args[1].end : start;
  const at = source.indexOf('(', source.indexOf(name, from));
  const known = environment.getDefinitions().functions.some((each) => each.name === name);
  if (!known) return [at, `undeclared reference to '${name}' (in container '')`];
  const types = /'(?:(.+?)\.)?\w+\((.*)\)'$/s.exec(summary);
  const given = `(${celType(types?.[2] ?? '')})`;
  const target = node.op === 'rcall' ? `${celType(types?.[1] ?? 'dyn')}.` : '';
  return [at, `found no matching overload for '${name}' applied to '${target}${given}'`];
}
