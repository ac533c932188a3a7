/**
 * POSIX regular expressions, basic and extended with GNU's additions, on JavaScript's engine. An engine that
 * backtracks can be made to run for ever: `isLinear` says which expressions cannot, and the others are
 * matched where they can be stopped (`batch.ts`).
 */
import { translateBracket } from './bracket-expression.ts';

export class RegularExpressionError extends Error {}

export interface Translated {
  /** JavaScript source for the `u` flag. */
  source: string;
  /** Whether matching takes time proportional to the text, give or take a small power. */
  linear: boolean;
}

const cache = new Map<string, Translated>();

/** @param extended ERE (`grep -E`, `[[ =~ ]]`) or BRE (`grep`, `sed`) */
export function translate(pattern: string, extended: boolean): Translated {
  const key = (extended ? 'E' : 'B') + pattern;
  let translated = cache.get(key);
  if (!translated) {
    translated = new Translator(pattern, extended).run();
    if (cache.size > 200) cache.clear();
    cache.set(key, translated);
  }
  return translated;
}

const compiled = new Map<string, RegExp>();

/** The expression ready to be run. */
export function compileRegularExpression(pattern: string, extended: boolean, flags = ''): RegExp {
  const key = `${flags}/${extended ? 'E' : 'B'}${pattern}`;
  let expression = compiled.get(key);
  if (!expression) {
    try {
      expression = new RegExp(translate(pattern, extended).source, `u${flags}`);
    } catch (error) {
      if (error instanceof RegularExpressionError) throw error;
      throw new RegularExpressionError('Invalid regular expression');
    }
    if (compiled.size > 200) compiled.clear();
    compiled.set(key, expression);
  }
  return expression;
}

/** Word characters of GNU's `\w`. */
const CLASSES: Record<string, string> = {
  w: '[\\p{L}\\p{Nd}_]',
  W: '[^\\p{L}\\p{Nd}_]',
  s: '[ \\t\\n\\r\\f\\v]',
  S: '[^ \\t\\n\\r\\f\\v]',
  b: '\\b',
  B: '\\B',
  '<': '\\b(?=\\w)',
  '>': '\\b(?<=\\w)',
  '`': '^',
  "'": '$',
};

class Translator {
  #pattern: string;
  #extended: boolean;
  #at = 0;
  #groups = 0;
  /** Quantifiers that may repeat without bound, on the way down. */
  #unbounded = 0;
  #linear = true;

  constructor(pattern: string, extended: boolean) {
    this.#pattern = pattern;
    this.#extended = extended;
  }

