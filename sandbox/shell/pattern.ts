/**
 * Shell patterns (`*`, `?`, `[…]` and the extended `@(a|b)`), as in `case`, `[[ == ]]`, `${x#…}` and globs.
 * A pattern is text in which quoted characters carry a backslash. Whole-text matching of patterns without
 * extended groups takes at most text × pattern steps, whatever the pattern; for the others see
 * `extended-pattern.ts`.
 */
import { translateBracket } from './bracket-expression.ts';
import { ExtendedPattern, groupAt } from './extended-pattern.ts';

const ANY = 'any';
const STAR = 'star';

interface Compiled {
  tokens: { kind: 'char' | 'any' | 'star' | 'class'; char: string; class?: RegExp }[];
  /** Set for a pattern with extended groups; then what follows is not used. */
  extended: ExtendedPattern | undefined;
  /** Set when the pattern is plain text. */
  literal: string | undefined;
  /** JavaScript source, stars greedy or lazy. */
  greedy: string;
  lazy: string;
  whole?: RegExp;
}

const cache = new Map<string, Compiled>();
const CACHE_SIZE = 500;

function compile(pattern: string): Compiled {
  let compiled = cache.get(pattern);
  if (compiled) return compiled;
  compiled = translate(pattern);
  if (cache.size >= CACHE_SIZE) cache.clear();
  cache.set(pattern, compiled);
  return compiled;
}

function translate(pattern: string): Compiled {
  const tokens: Compiled['tokens'] = [];
  let literal: string | undefined = '';
  let greedy = '';
  for (let i = 0; i < pattern.length;) {
    const char = pattern[i]!;
    if (groupAt(pattern, i) >= 0)
      return { tokens, literal: undefined, greedy, lazy: greedy, extended: new ExtendedPattern(pattern) };
    if (char === '*') {
      if (tokens.at(-1)?.kind !== STAR) {
        tokens.push({ kind: 'star', char });
        greedy += '[^]*';
      }
      literal = undefined;
      i++;
    } else if (char === '?') {
      tokens.push({ kind: ANY, char });
      greedy += '[^]';
      literal = undefined;
      i++;
    } else {
      const bracket = char === '[' ? translateBracket(pattern, i, true) : undefined;
      if (bracket) {
        tokens.push({ kind: 'class', char, class: new RegExp(`^${bracket.source}$`, 'u') });
        greedy += bracket.source;
        literal = undefined;
        i = bracket.end;
        continue;
      }
      if (char === '\\' && i + 1 < pattern.length) i++;
      const plain = String.fromCodePoint(pattern.codePointAt(i)!);
      tokens.push({ kind: 'char', char: plain });
      greedy += quoteRegExp(plain);
      if (literal !== undefined) literal += plain;
      i += plain.length;
    }
  }
  return { tokens, literal, greedy, lazy: greedy.replaceAll('[^]*', '[^]*?'), extended: undefined };
}

const quoteRegExp = (text: string): string =>
  text.replace(/[\\^$.*+?()[\]{}|/-]/g, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);

/** Puts a backslash before every character that a pattern would understand. */
export const quotePattern = (text: string): string =>
  /[\\*?[\]()|!@+]/.test(text) ? text.replace(/[\\*?[\]()|!@+]/g, '\\$&') : text;

