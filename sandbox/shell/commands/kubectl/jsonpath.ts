/**
 * Kubernetes' dialect of JSONPath (client-go `util/jsonpath`): text with `{…}` actions in it; fields, `..`,
 * wildcards, unions, slices, filters, `range … end`, quoted text. Left out: nothing that the original has.
 */
import { CommandError } from './errors.ts';
import { goSyntax } from './printers/go-values.ts';
import { sorted } from './printers/json.ts';

type Step =
  | { kind: 'field'; name: string }
  /** A word without a dot: only `range` and `end` mean something, and they are not here. */
  | { kind: 'identifier'; name: string }
  | { kind: 'wildcard' }
  | { kind: 'recursive' }
  | { kind: 'array'; start: number | undefined; end: number | undefined; step: number }
  | { kind: 'union'; branches: Step[][] }
  | { kind: 'filter'; left: Operand; operator: string; right: Operand };

type Operand = { path: Step[] } | { literal: unknown };

type Node =
  | { kind: 'text'; text: string }
  | { kind: 'path'; steps: Step[] }
  | { kind: 'literal'; value: unknown }
  | { kind: 'range'; steps: Step[]; body: Node[] };

const fail = (message: string): never => {
  throw new CommandError(message);
};

export class JsonPath {
  readonly #text: string;
  readonly #nodes: Node[];
  readonly #allowMissingKeys: boolean;

  /** Throws `CommandError` with `error parsing jsonpath TEXT, …`. */
  constructor(text: string, { allowMissingKeys = false }: { allowMissingKeys?: boolean } = {}) {
    this.#text = text;
    this.#allowMissingKeys = allowMissingKeys;
    try {
      this.#nodes = new Parser(text).parse();
    } catch (error) {
      if (error instanceof SyntaxProblem) fail(`error parsing jsonpath ${text}, ${error.message}`);
      throw error;
    }
  }

