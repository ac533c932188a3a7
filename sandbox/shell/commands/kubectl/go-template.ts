/**
 * Go's text/template as far as people use it with kubectl: fields, `range`, `if`, `with`, `else`, variables,
 * pipelines, comparisons, `index`, `len`, `print`, `printf`, `base64decode`, `exists`. Left out: template
 * definitions and method calls, which objects of the API do not have.
 */
import { CommandError } from './errors.ts';
import { goValue } from './printers/go-values.ts';

type Node =
  | { kind: 'text'; text: string }
  | { kind: 'action'; pipeline: Pipeline }
  | { kind: 'if' | 'with' | 'range'; pipeline: Pipeline; body: Node[]; otherwise: Node[] }
  | { kind: 'break' | 'continue' };

interface Pipeline {
  /** `$x :=` or `$i, $x :=`. */
  variables: string[];
  commands: Term[][];
}

type Term =
  | { kind: 'field'; path: string[] }
  | { kind: 'variable'; name: string; path: string[] }
  | { kind: 'literal'; value: unknown }
  | { kind: 'function'; name: string }
  | { kind: 'pipeline'; pipeline: Pipeline; path: string[] };

/** Go's printing of nil in a template. */
const NO_VALUE = '<no value>';

class Leave extends Error {
  readonly kind: 'break' | 'continue';
  readonly text: string;
  constructor(kind: 'break' | 'continue', text: string) {
    super(kind);
    this.kind = kind;
    this.text = text;
  }
}

class TemplateProblem extends Error {}

export class GoTemplate {
  readonly #text: string;
  readonly #nodes: Node[];

  constructor(text: string) {
    this.#text = text;
    try {
      this.#nodes = new Parser(text).parse();
    } catch (error) {
      if (error instanceof TemplateProblem)
        throw new CommandError(`error parsing template ${text}, ${error.message}`);
      throw error;
    }
  }

