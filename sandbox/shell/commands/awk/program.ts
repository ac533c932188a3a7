/**
 * awk programs that are run line by line, so that `kubectl get -w | awk '{print $1}'` prints at once: patterns,
 * ranges, BEGIN and END, all statements, output to files and commands, arrays, the standard functions. Not for
 * lines, and run by just-bash with the whole input: functions of one's own, getline, system, close, RS,
 * expressions that are computed, and those that could take for ever.
 */
import { RegularExpressionError, translate } from '../../regular-expression.ts';
import { NotForLines, tokensOf, type Token } from './tokens.ts';
import { ARITHMETIC, COMPARISONS, FUNCTIONS, matching, splitting, substituting } from './functions.ts';
import type { Runtime } from './runtime.ts';
import {
  loop,
  plain,
  print,
  sequence,
  signalling,
  stepped,
  type Expression,
  type Place,
  type Statement,
} from './statements.ts';
import { compare, formatted, isTrue, numberOf, textOf } from './values.ts';

export interface Rule {
  /** Undefined: every line. */
  pattern: Expression | undefined;
  /** Of a range: where it ends. */
  until: Expression | undefined;
  inside: boolean;
  body: Statement;
}

export interface LineProgram {
  begin: Statement[];
  rules: Rule[];
  end: Statement[];
}

export const parseProgram = (source: string): LineProgram => new Parser(tokensOf(source)).program();

/** An expression that ends in linear time. */
export function linearExpression(pattern: string): RegExp {
  try {
    const { source, linear } = translate(pattern, true);
    if (linear) return new RegExp(source, 'gu');
  } catch (error) {
    if (!(error instanceof RegularExpressionError || error instanceof SyntaxError)) throw error;
  }
  throw new NotForLines(pattern);
}

