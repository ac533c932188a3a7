/** Brace expansion on the text of a word, quotes respected: `a{b,c}` → `ab`, `ac`; `{1..3}`, `{a..e..2}`. */

/** More than this many words is refused: `{1..1000000000}` must not fill memory. */
const MAX_WORDS = 1_000_000;

export class TooManyWords extends Error {}

/** The words that `text` stands for; one, itself, when there is nothing to expand. */
export function expandBraces(text: string): string[] {
  const found = findBraces(text);
  if (!found) return [text];
  const { open, close, items } = found;
  const prefix = text.slice(0, open);
  const middles = items ?? range(text.slice(open + 1, close))!;
  const suffixes = expandBraces(text.slice(close + 1));
  const out: string[] = [];
  for (const middle of middles) {
    for (const inner of items ? expandBraces(middle) : [middle]) {
      for (const suffix of suffixes) {
        if (out.length >= MAX_WORDS) throw new TooManyWords('brace expansion: too many words');
        out.push(prefix + inner + suffix);
      }
    }
  }
  return out;
}

interface Braces {
  open: number;
  close: number;
  /** Undefined for a range. */
  items: string[] | undefined;
}

/** The first brace expression that is one. */
function findBraces(text: string): Braces | undefined {
  for (let i = 0; i < text.length; i = skip(text, i)) {
    if (text[i] !== '{') continue;
    const found = matchBraces(text, i);
    if (found) return found;
  }
  return undefined;
}

function matchBraces(text: string, open: number): Braces | undefined {
  let depth = 0;
  let start = open + 1;
  const items: string[] = [];
  for (let i = open; i < text.length; i = skip(text, i)) {
    const char = text[i];
    if (char === '{') depth++;
    else if (char === ',' && depth === 1) {
      items.push(text.slice(start, i));
      start = i + 1;
    } else if (char === '}' && --depth === 0) {
      if (items.length > 0) return { open, close: i, items: [...items, text.slice(start, i)] };
      return range(text.slice(open + 1, i)) ? { open, close: i, items: undefined } : undefined;
    }
  }
  return undefined;
}

/** The index behind the character, quoted string or expansion at `i`. */
function skip(text: string, i: number): number {
  const char = text[i];
  if (char === '\\') return i + 2;
  if (char === "'" || char === '`') return after(text, i + 1, char);
  if (char === '"') {
    for (let j = i + 1; j < text.length; j++) {
      if (text[j] === '\\') j++;
      else if (text[j] === '"') return j + 1;
    }
    return text.length;
  }
  if (char === '$' && (text[i + 1] === '{' || text[i + 1] === '(')) {
    const [open, close] = text[i + 1] === '{' ? '{}' : '()';
    let depth = 0;
    for (let j = i + 1; j < text.length; j++) {
      if (text[j] === '\\') j++;
      else if (text[j] === open) depth++;
      else if (text[j] === close && --depth === 0) return j + 1;
    }
    return text.length;
  }
  return i + 1;
}

function after(text: string, from: number, char: string): number {
  const end = text.indexOf(char, from);
  return end < 0 ? text.length : end + 1;
}

/** Between `Z` and `a` bash drops the backslash; the backquote is a character like another. */
function letter(code: number): string {
  const char = String.fromCharCode(code);
  return char === '\\' ? "''" : char === '`' ? "'`'" : char;
}

/** `1..5`, `a..e`, with an optional step; undefined when it is no range. */
function range(text: string): string[] | undefined {
  const match = /^(-?\d+|[A-Za-z])\.\.(-?\d+|[A-Za-z])(?:\.\.(-?\d+))?$/.exec(text);
  if (!match) return undefined;
  const [, first, last, stepText] = match as unknown as [string, string, string, string | undefined];
  const letters = /[A-Za-z]/.test(first);
  if (letters !== /[A-Za-z]/.test(last)) return undefined;
  const [from, to] = letters ? [first.charCodeAt(0), last.charCodeAt(0)] : [Number(first), Number(last)];
  const step = Math.abs(Number(stepText ?? 1)) || 1;
  if (Math.abs(to - from) / step > MAX_WORDS) throw new TooManyWords('brace expansion: too many words');
  const padded = !letters && (/^-?0\d/.test(first) || /^-?0\d/.test(last));
  const width = padded ? Math.max(first.length, last.length) : 0;
  const out: string[] = [];
  for (let n = from; from <= to ? n <= to : n >= to; n += from <= to ? step : -step) {
    if (letters) out.push(letter(n));
    else if (n < 0) out.push(`-${String(-n).padStart(width - 1, '0')}`);
    else out.push(String(n).padStart(width, '0'));
  }
  return out;
}
