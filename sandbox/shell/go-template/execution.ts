/**
 * Templates at work. Functions are given by who owns the set; those of text/template are here. An error knows
 * the places that led to it, as Go's message does.
 */
import {
  parseTemplate,
  type Command,
  type Node,
  type Operand,
  type ParsedTemplate,
  type Pipeline,
} from './syntax.ts';
import {
  goQuote,
  isMap,
  kindOf,
  show,
  sortedKeys,
  sprintf,
  TemplateObject,
  truth,
  typeOf,
} from './values.ts';

/** A function's complaint: told as `error calling NAME: …`. */
export class FunctionError extends Error {}

/** Ends the whole rendering with a message of the author's (`fail`, `required`). */
export class AuthorError extends Error {}

export interface Frame {
  /** `name:line:column` */
  place: string;
  template: string;
  /** What was evaluated there. */
  source: string;
}

/** Where the execution failed, outermost place first, and why. */
export class ExecutionError extends Error {
  readonly frames: readonly Frame[];
  /** The message is a function's. */
  readonly called: string | undefined;
  /** The author's own words (`fail`, `required`). */
  readonly author: boolean;
  constructor(message: string, frames: readonly Frame[], called?: string, author = false) {
    super(message);
    this.frames = frames;
    this.called = called;
    this.author = author;
  }
}

export interface TemplateFunction {
  call: (...args: any[]) => unknown;
  /** How many arguments it takes; at least so many when `variadic`. */
  count: number;
  variadic?: boolean;
}

export type FunctionTable = Readonly<Record<string, TemplateFunction>>;

class Leave extends Error {
  readonly kind: 'break' | 'continue';
  constructor(kind: 'break' | 'continue') {
    super(kind);
    this.kind = kind;
  }
}

/** Templates may call each other so deep, as in helm. */
const MAX_DEPTH = 1000;

export interface TemplateOptions {
  /** A field of a missing field: an error, as of a nil (helm), or no value either (kubectl). */
  missing: 'nil' | 'no value';
}

/** Templates that know each other by name. */
export class TemplateSet {
  readonly #templates: Map<string, ParsedTemplate>;
  readonly #functions: FunctionTable;
  readonly options: TemplateOptions;
  #depth = 0;

  constructor(
    functions: FunctionTable,
    options: TemplateOptions = { missing: 'nil' },
    templates: ReadonlyMap<string, ParsedTemplate> = new Map(),
  ) {
    this.options = options;
    this.#functions = { ...BUILTINS, ...functions };
    this.#templates = new Map(templates);
  }