  /** The text that the template prints for `object`. */
  execute(object: unknown): string {
    return this.#run(
      object,
      (values) => values.map(toText).join(' '),
      (text) => text,
    );
  }

  /** `-o jsonpath-as-json`: the values as a JSON array. */
  executeAsJson(object: unknown): string {
    const values = this.values(object);
    return values.length === 0 ? '[]\n' : `${escaped(JSON.stringify(values.map(sorted), undefined, 4))}\n`;
  }

  /** Every value that the template's paths lead to. */
  values(object: unknown): unknown[] {
    const all: unknown[] = [];
    this.#run(
      object,
      (values) => {
        all.push(...values);
        return '';
      },
      () => '',
    );
    return all;
  }

  #run(object: unknown, onValues: (values: unknown[]) => string, onText: (text: string) => string): string {
    const run = (nodes: readonly Node[], current: unknown): string =>
      nodes
        .map((node) => {
          switch (node.kind) {
            case 'text':
              return onText(node.text);
            case 'literal':
              return onText(toText(node.value));
            case 'path':
              return onValues(this.#walk(node.steps, current));
            case 'range':
              return this.#walk(node.steps, current)
                .map((value) => run(node.body, value))
                .join('');
          }
        })
        .join('');
    try {
      return run(this.#nodes, object);
    } catch (error) {
      if (!(error instanceof EvaluationProblem)) throw error;
      throw new CommandError(
        `error executing jsonpath ${JSON.stringify(this.#text)}: Error executing template: ${error.message}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t${this.#text}\n\tobject given to jsonpath engine was:\n\t\t${goSyntax(object)}\n\n\n`,
      );
    }
  }

  #walk(steps: readonly Step[], start: unknown): unknown[] {
    let values: unknown[] = [start];
    for (const step of steps) values = this.#step(step, values);
    return values;
  }

  #step(step: Step, values: readonly unknown[]): unknown[] {
    switch (step.kind) {
      case 'field':
        return this.#field(step.name, values);
      case 'identifier':
        throw new EvaluationProblem(`unrecognized identifier ${step.name}`);
      case 'wildcard':
        return values.flatMap(children);
      case 'recursive':
        return values.flatMap(descendants);
      case 'union':
        return step.branches.flatMap((branch) => values.flatMap((value) => this.#walk(branch, value)));
      case 'array':
        return values.flatMap((value) => this.#slice(step, value));
      case 'filter':
        return values.flatMap((value) => {
          if (value === null || value === undefined) return [];
          const items = Array.isArray(value) ? value : [value];
          if (!Array.isArray(value) && typeof value !== 'object')
            throw new EvaluationProblem(`${toText(value)} is not array or slice and cannot be filtered`);
          return items.filter((item) => this.#matches(step, item));
        });
    }
  }

  #field(name: string, values: readonly unknown[]): unknown[] {
    const out: unknown[] = [];
    for (const value of values) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) continue;
      if (Object.hasOwn(value, name)) out.push((value as Record<string, unknown>)[name]);
    }
    if (out.length === 0 && !this.#allowMissingKeys && values.length > 0)
      throw new EvaluationProblem(`${name} is not found`);
    return out.filter((value) => value !== undefined);
  }

  #slice(
    step: { start: number | undefined; end: number | undefined; step: number },
    value: unknown,
  ): unknown[] {
    if (value === null || value === undefined) return [];
    if (!Array.isArray(value)) throw new EvaluationProblem(`${goType(value)} is not array or slice`);
    const { length } = value;
    let from = step.start ?? 0;
    let to = step.end ?? length;
    const single =
      step.end !== undefined && step.start !== undefined && step.end === step.start + 1 && step.step === 0;
    if (from < 0) from += length;
    if (to < 0 || (single && step.start! < 0)) to = single ? from + 1 : to + length;
    if (single && (from >= length || from < 0)) {
      throw new EvaluationProblem(`array index out of bounds: index ${step.start}, length ${length}`);
    }
    const out: unknown[] = [];
    for (let at = Math.max(0, from); at < Math.min(to, length); at += Math.max(1, step.step))
      out.push(value[at]);
    return out;
  }

  #matches(step: { left: Operand; operator: string; right: Operand }, item: unknown): boolean {
    const read = (operand: Operand): unknown[] => {
      if ('literal' in operand) return [operand.literal];
      try {
        return this.#walk(operand.path, item);
      } catch (error) {
        if (error instanceof EvaluationProblem) return [];
        throw error;
      }
    };
    const left = read(step.left);
    if (step.operator === 'exists') return left.length > 0;
    if (left.length > 1) throw new EvaluationProblem('can only compare one element at a time');
    const right = read(step.right);
    if (left.length === 0 || right.length === 0) return false;
    return compareWith(step.operator, left[0], right[0]);
  }
}

class EvaluationProblem extends Error {}
class SyntaxProblem extends Error {}

function compareWith(operator: string, left: unknown, right: unknown): boolean {
  const comparable = typeof left === typeof right || (typeof left === 'number' && typeof right === 'number');
  if (!comparable) throw new EvaluationProblem('incompatible types for comparison');
  const [a, b] = [left as string, right as string];
  switch (operator) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '<=':
      return a <= b;
    case '>=':
      return a >= b;
  }
  throw new EvaluationProblem(`unrecognized filter operator ${operator}`);
}

/** Values of a list in order, of a map by key. */
function children(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'object' || value === null) return [];
  const map = value as Record<string, unknown>;
  return Object.keys(map)
    .sort()
    .map((key) => map[key]);
}

/** The value and everything below it. */
const descendants = (value: unknown): unknown[] =>
  typeof value === 'object' && value !== null ? [value, ...children(value).flatMap(descendants)] : [];

/** As Go names the type of a decoded JSON value. */
function goType(value: unknown): string {
  if (typeof value === 'object') return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

/** Scalars as they are, lists and maps as JSON. */
function toText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') return escaped(JSON.stringify(sorted(value)));
  return String(value);
}

