/** POSIX bracket expressions (`[a-z]`, `[![:digit:]_]`) as they occur in patterns and regular expressions. */

const CLASSES: Record<string, string> = {
  alnum: '\\p{L}\\p{Nd}',
  alpha: '\\p{L}',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '\\p{L}\\p{N}\\p{P}\\p{S}',
  lower: '\\p{Ll}',
  print: '\\p{L}\\p{N}\\p{P}\\p{S} ',
  punct: '!-\\/:-@\\[-`{-~',
  space: ' \\t\\n\\r\\f\\v',
  upper: '\\p{Lu}',
  word: '\\p{L}\\p{Nd}_',
  xdigit: '0-9A-Fa-f',
};

/**
 * Translates the bracket expression that starts at `source[at]` (a `[`) to a JavaScript class for the `u`
 * flag. Returns undefined when there is no closing bracket, which makes the `[` an ordinary character.
 * @param escapes whether a backslash quotes the next character (patterns) or is ordinary (POSIX regular expressions)
 */
export function translateBracket(
  source: string,
  at: number,
  escapes: boolean,
): { source: string; end: number } | undefined {
  let i = at + 1;
  const negated = source[i] === '^' || (escapes && source[i] === '!');
  if (negated) i++;
  let out = '';
  let first = true;
  for (;;) {
    const char = source[i];
    if (char === undefined) return undefined;
    if (char === ']' && !first) break;
    first = false;
    const named = char === '[' ? /^\[([:=.])(.*?)\1\]/.exec(source.slice(i, i + 40)) : null;
    if (named) {
      i += named[0].length;
      if (named[1] === ':') out += CLASSES[named[2]!] ?? '';
      else out += quote(named[2]!);
      continue;
    }
    let start: string;
    [start, i] = member(source, i, escapes);
    if (source[i] === '-' && source[i + 1] !== undefined && source[i + 1] !== ']') {
      let end: string;
      [end, i] = member(source, i + 1, escapes);
      if (start <= end) out += `${quote(start)}-${quote(end)}`;
    } else out += quote(start);
  }
  if (out === '') return { source: negated ? '[^]' : '[]', end: i + 1 };
  return { source: `[${negated ? '^' : ''}${out}]`, end: i + 1 };
}

function member(source: string, at: number, escapes: boolean): [string, number] {
  if (escapes && source[at] === '\\' && source[at + 1] !== undefined) at++;
  const char = String.fromCodePoint(source.codePointAt(at)!);
  return [char, at + char.length];
}

const quote = (char: string): string =>
  /[\\\][\-^$*+?.(){}|/&!#%,:;<=>@`~]/.test(char) ? `\\u{${char.codePointAt(0)!.toString(16)}}` : char;