  /** Throws `TemplateSyntaxError`. */
  add(name: string, source: string): void {
    const known = (word: string) => Object.hasOwn(this.#functions, word);
    for (const [key, template] of parseTemplate(name, source, known)) {
      const empty = template.nodes.every((node) => node.kind === 'text' && node.text.trim() === '');
      if (!empty || !this.#templates.has(key)) this.#templates.set(key, template);
    }
  }

  /** A set with the same templates and other functions. */
  with(functions: FunctionTable): TemplateSet {
    return new TemplateSet({ ...this.#functions, ...functions }, this.options, this.#templates);
  }

  has(name: string): boolean {
    return this.#templates.has(name);
  }

  /** Throws `ExecutionError`. */
  execute(name: string, dot: unknown): string {
    const template = this.#templates.get(name);
    if (!template)
      throw new FunctionError(
        `template: no template ${JSON.stringify(name)} associated with template "gotpl"`,
      );
    if (++this.#depth > MAX_DEPTH)
      throw new FunctionError(
        `rendering template has a nested reference name: ${name}: unable to execute template`,
      );
    try {
      return new Execution(this, template, this.#functions, name).run(dot);
    } finally {
      this.#depth--;
    }
  }
}

class Execution {
  readonly #set: TemplateSet;
  readonly #template: ParsedTemplate;
  readonly #functions: FunctionTable;
  readonly #name: string;
  readonly #variables: { name: string; value: unknown }[] = [];
  #out = '';

  constructor(set: TemplateSet, template: ParsedTemplate, functions: FunctionTable, name: string) {
    this.#set = set;
    this.#template = template;
    this.#functions = functions;
    this.#name = name;
  }

  run(dot: unknown): string {
    this.#variables.push({ name: '$', value: dot });
    this.#walk(this.#template.nodes, dot);
    return this.#out;
  }

  #frame({ at, source }: { at: number; source: string }): Frame {
    const before = this.#template.source.slice(0, at);
    const line = before.split('\n').length;
    const column = at - (before.lastIndexOf('\n') + 1);
    return { place: `${this.#name}:${line}:${column}`, template: this.#name, source };
  }

  #fail(message: string, where: { at: number; source: string }): never {
    throw new ExecutionError(message, [this.#frame(where)]);
  }

  #walk(nodes: readonly Node[], dot: unknown): void {
    const depth = this.#variables.length;
    for (const node of nodes) this.#node(node, dot);
    this.#variables.length = depth;
  }

  #node(node: Node, dot: unknown): void {
    switch (node.kind) {
      case 'text':
        this.#out += node.text;
        return;
      case 'action': {
        const value = this.#pipeline(node.pipeline, dot);
        if (node.pipeline.variables.length === 0)
          this.#out += value === null || value === undefined ? '<no value>' : show(value);
        return;
      }
      case 'break':
      case 'continue':
        throw new Leave(node.kind);
      case 'template': {
        if (!this.#set.has(node.name)) this.#fail(`template ${JSON.stringify(node.name)} not defined`, node);
        const value = node.pipeline ? this.#pipeline(node.pipeline, dot) : undefined;
        this.#out += this.#within(node, () => this.#set.execute(node.name, value));
        return;
      }
      case 'range':
        return this.#range(node, dot);
      default: {
        const depth = this.#variables.length;
        const value = this.#pipeline(node.pipeline, dot);
        if (truth(value)) this.#walk(node.body, node.kind === 'with' ? value : dot);
        else this.#walk(node.otherwise, dot);
        this.#variables.length = depth;
      }
    }
  }

  #within<T>(where: { at: number; source: string }, body: () => T): T {
    try {
      return body();
    } catch (error) {
      if (error instanceof ExecutionError)
        throw new ExecutionError(
          error.message,
          [this.#frame(where), ...error.frames],
          error.called,
          error.author,
        );
      throw error;
    }
  }

  #range(node: Extract<Node, { kind: 'if' | 'with' | 'range' }>, dot: unknown): void {
    const depth = this.#variables.length;
    const { pipeline } = node;
    const value = this.#value({ ...pipeline }, dot);
    const entries = this.#entries(value, pipeline);
    for (const [key, item] of entries) {
      const inner = this.#variables.length;
      const [first, second] = pipeline.variables;
      const set = (name: string, each: unknown) =>
        pipeline.assigns ? this.#assign(name, each) : this.#variables.push({ name, value: each });
      if (second !== undefined) {
        set(first!, key);
        set(second, item);
      } else if (first !== undefined) set(first, item);
      try {
        this.#walk(node.body, item);
      } catch (error) {
        if (!(error instanceof Leave)) throw error;
        if (error.kind === 'break') break;
      } finally {
        this.#variables.length = inner;
      }
    }
    if (entries.length === 0) this.#walk(node.otherwise, dot);
    this.#variables.length = depth;
  }

  #entries(value: unknown, where: Pipeline): [unknown, unknown][] {
    if (value === null || value === undefined) return [];
    if (Array.isArray(value)) return value.map((item, at) => [BigInt(at), item]);
    if (typeof value === 'bigint')
      return Array.from({ length: Number(value) }, (_, at) => [BigInt(at), BigInt(at)]);
    const map = value instanceof TemplateObject ? value.fields : value;
    if (typeof map === 'object')
      return sortedKeys(map).map((key) => [key, (map as Record<string, unknown>)[key]]);
    return this.#fail(`range can't iterate over ${show(value)}`, where.commands[0]!);
  }

  #assign(name: string, value: unknown): void {
    const variable = this.#variables.findLast((each) => each.name === name);
    if (variable) variable.value = value;
  }

  #pipeline(pipeline: Pipeline, dot: unknown): unknown {
    const value = this.#value(pipeline, dot);
    for (const name of pipeline.variables)
      if (pipeline.assigns) this.#assign(name, value);
      else this.#variables.push({ name, value });
    return value;
  }

  #value({ commands }: Pipeline, dot: unknown): unknown {
    let piped: unknown[] = [];
    for (const command of commands) piped = [this.#command(command, dot, piped)];
    return piped[0];
  }

  #command(command: Command, dot: unknown, piped: readonly unknown[]): unknown {
    const [head, ...rest] = command.operands as [Operand, ...Operand[]];
    if (head.kind === 'function') return this.#call(head.name, head, command, rest, piped, dot);
    if (head.kind === 'field' || head.kind === 'variable' || head.kind === 'pipeline') {
      const args = () => [...rest.map((operand) => this.#operand(operand, dot)), ...piped];
      return this.#chain(head, dot, rest.length > 0 || piped.length > 0 ? args : undefined);
    }
    if (rest.length > 0 || piped.length > 0)
      this.#fail(`can't give argument to non-function ${head.source}`, head);
    return this.#operand(head, dot);
  }

  #operand(operand: Operand, dot: unknown): unknown {
    switch (operand.kind) {
      case 'dot':
        return dot;
      case 'nil':
        return null;
      case 'literal':
        return operand.value;
      case 'function':
        return this.#call(operand.name, operand, operand, [], [], dot);
      default:
        return this.#chain(operand, dot);
    }
  }

  /** A value and the fields behind it; arguments are for the method at its end. */
  #chain(operand: Extract<Operand, { path: string[] }>, dot: unknown, args?: () => unknown[]): unknown {
    let value: unknown =
      operand.kind === 'field'
        ? dot
        : operand.kind === 'variable'
          ? this.#variables.findLast(({ name }) => name === operand.name)?.value
          : this.#value(operand.pipeline, dot);
    const { path } = operand;
    path.forEach((name, at) => {
      value = this.#field(value, name, operand, at === path.length - 1 ? args : undefined);
    });
    if (args && path.length === 0)
      this.#fail(`can't give argument to non-function ${operand.source}`, operand);
    return value;
  }

  #field(value: unknown, name: string, where: Operand, args?: () => unknown[]): unknown {
    if (value instanceof TemplateObject) {
      if (Object.hasOwn(value.methods, name)) {
        try {
          return value.methods[name]!(...(args?.() ?? []));
        } catch (error) {
          if (!(error instanceof FunctionError)) throw error;
          this.#fail(`error calling ${name}: ${error.message}`, where);
        }
      }
      if (!Object.hasOwn(value.fields, name))
        this.#fail(`can't evaluate field ${name} in type *${value.text ?? 'struct'}`, where);
      return value.fields[name];
    }
    if (value === undefined && this.#set.options.missing === 'no value') return undefined;
    if (value === null || value === undefined)
      this.#fail(`nil pointer evaluating interface {}.${name}`, where);
    if (!isMap(value))
      this.#fail(
        `can't evaluate field ${name} in type ${kindOf(value) === 'slice' ? '[]interface {}' : 'interface {}'}`,
        where,
      );
    const found = Object.hasOwn(value, name) ? value[name] : undefined;
    if (args) this.#fail(`${name} has arguments but cannot be invoked as function`, where);
    return found;
  }

