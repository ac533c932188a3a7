/**
 * The syntax of regular expressions as Go's `regexp/syntax` reads it with the `Perl` flags, errors in its
 * words: `error parsing regexp: missing closing ): …`.
 */
/* oxlint-disable no-control-regex -- what Go forbids or names are control characters */

export type Assertion =
  'text start' | 'text end' | 'line start' | 'line end' | 'word boundary' | 'no word boundary';

/** Whether a code point belongs to a class. */
export type CharacterClass = (code: number) => boolean;

export type Expression =
  | { kind: 'class'; matches: CharacterClass }
  | { kind: 'assert'; assertion: Assertion }
  | { kind: 'sequence'; parts: Expression[] }
  | { kind: 'alternatives'; parts: Expression[] }
  /** `max` is undefined for as often as one likes. */
  | { kind: 'repeat'; part: Expression; min: number; max: number | undefined; greedy: boolean; text: string };

/** The pattern cannot be read; the message is Go's. */
export class RegularExpressionError extends Error {
  constructor(why: string, where: string) {
    super(`error parsing regexp: ${why}: \`${where}\``);
  }
}

/** Go's limits: repetitions of one operator, those of nested ones multiplied, and nesting. */
const MAX_REPEAT = 1000;
const MAX_DEPTH = 1000;

interface Flags {
  ignoreCase: boolean;
  multiLine: boolean;
  dotAll: boolean;
  ungreedy: boolean;
}

export function parseRegularExpression(pattern: string): Expression {
  const parser = new Parser(pattern);
  return parser.parse();
}

const PERL: Record<string, CharacterClass> = {
  d: (code) => code >= 48 && code <= 57,
  s: (code) => code === 9 || code === 10 || code === 12 || code === 13 || code === 32,
  w: (code) =>
    (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122),
};

const POSIX: Record<string, RegExp> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  ascii: /[\x00-\x7f]/,
  blank: /[\t ]/,
  cntrl: /[\x00-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[\t\n\v\f\r ]/,
  upper: /[A-Z]/,
  word: /[0-9A-Za-z_]/,
  xdigit: /[0-9A-Fa-f]/,
};

/** Membership of one character: a regular expression of one character cannot run away. */
const byCharacter =
  (expression: RegExp): CharacterClass =>
  (code) =>
    expression.test(String.fromCodePoint(code));

const not =
  (matches: CharacterClass): CharacterClass =>
  (code) =>
    !matches(code);

function otherCases(code: number): number[] {
  const text = String.fromCodePoint(code);
  return [text.toLowerCase(), text.toUpperCase()]
    .filter((each) => [...each].length === 1)
    .map((each) => each.codePointAt(0)!);
}

const withCases =
  (matches: CharacterClass): CharacterClass =>
  (code) =>
    matches(code) || otherCases(code).some(matches);

class Parser {
  readonly #pattern: string;
  #at = 0;
  #depth = 0;
  #flags: Flags = { ignoreCase: false, multiLine: false, dotAll: false, ungreedy: false };

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  parse(): Expression {
    const expression = this.#alternatives();
    if (this.#at < this.#pattern.length) throw new RegularExpressionError('unexpected )', this.#pattern);
    checkRepeats(expression, 1);
    return expression;
  }

  #peek(): string {
    return this.#pattern[this.#at] ?? '';
  }

