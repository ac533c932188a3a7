/**
 * Words and variables of Dockerfile instructions: BuildKit's `frontend/dockerfile/shell`. `$NAME`, `${NAME}`,
 * `${NAME:-word}`, `:+`, `:?` and the same without the colon; single quotes keep, double quotes expand, the
 * escape character takes the meaning from the next. Left out: `${NAME#pattern}`, `${NAME/a/b}`.
 */

export type Variables = ReadonlyMap<string, string>;

/** A word that does not end, or a variable that must be there; `message` is BuildKit's. */
export class WordError extends Error {}

/** One word, variables expanded and quotes taken away. Throws `WordError`. */
export function expandWord(word: string, variables: Variables, escape: string): string {
  return new WordReader(word, variables, escape).read();
}

/** Splits at white space outside quotes; quotes and escapes stay. */
export function splitWords(text: string, escape: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (!quote && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    word = (word ?? '') + char;
    if (char === escape && quote !== "'" && at + 1 < text.length) word += text[++at]!;
    else if (quote) {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
  }
  if (word !== undefined) words.push(word);
  return words;
}

class WordReader {
  readonly #word: string;
  readonly #variables: Variables;
  readonly #escape: string;
  #at = 0;

  constructor(word: string, variables: Variables, escape: string) {
    this.#word = word;
    this.#variables = variables;
    this.#escape = escape;
  }

  /** Up to `end` (outside quotes), or all of it. */
  read(end?: string): string {
    let out = '';
    for (;;) {
      const char = this.#word[this.#at];
      if (char === undefined) {
        if (end !== undefined) this.#fail('syntax error: missing closing brace');
        return out;
      }
      if (char === end) return out;
      if (char === "'") out += this.#singleQuoted();
      else if (char === '"') out += this.#doubleQuoted();
      else if (char === '$') out += this.#variable();
      else if (char === this.#escape) {
        out += this.#word[this.#at + 1] ?? '';
        this.#at += 2;
      } else {
        out += char;
        this.#at++;
      }
    }
  }

  #singleQuoted(): string {
    const close = this.#word.indexOf("'", this.#at + 1);
    if (close < 0) this.#fail('unexpected end of statement while looking for matching single-quote');
    const text = this.#word.slice(this.#at + 1, close);
    this.#at = close + 1;
    return text;
  }

  #doubleQuoted(): string {
    let out = '';
    this.#at++;
    for (;;) {
      const char = this.#word[this.#at];
      if (char === undefined)
        this.#fail('unexpected end of statement while looking for matching double-quote');
      if (char === '"') {
        this.#at++;
        return out;
      }
      if (char === '$') out += this.#variable();
      else if (char === this.#escape && `"$${this.#escape}`.includes(this.#word[this.#at + 1] ?? ' ')) {
        out += this.#word[this.#at + 1];
        this.#at += 2;
      } else {
        out += char;
        this.#at++;
      }
    }
  }

  #variable(): string {
    this.#at++;
    const plain = /^([a-zA-Z_]\w*|[0-9@*#])/.exec(this.#word.slice(this.#at));
    if (plain) {
      this.#at += plain[0].length;
      return this.#variables.get(plain[0]) ?? '';
    }
    if (this.#word[this.#at] !== '{') return '$';
    const braced = /^\{([a-zA-Z_]\w*)(:?[-+?])?/.exec(this.#word.slice(this.#at));
    if (!braced) this.#fail('syntax error: bad substitution');
    this.#at += braced[0].length;
    const [, name, operator] = braced;
    const word = operator ? this.read('}') : '';
    if (this.#word[this.#at] !== '}') this.#fail('unsupported modifier in substitution');
    this.#at++;
    const value = this.#variables.get(name!);
    const isSet = operator?.startsWith(':') ? Boolean(value) : value !== undefined;
    switch (operator?.at(-1)) {
      case '-':
        return isSet ? value! : word;
      case '+':
        return isSet ? word : '';
      case '?':
        if (!isSet) throw new WordError(`${name}: ${word || 'is not allowed to be unset'}`);
        return value!;
      default:
        return value ?? '';
    }
  }

  #fail(why: string): never {
    throw new WordError(`failed to process ${JSON.stringify(this.#word)}: ${why}`);
  }
}