  run(): Translated {
    const { source } = this.#alternatives(0);
    if (this.#at < this.#pattern.length) {
      // An unmatched `)`: ordinary in an ERE of GNU grep, an error elsewhere.
      throw new RegularExpressionError(this.#extended ? 'Unmatched ) or \\)' : 'Unmatched ) or \\)');
    }
    // Many unbounded parts one after the other try each other's shares: a power of the text's length.
    return { source, linear: this.#linear && this.#unbounded <= 3 };
  }

  #peek(text: string): boolean {
    return this.#pattern.startsWith(text, this.#at);
  }

  #take(text: string): boolean {
    if (!this.#peek(text)) return false;
    this.#at += text.length;
    return true;
  }

  /** `repeats`: whether what is read can occur more than once in a row, without bound. */
  #alternatives(depth: number): { source: string; repeats: boolean } {
    const or = this.#extended ? '|' : '\\|';
    let repeats = false;
    const branches: string[] = [];
    do {
      const branch = this.#branch(depth);
      branches.push(branch.source);
      repeats ||= branch.repeats;
    } while (this.#take(or));
    // Alternatives under a star may match the same text in several ways.
    return { source: branches.join('|'), repeats: repeats || branches.length > 1 };
  }

  #branch(depth: number): { source: string; repeats: boolean } {
    let source = '';
    let repeats = false;
    let first = true;
    const [open, close, or] = this.#extended ? ['(', ')', '|'] : ['\\(', '\\)', '\\|'];
    while (this.#at < this.#pattern.length) {
      if (this.#peek(or) || (depth > 0 && this.#peek(close))) break;
      let atom: string;
      let inner = false;
      if (this.#take(open)) {
        this.#groups++;
        const group = this.#alternatives(depth + 1);
        if (!this.#take(close)) throw new RegularExpressionError('Unmatched ( or \\(');
        atom = `(${group.source})`;
        inner = group.repeats;
      } else atom = this.#atom(first, or, close);
      const quantifier = atom === '^' && !this.#extended ? '' : this.#quantifiers();
      if (/[*+]|,\}/.test(quantifier)) {
        if (inner) this.#linear = false;
        this.#unbounded++;
        repeats = true;
      } else if (quantifier && inner && /\{/.test(quantifier)) this.#linear = false;
      repeats ||= inner || quantifier !== '';
      source += atom + quantifier;
      first = false;
    }
    return { source, repeats };
  }

  #quantifiers(): string {
    let out = '';
    for (;;) {
      const found = this.#quantifier();
      if (found === '') return out;
      // `a**` is `a*`, and JavaScript would read `a*?` as lazy.
      out = out === '' || out === found ? found : '*';
    }
  }

  #quantifier(): string {
    if (this.#take('*')) return '*';
    if (this.#extended) {
      if (this.#take('+')) return '+';
      if (this.#take('?')) return '?';
    } else {
      if (this.#take('\\+')) return '+';
      if (this.#take('\\?')) return '?';
    }
    const interval = (this.#extended ? /^\{(\d*)(,?)(\d*)\}/ : /^\\\{(\d*)(,?)(\d*)\\\}/).exec(
      this.#pattern.slice(this.#at, this.#at + 20),
    );
    if (!interval || (interval[1] === '' && interval[2] === '')) return '';
    this.#at += interval[0].length;
    const [low, high] = [Number(interval[1] || 0), Number(interval[3] || 0)];
    if (low > 32767 || high > 32767) throw new RegularExpressionError('Regular expression too big');
    if (interval[3] !== '' && high < low) throw new RegularExpressionError('Invalid content of \\{\\}');
    return `{${low}${interval[2]}${interval[3]}}`;
  }

  #atom(first: boolean, or: string, close: string): string {
    const char = this.#pattern[this.#at]!;
    if (char === '[') {
      const bracket = translateBracket(this.#pattern, this.#at, false);
      if (!bracket) throw new RegularExpressionError('Unmatched [, [^, [:, [., or [=');
      this.#at = bracket.end;
      return bracket.source;
    }
    if (char === '\\') {
      const next = this.#pattern[this.#at + 1];
      if (next === undefined) throw new RegularExpressionError('Trailing backslash');
      this.#at += 2;
      if (/[1-9]/.test(next)) {
        if (Number(next) > this.#groups) throw new RegularExpressionError('Invalid back reference');
        this.#linear = false;
        return `\\${next}`;
      }
      if (CLASSES[next]) return CLASSES[next];
      if (next === 'n') return '\\n';
      if (next === 't') return '\\t';
      return quote(next);
    }
    const codePoint = String.fromCodePoint(this.#pattern.codePointAt(this.#at)!);
    this.#at += codePoint.length;
    if (char === '.') return '[^\\n]';
    if (char === '^' && (this.#extended || first)) return '^';
    if (char === '$') {
      const rest = this.#pattern.slice(this.#at);
      if (this.#extended || rest === '' || rest.startsWith(or) || rest.startsWith(close)) return '$';
      return '\\$';
    }
    if (this.#extended && first && (char === '*' || char === '+' || char === '?')) return quote(char);
    return quote(codePoint);
  }
}

const quote = (char: string): string => (/[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char);
