/** nginx's configuration language: directives with words, some with a block of more. Includes are read in place. */

export interface Directive {
  name: string;
  args: string[];
  /** Undefined: ended by a semicolon. */
  block: Directive[] | undefined;
  file: string;
  line: number;
}

/** A complaint in nginx's words, with the place it is about. */
export class ConfigError extends Error {
  constructor(message: string, file: string, line?: number) {
    super(line === undefined ? message : `${message} in ${file}:${line}`);
  }
}

type Token = { kind: 'word'; text: string; line: number } | { kind: '{' | '}' | ';'; line: number };

/** Parses `text`. Throws `ConfigError`. */
export function parseConfig(text: string, file: string): Directive[] {
  const tokens = tokenize(text, file);
  let at = 0;
  const body = (nested: boolean): Directive[] => {
    const out: Directive[] = [];
    for (;;) {
      const token = tokens[at];
      if (!token) {
        if (nested) throw new ConfigError('unexpected end of file, expecting "}"', file, lastLine(text));
        return out;
      }
      if (token.kind === '}') {
        if (!nested) throw new ConfigError('unexpected "}"', file, token.line);
        at++;
        return out;
      }
      if (token.kind !== 'word') throw new ConfigError(`unexpected "${token.kind}"`, file, token.line);
      at++;
      const args: string[] = [];
      let next = tokens[at];
      for (; next?.kind === 'word'; next = tokens[++at]) args.push(next.text);
      if (!next) throw new ConfigError('unexpected end of file, expecting ";" or "}"', file, lastLine(text));
      if (next.kind === '}') throw new ConfigError(`unexpected "}"`, file, next.line);
      at++;
      const block = next.kind === '{' ? body(true) : undefined;
      out.push({ name: token.text, args, block, file, line: token.line });
    }
  };
  return body(false);
}

function tokenize(text: string, file: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (let i = 0; i < text.length;) {
    const char = text[i]!;
    if (char === '\n') line++;
    if (/\s/.test(char)) i++;
    else if (char === '#') while (i < text.length && text[i] !== '\n') i++;
    else if (char === '{' || char === '}' || char === ';') {
      tokens.push({ kind: char, line });
      i++;
    } else if (char === '"' || char === "'") {
      const start = line;
      let word = '';
      for (i++; text[i] !== char; i++) {
        if (i >= text.length)
          throw new ConfigError('unexpected end of file, expecting ";" or "}"', file, line);
        if (text[i] === '\n') line++;
        if (text[i] === '\\' && (text[i + 1] === char || text[i + 1] === '\\')) i++;
        word += text[i];
      }
      i++;
      tokens.push({ kind: 'word', text: unescape(word), line: start });
    } else {
      let word = '';
      for (; i < text.length && !/[\s;{]/.test(text[i]!); i++) {
        if (text[i] === '\\' && i + 1 < text.length && /[\s;{}"']/.test(text[i + 1]!)) i++;
        // A variable's braces belong to the word.
        if (text[i] === '$' && text[i + 1] === '{') {
          const end = text.indexOf('}', i);
          if (end > 0) {
            word += text.slice(i, end);
            i = end;
          }
        }
        word += text[i];
      }
      tokens.push({ kind: 'word', text: unescape(word), line });
    }
  }
  return tokens;
}

const CONTROLS: Record<string, string> = { n: '\n', r: '\r', t: '\t' };

const unescape = (word: string): string =>
  word.replace(/\\([nrt])/g, (_all, letter: string) => CONTROLS[letter]!);

const lastLine = (text: string): number => text.split('\n').length;