/** Go's encoder writes what HTML might misread as escapes. */
const escaped = (json: string): string =>
  json.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Node[] {
    const nodes = this.#nodes(false);
    return nodes;
  }

  /** Text and actions up to the end, or to the `{end}` of a range. */
  #nodes(inRange: boolean): Node[] {
    const nodes: Node[] = [];
    for (;;) {
      const open = this.#text.indexOf('{', this.#at);
      const text = this.#text.slice(this.#at, open < 0 ? undefined : open);
      if (text) nodes.push({ kind: 'text', text });
      if (open < 0) {
        if (inRange) throw new SyntaxProblem('unclosed range');
        return nodes;
      }
      this.#at = open + 1;
      if (this.#action(nodes)) {
        if (!inRange) throw new SyntaxProblem('not in range, nothing to end');
        return nodes;
      }
    }
  }

  #skipSpaces(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  /** One `{…}`. True for `{end}`. */
  #action(nodes: Node[]): boolean {
    this.#skipSpaces();
    if (/^end\s*\}/.test(this.#text.slice(this.#at))) {
      this.#at = this.#text.indexOf('}', this.#at) + 1;
      return true;
    }
    if (/^range\s/.test(this.#text.slice(this.#at))) {
      this.#at += 5;
      this.#skipSpaces();
      const steps = this.#steps('}');
      this.#close();
      nodes.push({ kind: 'range', steps, body: this.#nodes(true) });
      return false;
    }
    while (this.#peek() !== '}') {
      this.#skipSpaces();
      const char = this.#peek();
      if (char === undefined) throw new SyntaxProblem('unclosed action');
      if (char === '"' || char === "'") nodes.push({ kind: 'text', text: this.#quoted() });
      else if (/[-+0-9]/.test(char)) nodes.push({ kind: 'literal', value: this.#number() });
      else if (char === ',') this.#at++;
      else if (char !== '}') {
        const steps = this.#steps('}');
        nodes.push({ kind: 'path', steps });
      }
    }
    this.#close();
    return false;
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #close(): void {
    this.#skipSpaces();
    if (this.#peek() !== '}') throw new SyntaxProblem('unclosed action');
    this.#at++;
  }

  #quoted(): string {
    const quote = this.#peek()!;
    let out = '';
    for (this.#at++; ; this.#at++) {
      const char = this.#peek();
      if (char === undefined) throw new SyntaxProblem('unterminated quoted string');
      if (char === quote) break;
      if (char === '\\') {
        const next = this.#text[++this.#at] ?? '';
        out += { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', "'": "'" }[next] ?? `\\${next}`;
      } else out += char;
    }
    this.#at++;
    return out;
  }

  #number(): number {
    const [text = ''] = /^[-+]?[0-9.]+/.exec(this.#text.slice(this.#at)) ?? [];
    if (text === '' || Number.isNaN(Number(text))) throw new SyntaxProblem(`cannot parse number ${text}`);
    this.#at += text.length;
    return Number(text);
  }

  /** A path up to (not including) one of `stops`, or white space outside of brackets. */
  #steps(stops: string): Step[] {
    const steps: Step[] = [];
    for (;;) {
      const char = this.#peek();
      if (char === undefined) throw new SyntaxProblem('unclosed action');
      if (stops.includes(char) || /\s/.test(char)) return steps;
      if (char === '$' || char === '@') this.#at++;
      else if (char === '.') {
        if (this.#text[this.#at + 1] === '.') {
          this.#at += 2;
          steps.push({ kind: 'recursive' });
          if (this.#peek() === '[') continue;
          if (this.#peek() === '.') throw new SyntaxProblem('invalid multiple recursive descent');
          const name = this.#identifier();
          if (name) steps.push(name);
        } else {
          this.#at++;
          const name = this.#identifier();
          if (name) steps.push(name);
        }
      } else if (char === '[') steps.push(this.#bracket());
      else {
        const name = this.#identifier();
        if (!name) throw new SyntaxProblem(`unrecognized character in action: ${quoteCharacter(char)}`);
        steps.push(
          steps.length === 0 && name.kind === 'field' ? { kind: 'identifier', name: name.name } : name,
        );
      }
    }
  }

  #identifier(): Step | undefined {
    if (this.#peek() === '*') {
      this.#at++;
      return { kind: 'wildcard' };
    }
    let name = '';
    for (;;) {
      const char = this.#peek();
      if (char === undefined || /[\s.,[\]$@{}=<>!()|"']/.test(char)) break;
      if (char === '\\') {
        name += this.#text[this.#at + 1] ?? '';
        this.#at += 2;
      } else {
        name += char;
        this.#at++;
      }
    }
    return name === '' ? undefined : { kind: 'field', name };
  }

  #bracket(): Step {
    this.#at++;
    this.#skipSpaces();
    const rest = this.#text.slice(this.#at);
    if (rest.startsWith('?(')) {
      this.#at += 2;
      return this.#filter();
    }
    const close = this.#closing();
    const inside = this.#text.slice(this.#at, close);
    this.#at = close + 1;
    const branches = splitTop(inside).map((part) => bracketMember(part.trim()));
    return branches.length === 1 ? branches[0]![0]! : { kind: 'union', branches };
  }

  /** Position of the bracket's end. */
  #closing(): number {
    let quote = '';
    for (let at = this.#at, depth = 0; at < this.#text.length; at++) {
      const char = this.#text[at]!;
      if (quote) {
        if (char === quote) quote = '';
      } else if (char === '"' || char === "'") quote = char;
      else if (char === '[') depth++;
      else if (char === ']' && depth-- === 0) return at;
    }
    throw new SyntaxProblem('unterminated array');
  }

  #filter(): Step {
    const left = this.#operand();
    this.#skipSpaces();
    const operator = /^(==|!=|<=|>=|<|>)/.exec(this.#text.slice(this.#at))?.[0];
    let right: Operand = { literal: undefined };
    if (operator) {
      this.#at += operator.length;
      right = this.#operand();
    }
    this.#skipSpaces();
    if (this.#peek() !== ')') throw new SyntaxProblem('unterminated filter');
    this.#at++;
    this.#skipSpaces();
    if (this.#peek() !== ']') throw new SyntaxProblem('unclosed array expect ]');
    this.#at++;
    return { kind: 'filter', left, operator: operator ?? 'exists', right };
  }

  #operand(): Operand {
    this.#skipSpaces();
    const char = this.#peek() ?? '';
    if (char === '"' || char === "'") return { literal: this.#quoted() };
    if (/[-+0-9]/.test(char)) return { literal: this.#number() };
    const word = /^(true|false)\b/.exec(this.#text.slice(this.#at))?.[0];
    if (word) {
      this.#at += word.length;
      return { literal: word === 'true' };
    }
    return { path: this.#steps(')=!<>') };
  }
}

const quoteCharacter = (char: string) =>
  `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')} '${char}'`;

/** Splits at commas outside of quotes. */
function splitTop(text: string): string[] {
  const parts: string[] = [''];
  let quote = '';
  for (const char of text) {
    if (!quote && char === ',') parts.push('');
    else {
      if (quote === char) quote = '';
      else if (!quote && (char === '"' || char === "'")) quote = char;
      parts[parts.length - 1] += char;
    }
  }
  return parts;
}

function bracketMember(text: string): Step[] {
  // Of lists alone; what a map has is asked for by `.*`.
  if (text === '*') return [{ kind: 'array', start: undefined, end: undefined, step: 1 }];
  if (text === '') return [{ kind: 'wildcard' }];
  const quoted = /^'((?:[^'\\]|\\.)*)'$/.exec(text);
  if (quoted) return [{ kind: 'field', name: quoted[1]!.replace(/\\(.)/g, '$1') }];
  const slice = /^(-?\d*)(?::(-?\d*))?(?::(-?\d*))?$/.exec(text);
  if (!slice) {
    if (/^[.@$]/.test(text))
      return new Parser(`{${text}}`).parse().flatMap((node) => (node.kind === 'path' ? node.steps : []));
    throw new SyntaxProblem(`invalid array index ${text}`);
  }
  const number = (part: string | undefined) => (part ? Number(part) : undefined);
  const start = number(slice[1]);
  if (slice[2] === undefined) return [{ kind: 'array', start, end: start! + 1, step: 0 }];
  return [{ kind: 'array', start, end: number(slice[2]), step: number(slice[3]) ?? 1 }];
}

/** What users write for a field: `x.y`, `.x.y`, `{x.y}`, `{.x.y}` all mean `{.x.y}`. */
export function relaxedExpression(text: string): string {
  if (text === '') return text;
  const match = /^\{?\.?([^{}]+)\}?$/.exec(text);
  if (!match || text.startsWith('{') !== text.endsWith('}'))
    throw new CommandError(
      `unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'`,
    );
  return `{.${match[1]}}`;
}
