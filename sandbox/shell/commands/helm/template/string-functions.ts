/** sprig's functions over text and regular expressions. RE2's syntax is taken for JavaScript's, which it nearly is. */
import { FunctionError, type FunctionTable } from '../../../go-template/execution.ts';
import { fn, more, strval, strings, text, whole } from './signature.ts';
import { goQuote, show } from '../../../go-template/values.ts';

const words = (value: string) => value.split(/(?=[A-Z][a-z])|(?<=[a-z\d])(?=[A-Z])|[\s_-]+/).filter(Boolean);
const upperFirst = (value: string) => value.charAt(0).toUpperCase() + value.slice(1);

function cut(length: number, value: string): string {
  if (length < 0) return value.length + length > 0 ? value.slice(length) : value;
  return value.length > length ? value.slice(0, length) : value;
}

function substring(start: number, end: number, value: string): string {
  if (start < 0) return value.slice(0, Math.max(0, end));
  return end < 0 || end > value.length ? value.slice(start) : value.slice(start, end);
}

function trimSet(cutset: string, value: string, left = true, right = true): string {
  let from = 0;
  let to = value.length;
  while (left && from < to && cutset.includes(value[from]!)) from++;
  while (right && to > from && cutset.includes(value[to - 1]!)) to--;
  return value.slice(from, to);
}

function wrap(width: number, value: string, separator = '\n'): string {
  const lines: string[] = [];
  let line = '';
  for (const word of value.split(' ')) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line].join(separator);
}

const indent = (spaces: number, value: string) =>
  ' '.repeat(spaces) + value.replaceAll('\n', `\n${' '.repeat(spaces)}`);

const quoted = (value: unknown) => goQuote(strval(value));
const given = (value: unknown) => value !== null && value !== undefined;

function pattern(source: string, flags = ''): RegExp {
  // RE2 writes flags in front and names groups with a P.
  const lead = /^\(\?([imsU]+)\)/.exec(source);
  const body = source
    .slice(lead?.[0].length ?? 0)
    .replaceAll('(?P<', '(?<')
    .replaceAll('\\z', '$(?![\\s\\S])');
  try {
    return new RegExp(body, flags + (lead?.[1] ?? '').replace('U', ''));
  } catch {
    throw new FunctionError(`error parsing regexp: invalid or unsupported syntax: \`${source}\``);
  }
}

const expand = (replacement: string) =>
  replacement.replace(/\$\{(\w+)\}|\$(\w+)/g, (_, braced?: string, bare?: string) => {
    const name = braced ?? bare!;
    return /^\d+$/.test(name) ? `$${name}` : `$<${name}>`;
  });

const limited = <T>(items: T[], limit: number) => (limit < 0 ? items : items.slice(0, limit));

