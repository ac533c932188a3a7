/**
 * Label selectors (`apimachinery/pkg/labels` and `metav1.LabelSelector`): the string syntax of requests and
 * kubectl's `-l`, the object form in specs, and matching. Errors have the API server's words.
 */
import { isLabelValue, isQualifiedName } from './validation/names.ts';

export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

export interface Requirement {
  key: string;
  operator: LabelOperator;
  /** Sorted; empty for `exists` and `!`. */
  values: readonly string[];
}

export type Labels = Readonly<Record<string, string>>;

/** The object form, as it stands in `spec.selector`. */
export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** Malformed selector; the message is what the API server says. */
export class SelectorError extends Error {}

/** Every requirement must hold. Immutable. */
export class Selector {
  readonly requirements: readonly Requirement[];
  /** Matches no labels at all: the selector of a null LabelSelector. */
  readonly nothing: boolean;

  constructor(requirements: readonly Requirement[], nothing = false) {
    this.requirements = requirements;
    this.nothing = nothing;
  }

  /** Whether it matches every object. */
  get empty(): boolean {
    return !this.nothing && this.requirements.length === 0;
  }

  matches(labels: Labels | undefined): boolean {
    if (this.nothing) return false;
    for (const requirement of this.requirements) if (!requirementMatches(requirement, labels)) return false;
    return true;
  }

  /** Canonical text, as in a Scale's `status.selector`. */
  toString(): string {
    return this.requirements.map(requirementText).join(',');
  }
}

export const everything = new Selector([]);
const nothing = new Selector([], true);

function requirementMatches({ key, operator, values }: Requirement, labels: Labels | undefined): boolean {
  const value = labels && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt': {
      if (value === undefined || !/^[+-]?[0-9]+$/.test(value)) return false;
      const [have, want] = [BigInt(value), BigInt(values[0]!)];
      return operator === 'gt' ? have > want : have < want;
    }
  }
}

function requirementText({ key, operator, values }: Requirement): string {
  switch (operator) {
    case '!':
      return `!${key}`;
    case 'exists':
      return key;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.join(',')})`;
    case 'gt':
      return `${key}>${values[0]}`;
    case 'lt':
      return `${key}<${values[0]}`;
    default:
      return `${key}${operator}${values[0]}`;
  }
}

const SYMBOLS = ['!=', '==', '=', '!', '(', ')', ',', '>', '<'] as const;
type TokenKind = (typeof SYMBOLS)[number] | 'identifier' | 'in' | 'notin' | 'end' | 'error';
interface Token {
  kind: TokenKind;
  text: string;
}

function tokens(source: string): Token[] {
  const out: Token[] = [];
  const pattern = /[ \t\r\n]*(?:([=!(),><]+)|([^=!(),>< \t\r\n]+)|$)/y;
  for (;;) {
    const match = pattern.exec(source);
    if (!match || (match[1] === undefined && match[2] === undefined)) break;
    if (match[2] !== undefined) {
      const text = match[2];
      out.push({ kind: text === 'in' || text === 'notin' ? text : 'identifier', text });
      continue;
    }
    for (let run = match[1]!; run !== '';) {
      const symbol = SYMBOLS.find((each) => run.startsWith(each))!;
      out.push({ kind: symbol, text: symbol });
      run = run.slice(symbol.length);
    }
  }
  out.push({ kind: 'end', text: '' });
  return out;
}

const OPERATORS: Partial<Record<TokenKind, LabelOperator>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
};
const OPERATOR_LIST = 'in, notin, =, ==, !=, gt, lt';

class Parser {
  #tokens: Token[];
  #at = 0;

  constructor(source: string) {
    this.#tokens = tokens(source);
  }

  /** The next token; in values, `in` and `notin` are plain words. */
  #peek(words: boolean): Token {
    const token = this.#tokens[this.#at] ?? { kind: 'end', text: '' };
    return words && (token.kind === 'in' || token.kind === 'notin')
      ? { kind: 'identifier', text: token.text }
      : token;
  }

  #take(words: boolean): Token {
    const token = this.#peek(words);
    this.#at++;
    return token;
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      const next = this.#peek(true);
      if (next.kind === 'end') return requirements;
      if (next.kind !== 'identifier' && next.kind !== '!')
        throw new SelectorError(`found '${next.text}', expected: !, identifier, or 'end of string'`);
      try {
        requirements.push(this.#requirement());
      } catch (error) {
        throw new SelectorError(`unable to parse requirement: ${(error as Error).message}`);
      }
      const after = this.#take(true);
      if (after.kind === 'end') return requirements;
      if (after.kind !== ',')
        throw new SelectorError(`found '${after.text}', expected: ',' or 'end of string'`);
      const follows = this.#peek(true);
      if (follows.kind !== 'identifier' && follows.kind !== '!')
        throw new SelectorError(`found '${follows.text}', expected: identifier after ','`);
    }
  }

  #requirement(): Requirement {
    let token = this.#take(true);
    const negated = token.kind === '!';
    if (negated) token = this.#take(true);
    if (token.kind !== 'identifier') throw new SelectorError(`found '${token.text}', expected: identifier`);
    const key = token.text;
    checkKey(key);
    if (negated) return { key, operator: '!', values: [] };
    const next = this.#peek(true);
    if (next.kind === 'end' || next.kind === ',') return { key, operator: 'exists', values: [] };
    const symbol = this.#take(false);
    const operator = OPERATORS[symbol.kind];
    if (!operator) throw new SelectorError(`found '${symbol.text}', expected: ${OPERATOR_LIST}`);
    const values = operator === 'in' || operator === 'notin' ? this.#values() : this.#exactValue();
    return requirement(key, operator, values);
  }

  #values(): string[] {
    const open = this.#take(true);
    if (open.kind !== '(') throw new SelectorError(`found '${open.text}' expected: '('`);
    const first = this.#peek(true);
    if (first.kind === ')') {
      this.#take(true);
      return [''];
    }
    if (first.kind !== 'identifier' && first.kind !== ',')
      throw new SelectorError(`found '${first.text}', expected: ',', ')' or identifier`);
    const values = new Set<string>();
    for (;;) {
      const token = this.#take(true);
      if (token.kind === 'identifier') {
        values.add(token.text);
        const next = this.#peek(true);
        if (next.kind === ')') break;
        if (next.kind !== ',') throw new SelectorError(`found '${next.text}', expected: ',' or ')'`);
      } else if (token.kind === ',') {
        if (values.size === 0) values.add('');
        const next = this.#peek(true);
        if (next.kind === ')') {
          values.add('');
          break;
        }
        if (next.kind === ',') values.add('');
      } else throw new SelectorError(`found '${token.text}', expected: ',', or identifier`);
    }
    this.#take(true);
    return [...values];
  }

  #exactValue(): string[] {
    const next = this.#peek(true);
    if (next.kind === 'end' || next.kind === ',') return [''];
    this.#take(true);
    if (next.kind !== 'identifier') throw new SelectorError(`found '${next.text}', expected: identifier`);
    return [next.text];
  }
}

function checkKey(key: string): void {
  const errors = isQualifiedName(key);
  if (errors.length > 0)
    throw new SelectorError(`<nil>: Invalid value: ${JSON.stringify(key)}: ${errors.join('; ')}`);
}

/** Checks key and values as `labels.NewRequirement` does. */
function requirement(key: string, operator: LabelOperator, values: string[]): Requirement {
  checkKey(key);
  if (operator === 'gt' || operator === 'lt') {
    for (const value of values)
      if (!/^[+-]?[0-9]+$/.test(value))
        throw new SelectorError(
          `values[0]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
        );
  }
  values.forEach((value, index) => {
    const errors = isLabelValue(value);
    if (errors.length > 0)
      throw new SelectorError(
        `values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${errors.join('; ')}`,
      );
  });
  return { key, operator, values: values.toSorted() };
}

