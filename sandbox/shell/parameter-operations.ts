/** What `${name…}` does to values: pure functions on strings and lists. */
/* oxlint-disable no-control-regex -- what a terminal carries is control characters */
import { matchPattern } from './pattern.ts';
import { hashOrder, type Variable } from './variables.ts';

/** `${x:offset:length}` on characters. Throws with bash's message for a negative length before the offset. */
export function sliceText(text: string, offset: number, length: number | undefined): string {
  const characters = /[\ud800-\udfff]/.test(text) ? [...text] : text;
  const size = characters.length;
  let start = offset < 0 ? size + offset : offset;
  if (start < 0 || start > size) return '';
  let end = size;
  if (length !== undefined) end = length < 0 ? size + length : Math.min(size, start + length);
  if (end < start) throw new RangeError(`${length}: substring expression < 0`);
  start = Math.min(start, size);
  return typeof characters === 'string'
    ? characters.slice(start, end)
    : characters.slice(start, end).join('');
}

/** `${list[@]:offset:length}`. */
export function sliceList(list: string[], offset: number, length: number | undefined): string[] {
  const start = offset < 0 ? list.length + offset : offset;
  if (start < 0) return [];
  if (length !== undefined && length < 0) throw new RangeError(`${length}: substring expression < 0`);
  return list.slice(start, length === undefined ? undefined : start + length);
}

/** `^`, `^^`, `,`, `,,` with an optional pattern that says which characters. */
export function changeCase(text: string, operator: string, pattern: string | undefined): string {
  const change = (char: string) => (operator[0] === '^' ? char.toUpperCase() : char.toLowerCase());
  const matches = (char: string) => pattern === undefined || pattern === '' || matchPattern(pattern, char);
  if (operator.length === 2) return [...text].map((char) => (matches(char) ? change(char) : char)).join('');
  const [first = '', ...rest] = [...text];
  return (matches(first) ? change(first) : first) + rest.join('');
}

/** Quoted so that the shell reads it back as it is (`${x@Q}`, `declare -p`, `set`). */
export function quoteSingle(text: string): string {
  if (/[\u0000-\u001f\u007f]/.test(text)) return quoteAnsi(text);
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Quoted only where it has to be (`set`, `alias`, `xtrace`). */
export function quoteIfNeeded(text: string): string {
  if (text === '') return "''";
  if (/[\u0000-\u001f\u007f]/.test(text)) return quoteAnsi(text);
  if (/^[A-Za-z0-9_%+,./:=@^-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** `printf %q`. */
export function quoteBackslash(text: string): string {
  if (text === '') return "''";
  if (/[\u0000-\u001f\u007f]/.test(text)) return quoteAnsi(text);
  return text.replace(/[^A-Za-z0-9_%+./:=@^\u0080-\uffff-]/g, '\\$&').replace(/^~/, '\\~');
}

const ANSI: Record<string, string> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\u001b': '\\E',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  "'": "\\'",
};

function quoteAnsi(text: string): string {
  const body = text.replace(
    /[\u0000-\u001f\u007f\\']/g,
    (char) => ANSI[char] ?? `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
  return `$'${body}'`;
}

/** In double quotes, as `declare -p` writes values. */
export function quoteDouble(text: string): string {
  if (/[\u0000-\u001f\u007f]/.test(text)) return quoteAnsi(text);
  return `"${text.replace(/[\\"$`]/g, '\\$&')}"`;
}

/** `\n`, `\x41` and the rest, as `$'…'`, `echo -e` and (`argument`) `printf %b` read them. `stop` says where `\c` was. */
export function unescape(
  text: string,
  mode: 'echo' | 'argument' | 'ansi' | 'format',
): { text: string; stopped: boolean } {
  let stopped = false;
  if (!text.includes('\\')) return { text, stopped };
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char !== '\\' || i + 1 >= text.length) {
      out += char;
      continue;
    }
    const next = text[++i]!;
    const simple = {
      a: '\u0007',
      b: '\b',
      e: '\u001b',
      E: '\u001b',
      f: '\f',
      n: '\n',
      r: '\r',
      t: '\t',
      v: '\v',
      '\\': '\\',
    }[next];
    if (simple !== undefined) out += simple;
    else if (next === 'c' && mode !== 'ansi') {
      stopped = true;
      break;
    } else if (next === 'x' && /^[0-9A-Fa-f]{1,2}/.test(text.slice(i + 1))) {
      const digits = /^[0-9A-Fa-f]{1,2}/.exec(text.slice(i + 1))![0];
      out += String.fromCharCode(Number.parseInt(digits, 16));
      i += digits.length;
    } else if ((next === 'u' || next === 'U') && /^[0-9A-Fa-f]/.test(text.slice(i + 1))) {
      const digits = (next === 'u' ? /^[0-9A-Fa-f]{1,4}/ : /^[0-9A-Fa-f]{1,8}/).exec(text.slice(i + 1))![0];
      out += String.fromCodePoint(Number.parseInt(digits, 16));
      i += digits.length;
    } else if (next === '0' && (mode === 'echo' || mode === 'argument')) {
      const digits = /^[0-7]{0,3}/.exec(text.slice(i + 1))![0];
      out += String.fromCharCode(Number.parseInt(digits || '0', 8) & 255);
      i += digits.length;
    } else if (/[0-7]/.test(next) && mode !== 'echo') {
      const digits = /^[0-7]{1,3}/.exec(text.slice(i))![0];
      out += String.fromCharCode(Number.parseInt(digits, 8) & 255);
      i += digits.length - 1;
    } else if ((mode === 'ansi' || mode === 'format') && (next === '"' || next === "'" || next === '?'))
      out += next;
    else out += `\\${next}`;
  }
  return { text: out, stopped };
}

/** The flags of `declare -p` for a variable, `--` with none. */
export function attributeFlags(variable: Variable): string {
  let flags = '';
  if (variable.list) flags += 'a';
  if (variable.map) flags += 'A';
  if (variable.integer) flags += 'i';
  if (variable.reference) flags += 'n';
  if (variable.readonly) flags += 'r';
  if (variable.exported) flags += 'x';
  if (variable.letters) flags += variable.letters[0];
  return flags;
}

/** `declare -p name`. */
export function declaration(name: string, variable: Variable): string {
  const flags = attributeFlags(variable);
  const head = `declare -${flags || '-'} ${name}`;
  if (variable.bare && (variable.list?.length ?? variable.map?.size) === 0) return head;
  if (variable.list) {
    const items: string[] = [];
    variable.list.forEach((value, index) => items.push(`[${index}]=${quoteDouble(value)}`));
    return `${head}=(${items.join(' ')})`;
  }
  if (variable.map) {
    const items = hashOrder(variable.map).map(([key, value]) => `[${quoteKey(key)}]=${quoteDouble(value)} `);
    return `${head}=(${items.join('')})`;
  }
  return variable.value === undefined ? head : `${head}=${quoteDouble(variable.value)}`;
}

export const quoteKey = (key: string): string => (/^[A-Za-z0-9_./:-]+$/.test(key) ? key : quoteDouble(key));
