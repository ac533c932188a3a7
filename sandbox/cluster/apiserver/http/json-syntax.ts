/**
 * What is wrong with a JSON text, in the words of Go's `encoding/json` (`scanner.go`), which are those that
 * clients of a real API server see. The platform's parser does the parsing; this reads only what it refused.
 */

/**
 * Levels of arrays and objects that a body may have. Go stops at 10,000; here every later step is a recursive
 * function on the stack of a browser's Worker, so what could not be written back is not taken in.
 */
export const MAX_DEPTH = 1000;

const [QUOTE, BACKSLASH, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [34, 92, 123, 125, 91, 93];
const [COMMA, COLON, MINUS, PLUS, DOT, ZERO, NINE] = [44, 58, 45, 43, 46, 48, 57];
const LITERALS = ['true', 'false', 'null'];
const ESCAPED = new Set([...'bfnrt\\/"'].map((each) => each.charCodeAt(0)));

const isSpace = (byte: number) => byte === 32 || (byte >= 9 && byte <= 13 && byte !== 11 && byte !== 12);
const isDigit = (byte: number) => byte >= ZERO && byte <= NINE;
const isHex = (byte: number) => isDigit(byte) || (byte >= 97 && byte <= 102) || (byte >= 65 && byte <= 70);

/** Whether the text, which need not be well-formed, nests deeper than a body may. */
export function isTooDeep(bytes: Uint8Array): boolean {
  if (bytes.length <= MAX_DEPTH) return false;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth > MAX_DEPTH) return true;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
  }
  return false;
}

/** The first error of the text; undefined when there is none. */
export function jsonSyntaxError(bytes: Uint8Array): string | undefined {
  try {
    new Scanner(bytes).scan();
    return undefined;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message;
    throw error;
  }
}

class JsonSyntaxError extends Error {}

class Scanner {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** A loop over open arrays and objects, since the text may be as deep as its sender likes. */
  scan(): void {
    const open: number[] = [];
    for (;;) {
      this.#space();
      const byte = this.#peek();
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        this.#at++;
        open.push(byte);
        if (open.length > MAX_DEPTH) {
          this.#at--;
          this.#fail('exceeded max depth');
        }
        this.#space();
        if (this.#peek() === (byte === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET)) {
          this.#at++;
          open.pop();
        } else {
          if (byte === OPEN_BRACE) this.#key();
          continue;
        }
      } else this.#scalar(byte);
      // A value has ended: so may what is around it.
      for (;;) {
        this.#space();
        const around = open.at(-1);
        if (around === undefined) {
          if (this.#at < this.#bytes.length) this.#fail('after top-level value');
          return;
        }
        const next = this.#peek();
        const inObject = around === OPEN_BRACE;
        if (next === COMMA) {
          this.#at++;
          if (inObject) {
            this.#space();
            this.#key();
          }
          break;
        }
        if (next !== (inObject ? CLOSE_BRACE : CLOSE_BRACKET))
          this.#fail(inObject ? 'after object key:value pair' : 'after array element');
        this.#at++;
        open.pop();
      }
    }
  }

  #key(): void {
    if (this.#peek() !== QUOTE) this.#fail('looking for beginning of object key string');
    this.#string();
    this.#space();
    if (this.#peek() !== COLON) this.#fail('after object key');
    this.#at++;
  }

  #scalar(byte: number): void {
    if (byte === QUOTE) return this.#string();
    if (byte === MINUS || isDigit(byte)) return this.#number();
    const literal = LITERALS.find((each) => each.charCodeAt(0) === byte);
    if (!literal) this.#fail('looking for beginning of value');
    for (let at = 1; at < literal.length; at++) {
      this.#at++;
      if (this.#peek() !== literal.charCodeAt(at))
        this.#fail(`in literal ${literal} (expecting '${literal[at]}')`);
    }
    this.#at++;
  }

  #string(): void {
    for (this.#at++; ; this.#at++) {
      const byte = this.#peek();
      if (byte === QUOTE) break;
      if (byte < 32) this.#fail('in string literal');
      if (byte !== BACKSLASH) continue;
      this.#at++;
      const escape = this.#peek();
      if (escape === 117)
        for (let digit = 0; digit < 4; digit++) {
          this.#at++;
          if (!isHex(this.#peek())) this.#fail('in \\u hexadecimal character escape');
        }
      else if (!ESCAPED.has(escape)) this.#fail('in string escape code');
    }
    this.#at++;
  }

  #number(): void {
    const digits = (context: string) => {
      if (!isDigit(this.#peek())) this.#fail(context);
      while (isDigit(this.#bytes[this.#at]!)) this.#at++;
    };
    if (this.#peek() === MINUS) this.#at++;
    if (this.#peek() === ZERO) this.#at++;
    else digits('in numeric literal');
    if (this.#bytes[this.#at] === DOT) {
      this.#at++;
      digits('after decimal point in numeric literal');
    }
    if (this.#bytes[this.#at] === 101 || this.#bytes[this.#at] === 69) {
      this.#at++;
      if (this.#peek() === PLUS || this.#peek() === MINUS) this.#at++;
      digits('in exponent of numeric literal');
    }
  }

  #space(): void {
    while (this.#at < this.#bytes.length && isSpace(this.#bytes[this.#at]!)) this.#at++;
  }

  #peek(): number {
    if (this.#at >= this.#bytes.length) throw new JsonSyntaxError('unexpected end of JSON input');
    return this.#bytes[this.#at]!;
  }

  #fail(context: string): never {
    throw new JsonSyntaxError(`invalid character ${quoted(this.#peek())} ${context}`);
  }
}

/** A byte as Go quotes a character. */
function quoted(byte: number): string {
  if (byte === 39) return `'\\''`;
  if (byte === QUOTE) return `'"'`;
  const shown = JSON.stringify(String.fromCharCode(byte)).slice(1, -1);
  // Go writes what JSON has no letter for in two hexadecimal digits.
  return `'${shown.replace(/^\\u00([01])/, '\\x$1')}'`;
}