/** The pattern with `@(` and its relatives as ordinary characters. */
export const withoutGroups = (pattern: string): string =>
  pattern.includes('(') ? pattern.replace(/([?*+@!])\(/g, '$1\\(') : pattern;

/** Puts a backslash before what means something in a replacement: `&` is what was matched. */
export const quoteReplacement = (text: string): string => text.replace(/[\\&]/g, '\\$&');

/** The pattern as text when nothing in it is special. */
export const patternLiteral = (pattern: string): string | undefined => compile(pattern).literal;

/** Whether `pattern` matches all of `text`. */
export function matchPattern(pattern: string, text: string, ignoreCase = false): boolean {
  const compiled = compile(pattern);
  if (compiled.extended) {
    const extended = ignoreCase ? new ExtendedPattern(pattern, true) : compiled.extended;
    return extended.ends(text).at(-1) === text.length;
  }
  if (!ignoreCase) {
    if (compiled.literal !== undefined) return compiled.literal === text;
    return matchTokens(compiled.tokens, text);
  }
  compiled.whole ??= new RegExp(`^(?:${compiled.greedy})$`, 'u');
  return ignoreCase ? new RegExp(compiled.whole.source, 'ui').test(text) : compiled.whole.test(text);
}

/** Greedy matching that backtracks to the last star only. */
function matchTokens(tokens: Compiled['tokens'], text: string): boolean {
  let [at, token] = [0, 0];
  let [starToken, starAt] = [-1, 0];
  while (at < text.length) {
    const expected = tokens[token];
    if (expected?.kind === STAR) {
      starToken = token++;
      starAt = at;
      continue;
    }
    const char = text.codePointAt(at)! > 0xffff ? text.slice(at, at + 2) : text[at]!;
    if (
      expected &&
      (expected.kind === ANY ||
        (expected.kind === 'class' ? expected.class!.test(char) : expected.char === char))
    ) {
      token++;
      at += char.length;
      continue;
    }
    if (starToken < 0) return false;
    token = starToken + 1;
    at = ++starAt;
  }
  while (tokens[token]?.kind === STAR) token++;
  return token === tokens.length;
}

/** `${text#pattern}` and its three relatives. */
export function removePattern(text: string, pattern: string, operator: '#' | '##' | '%' | '%%'): string {
  const { literal, greedy, lazy, extended } = compile(pattern);
  if (extended) {
    if (operator[0] === '#') {
      const ends = extended.ends(text);
      return text.slice((operator === '##' ? ends.at(-1) : ends[0]) ?? 0);
    }
    const starts = Array.from({ length: text.length + 1 }, (_, i) =>
      operator === '%%' ? i : text.length - i,
    );
    const start = starts.find((at) => extended.ends(text, at).at(-1) === text.length);
    return start === undefined ? text : text.slice(0, start);
  }
  if (operator[0] === '#') {
    if (literal !== undefined) return text.startsWith(literal) ? text.slice(literal.length) : text;
    const match = new RegExp(`^(?:${operator === '##' ? greedy : lazy})`, 'u').exec(text);
    return match ? text.slice(match[0].length) : text;
  }
  if (literal !== undefined)
    return text.endsWith(literal) ? text.slice(0, text.length - literal.length) : text;
  if (operator === '%%') {
    const match = new RegExp(`(?:${greedy})$`, 'u').exec(text);
    return match ? text.slice(0, match.index) : text;
  }
  for (let start = text.length; start >= 0; start--) {
    if (matchPattern(pattern, text.slice(start))) return text.slice(0, start);
  }
  return text;
}

/** `${text/pattern/replacement}`, where `&` in the replacement is what was matched: `mode` is `''`, `/` (all), `#` (at the start) or `%` (at the end). */
export function replacePattern(
  text: string,
  pattern: string,
  replacement: string,
  mode: '' | '/' | '#' | '%',
): string {
  const replaceBy = /[\\&]/.test(replacement)
    ? (match: string) => replacement.replace(/\\([\\&])|&/g, (_, plain?: string) => plain ?? match)
    : () => replacement;
  if (pattern === '') return mode === '#' ? replaceBy('') + text : mode === '%' ? text + replaceBy('') : text;
  const { greedy: source, extended } = compile(pattern);
  if (extended) return replaceExtended(text, extended, replaceBy, mode);
  const anchored = mode === '#' ? `^(?:${source})` : mode === '%' ? `(?:${source})$` : source;
  const replace = (match: string) => (match === '' && mode !== '#' && mode !== '%' ? '' : replaceBy(match));
  return text.replace(new RegExp(anchored, mode === '/' ? 'gu' : 'u'), replace);
}

/** The longest match at each place, from the left. */
function replaceExtended(
  text: string,
  pattern: ExtendedPattern,
  replaceBy: (match: string) => string,
  mode: '' | '/' | '#' | '%',
): string {
  let out = '';
  let done = false;
  for (let at = 0; at < text.length;) {
    const ends = done || (mode === '#' && at > 0) ? [] : pattern.ends(text, at);
    const end = ends.at(-1);
    if (end === undefined || end === at || (mode === '%' && end !== text.length)) {
      out += text[at++];
      continue;
    }
    out += replaceBy(text.slice(at, end));
    at = end;
    done = mode !== '/';
  }
  return out;
}