const byKey = (a: Requirement, b: Requirement) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/** `app=web,tier in (a,b),!canary`. Empty matches everything. Throws `SelectorError`. */
export function parseSelector(text: string): Selector {
  const requirements = new Parser(text).parse();
  return requirements.length === 0 ? everything : new Selector(requirements.sort(byKey));
}

const OBJECT_OPERATORS: Record<string, LabelOperator> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

const fromObjects = new WeakMap<LabelSelector, Selector>();

/**
 * `metav1.LabelSelectorAsSelector`: undefined or null matches nothing, an empty one everything. Objects of
 * the API do not change, so the result is remembered per object. Throws `SelectorError`.
 */
export function selectorOf(selector: LabelSelector | undefined | null): Selector {
  if (!selector) return nothing;
  const known = fromObjects.get(selector);
  if (known) return known;
  const requirements: Requirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {}))
    requirements.push(requirement(key, '=', [value]));
  for (const expression of selector.matchExpressions ?? []) {
    const operator = OBJECT_OPERATORS[expression.operator];
    if (!operator) throw new SelectorError(`"${expression.operator}" is not a valid label selector operator`);
    requirements.push(requirement(expression.key, operator, expression.values ?? []));
  }
  const made = new Selector(requirements.sort(byKey));
  fromObjects.set(selector, made);
  return made;
}

/** The selector of a plain map, as Services and ReplicationControllers have it: empty matches everything. */
export function selectorFromSet(labels: Labels | undefined): Selector {
  const requirements = Object.entries(labels ?? {}).map(([key, value]): Requirement => ({
    key,
    operator: '=',
    values: [value],
  }));
  return requirements.length === 0 ? everything : new Selector(requirements.sort(byKey));
}

/** `metav1.FormatLabelSelector`: the text kubectl shows; `<none>` for an empty one. */
export function formatLabelSelector(selector: LabelSelector | undefined | null): string {
  try {
    return selectorOf(selector).toString() || '<none>';
  } catch {
    return '<error>';
  }
}

/** Labels as kubectl prints them: sorted `a=b,c=d`, `<none>` without any. */
export function formatLabels(labels: Labels | undefined | null): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',');
}

/** A selector as its Go type prints, which some messages show. */
export function goSyntaxOf(selector: LabelSelector | undefined): string {
  if (!selector) return 'nil';
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const labels = Object.entries(matchLabels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`);
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}
