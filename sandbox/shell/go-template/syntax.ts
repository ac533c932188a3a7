/**
 * Go's text/template, from text to nodes: actions with trimmed white space, pipelines, variables, `if`, `with`,
 * `range`, `else` chains, `break`, `continue`, `define`, `block`, `template`, comments. Numbers are Go's: a literal
 * without a point is an integer (bigint here), one with a point a float64. Left out: complex numbers and
 * characters in single quotes beyond their code.
 */

/** Why a template cannot be read; `line` counts from 1. */
export class TemplateSyntaxError extends Error {
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

interface Placed {
  /** Offset in the source. */
  at: number;
  /** As it is written. */
  source: string;
}

export type Operand = Placed &
  (
    | { kind: 'dot' }
    | { kind: 'nil' }
    | { kind: 'field'; path: string[] }
    | { kind: 'variable'; name: string; path: string[] }
    | { kind: 'literal'; value: unknown }
    | { kind: 'function'; name: string }
    | { kind: 'pipeline'; pipeline: Pipeline; path: string[] }
  );

export interface Command extends Placed {
  operands: Operand[];
}

export interface Pipeline extends Placed {
  /** `$x :=` or `$i, $x :=`. */
  variables: string[];
  /** `=` instead of `:=`. */
  assigns: boolean;
  commands: Command[];
}

export type Node =
  | { kind: 'text'; text: string }
  | { kind: 'action'; pipeline: Pipeline }
  | { kind: 'if' | 'with' | 'range'; pipeline: Pipeline; body: Node[]; otherwise: Node[] }
  | { kind: 'break' | 'continue' }
  | { kind: 'template'; name: string; pipeline: Pipeline | undefined; at: number; source: string };

export interface ParsedTemplate {
  name: string;
  source: string;
  nodes: Node[];
}

interface Action {
  text: string;
  at: number;
}

/** The template and those that it defines, by name. `known` tells which functions there are. */
export function parseTemplate(
  name: string,
  source: string,
  known: (name: string) => boolean,
): Map<string, ParsedTemplate> {
  return new Parser(name, source, known).parse();
}

const lineAt = (source: string, at: number) => source.slice(0, at).split('\n').length;

class Parser {
  readonly #name: string;
  readonly #source: string;
  readonly #known: (name: string) => boolean;
  readonly #items: ({ text: string } | Action)[] = [];
  readonly #defined = new Map<string, ParsedTemplate>();
  #next = 0;
  #variables = ['$'];

  constructor(name: string, source: string, known: (name: string) => boolean) {
    this.#name = name;
    this.#source = source;
    this.#known = known;
    this.#split();
  }

  #fail(message: string, at: number): never {
    throw new TemplateSyntaxError(message, lineAt(this.#source, at));
  }

  #split(): void {
    const source = this.#source;
    let at = 0;
    let trims = false;
    while (at <= source.length) {
      const open = source.indexOf('{{', at);
      let text = source.slice(at, open < 0 ? undefined : open);
      if (trims) text = text.trimStart();
      if (open < 0) {
        if (text) this.#items.push({ text });
        return;
      }
      let from = open + 2;
      if (/^-\s/.test(source.slice(from, from + 2))) {
        text = text.trimEnd();
        from += 1;
      }
      if (text) this.#items.push({ text });
      const comment = /^\s*\/\*/.exec(source.slice(from));
      const close = comment ? this.#commentEnd(from, open) : this.#closing(from, open);
      let end = close;
      trims = source[end - 1] === '-' && /\s/.test(source[end - 2] ?? '');
      if (trims) end -= 1;
      if (!comment) {
        const lead = /^\s*/.exec(source.slice(from, end))![0].length;
        this.#items.push({ text: source.slice(from + lead, end).trimEnd(), at: from + lead });
      }
      at = close + 2;
    }
  }