export const STRING_FUNCTIONS: FunctionTable = {
  upper: fn(1, (s) => text(s).toUpperCase()),
  lower: fn(1, (s) => text(s).toLowerCase()),
  title: fn(1, (s) =>
    text(s).replace(
      /(^|[\s_-])(\p{L})/gu,
      (_, before: string, letter: string) => before + letter.toUpperCase(),
    ),
  ),
  untitle: fn(1, (s) =>
    text(s).replace(/(^|\s)(\p{L})/gu, (_, before: string, letter: string) => before + letter.toLowerCase()),
  ),
  swapcase: fn(1, (s) =>
    [...text(s)].map((c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase())).join(''),
  ),
  initials: fn(1, (s) =>
    text(s)
      .split(/\s+/)
      .map((word) => word.charAt(0))
      .join(''),
  ),
  snakecase: fn(1, (s) => words(text(s)).join('_').toLowerCase()),
  kebabcase: fn(1, (s) => words(text(s)).join('-').toLowerCase()),
  camelcase: fn(1, (s) =>
    text(s)
      .split(/[_\s-]+/)
      .map(upperFirst)
      .join(''),
  ),
  trim: fn(1, (s) => text(s).trim()),
  trimAll: fn(2, (set, s) => trimSet(text(set), text(s))),
  trimall: fn(2, (set, s) => trimSet(text(set), text(s))),
  trimPrefix: fn(2, (prefix, s) => (text(s).startsWith(prefix) ? s.slice(prefix.length) : s)),
  trimSuffix: fn(2, (suffix, s) =>
    text(suffix) !== '' && text(s).endsWith(suffix) ? s.slice(0, -suffix.length) : text(s),
  ),
  nospace: fn(1, (s) => text(s).replace(/\s+/g, '')),
  replace: fn(3, (from, to, s) => text(s).replaceAll(text(from), () => text(to))),
  contains: fn(2, (part, s) => text(s).includes(text(part))),
  hasPrefix: fn(2, (prefix, s) => text(s).startsWith(text(prefix))),
  hasSuffix: fn(2, (suffix, s) => text(s).endsWith(text(suffix))),
  repeat: fn(2, (count, s) => text(s).repeat(whole(count))),
  substr: fn(3, (start, end, s) => substring(whole(start), whole(end), text(s))),
  trunc: fn(2, (length, s) => cut(whole(length), text(s))),
  abbrev: fn(2, (width, s) =>
    text(s).length > whole(width) && whole(width) >= 4 ? `${s.slice(0, whole(width) - 3)}...` : s,
  ),
  wrap: fn(2, (width, s) => wrap(whole(width), text(s))),
  wrapWith: fn(3, (width, separator, s) => wrap(whole(width), text(s), text(separator))),
  indent: fn(2, (spaces, s) => indent(whole(spaces), text(s))),
  nindent: fn(2, (spaces, s) => `\n${indent(whole(spaces), text(s))}`),
  plural: fn(3, (one, many, count) => (whole(count) === 1 ? one : many)),
  cat: more(0, (...values) => values.filter(given).map(show).join(' ')),
  quote: more(0, (...values) => values.filter(given).map(quoted).join(' ')),
  squote: more(0, (...values) =>
    values
      .filter(given)
      .map((value) => `'${show(value)}'`)
      .join(' '),
  ),
  toString: fn(1, strval),
  toStrings: fn(1, strings),
  join: fn(2, (separator, values) => strings(values).join(text(separator))),
  split: fn(2, (separator, s) =>
    Object.fromEntries(
      text(s)
        .split(text(separator))
        .map((part, at) => [`_${at}`, part]),
    ),
  ),
  splitList: fn(2, (separator, s) => text(s).split(text(separator))),
  splitn: fn(3, (separator, count, s) => {
    const parts = text(s).split(text(separator));
    const limit = whole(count);
    const kept =
      parts.length > limit ? [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)] : parts;
    return Object.fromEntries(kept.map((part, at) => [`_${at}`, part]));
  }),
  regexMatch: fn(2, (source, s) => pattern(text(source)).test(text(s))),
  mustRegexMatch: fn(2, (source, s) => pattern(text(source)).test(text(s))),
  regexFind: fn(2, (source, s) => pattern(text(source)).exec(text(s))?.[0] ?? ''),
  regexFindAll: fn(3, (source, s, count) =>
    limited(
      [...text(s).matchAll(pattern(text(source), 'g'))].map(([found]) => found),
      whole(count),
    ),
  ),
  regexReplaceAll: fn(3, (source, s, to) => text(s).replace(pattern(text(source), 'g'), expand(text(to)))),
  mustRegexReplaceAll: fn(3, (source, s, to) =>
    text(s).replace(pattern(text(source), 'g'), expand(text(to))),
  ),
  regexReplaceAllLiteral: fn(3, (source, s, to) =>
    text(s).replace(pattern(text(source), 'g'), () => text(to)),
  ),
  regexSplit: fn(3, (source, s, count) => {
    const parts = text(s).split(pattern(text(source)));
    const limit = whole(count);
    return limit < 0 ? parts : parts.slice(0, limit);
  }),
  regexQuoteMeta: fn(1, (s) => text(s).replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')),
};
