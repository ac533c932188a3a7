/** awk's tokens. Whether a slash begins an expression or divides depends on what stands in front of it. */

export interface Token {
  kind: 'number' | 'string' | 'expression' | 'name' | 'call' | 'word' | 'sign' | 'newline' | 'end';
  text: string;
}

/** A program that is not for `LineProgram`, or no program at all: just-bash runs it and says what is wrong. */
export class NotForLines extends Error {}

const WORDS = new Set(
  'BEGIN END if else while for do break continue next exit print printf delete in function func getline return nextfile'.split(
    ' ',
  ),
);
const SIGNS = [
  '**=',
  '&&',
  '||',
  '**',
  '++',
  '--',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '^=',
  '==',
  '<=',
  '>=',
  '!=',
  '!~',
  '>>',
  ...'{}()[];,+-*/%^!<>|?:~$=',
];
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  '"': '"',
  '/': '/',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
};

export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const operandBefore = () => {
    const last = tokens.at(-1);
    return (
      last !== undefined &&
      (['number', 'string', 'name', 'expression'].includes(last.kind) ||
        [')', ']', '++', '--', '$'].includes(last.text))
    );
  };
  while (at < source.length) {
    const rest = source.slice(at);
    const blank = /^(?:[ \t\r]|\\\r?\n|#[^\n]*)+/.exec(rest);
    if (blank) {
      at += blank[0].length;
      continue;
    }
    const number = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/.exec(rest);
    const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(rest);
    if (rest[0] === '\n') {
      tokens.push({ kind: 'newline', text: '\n' });
      at++;
    } else if (number) {
      tokens.push({ kind: 'number', text: number[0] });
      at += number[0].length;
    } else if (name) {
      const kind = WORDS.has(name[0]) ? 'word' : source[at + name[0].length] === '(' ? 'call' : 'name';
      tokens.push({ kind, text: name[0] });
      at += name[0].length;
    } else if (rest[0] === '"') {
      const { text, length } = stringOf(rest);
      tokens.push({ kind: 'string', text });
      at += length;
    } else if (rest[0] === '/' && !operandBefore()) {
      const match = /^\/((?:\\.|\[\^?\]?[^\]\n]*\]|[^/\\[\n])*)\//.exec(rest);
      if (!match) throw new NotForLines('an expression without an end');
      tokens.push({ kind: 'expression', text: match[1]!.replaceAll('\\/', '/') });
      at += match[0].length;
    } else {
      const sign = SIGNS.find((each) => rest.startsWith(each));
      if (sign === undefined) throw new NotForLines(`'${rest[0]}'`);
      tokens.push({ kind: 'sign', text: sign });
      at += sign.length;
    }
  }
  tokens.push({ kind: 'end', text: '' });
  return tokens;
}

function stringOf(source: string): { text: string; length: number } {
  let end = 1;
  while (end < source.length && source[end] !== '"' && source[end] !== '\n')
    end += source[end] === '\\' ? 2 : 1;
  if (source[end] !== '"') throw new NotForLines('a string without an end');
  return { text: unescaped(source.slice(1, end)), length: end + 1 };
}

/** What `-v` and strings do with backslashes; one that means nothing stays. */
export const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{1,3}|[\s\S])/g, (whole, escape: string) =>
    /^[0-7]/.test(escape) ? String.fromCharCode(Number.parseInt(escape, 8)) : (ESCAPES[escape] ?? whole),
  );