  #commentEnd(from: number, open: number): number {
    const end = this.#source.indexOf('*/', from);
    const close = end < 0 ? -1 : this.#source.indexOf('}}', end);
    if (close < 0) this.#fail('unclosed comment', open);
    if (!/^\*\/(\s*|\s+-)$/.test(this.#source.slice(end, close)))
      this.#fail('comment ends before closing delimiter', open);
    return close;
  }

  #closing(from: number, open: number): number {
    const source = this.#source;
    let quote = '';
    for (let at = from; at < source.length; at++) {
      const char = source[at]!;
      if (quote) {
        if (char === '\\' && quote !== '`') at++;
        else if (char === quote) quote = '';
        else if (char === '\n' && quote === '"') this.#fail('unterminated quoted string', at);
      } else if (char === '"' || char === '`' || char === "'") quote = char;
      else if (char === '}' && source[at + 1] === '}') return at;
    }
    return this.#fail(quote ? 'unterminated quoted string' : 'unclosed action', open);
  }

  parse(): Map<string, ParsedTemplate> {
    const { nodes, end } = this.#nodes();
    if (end) this.#fail(`unexpected {{${end.text}}}`, end.at);
    this.#defined.set(this.#name, { name: this.#name, source: this.#source, nodes });
    return this.#defined;
  }

  #nodes(): { nodes: Node[]; end?: Action } {
    const nodes: Node[] = [];
    while (this.#next < this.#items.length) {
      const item = this.#items[this.#next++]!;
      if (!('at' in item)) {
        nodes.push({ kind: 'text', text: item.text });
        continue;
      }
      const [word = ''] = /^\w+/.exec(item.text) ?? [];
      switch (word) {
        case 'end':
        case 'else':
          return { nodes, end: item };
        case 'if':
        case 'with':
        case 'range':
          nodes.push(this.#block(word, this.#after(item, word)));
          break;
        case 'break':
        case 'continue':
          nodes.push({ kind: word });
          break;
        case 'define':
          this.#define(this.#nameIn(item, 'define').name);
          break;
        case 'block': {
          const { name, rest } = this.#nameIn(item, 'block');
          nodes.push({
            kind: 'template',
            name,
            pipeline: this.#pipeline(rest),
            at: item.at,
            source: item.text,
          });
          this.#define(name);
          break;
        }
        case 'template': {
          const { name, rest } = this.#nameIn(item, 'template');
          const pipeline = rest.text ? this.#pipeline(rest) : undefined;
          nodes.push({
            kind: 'template',
            name,
            pipeline,
            at: item.at + item.text.indexOf('"'),
            source: `{{${item.text}}}`,
          });
          break;
        }
        default: {
          if (item.text === '') this.#fail('missing value for command', item.at);
          nodes.push({ kind: 'action', pipeline: this.#pipeline(item) });
        }
      }
    }
    return { nodes };
  }

  #after(item: Action, word: string): Action {
    const rest = item.text.slice(word.length);
    const lead = rest.length - rest.trimStart().length;
    return { text: rest.trimStart(), at: item.at + word.length + lead };
  }

  #nameIn(item: Action, word: string): { name: string; rest: Action } {
    const rest = this.#after(item, word);
    const match = /^("(?:[^"\\]|\\.)*"|`[^`]*`)\s*/.exec(rest.text);
    if (!match) this.#fail(`unexpected ${JSON.stringify(rest.text)} in ${word} clause`, item.at);
    return {
      name: unquote(match[1]!),
      rest: { text: rest.text.slice(match[0].length), at: rest.at + match[0].length },
    };
  }

  #define(name: string): void {
    const outer = this.#variables;
    this.#variables = ['$'];
    const { nodes, end } = this.#nodes();
    this.#variables = outer;
    if (end?.text !== 'end')
      this.#fail(end ? `unexpected {{${end.text}}}` : 'unexpected EOF', end?.at ?? this.#source.length);
    // A definition of nothing does not replace one of something.
    const empty = nodes.every((node) => node.kind === 'text' && node.text.trim() === '');
    if (!empty || !this.#defined.has(name)) this.#defined.set(name, { name, source: this.#source, nodes });
  }