  execute(object: unknown): string {
    try {
      return run(this.#nodes, object, new Map([['$', object]]));
    } catch (error) {
      if (!(error instanceof TemplateProblem)) throw error;
      throw new CommandError(
        `error executing template ${JSON.stringify(this.#text)}: template: output:1: ${error.message}`,
      );
    }
  }
}

type Scope = Map<string, unknown>;

function run(nodes: readonly Node[], dot: unknown, scope: Scope): string {
  let out = '';
  for (const node of nodes) {
    switch (node.kind) {
      case 'text':
        out += node.text;
        break;
      case 'action': {
        const value = evaluate(node.pipeline, dot, scope);
        if (node.pipeline.variables.length > 0) scope.set(node.pipeline.variables[0]!, value);
        else out += show(value);
        break;
      }
      case 'break':
      case 'continue':
        throw new Leave(node.kind, out);
      case 'range':
        out += range(node, dot, scope);
        break;
      case 'if':
      case 'with': {
        const inner = new Map(scope);
        const value = evaluate(node.pipeline, dot, inner);
        if (node.pipeline.variables.length > 0) inner.set(node.pipeline.variables[0]!, value);
        const chosen = truth(value) ? node.body : node.otherwise;
        out += run(chosen, node.kind === 'with' && truth(value) ? value : dot, inner);
      }
    }
  }
  return out;
}

function range(
  node: Extract<Node, { pipeline: Pipeline; body: Node[] }>,
  dot: unknown,
  scope: Scope,
): string {
  const value = evaluate(node.pipeline, dot, scope);
  const entries: [unknown, unknown][] = Array.isArray(value)
    ? value.map((item, at) => [at, item])
    : typeof value === 'object' && value !== null
      ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
      : [];
  if (value !== null && value !== undefined && typeof value !== 'object')
    throw new TemplateProblem(`range can't iterate over ${show(value)}`);
  if (entries.length === 0) return run(node.otherwise, dot, scope);
  let out = '';
  for (const [key, item] of entries) {
    const inner = new Map(scope);
    const names = node.pipeline.variables;
    if (names.length === 2) inner.set(names[0]!, key).set(names[1]!, item);
    else if (names.length === 1) inner.set(names[0]!, item);
    try {
      out += run(node.body, item, inner);
    } catch (error) {
      if (!(error instanceof Leave)) throw error;
      out += error.text;
      if (error.kind === 'break') break;
    }
  }
  return out;
}

const show = (value: unknown): string => (value === null || value === undefined ? NO_VALUE : goValue(value));

function truth(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

function evaluate(pipeline: Pipeline, dot: unknown, scope: Scope): unknown {
  let piped: unknown[] = [];
  let value: unknown;
  for (const command of pipeline.commands) {
    const [head, ...rest] = command;
    if (head!.kind === 'function') {
      const call = FUNCTIONS[head!.name];
      if (!call) throw new TemplateProblem(`function ${JSON.stringify(head!.name)} not defined`);
      value = call([...rest.map((term) => valueOf(term, dot, scope)), ...piped]);
    } else {
      if (rest.length > 0)
        throw new TemplateProblem(`can't give argument to non-function ${show(valueOf(head!, dot, scope))}`);
      value = valueOf(head!, dot, scope);
    }
    piped = [value];
  }
  return value;
}

function valueOf(term: Term, dot: unknown, scope: Scope): unknown {
  switch (term.kind) {
    case 'literal':
      return term.value;
    case 'field':
      return descend(dot, term.path);
    case 'variable':
      if (!scope.has(term.name)) throw new TemplateProblem(`undefined variable ${JSON.stringify(term.name)}`);
      return descend(scope.get(term.name), term.path);
    case 'pipeline':
      return descend(evaluate(term.pipeline, dot, scope), term.path);
    case 'function': {
      const call = FUNCTIONS[term.name];
      if (!call) throw new TemplateProblem(`function ${JSON.stringify(term.name)} not defined`);
      return call([]);
    }
  }
}

function descend(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const name of path) {
    if (current === null || current === undefined) return undefined;
    if (typeof current !== 'object' || Array.isArray(current))
      throw new TemplateProblem(`can't evaluate field ${name} in type interface {}`);
    current = (current as Record<string, unknown>)[name];
  }
  return current;
}

const equal = (a: unknown, b: unknown) => a === b || goValue(a) === goValue(b);

function order(args: readonly unknown[]): number {
  const [a, b] = args;
  if (typeof a !== typeof b) throw new TemplateProblem('incompatible types for comparison');
  return (a as string) < (b as string) ? -1 : (a as string) > (b as string) ? 1 : 0;
}

const FUNCTIONS: Record<string, (args: unknown[]) => unknown> = {
  and: (args) => args.find((arg) => !truth(arg)) ?? args.at(-1),
  or: (args) => args.find(truth) ?? args.at(-1),
  not: ([arg]) => !truth(arg),
  eq: ([first, ...rest]) => rest.some((arg) => equal(first, arg)),
  ne: ([a, b]) => !equal(a, b),
  lt: (args) => order(args) < 0,
  le: (args) => order(args) <= 0,
  gt: (args) => order(args) > 0,
  ge: (args) => order(args) >= 0,
  len: ([arg]) => {
    if (typeof arg === 'string' || Array.isArray(arg)) return arg.length;
    if (typeof arg === 'object' && arg !== null) return Object.keys(arg).length;
    throw new TemplateProblem('error calling len: len of nil pointer');
  },
  index: ([value, ...keys]) =>
    keys.reduce((current, key) => (current as Record<string, unknown> | undefined)?.[key as string], value),
  slice: ([value, from = 0, to]) => (value as string).slice(from as number, to as number | undefined),
  print: (args) => args.map(show).join(''),
  println: (args) => `${args.map(show).join(' ')}\n`,
  printf: ([format, ...args]) => sprintf(String(format), args),
  html: ([arg]) => show(arg).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`),
  js: ([arg]) => JSON.stringify(show(arg)).slice(1, -1),
  urlquery: ([arg]) => encodeURIComponent(show(arg)),
  base64decode: ([arg]) => atob(String(arg)),
  exists: ([value, ...keys]) =>
    keys.reduce(
      (current, key) => (current as Record<string, unknown> | undefined)?.[key as string],
      value,
    ) !== undefined,
};

/** `%s %v %d %q %t %x %%` with widths. */
function sprintf(format: string, args: readonly unknown[]): string {
  let at = 0;
  return format.replace(/%([-0]?)(\d*)([svdqtx%])/g, (_, flag: string, width: string, verb: string) => {
    if (verb === '%') return '%';
    if (at >= args.length) return `%!${verb}(MISSING)`;
    const arg = args[at++];
    const text =
      verb === 'q' ? JSON.stringify(show(arg)) : verb === 'x' ? Number(arg).toString(16) : show(arg);
    return flag === '-' ? text.padEnd(Number(width)) : text.padStart(Number(width), flag === '0' ? '0' : ' ');
  });
}

class Parser {
  /** Text and actions in turn. */
  readonly #items: ({ text: string } | { action: string })[] = [];
  #at = 0;

  constructor(text: string) {
    let rest = text;
    for (;;) {
      const open = rest.indexOf('{{');
      if (open < 0) {
        if (rest) this.#items.push({ text: rest });
        return;
      }
      const close = closing(rest, open + 2);
      if (close < 0) throw new TemplateProblem('template: output:1: unclosed action');
      let before = rest.slice(0, open);
      let action = rest.slice(open + 2, close);
      rest = rest.slice(close + 2);
      if (/^-\s/.test(action)) {
        before = before.trimEnd();
        action = action.slice(1);
      }
      if (/\s-$/.test(action)) {
        rest = rest.trimStart();
        action = action.slice(0, -1);
      }
      if (before) this.#items.push({ text: before });
      action = action.trim();
      if (!action.startsWith('/*')) this.#items.push({ action });
    }
  }

  parse(): Node[] {
    const { nodes, end } = this.#nodes();
    if (end) throw new TemplateProblem(`template: output:1: unexpected {{${end}}}`);
    return nodes;
  }

  #nodes(): { nodes: Node[]; end: string } {
    const nodes: Node[] = [];
    while (this.#at < this.#items.length) {
      const item = this.#items[this.#at++]!;
      if ('text' in item) {
        nodes.push({ kind: 'text', text: item.text });
        continue;
      }
      const [word = ''] = /^\w+/.exec(item.action) ?? [];
      if (word === 'end' || word === 'else') return { nodes, end: item.action };
      if (word === 'if' || word === 'with' || word === 'range')
        nodes.push(this.#block(word, item.action.slice(word.length)));
      else if (word === 'break' || word === 'continue') nodes.push({ kind: word });
      else nodes.push({ kind: 'action', pipeline: parsePipeline(item.action) });
    }
    return { nodes, end: '' };
  }

  #block(kind: 'if' | 'with' | 'range', text: string): Node {
    const pipeline = parsePipeline(text);
    const { nodes: body, end } = this.#nodes();
    if (end === '') throw new TemplateProblem('template: output:1: unexpected EOF');
    let otherwise: Node[] = [];
    const chained = /^else\s+(if|with)\b(.*)$/s.exec(end);
    if (chained) otherwise = [this.#block(chained[1] as 'if' | 'with', chained[2]!)];
    else if (end === 'else') otherwise = this.#nodes().nodes;
    return { kind, pipeline, body, otherwise };
  }
}

/** Where the action's `}}` begins, quoted text left aside. */
function closing(text: string, from: number): number {
  let quote = '';
  for (let at = from; at < text.length; at++) {
    const char = text[at]!;
    if (quote) {
      if (char === '\\' && quote === '"') at++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === '`') quote = char;
    else if (char === '}' && text[at + 1] === '}') return at;
  }
  return -1;
}

