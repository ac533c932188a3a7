/**
 * Says what is wrong with a query that the grammar does not accept. Lezer's parser recovers from errors and marks
 * where they are, without words; Prometheus' parser says which token it did not expect, and where. So: the token at
 * the first mark, and the words of `promql/parser/parse.go` for the place where it stands.
 */
import type { SyntaxNode, Tree } from '@lezer/common';
import { FUNCTIONS } from './function-signatures.ts';
import { PromQLParseError } from './parse-error.ts';

const KEYWORDS = 'bool by group_left group_right ignoring offset on without start end'.split(' ');
const OPERATORS = 'and or unless atan2'.split(' ');
const AGGREGATORS =
  'avg bottomk count count_values group limitk limit_ratio max min quantile stddev stdvar sum topk'.split(
    ' ',
  );

interface Token {
  start: number;
  end: number;
  kind: 'end' | 'string' | 'unterminated' | 'number' | 'identifier' | 'operator' | 'other';
  text: string;
}

const PATTERNS: readonly (readonly [Token['kind'], RegExp])[] = [
  ['string', /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/y],
  ['unterminated', /["'`]/y],
  ['number', /0x[\da-f]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?\w*/iy],
  ['identifier', /[A-Za-z_:][\w:]*/y],
  ['operator', /==|!=|<=|>=|=~|!~|[-+*/%^<>@]/y],
];

/** Throws where the tree has an error. */
export function refuseSyntaxErrors(query: string, tree: Tree): void {
  const node = firstError(tree);
  if (!node) return;
  const token = tokenAt(query, node.from);
  const refuse = (reason: string, from = token): never => {
    throw new PromQLParseError(query, from, reason);
  };
  if (/^(\s|#.*)*$/.test(query)) refuse('no expression found in input');
  // A number and letters right behind it are one word to Prometheus.
  const glued = numberBefore(query, node.from);
  if (glued) refuse(`bad number or duration syntax: "${glued.text}"`, glued);
  const open = tokensOf(query).find(({ kind }) => kind === 'unterminated');
  if (open) refuse('unterminated quoted string', open);
  const context = /[[:]\s*$/.test(query.slice(0, token.start)) ? 'brackets' : contextOf(node);
  if (token.kind === 'end') {
    if (context === 'braces') refuse('unexpected end of input inside braces');
    if (context === 'brackets') refuse('unexpected end of input in duration expression');
    if (unclosedParenthesis(query)) refuse('unclosed left parenthesis');
  }
  if (token.text === ')' && context === 'arguments' && /,\s*$/.test(query.slice(0, token.start)))
    refuse('trailing commas not allowed in function call args');
  const called = identifierBefore(query, token);
  if (called && !FUNCTIONS.has(called.text) && !AGGREGATORS.includes(called.text.toLowerCase()))
    refuse(`unknown function with name "${called.text}"`, called);
  if (token.text === ')' && context !== 'grouping' && !unclosedParenthesis(query.slice(0, token.start)))
    refuse("unexpected right parenthesis ')'");
  refuse(`unexpected ${described(token)}${expectation(context, query.slice(0, token.start))}`);
}

function firstError(tree: Tree): SyntaxNode | undefined {
  let first: SyntaxNode | undefined;
  tree.iterate({
    enter: ({ type, node, from }) => {
      if (type.isError && (!first || from < first.from)) first = node;
    },
  });
  return first;
}

type Context = 'braces' | 'brackets' | 'grouping' | 'arguments' | 'aggregation' | 'offset' | 'at' | undefined;

const CONTEXTS: Readonly<Record<string, Context>> = {
  LabelMatchers: 'braces',
  UnquotedLabelMatcher: 'braces',
  QuotedLabelMatcher: 'braces',
  MatrixSelector: 'brackets',
  SubqueryExpr: 'brackets',
  DurationExpr: 'brackets',
  GroupingLabels: 'grouping',
  AggregateModifier: 'grouping',
  FunctionCallBody: 'arguments',
  AggregateExpr: 'aggregation',
  OffsetExpr: 'offset',
  OffsetDurationExpr: 'offset',
  StepInvariantExpr: 'at',
};

function contextOf(node: SyntaxNode): Context {
  let { parent } = node;
  while (parent?.type.isError) ({ parent } = parent);
  return parent ? CONTEXTS[parent.name === 'MatchOp' ? 'LabelMatchers' : parent.name] : undefined;
}

/** What Prometheus would have taken, by what stands before. */
function expectation(context: Context, before: string): string {
  const last = before.trimEnd();
  switch (context) {
    case 'braces':
      if (/(=|!=|=~|!~)$/.test(last)) return ' in label matching, expected string';
      if (/["'`]$/.test(last)) return ' in label matching, expected "," or "}"';
      if (/[{,]$/.test(last)) return ' in label matching, expected identifier or "}"';
      return ' in label matching, expected label matching operator';
    case 'brackets':
      return /[[:]$/.test(last)
        ? ' in subquery or range selector, expected number, duration, step(), or range()'
        : ' in subquery or range, expected ":" or "]"';
    case 'grouping':
      if (/[(,]$/.test(last)) return ' in grouping opts, expected label';
      return /\b(by|without|on|ignoring)$/i.test(last)
        ? ' in grouping opts, expected "("'
        : ' in grouping opts, expected "," or ")"';
    case 'aggregation':
      return last.endsWith(')') ? '' : ' in aggregation';
    case 'offset':
      return ' in offset, expected number, duration, step(), or range()';
    case 'at':
      return ' in @, expected timestamp';
    default:
      return '';
  }
}

function tokenAt(query: string, offset: number): Token {
  let start = offset;
  for (let skipped; (skipped = /^(\s+|#.*)/.exec(query.slice(start)));) start += skipped[0].length;
  if (start >= query.length) return { kind: 'end', start: query.length, end: query.length, text: '' };
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = start;
    const match = pattern.exec(query);
    if (match) return { kind, start, end: start + match[0].length, text: match[0] };
  }
  const text = String.fromCodePoint(query.codePointAt(start)!);
  return { kind: 'other', start, end: start + text.length, text };
}

function described({ kind, text }: Token): string {
  const lower = text.toLowerCase();
  if (kind === 'end') return 'end of input';
  if (kind === 'operator' || OPERATORS.includes(lower)) return `<op:${text}>`;
  if (KEYWORDS.includes(lower)) return `<${text}>`;
  if (AGGREGATORS.includes(lower)) return `<aggr:${text}>`;
  const quoted = JSON.stringify(kind === 'string' ? text.slice(1, -1) : text);
  if (kind === 'other') return /[=,(){}[\]:]/.test(text) ? quoted : `character: '${text}'`;
  return `${text.includes(':') && kind === 'identifier' ? 'metric identifier' : kind} ${quoted}`;
}

function numberBefore(query: string, offset: number): Token | undefined {
  if (!/\w/.test(query[offset] ?? '')) return undefined;
  const number = /(?<![\w.])\d[\w.]*$/.exec(query.slice(0, offset));
  return number ? tokenAt(query, number.index) : undefined;
}

/** The name that a parenthesis at the token would call. */
function identifierBefore(query: string, token: Token): Token | undefined {
  if (token.text !== '(') return undefined;
  const name = /[A-Za-z_]\w*$/.exec(query.slice(0, token.start).trimEnd());
  if (!name || [...KEYWORDS, ...OPERATORS].includes(name[0].toLowerCase())) return undefined;
  return tokenAt(query, name.index);
}

function unclosedParenthesis(query: string): boolean {
  let depth = 0;
  for (const { text } of tokensOf(query)) depth += text === '(' ? 1 : text === ')' ? -1 : 0;
  return depth > 0;
}

function tokensOf(query: string): Token[] {
  const tokens: Token[] = [];
  for (let token = tokenAt(query, 0); token.kind !== 'end'; token = tokenAt(query, token.end))
    tokens.push(token);
  return tokens;
}
