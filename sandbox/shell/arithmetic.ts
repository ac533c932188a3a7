/**
 * Shell arithmetic as bash does it: 64-bit integers that wrap, C's operators and precedence, variables by
 * bare name, assignments, `base#digits`. Expressions are compiled once and cached by their text. Values are
 * numbers while they are exact and bigints beyond.
 */

export type Value = number | bigint;

/** How an expression reaches variables. `subscript` is the raw text between brackets. */
export interface ArithmeticContext {
  read(name: string, subscript: string | undefined): string | undefined;
  write(name: string, subscript: string | undefined, value: string): void;
}

export class ArithmeticError extends Error {}

type Evaluate = (context: ArithmeticContext) => Value;

const cache = new Map<string, Evaluate>();
const CACHE_SIZE = 1000;
const MAX_RECURSION = 256;
let recursion = 0;

/** Evaluates the text of an expression whose `$` expansions are done. An empty one is 0. */
export function evaluateArithmetic(expression: string, context: ArithmeticContext): Value {
  let evaluate = cache.get(expression);
  if (!evaluate) {
    evaluate = new Parser(expression).parse();
    if (cache.size >= CACHE_SIZE) cache.clear();
    cache.set(expression, evaluate);
  }
  return evaluate(context);
}

const wrap = (value: bigint): Value => {
  const wrapped = BigInt.asIntN(64, value);
  return wrapped >= -9007199254740991n && wrapped <= 9007199254740991n ? Number(wrapped) : wrapped;
};

const isSmall = (a: Value, b: Value): a is number => typeof a === 'number' && typeof b === 'number';

function exact(result: number, a: Value, b: Value, big: (a: bigint, b: bigint) => bigint): Value {
  return Number.isSafeInteger(result) ? result : wrap(big(BigInt(a), BigInt(b)));
}

/** `a operator b`. Division by zero is reported by the caller, who knows the token. */
function binary(operator: string, a: Value, b: Value): Value {
  if (isSmall(a, b)) {
    const c = b as number;
    switch (operator) {
      case '+':
        return exact(a + c, a, c, (x, y) => x + y);
      case '-':
        return exact(a - c, a, c, (x, y) => x - y);
      case '*':
        return exact(a * c, a, c, (x, y) => x * y);
      case '/':
        return Math.trunc(a / c) + 0;
      case '%':
        return (a % c) + 0;
      case '<':
        return a < c ? 1 : 0;
      case '>':
        return a > c ? 1 : 0;
      case '<=':
        return a <= c ? 1 : 0;
      case '>=':
        return a >= c ? 1 : 0;
      case '==':
        return a === c ? 1 : 0;
      case '!=':
        return a !== c ? 1 : 0;
    }
    const int32 = (n: number) => n >= 0 && n <= 0x7fffffff;
    if (int32(a) && int32(c)) {
      if (operator === '&') return a & c;
      if (operator === '|') return a | c;
      if (operator === '^') return a ^ c;
      if (operator === '>>' && c < 32) return a >> c;
    }
  }
  const [x, y] = [BigInt(a), BigInt(b)];
  switch (operator) {
    case '+':
      return wrap(x + y);
    case '-':
      return wrap(x - y);
    case '*':
      return wrap(x * y);
    case '/':
      return wrap(x / y);
    case '%':
      return wrap(x % y);
    case '**':
      return power(x, y);
    case '<<':
      return wrap(x << (y & 63n));
    case '>>':
      return wrap(x >> (y & 63n));
    case '&':
      return wrap(x & y);
    case '|':
      return wrap(x | y);
    case '^':
      return wrap(x ^ y);
    case '<':
      return x < y ? 1 : 0;
    case '>':
      return x > y ? 1 : 0;
    case '<=':
      return x <= y ? 1 : 0;
    case '>=':
      return x >= y ? 1 : 0;
    case '==':
      return x === y ? 1 : 0;
    default:
      return x !== y ? 1 : 0;
  }
}

/** By squaring, wrapped at every step: `2 ** 10000000` must not build a number of a million digits. */
function power(base: bigint, exponent: bigint): Value {
  let result = 1n;
  for (let e = exponent, b = BigInt.asIntN(64, base); e > 0n; e >>= 1n) {
    if (e & 1n) result = BigInt.asIntN(64, result * b);
    b = BigInt.asIntN(64, b * b);
  }
  return wrap(result);
}