  #call(
    name: string,
    identifier: Operand,
    command: { at: number; source: string },
    operands: readonly Operand[],
    piped: readonly unknown[],
    dot: unknown,
  ): unknown {
    if (name === 'and' || name === 'or') return this.#shortCircuit(name, identifier, operands, piped, dot);
    const { call, count, variadic } = this.#functions[name]!;
    const given = operands.length + piped.length;
    if (variadic ? given < count : given !== count)
      this.#fail(
        `wrong number of args for ${name}: want ${variadic ? 'at least ' : ''}${count} got ${given}`,
        identifier,
      );
    const args = [...operands.map((operand) => this.#operand(operand, dot)), ...piped];
    const where = { at: identifier.at, source: command.source };
    try {
      return this.#within(where, () => call(...args));
    } catch (error) {
      if (error instanceof AuthorError)
        throw new ExecutionError(error.message, [this.#frame(where)], name, true);
      if (error instanceof FunctionError) throw new ExecutionError(error.message, [this.#frame(where)], name);
      throw error;
    }
  }

  /** Arguments behind the one that decides are not evaluated. */
  #shortCircuit(
    name: 'and' | 'or',
    identifier: Operand,
    operands: readonly Operand[],
    piped: readonly unknown[],
    dot: unknown,
  ): unknown {
    if (operands.length + piped.length === 0)
      this.#fail(`wrong number of args for ${name}: want at least 1 got 0`, identifier);
    let value: unknown;
    for (const next of [
      ...operands.map((operand) => () => this.#operand(operand, dot)),
      ...piped.map((each) => () => each),
    ]) {
      value = next();
      if (truth(value) === (name === 'or')) return value;
    }
    return value;
  }
}

const numeric = (value: unknown) => typeof value === 'bigint' || typeof value === 'number';

function compare(a: unknown, b: unknown): number {
  if (typeof a !== typeof b || !(numeric(a) || typeof a === 'string'))
    throw new FunctionError(
      kindOf(a) !== kindOf(b)
        ? `incompatible types for comparison: ${typeOf(a)} and ${typeOf(b)}`
        : 'invalid type for comparison',
    );
  return (a as string) < (b as string) ? -1 : (a as string) > (b as string) ? 1 : 0;
}

function equal(a: unknown, b: unknown): boolean {
  if (a === null || a === undefined || b === null || b === undefined) return (a ?? null) === (b ?? null);
  if (typeof a !== typeof b)
    throw new FunctionError(`incompatible types for comparison: ${typeOf(a)} and ${typeOf(b)}`);
  if (typeof a === 'object') throw new FunctionError('invalid type for comparison');
  return a === b;
}

function indexed(value: unknown, key: unknown): unknown {
  if (value === null || value === undefined) throw new FunctionError('index of nil pointer');
  if (Array.isArray(value) || typeof value === 'string') {
    if (!numeric(key)) throw new FunctionError(`cannot index slice/array with type ${typeOf(key)}`);
    const at = Number(key);
    if (at < 0 || at >= value.length) throw new FunctionError(`index out of range: ${at}`);
    return typeof value === 'string' ? BigInt(new TextEncoder().encode(value)[at]!) : value[at];
  }
  const map = value instanceof TemplateObject ? value.fields : value;
  if (typeof map !== 'object') throw new FunctionError(`can't index item of type ${typeOf(value)}`);
  if (typeof key !== 'string') throw new FunctionError(`value has type ${typeOf(key)}; should be string`);
  return Object.hasOwn(map, key) ? (map as Record<string, unknown>)[key] : undefined;
}

/** `fmt.Sprint`: a space between operands of which neither is a string. */
export function sprint(args: readonly unknown[]): string {
  return args
    .map(
      (arg, at) =>
        (at > 0 && typeof arg !== 'string' && typeof args[at - 1] !== 'string' ? ' ' : '') + show(arg),
    )
    .join('');
}

const variadic = (count: number, call: (...args: any[]) => unknown): TemplateFunction => ({
  count,
  variadic: true,
  call,
});
const exactly = (count: number, call: (...args: any[]) => unknown): TemplateFunction => ({ count, call });
const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

/** The functions that text/template brings. `and` and `or` are evaluated by the execution itself. */
const BUILTINS: FunctionTable = {
  and: variadic(1, () => undefined),
  or: variadic(1, () => undefined),
  not: exactly(1, (value) => !truth(value)),
  eq: variadic(2, (first, ...others) => others.some((other) => equal(first, other))),
  ne: exactly(2, (a, b) => !equal(a, b)),
  lt: exactly(2, (a, b) => compare(a, b) < 0),
  le: exactly(2, (a, b) => compare(a, b) <= 0),
  gt: exactly(2, (a, b) => compare(a, b) > 0),
  ge: exactly(2, (a, b) => compare(a, b) >= 0),
  len: exactly(1, (value) => {
    if (typeof value === 'string') return BigInt(new TextEncoder().encode(value).length);
    if (Array.isArray(value)) return BigInt(value.length);
    if (isMap(value)) return BigInt(Object.keys(value).length);
    throw new FunctionError(
      value === null || value === undefined ? 'len of nil pointer' : `len of type ${typeOf(value)}`,
    );
  }),
  index: variadic(1, (value, ...keys) => keys.reduce(indexed, value)),
  print: variadic(0, (...args) => sprint(args)),
  println: variadic(0, (...args) => `${args.map(show).join(' ')}\n`),
  printf: variadic(1, (format, ...args) => sprintf(String(format), args)),
  html: variadic(0, (...args) => sprint(args).replace(/[&<>"']/g, (char) => HTML[char]!)),
  js: variadic(0, (...args) =>
    goQuote(sprint(args))
      .slice(1, -1)
      .replaceAll("'", "\\'")
      .replaceAll('<', '\\u003C')
      .replaceAll('>', '\\u003E'),
  ),
  urlquery: variadic(0, (...args) =>
    encodeURIComponent(sprint(args))
      .replaceAll('%20', '+')
      .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`),
  ),
};