class Parser {
  readonly #tokens: Token[];
  #at = 0;
  /** `print a > b` writes to a file: no comparison there, outside parentheses. */
  #printing = false;
  /** `for (x in a)`: no membership test there. */
  #noIn = false;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  get #token(): Token {
    return this.#tokens[this.#at]!;
  }

  #is(...texts: string[]): boolean {
    const { kind, text } = this.#token;
    return (kind === 'sign' || kind === 'word') && texts.includes(text);
  }

  #take(...texts: string[]): string | undefined {
    if (!this.#is(...texts)) return undefined;
    return this.#tokens[this.#at++]!.text;
  }

  #need(text: string): void {
    if (this.#take(text) === undefined)
      throw new NotForLines(`'${text}' is missing in front of '${this.#token.text}'`);
  }

  #newlines(): void {
    while (this.#token.kind === 'newline') this.#at++;
  }

  #ends(): void {
    while (this.#token.kind === 'newline' || this.#is(';')) this.#at++;
  }

  program(): LineProgram {
    const program: LineProgram = { begin: [], rules: [], end: [] };
    for (this.#ends(); this.#token.kind !== 'end'; this.#ends()) {
      if (this.#take('BEGIN')) program.begin.push(this.#block());
      else if (this.#take('END')) program.end.push(this.#block());
      else {
        const pattern = this.#is('{') ? undefined : this.#expression();
        const until = pattern && this.#take(',') ? this.#expression() : undefined;
        const body = this.#is('{') ? this.#block() : print([], 'ORS');
        program.rules.push({ pattern, until, inside: false, body });
      }
    }
    return program;
  }

  #block(): Statement {
    this.#need('{');
    const statements: Statement[] = [];
    for (this.#ends(); !this.#take('}'); this.#ends()) {
      if (this.#token.kind === 'end') throw new NotForLines("'}' is missing");
      statements.push(this.#statement());
    }
    return sequence(statements);
  }

  /** One statement, a body of `if` or a loop. */
  #body(): Statement {
    this.#newlines();
    if (this.#take(';')) return sequence([]);
    return this.#statement();
  }

  #statement(): Statement {
    if (this.#is('{')) return this.#block();
    if (this.#take('if')) return this.#if();
    if (this.#take('while')) {
      this.#need('(');
      const condition = this.#expression();
      this.#need(')');
      return loop({ condition, body: this.#body() });
    }
    if (this.#take('do')) {
      const body = this.#body();
      this.#ends();
      this.#need('while');
      this.#need('(');
      const condition = this.#expression();
      this.#need(')');
      return loop({ condition, body, first: true });
    }
    if (this.#take('for')) return this.#for();
    const statement = this.#simple();
    if (!this.#is(';', '}') && !['newline', 'end'].includes(this.#token.kind))
      throw new NotForLines(this.#token.text);
    this.#take(';');
    return statement;
  }

  #if(): Statement {
    this.#need('(');
    const condition = this.#expression();
    this.#need(')');
    const yes = this.#body();
    const back = this.#at;
    this.#ends();
    if (!this.#take('else')) {
      this.#at = back;
      return function* (runtime) {
        return isTrue(condition(runtime)) ? yield* yes(runtime) : undefined;
      };
    }
    const no = this.#body();
    return function* (runtime) {
      return isTrue(condition(runtime)) ? yield* yes(runtime) : yield* no(runtime);
    };
  }

  #for(): Statement {
    this.#need('(');
    const [variable, word, array] = [
      this.#tokens[this.#at]!,
      this.#tokens[this.#at + 1]!,
      this.#tokens[this.#at + 2]!,
    ];
    if (
      variable.kind === 'name' &&
      word.text === 'in' &&
      array.kind === 'name' &&
      this.#tokens[this.#at + 3]!.text === ')'
    ) {
      this.#at += 4;
      const body = this.#body();
      return function* (runtime) {
        for (const key of Array.from(runtime.array(array.text).keys())) {
          yield;
          runtime.set(variable.text, key);
          const signal = yield* body(runtime);
          if (signal === 'break') break;
          if (signal === 'next' || signal === 'exit') return signal;
        }
        return undefined;
      };
    }
    this.#noIn = false;
    const start = this.#is(';') ? undefined : this.#simple();
    this.#need(';');
    this.#newlines();
    const condition = this.#is(';') ? undefined : this.#expression();
    this.#need(';');
    this.#newlines();
    const step = this.#is(')') ? undefined : this.#simple();
    this.#need(')');
    return loop({ start, condition, step, body: this.#body() });
  }

  #simple(): Statement {
    const word = this.#take('print', 'printf', 'delete', 'next', 'exit', 'break', 'continue');
    switch (word) {
      case 'print':
      case 'printf':
        return this.#print(word);
      case 'delete':
        return this.#delete();
      case 'next':
      case 'break':
      case 'continue':
        return signalling(word);
      case 'exit': {
        const code = this.#atEnd ? undefined : this.#expression();
        return plain((runtime) => {
          if (code) runtime.exitCode = Math.trunc(numberOf(code(runtime))) & 255;
          return 'exit';
        });
      }
    }
    const expression = this.#expression();
    return plain((runtime) => void expression(runtime));
  }

  get #atEnd(): boolean {
    return this.#is(';', '}') || ['newline', 'end'].includes(this.#token.kind);
  }

  #print(word: 'print' | 'printf'): Statement {
    this.#printing = true;
    let args: Expression[] = [];
    // In `print (a, b)` the parentheses hold the list; in `print (a) b` they begin an expression.
    const grouped = this.#is('(') && this.#isWholeList();
    if (grouped) {
      this.#need('(');
      this.#printing = false;
      args = this.#list(')');
      this.#need(')');
    } else if (!this.#atEnd) args = this.#list();
    this.#printing = false;
    const sign = this.#take('>', '>>', '|');
    const target = sign === undefined ? undefined : { sign, name: this.#concatenation() };
    if (word === 'print') return print(args, 'ORS', target);
    if (args.length === 0) throw new NotForLines('printf without a format');
    const [format, ...values] = args as [Expression, ...Expression[]];
    return plain((runtime) => {
      const text = formatted(
        textOf(format(runtime)),
        values.map((each) => each(runtime)),
      );
      runtime.write(text, target?.sign, target ? textOf(target.name(runtime)) : '');
      return undefined;
    });
  }

  #isWholeList(): boolean {
    let depth = 0;
    for (let i = this.#at; i < this.#tokens.length; i++) {
      const { kind, text } = this.#tokens[i]!;
      if (kind !== 'sign') continue;
      if (text === '(') depth++;
      if (text === ')' && --depth === 0) {
        const next = this.#tokens[i + 1]!;
        return ['newline', 'end'].includes(next.kind) || [';', '}', '>', '>>', '|'].includes(next.text);
      }
    }
    return false;
  }

  #delete(): Statement {
    const name = this.#name();
    if (!this.#take('[')) {
      return plain((runtime) => void runtime.array(name).clear());
    }
    const key = this.#subscript();
    return plain((runtime) => {
      runtime.array(name).delete(key(runtime));
      return undefined;
    });
  }

  #name(): string {
    const { kind, text } = this.#tokens[this.#at++]!;
    if (kind !== 'name') throw new NotForLines(text);
    return text;
  }

  #list(end?: string): Expression[] {
    const list: Expression[] = [];
    if (end !== undefined && this.#is(end)) return list;
    do {
      this.#newlines();
      list.push(this.#expression());
    } while (this.#take(','));
    return list;
  }

  /** The text of `i, j` between brackets, the opening one taken. */
  #subscript(): (runtime: Runtime) => string {
    const printing = this.#printing;
    this.#printing = false;
    const parts = this.#list();
    this.#printing = printing;
    this.#need(']');
    const [only] = parts;
    if (parts.length === 1) return (runtime) => textOf(only!(runtime));
    return (runtime) => parts.map((each) => textOf(each(runtime))).join(textOf(runtime.get('SUBSEP')));
  }

  #expression(): Expression {
    const start = this.#at;
    const condition = this.#or();
    if (this.#is('=', '+=', '-=', '*=', '/=', '%=', '^=', '**=')) return this.#assignment(start);
    if (!this.#take('?')) return condition;
    this.#newlines();
    const yes = this.#expression();
    this.#newlines();
    this.#need(':');
    this.#newlines();
    const no = this.#expression();
    return (runtime) => (isTrue(condition(runtime)) ? yes(runtime) : no(runtime));
  }

  #assignment(start: number): Expression {
    this.#at = start;
    const place = this.#place();
    const sign = this.#take('=', '+=', '-=', '*=', '/=', '%=', '^=', '**=');
    if (sign === undefined) throw new NotForLines('an assignment to what is no variable');
    this.#newlines();
    const value = this.#expression();
    const compute = ARITHMETIC[sign.slice(0, -1)];
    return (runtime) => {
      const right = value(runtime);
      const result = compute ? compute(numberOf(place.get(runtime)), numberOf(right)) : right;
      place.set(runtime, result);
      return result;
    };
  }

  #place(): Place {
    if (this.#take('$')) {
      const index = this.#fieldIndex();
      return {
        get: (runtime) => runtime.field(index(runtime)),
        set: (runtime, value) => runtime.setField(index(runtime), textOf(value)),
      };
    }
    const name = this.#name();
    if (this.#take('[')) {
      const key = this.#subscript();
      return {
        get: (runtime) => {
          const array = runtime.array(name);
          const text = key(runtime);
          if (!array.has(text)) array.set(text, undefined);
          return array.get(text);
        },
        set: (runtime, value) => void runtime.array(name).set(key(runtime), value),
      };
    }
    if (['RS', 'ARGV', 'ARGC', 'RT', 'FPAT', 'FIELDWIDTHS', 'IGNORECASE'].includes(name))
      throw new NotForLines(name);
    return { get: (runtime) => runtime.get(name), set: (runtime, value) => runtime.set(name, value) };
  }

  #fieldIndex(): (runtime: Runtime) => number {
    const index = this.#is('++', '--') ? this.#unary() : this.#primary();
    return (runtime) => {
      const number = Math.trunc(numberOf(index(runtime)));
      return number < 0 ? runtime.fail(`attempt to access field ${number}`) : number;
    };
  }

  #or(): Expression {
    let left = this.#and();
    while (this.#take('||')) {
      this.#newlines();
      const [a, b] = [left, this.#and()];
      left = (runtime) => (isTrue(a(runtime)) || isTrue(b(runtime)) ? 1 : 0);
    }
    return left;
  }

  #and(): Expression {
    let left = this.#in();
    while (this.#take('&&')) {
      this.#newlines();
      const [a, b] = [left, this.#in()];
      left = (runtime) => (isTrue(a(runtime)) && isTrue(b(runtime)) ? 1 : 0);
    }
    return left;
  }

  #in(): Expression {
    let left = this.#match();
    while (!this.#noIn && this.#take('in')) {
      const [key, name] = [left, this.#name()];
      left = (runtime) => (runtime.array(name).has(textOf(key(runtime))) ? 1 : 0);
    }
    return left;
  }

  #match(): Expression {
    let left = this.#comparison();
    for (let sign; (sign = this.#take('~', '!~'));) {
      const [text, expression, wanted] = [left, this.#regularExpression(), sign === '~'];
      left = (runtime) => (found(expression, textOf(text(runtime))) === wanted ? 1 : 0);
    }
    return left;
  }

  /** A literal, or a string that is one. */
  #regularExpression(): RegExp {
    const { kind, text } = this.#tokens[this.#at++]!;
    if (kind !== 'expression' && kind !== 'string') throw new NotForLines('an expression that is computed');
    if (!this.#atEnd && !this.#is(')', ',', '&&', '||', '?', ':', '{', ';', ']'))
      throw new NotForLines('an expression that is computed');
    return linearExpression(text);
  }

  #comparison(): Expression {
    const left = this.#concatenation();
    const sign = this.#take('<', '<=', '==', '!=', '>=', ...(this.#printing ? [] : ['>']));
    if (sign === undefined) return left;
    const right = this.#concatenation();
    const holds = COMPARISONS[sign]!;
    return (runtime) => (holds(compare(left(runtime), right(runtime))) ? 1 : 0);
  }

  #concatenation(): Expression {
    let left = this.#sum();
    while (this.#beginsOperand()) {
      const [a, b] = [left, this.#sum()];
      left = (runtime) => {
        const first = textOf(a(runtime), textOf(runtime.get('CONVFMT')));
        return first + textOf(b(runtime), textOf(runtime.get('CONVFMT')));
      };
    }
    return left;
  }

  #beginsOperand(): boolean {
    const { kind, text } = this.#token;
    if (['number', 'string', 'name', 'call', 'expression'].includes(kind)) return true;
    return (
      kind === 'sign' &&
      ['$', '!', '(', '-', '+', '++', '--'].includes(text) &&
      !(text === '!' && this.#tokens[this.#at + 1]?.text === '~')
    );
  }

  #binary(next: () => Expression, ...signs: string[]): Expression {
    let left = next();
    for (let sign; (sign = this.#take(...signs));) {
      const [a, b, compute] = [left, next(), ARITHMETIC[sign]!];
      left = (runtime) => {
        const x = numberOf(a(runtime));
        const y = numberOf(b(runtime));
        return (sign === '/' || sign === '%') && y === 0
          ? runtime.fail(sign === '/' ? 'division by zero' : 'division by zero in %')
          : compute(x, y);
      };
    }
    return left;
  }

  #sum(): Expression {
    return this.#binary(() => this.#product(), '+', '-');
  }

  #product(): Expression {
    return this.#binary(() => this.#unary(), '*', '/', '%');
  }

  #unary(): Expression {
    if (this.#take('!')) {
      const operand = this.#unary();
      return (runtime) => (isTrue(operand(runtime)) ? 0 : 1);
    }
    const sign = this.#take('-', '+');
    if (sign === undefined) return this.#power();
    const operand = this.#unary();
    return (runtime) => (sign === '-' ? -numberOf(operand(runtime)) : numberOf(operand(runtime)));
  }

  #power(): Expression {
    const base = this.#postfix();
    if (!this.#take('^', '**')) return base;
    // To the right first, and a sign may follow.
    const exponent = this.#is('-', '+', '!') ? this.#unary() : this.#power();
    return (runtime) => numberOf(base(runtime)) ** numberOf(exponent(runtime));
  }

  #postfix(): Expression {
    const before = this.#take('++', '--');
    if (before !== undefined) return stepped(this.#place(), before === '++' ? 1 : -1, true);
    const { kind, text } = this.#token;
    if (kind === 'name' || (kind === 'sign' && text === '$')) {
      const place = this.#place();
      const after = this.#take('++', '--');
      return after === undefined ? place.get : stepped(place, after === '++' ? 1 : -1, false);
    }
    return this.#primary();
  }

  #primary(): Expression {
    const token = this.#tokens[this.#at++]!;
    const { kind, text } = token;
    if (kind === 'number') {
      const number = Number(text);
      return () => number;
    }
    if (kind === 'string') return () => text;
    if (kind === 'expression') {
      const expression = linearExpression(text);
      return (runtime) => (found(expression, textOf(runtime.field(0))) ? 1 : 0);
    }
    if (kind === 'call') return this.#call(text);
    if (kind === 'name') {
      this.#at--;
      if (text === 'length') {
        this.#at++;
        return (runtime) => [...textOf(runtime.field(0))].length;
      }
      return this.#place().get;
    }
    if (kind === 'sign' && text === '$') {
      this.#at--;
      return this.#place().get;
    }
    if (kind === 'sign' && text === '-') {
      const operand = this.#primary();
      return (runtime) => -numberOf(operand(runtime));
    }
    if (kind !== 'sign' || text !== '(') throw new NotForLines(text);
    const [printing, noIn] = [this.#printing, this.#noIn];
    [this.#printing, this.#noIn] = [false, false];
    const parts = this.#list();
    this.#need(')');
    [this.#printing, this.#noIn] = [printing, noIn];
    const [only] = parts;
    if (parts.length === 1) return only!;
    this.#need('in');
    const name = this.#name();
    return (runtime) =>
      runtime.array(name).has(parts.map((each) => textOf(each(runtime))).join(textOf(runtime.get('SUBSEP'))))
        ? 1
        : 0;
  }

  #call(name: string): Expression {
    this.#need('(');
    const [printing, noIn] = [this.#printing, this.#noIn];
    [this.#printing, this.#noIn] = [false, false];
    const expression = this.#arguments(name);
    this.#need(')');
    [this.#printing, this.#noIn] = [printing, noIn];
    return expression;
  }

  #arguments(name: string): Expression {
    if (name === 'split') return this.#split();
    if (name === 'sub' || name === 'gsub') return this.#substitution(name === 'gsub');
    if (name === 'match') {
      const text = this.#expression();
      this.#need(',');
      const expression = this.#regularExpression();
      return matching(text, expression);
    }
    if (name === 'length' && this.#token.kind === 'name' && this.#tokens[this.#at + 1]!.text === ')') {
      const variable = this.#name();
      return (runtime) =>
        runtime.hasArray(variable) ? runtime.array(variable).size : [...textOf(runtime.get(variable))].length;
    }
    const args = this.#list(')');
    const compute = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (!compute) throw new NotForLines(name);
    return (runtime) =>
      compute(
        args.map((each) => each(runtime)),
        runtime,
      );
  }

  #split(): Expression {
    const text = this.#expression();
    this.#need(',');
    const name = this.#name();
    let separator: RegExp | string | undefined;
    if (this.#take(',')) {
      const literal =
        this.#token.kind === 'string' && [...this.#token.text].length <= 1 ? this.#token.text : undefined;
      if (literal === undefined) separator = this.#regularExpression();
      else {
        this.#at++;
        separator = literal;
      }
    }
    return splitting(text, name, separator);
  }

  #substitution(all: boolean): Expression {
    const expression = this.#regularExpression();
    this.#need(',');
    const replacement = this.#expression();
    const target: Place = this.#take(',')
      ? this.#place()
      : { get: (runtime) => runtime.field(0), set: (runtime, value) => runtime.setField(0, textOf(value)) };
    return substituting(expression, replacement, target, all);
  }
}

const found = (expression: RegExp, text: string): boolean => {
  expression.lastIndex = 0;
  return expression.test(text);
};