const LEVELS: string[][] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const ASSIGNMENTS = new Set(['=', '+=', '-=', '*=', '/=', '%=', '<<=', '>>=', '&=', '^=', '|=']);
const TOKEN =
  /\s*(?:(\d+#[0-9A-Za-z@_]+|0[xX][0-9A-Fa-f]*|\d[0-9A-Za-z_]*)|([A-Za-z_]\w*)|(<<=|>>=|\*\*|\+\+|--|&&|\|\||<<|>>|<=|>=|==|!=|[-+*/%&^|]=|[-+*/%&^|<>=!~?:,()[\]])|(\S))/y;

interface Target {
  name: string;
  subscript: string | undefined;
}

class Parser {
  #source: string;
  #at = 0;
  #start = 0;
  #kind: 'number' | 'name' | 'operator' | 'end' = 'end';
  #text = '';

  constructor(source: string) {
    this.#source = source;
    this.#next();
  }

  parse(): Evaluate {
    if (this.#is('end')) return () => 0;
    const evaluate = this.#comma();
    if (!this.#is('end')) {
      this.#fail(this.#text === '=' ? 'attempted assignment to non-variable' : 'syntax error in expression');
    }
    return evaluate;
  }

  #next(): void {
    // Behind an operator, or at the start.
    const wantsOperand = this.#kind === 'operator' || this.#kind === 'end';
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#source);
    if (!match) {
      this.#kind = 'end';
      this.#text = '';
      // The error token of a missing operand is the operator before it.
      this.#at = this.#source.length;
      return;
    }
    this.#start = TOKEN.lastIndex - (match[1] ?? match[2] ?? match[3] ?? match[4])!.length;
    this.#at = TOKEN.lastIndex;
    this.#text = (match[1] ?? match[2] ?? match[3] ?? match[4])!;
    this.#kind = match[1] !== undefined ? 'number' : match[2] !== undefined ? 'name' : 'operator';
    if (match[4] !== undefined)
      this.#fail(
        wantsOperand ? 'syntax error: operand expected' : 'syntax error: invalid arithmetic operator',
      );
  }

  #fail(message: string, start = this.#start): never {
    throw new ArithmeticError(
      `${this.#source.trimStart()}: ${message} (error token is "${this.#source.slice(start)}")`,
    );
  }

  /** A method, so that the compiler does not narrow a field that `#next` changes. */
  #is(kind: 'number' | 'name' | 'operator' | 'end'): boolean {
    return this.#kind === kind;
  }

  #take(text: string): boolean {
    if (this.#kind !== 'operator' || this.#text !== text) return false;
    this.#next();
    return true;
  }

  #comma(): Evaluate {
    let left = this.#assignment();
    while (this.#take(',')) {
      const [first, second] = [left, this.#assignment()];
      left = (context) => (first(context), second(context));
    }
    return left;
  }

  #assignment(): Evaluate {
    if (this.#kind === 'name') {
      const [at, start, text] = [this.#at, this.#start, this.#text];
      const target = this.#target();
      if (this.#is('operator') && ASSIGNMENTS.has(this.#text)) {
        const operator = this.#text.slice(0, -1);
        this.#next();
        const valueStart = this.#start;
        const value = this.#assignment();
        return (context) => {
          let result: Value;
          if (operator === '') result = value(context);
          else {
            const left = this.#read(context, target);
            const right = value(context);
            if ((operator === '/' || operator === '%') && right == 0) this.#fail('division by 0', valueStart);
            result = binary(operator, left, right);
          }
          context.write(target.name, target.subscript, String(result));
          return result;
        };
      }
      [this.#at, this.#start, this.#text, this.#kind] = [at, start, text, 'name'];
    }
    return this.#ternary();
  }

  #ternary(): Evaluate {
    const test = this.#level(0);
    if (!this.#take('?')) return test;
    if (this.#is('end') || this.#text === ':') this.#fail('expression expected');
    const yes = this.#comma();
    if (!this.#take(':')) this.#fail("`:' expected for conditional expression");
    if (this.#is('end')) this.#fail('expression expected');
    const no = this.#assignment();
    return (context) => (test(context) != 0 ? yes(context) : no(context));
  }

  #level(index: number): Evaluate {
    const operators = LEVELS[index];
    if (!operators) return this.#power();
    let left = this.#level(index + 1);
    while (this.#kind === 'operator' && operators.includes(this.#text)) {
      const operator = this.#text;
      this.#next();
      const start = this.#start;
      const first = left;
      const second = this.#level(index + 1);
      if (operator === '&&') left = (context) => (first(context) != 0 && second(context) != 0 ? 1 : 0);
      else if (operator === '||') left = (context) => (first(context) != 0 || second(context) != 0 ? 1 : 0);
      else if (operator === '/' || operator === '%') {
        left = (context) => {
          const [a, b] = [first(context), second(context)];
          if (b == 0) this.#fail('division by 0', start);
          return binary(operator, a, b);
        };
      } else left = (context) => binary(operator, first(context), second(context));
    }
    return left;
  }

  #power(): Evaluate {
    const base = this.#unary();
    if (!this.#take('**')) return base;
    const exponent = this.#power();
    // As in bash, the token that was read last.
    const start = this.#start;
    return (context) => {
      const [a, b] = [base(context), exponent(context)];
      if (b < 0) this.#fail('exponent less than 0', start);
      return binary('**', a, b);
    };
  }

  #unary(): Evaluate {
    if (this.#kind === 'operator') {
      const operator = this.#text;
      if (operator === '++' || operator === '--') {
        this.#next();
        if (!this.#is('name')) {
          // `--5` and `++5` are two signs.
          if (this.#is('end')) this.#start++;
          return this.#unary();
        }
        const target = this.#target();
        return (context) => {
          const value = binary(operator[0]!, this.#read(context, target), 1);
          context.write(target.name, target.subscript, String(value));
          return value;
        };
      }
      if (operator === '!' || operator === '~' || operator === '-' || operator === '+') {
        this.#next();
        const operand = this.#unary();
        if (operator === '!') return (context) => (operand(context) == 0 ? 1 : 0);
        if (operator === '-') return (context) => binary('-', 0, operand(context));
        if (operator === '~') return (context) => binary('-', binary('-', 0, operand(context)), 1);
        return operand;
      }
    }
    return this.#primary();
  }

  #primary(): Evaluate {
    if (this.#take('(')) {
      const inner = this.#comma();
      if (!this.#take(')')) this.#fail("missing `)'");
      return inner;
    }
    if (this.#kind === 'number') {
      const value = this.#number(this.#text);
      this.#next();
      return () => value;
    }
    if (this.#kind === 'name') {
      const target = this.#target();
      if (this.#is('operator') && (this.#text === '++' || this.#text === '--')) {
        const operator = this.#text[0]!;
        this.#next();
        return (context) => {
          const value = this.#read(context, target);
          context.write(target.name, target.subscript, String(binary(operator, value, 1)));
          return value;
        };
      }
      return (context) => this.#read(context, target);
    }
    return this.#fail('syntax error: operand expected');
  }

  /** A name with its subscript; the parser goes on behind it. */
  #target(): Target {
    const name = this.#text;
    if (this.#source[this.#at] !== '[') {
      this.#next();
      return { name, subscript: undefined };
    }
    let depth = 0;
    for (let i = this.#at; i < this.#source.length; i++) {
      if (this.#source[i] === '[') depth++;
      else if (this.#source[i] === ']' && --depth === 0) {
        const subscript = this.#source.slice(this.#at + 1, i);
        this.#at = i + 1;
        this.#next();
        return { name, subscript };
      }
    }
    return this.#fail('bad array subscript');
  }

  #read(context: ArithmeticContext, target: Target): Value {
    const text = context.read(target.name, target.subscript);
    if (text === undefined || text === '') return 0;
    const value = +text;
    // Leading zeros are octal, and a space is no number: the long way.
    if (Number.isSafeInteger(value) && /^-?(?:[1-9]\d*|0)$/.test(text)) return value;
    if (recursion >= MAX_RECURSION) {
      throw new ArithmeticError(`${text}: expression recursion level exceeded (error token is "${text}")`);
    }
    recursion++;
    try {
      return evaluateArithmetic(text, context);
    } finally {
      recursion--;
    }
  }

  #number(text: string): Value {
    const based = /^(\d+)#(.*)$/.exec(text);
    if (based) return this.#digits(based[2]!, Number(based[1]));
    if (/^0[xX]/.test(text)) return text.length > 2 ? wrap(BigInt(text)) : 0;
    if (/^0\d/.test(text)) return this.#digits(text.slice(1), 8);
    if (!/^\d+$/.test(text)) this.#fail('value too great for base');
    const value = Number(text);
    return Number.isSafeInteger(value) ? value : wrap(BigInt(text));
  }

  #digits(text: string, base: number): Value {
    if (base < 2 || base > 64) this.#fail('invalid arithmetic base');
    let value = 0n;
    for (const char of text) {
      const code = char.charCodeAt(0);
      let digit: number;
      if (code >= 48 && code <= 57) digit = code - 48;
      else if (code >= 97 && code <= 122) digit = code - 87;
      else if (code >= 65 && code <= 90) digit = base <= 36 ? code - 55 : code - 29;
      else digit = char === '@' ? 62 : 63;
      if (digit >= base) this.#fail('value too great for base');
      value = value * BigInt(base) + BigInt(digit);
    }
    return wrap(value);
  }
}