  #block(kind: 'if' | 'with' | 'range', action: Action): Node {
    if (action.text === '') this.#fail(`missing value for ${kind}`, action.at);
    const depth = this.#variables.length;
    const pipeline = this.#pipeline(action);
    const { nodes: body, end } = this.#nodes();
    if (!end) this.#fail('unexpected EOF', this.#source.length);
    let otherwise: Node[] = [];
    if (end.text !== 'end') {
      const rest = this.#after(end, 'else');
      const chained = /^(if|with)\b/.exec(rest.text)?.[1] as 'if' | 'with' | undefined;
      if (chained) otherwise = [this.#block(chained, this.#after(rest, chained))];
      else {
        const other = this.#nodes();
        if (other.end?.text !== 'end')
          this.#fail(
            other.end ? `unexpected {{${other.end.text}}}` : 'unexpected EOF',
            other.end?.at ?? this.#source.length,
          );
        otherwise = other.nodes;
      }
    }
    this.#variables.length = depth;
    return { kind, pipeline, body, otherwise };
  }

  #pipeline(action: Action): Pipeline {
    const tokens = this.#tokens(action);
    const declared = /^(\$\w*(?:\s*,\s*\$\w*)?)\s*(:?=)(?!=)/.exec(action.text);
    let from = 0;
    let variables: string[] = [];
    if (declared) {
      variables = declared[1]!.split(',').map((name) => name.trim());
      from = tokens.findIndex(({ symbol }) => symbol === ':=' || symbol === '=') + 1;
    }
    const { commands, next } = this.#commands(tokens, from, action);
    if (next < tokens.length)
      this.#fail(`unexpected ${JSON.stringify(tokens[next]!.symbol)} in command`, action.at);
    const assigns = declared?.[2] === '=';
    for (const name of variables) {
      if (!assigns) this.#variables.push(name);
      else if (!this.#variables.includes(name))
        this.#fail(`undefined variable ${JSON.stringify(name)}`, action.at);
    }
    return { at: action.at, source: action.text, variables, assigns, commands };
  }

  #commands(tokens: readonly Token[], from: number, action: Action): { commands: Command[]; next: number } {
    const groups: Operand[][] = [[]];
    let next = from;
    for (; next < tokens.length; next++) {
      const { symbol, operand, at } = tokens[next]!;
      if (symbol === ')') break;
      if (symbol === '|') groups.push([]);
      else if (symbol === '(') {
        const inner = this.#commands(tokens, next + 1, action);
        if (tokens[inner.next]?.symbol !== ')') this.#fail('unclosed left paren', action.at);
        next = inner.next;
        const source = this.#source.slice(at, tokens[next]!.at + 1);
        const pipeline = { at, source, variables: [], assigns: false, commands: inner.commands };
        const follower = tokens[next + 1];
        const chained = follower?.operand?.kind === 'field' && follower.at === tokens[next]!.at + 1;
        const path = chained ? (follower.operand as { path: string[] }).path : [];
        if (chained) next++;
        groups.at(-1)!.push({ kind: 'pipeline', at, source, pipeline, path });
      } else if (operand) groups.at(-1)!.push(operand);
      else this.#fail(`unexpected ${JSON.stringify(symbol)} in operand`, at);
    }
    if (groups.some((group) => group.length === 0)) this.#fail('missing value for command', action.at);
    const commands = groups.map((operands) => {
      const { at } = operands[0]!;
      const last = operands.at(-1)!;
      const start = operands[0]!.at - offsetInChain(operands[0]!);
      return {
        operands,
        at,
        source: this.#source.slice(start, last.at - offsetInChain(last) + last.source.length),
      };
    });
    return { commands, next };
  }

  #tokens({ text, at: base }: Action): Token[] {
    const out: Token[] = [];
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.length) {
      const from = TOKEN.lastIndex;
      const match = TOKEN.exec(text);
      if (!match) this.#fail(`unexpected ${JSON.stringify(text[from]!)} in operand`, base + from);
      const [whole, symbol, quoted, char, number, variable, field, word] = match;
      const source = whole.trimStart();
      const start = base + from + whole.length - source.length;
      const placed = { at: start, source };
      if (symbol) out.push({ at: start, symbol });
      else if (quoted !== undefined)
        out.push({ at: start, operand: { ...placed, kind: 'literal', value: unquote(quoted) } });
      else if (char !== undefined)
        out.push({ at: start, operand: { ...placed, kind: 'literal', value: BigInt(char.codePointAt(1)!) } });
      else if (number !== undefined)
        out.push({ at: start, operand: { ...placed, kind: 'literal', value: numberOf(number) } });
      else if (variable !== undefined) {
        const [name, ...path] = variable.split('.');
        if (
          !this.#variables.includes(name!) &&
          !/^\s*:?=|^\s*,/.test(text.slice(from + whole.length)) &&
          !this.#declares(text, name!)
        )
          this.#fail(`undefined variable ${JSON.stringify(name)}`, start);
        out.push({ at: start, operand: { ...placed, kind: 'variable', name: name!, path } });
      } else if (field !== undefined) {
        const path = field.split('.').filter(Boolean);
        // The place of a chain is that of its second field, as in Go.
        const at = path.length > 1 ? start + path[0]!.length + 1 : start;
        out.push({
          at: start,
          operand: path.length === 0 ? { ...placed, kind: 'dot' } : { at, source, kind: 'field', path },
        });
      } else if (word === 'true' || word === 'false')
        out.push({ at: start, operand: { ...placed, kind: 'literal', value: word === 'true' } });
      else if (word === 'nil') out.push({ at: start, operand: { ...placed, kind: 'nil' } });
      else {
        if (!this.#known(word!)) this.#fail(`function ${JSON.stringify(word)} not defined`, start);
        out.push({ at: start, operand: { ...placed, kind: 'function', name: word! } });
      }
    }
    return out;
  }

  #declares(text: string, name: string): boolean {
    const declared = /^(\$\w*)\s*,\s*(\$\w*)\s*:?=/.exec(text);
    return declared?.[2] === name;
  }
}