  /** The next code point, taken. */
  #take(): number {
    const code = this.#pattern.codePointAt(this.#at)!;
    this.#at += code > 0xffff ? 2 : 1;
    return code;
  }

  #alternatives(): Expression {
    if (++this.#depth > MAX_DEPTH)
      throw new RegularExpressionError('expression nests too deeply', this.#pattern);
    const parts = [this.#sequence()];
    while (this.#peek() === '|') {
      this.#at++;
      parts.push(this.#sequence());
    }
    this.#depth--;
    return parts.length === 1 ? parts[0]! : { kind: 'alternatives', parts };
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    /** Where the operator before the next one began: `a**` is refused. */
    let operator: number | undefined;
    while (this.#at < this.#pattern.length && this.#peek() !== '|' && this.#peek() !== ')') {
      const start = this.#at;
      const repeat = this.#repetition();
      if (repeat) {
        const part = parts.pop();
        const text = this.#pattern.slice(operator ?? start, this.#at);
        if (!part) throw new RegularExpressionError('missing argument to repetition operator', text);
        if (operator !== undefined)
          throw new RegularExpressionError('invalid nested repetition operator', text);
        parts.push({ kind: 'repeat', part, ...repeat });
        operator = start;
        continue;
      }
      operator = undefined;
      const atom = this.#atom();
      if (atom) parts.push(atom);
    }
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
  }

  /** `*`, `+`, `?`, `{n,m}` with an optional `?`; undefined where there is none. */
  #repetition(): Omit<Extract<Expression, { kind: 'repeat' }>, 'kind' | 'part'> | undefined {
    const start = this.#at;
    let bounds: [number, number | undefined];
    switch (this.#peek()) {
      case '*':
        bounds = [0, undefined];
        this.#at++;
        break;
      case '+':
        bounds = [1, undefined];
        this.#at++;
        break;
      case '?':
        bounds = [0, 1];
        this.#at++;
        break;
      case '{': {
        const match = /^\{(\d+)(,(\d*))?\}/.exec(this.#pattern.slice(this.#at));
        // A brace that is no repetition stands for itself.
        if (!match) return undefined;
        this.#at += match[0].length;
        const min = Number(match[1]);
        const max = match[2] === undefined ? min : match[3] === '' ? undefined : Number(match[3]);
        if (min > MAX_REPEAT || (max !== undefined && (max > MAX_REPEAT || max < min)))
          throw new RegularExpressionError('invalid repeat count', match[0]);
        bounds = [min, max];
        break;
      }
      default:
        return undefined;
    }
    let greedy = !this.#flags.ungreedy;
    if (this.#peek() === '?' && this.#at > start) {
      greedy = !greedy;
      this.#at++;
    }
    const text = this.#pattern.slice(start, this.#at);
    return { min: bounds[0], max: bounds[1], greedy, text };
  }

  #atom(): Expression | undefined {
    const start = this.#at;
    const code = this.#take();
    switch (String.fromCodePoint(code)) {
      case '(':
        return this.#group(start);
      case '[':
        return this.#bracket(start);
      case '.':
        return { kind: 'class', matches: this.#flags.dotAll ? () => true : (each) => each !== 10 };
      case '^':
        return { kind: 'assert', assertion: this.#flags.multiLine ? 'line start' : 'text start' };
      case '$':
        return { kind: 'assert', assertion: this.#flags.multiLine ? 'line end' : 'text end' };
      case '\\':
        return this.#escape(start);
      default:
        return this.#literal(code);
    }
  }

  #literal(code: number): Expression {
    const same: CharacterClass = (each) => each === code;
    return { kind: 'class', matches: this.#flags.ignoreCase ? withCases(same) : same };
  }

  #group(start: number): Expression | undefined {
    if (this.#peek() !== '?') return this.#closed();
    const rest = this.#pattern.slice(start);
    if (/^\(\?P?</.test(rest)) {
      const [head] = /^\(\?P?<[^>]*>?/.exec(rest)!;
      if (!/<\w+>$/.test(head)) throw new RegularExpressionError('invalid named capture', head);
      this.#at = start + head.length;
      return this.#closed();
    }
    const flags = /^\(\?([imsU]*)(-([imsU]+))?([:)])/.exec(rest);
    if (!flags || (flags[1] === '' && flags[2] === undefined && flags[4] === ')'))
      throw new RegularExpressionError(
        'invalid or unsupported Perl syntax',
        /^\(\?[imsU]*-?[imsU]*.?/su.exec(rest)![0],
      );
    this.#at = start + flags[0].length;
    const outer = this.#flags;
    this.#flags = withFlags(withFlags(outer, flags[1]!, true), flags[3] ?? '', false);
    // Flags without a colon hold to the end of the group around them.
    if (flags[4] === ')') return undefined;
    const inner = this.#closed();
    this.#flags = outer;
    return inner;
  }

  #closed(): Expression {
    const outer = this.#flags;
    const inner = this.#alternatives();
    if (this.#peek() !== ')') throw new RegularExpressionError('missing closing )', this.#pattern);
    this.#at++;
    this.#flags = outer;
    return inner;
  }

  #escape(start: number): Expression {
    if (this.#at >= this.#pattern.length)
      throw new RegularExpressionError('trailing backslash at end of expression', '');
    const letter = this.#peek();
    const assertions: Record<string, Assertion> = {
      A: 'text start',
      z: 'text end',
      b: 'word boundary',
      B: 'no word boundary',
    };
    if (Object.hasOwn(assertions, letter)) {
      this.#at++;
      return { kind: 'assert', assertion: assertions[letter]! };
    }
    if (letter === 'Q') {
      const end = this.#pattern.indexOf('\\E', this.#at);
      const text = this.#pattern.slice(this.#at + 1, end < 0 ? undefined : end);
      this.#at = end < 0 ? this.#pattern.length : end + 2;
      return { kind: 'sequence', parts: [...text].map((each) => this.#literal(each.codePointAt(0)!)) };
    }
    const matches = this.#classEscape(start);
    if (matches) return { kind: 'class', matches };
    return this.#literal(this.#characterEscape(start));
  }

  /** `\d`, `\W`, `\pL`, `\p{Greek}`; the position is behind the backslash. */
  #classEscape(start: number): CharacterClass | undefined {
    const letter = this.#peek();
    const perl = PERL[letter.toLowerCase()];
    if (perl && /[dDsSwW]/.test(letter)) {
      this.#at++;
      return letter === letter.toLowerCase() ? perl : not(perl);
    }
    if (letter !== 'p' && letter !== 'P') return undefined;
    const name = /^[pP](?:\{(\^?)([^}]*)\}|(.))/su.exec(this.#pattern.slice(this.#at));
    const text = this.#pattern.slice(start, this.#at + (name?.[0].length ?? 1));
    if (!name) throw new RegularExpressionError('invalid character class range', text);
    this.#at += name[0].length;
    const property = name[3] ?? name[2]!;
    if (property === 'Any') return letter === 'p' ? () => true : () => false;
    let matches: CharacterClass;
    try {
      matches = byCharacter(new RegExp(`\\p{${property}}`, 'u'));
    } catch {
      try {
        matches = byCharacter(new RegExp(`\\p{Script=${property}}`, 'u'));
      } catch {
        throw new RegularExpressionError('invalid character class range', text);
      }
    }
    return (letter === 'P') !== (name[1] === '^') ? not(matches) : matches;
  }

  /** A character that is written with a backslash; the position is behind it. */
  #characterEscape(start: number): number {
    const rest = this.#pattern.slice(this.#at);
    const fail = (length: number) =>
      new RegularExpressionError('invalid escape sequence', this.#pattern.slice(start, this.#at + length));
    const octal = /^0[0-7]{0,2}|^[1-7][0-7]{1,2}/.exec(rest);
    if (octal) {
      this.#at += octal[0].length;
      return parseInt(octal[0], 8);
    }
    if (rest[0] === 'x') {
      const hex = /^x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))/.exec(rest);
      const code = hex && parseInt(hex[1] ?? hex[2]!, 16);
      if (!hex || code! > 0x10ffff)
        throw fail(Math.min(rest.length, /^x\{?[0-9A-Fa-f]*.?/s.exec(rest)![0].length));
      this.#at += hex[0].length;
      return code!;
    }
    const controls: Record<string, number> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
    if (Object.hasOwn(controls, rest[0]!)) {
      this.#at++;
      return controls[rest[0]!]!;
    }
    const code = rest.codePointAt(0)!;
    // Punctuation stands for itself; letters are kept for what may come.
    if (code >= 128 || /[0-9A-Za-z]/.test(rest[0]!)) throw fail(code > 0xffff ? 2 : 1);
    this.#at++;
    return code;
  }

  #bracket(start: number): Expression {
    const negated = this.#peek() === '^';
    if (negated) this.#at++;
    const members: CharacterClass[] = [];
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      if (this.#at >= this.#pattern.length)
        throw new RegularExpressionError('missing closing ]', this.#pattern.slice(start));
      const posix = /^\[:(\^?)([^:\]]*):\]/.exec(this.#pattern.slice(this.#at));
      if (posix) {
        const named = POSIX[posix[2]!];
        if (!named) throw new RegularExpressionError('invalid character class range', posix[0]);
        this.#at += posix[0].length;
        members.push(posix[1] ? not(byCharacter(named)) : byCharacter(named));
        continue;
      }
      members.push(this.#range());
    }
    this.#at++;
    const any: CharacterClass = (code) => members.some((member) => member(code));
    const cased = this.#flags.ignoreCase ? withCases(any) : any;
    return { kind: 'class', matches: negated ? not(cased) : cased };
  }

  #range(): CharacterClass {
    const start = this.#at;
    if (this.#peek() === '\\') {
      this.#at++;
      if (this.#at >= this.#pattern.length)
        throw new RegularExpressionError('trailing backslash at end of expression', '');
      const matches = this.#classEscape(start);
      if (matches) return matches;
      this.#at = start;
    }
    const low = this.#classCharacter();
    const rest = this.#pattern.slice(this.#at);
    if (rest[0] !== '-' || rest.length < 2 || rest[1] === ']') return (code) => code === low;
    this.#at++;
    const high = this.#classCharacter();
    if (high < low)
      throw new RegularExpressionError('invalid character class range', this.#pattern.slice(start, this.#at));
    return (code) => code >= low && code <= high;
  }

  #classCharacter(): number {
    const start = this.#at;
    if (this.#peek() !== '\\') {
      if (this.#at >= this.#pattern.length)
        throw new RegularExpressionError('missing closing ]', this.#pattern.slice(start));
      return this.#take();
    }
    this.#at++;
    return this.#characterEscape(start);
  }
}

function withFlags(flags: Flags, letters: string, on: boolean): Flags {
  const out = { ...flags };
  if (letters.includes('i')) out.ignoreCase = on;
  if (letters.includes('m')) out.multiLine = on;
  if (letters.includes('s')) out.dotAll = on;
  if (letters.includes('U')) out.ungreedy = on;
  return out;
}

/** Repetitions in repetitions multiply: `(a{1000}){1000}` is refused. */
function checkRepeats(expression: Expression, factor: number): void {
  if (expression.kind === 'repeat') {
    const count = Math.max(1, expression.max ?? expression.min);
    if (factor * count > MAX_REPEAT)
      throw new RegularExpressionError('invalid repeat count', expression.text);
    checkRepeats(expression.part, factor * count);
  } else if ('parts' in expression) for (const part of expression.parts) checkRepeats(part, factor);
}
