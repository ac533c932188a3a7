/** String literals, which follow Go's rules: double and single quotes with escapes, back quotes without. */

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

const ESCAPE = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|(.))/gs;

/** The value of a literal, or undefined when it is not one. */
export function unquoted(literal: string): string | undefined {
  const quote = literal[0] ?? '';
  if (!['"', "'", '`'].includes(quote) || literal.length < 2 || literal.at(-1) !== quote) return undefined;
  const inside = literal.slice(1, -1);
  if (quote === '`') return inside;
  let valid = true;
  const value = inside.replace(
    ESCAPE,
    (_, hex?: string, u4?: string, u8?: string, octal?: string, letter?: string) => {
      const code = hex ?? u4 ?? u8;
      if (code) return String.fromCodePoint(Math.min(parseInt(code, 16), 0x10ffff));
      if (octal) return String.fromCharCode(parseInt(octal, 8));
      const escaped = ESCAPES[letter!];
      if (escaped === undefined) valid = false;
      return escaped ?? '';
    },
  );
  return valid ? value : undefined;
}