interface Token {
  at: number;
  symbol?: string;
  operand?: Operand;
}

const TOKEN =
  /\s*(?:(:=|=|\||\(|\)|,)|("(?:[^"\\]|\\.)*"|`[^`]*`)|('(?:[^'\\]|\\.)')|([-+]?(?:0x[0-9a-fA-F]+|\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?))|(\$\w*(?:\.\w+)*)|((?:\.[A-Za-z_]\w*)+|\.)|(\w+)|$)/y;

const offsetInChain = (operand: Operand) =>
  operand.kind === 'field' && operand.path.length > 1 ? operand.path[0]!.length + 1 : 0;

const numberOf = (text: string): bigint | number =>
  /^[-+]?(0x[0-9a-fA-F]+|[\d_]+)$/.test(text)
    ? BigInt(text.replaceAll('_', '').replace(/^\+/, '').replace(/^-/, '')) *
      (text.startsWith('-') ? -1n : 1n)
    : Number(text);

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\', "'": "'", a: '\u0007', b: '\b', f: '\f', v: '\v' }; // prettier-ignore

function unquote(text: string): string {
  if (text.startsWith('`')) return text.slice(1, -1);
  return text
    .slice(1, -1)
    .replace(/\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/g, (_, x, u, long, char) =>
      char !== undefined
        ? (ESCAPES[char] ?? char)
        : String.fromCodePoint(Number.parseInt(x ?? u ?? long, 16)),
    );
}