const TOKEN =
  /\s*(?:(:=|=|\||\(|\)|,)|("(?:[^"\\]|\\.)*")|`([^`]*)`|(-?\d+(?:\.\d+)?)|(\$\w*(?:\.\w+)*)|((?:\.[\w-]+)+|\.)|(\w+))/y;

interface Token {
  symbol?: string;
  term?: Term;
}

function tokens(text: string): Token[] {
  const out: Token[] = [];
  TOKEN.lastIndex = 0;
  const trimmed = text.trimEnd();
  while (TOKEN.lastIndex < trimmed.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(trimmed);
    if (!match)
      throw new TemplateProblem(`template: output:1: unexpected ${JSON.stringify(trimmed[at])} in command`);
    const [, symbol, quoted, raw, number, variable, field, word] = match;
    if (symbol) out.push({ symbol });
    else if (quoted !== undefined) out.push({ term: { kind: 'literal', value: JSON.parse(quoted) } });
    else if (raw !== undefined) out.push({ term: { kind: 'literal', value: raw } });
    else if (number !== undefined) out.push({ term: { kind: 'literal', value: Number(number) } });
    else if (variable !== undefined) {
      const [name, ...path] = variable.split('.');
      out.push({ term: { kind: 'variable', name: name!, path } });
    } else if (field !== undefined)
      out.push({ term: { kind: 'field', path: field.split('.').filter(Boolean) } });
    else if (word === 'true' || word === 'false')
      out.push({ term: { kind: 'literal', value: word === 'true' } });
    else if (word === 'nil') out.push({ term: { kind: 'literal', value: null } });
    else out.push({ term: { kind: 'function', name: word! } });
  }
  return out;
}

function parsePipeline(text: string): Pipeline {
  const all = tokens(text);
  const assign = all.findIndex((token) => token.symbol === ':=' || token.symbol === '=');
  const variables: string[] = [];
  for (const token of all.slice(0, Math.max(0, assign)))
    if (token.term?.kind === 'variable') variables.push(token.term.name);
  const rest = all.slice(assign + 1);
  const { commands, at } = parseCommands(rest, 0);
  if (at < rest.length) throw new TemplateProblem('template: output:1: unexpected ")" in command');
  if (commands.length === 0 || commands.some((command) => command.length === 0))
    throw new TemplateProblem('template: output:1: missing value for command');
  return { variables, commands };
}

function parseCommands(all: readonly Token[], from: number): { commands: Term[][]; at: number } {
  const commands: Term[][] = [[]];
  let at = from;
  for (; at < all.length; at++) {
    const { symbol, term } = all[at]!;
    if (symbol === ')') break;
    if (symbol === '|') commands.push([]);
    else if (symbol === '(') {
      const inner = parseCommands(all, at + 1);
      at = inner.at;
      const next = all[at + 1]?.term;
      // `(index .items 0).metadata.name`
      const path = next?.kind === 'field' ? next.path : [];
      if (path.length > 0) at++;
      commands
        .at(-1)!
        .push({ kind: 'pipeline', pipeline: { variables: [], commands: inner.commands }, path });
    } else if (term) commands.at(-1)!.push(term);
  }
  return { commands, at };
}
