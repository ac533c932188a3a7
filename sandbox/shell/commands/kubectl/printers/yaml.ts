/**
 * YAML as Go's sigs.k8s.io/yaml writes it: keys sorted, lists not indented in their mapping, strings quoted
 * only where they would be read as something else, literal blocks for lines, folding after 80 columns.
 */
import { isObject } from '../../../../cluster/api/json-object.ts';

const BEST_WIDTH = 80;

/** One document, ending in a newline. */
export function toYaml(value: unknown): string {
  const printer = new YamlPrinter();
  printer.document(value);
  return printer.out;
}

type Json = Record<string, unknown>;
class YamlPrinter {
  out = '';

  document(value: unknown): void {
    if (isObject(value) && keysOf(value).length > 0) this.#map(value, 0, false);
    else if (Array.isArray(value) && value.length > 0) this.#list(value, 0, false);
    else {
      this.#scalar(value, 0);
      this.out += '\n';
    }
  }

  /** @param inline the first key continues the current line (after `- `). */
  #map(map: Json, indent: number, inline: boolean): void {
    keysOf(map).forEach((key, at) => {
      if (!inline || at > 0) this.out += ' '.repeat(indent);
      this.#key(key);
      this.out += ':';
      this.#value(map[key], indent, indent);
    });
  }

  #list(list: unknown[], indent: number, inline: boolean): void {
    list.forEach((item, at) => {
      if (!inline || at > 0) this.out += ' '.repeat(indent);
      this.out += '-';
      if (isObject(item) && keysOf(item).length > 0) {
        this.out += ' ';
        this.#map(item, indent + 2, true);
      } else if (Array.isArray(item) && item.length > 0) {
        this.out += ' ';
        this.#list(item, indent + 2, true);
      } else this.#value(item, indent, indent);
    });
  }

  #value(value: unknown, indent: number, listIndent: number): void {
    if (isObject(value) && keysOf(value).length > 0) {
      this.out += '\n';
      this.#map(value, indent + 2, false);
    } else if (Array.isArray(value) && value.length > 0) {
      this.out += '\n';
      this.#list(value, listIndent, false);
    } else {
      this.out += ' ';
      this.#scalar(value, indent + 2);
      this.out += '\n';
    }
  }

  #key(key: string): void {
    this.out +=
      styleOf(key, true) === 'plain' ? key : styleOf(key, true) === 'single' ? single(key) : double(key);
  }

  #scalar(value: unknown, indent: number): void {
    if (value === null || value === undefined) this.out += 'null';
    else if (typeof value === 'string') this.#string(value, indent);
    else if (typeof value === 'number') this.out += goNumber(value);
    else if (typeof value === 'boolean') this.out += String(value);
    else this.out += Array.isArray(value) ? '[]' : '{}';
  }

  #string(text: string, indent: number): void {
    switch (styleOf(text, false)) {
      case 'literal':
        this.#literal(text, indent);
        return;
      case 'plain':
        this.#folded(text, indent, (at) => text[at + 1] !== ' ' && text[at - 1] !== ' ');
        return;
      case 'single':
        this.#folded(
          single(text),
          indent,
          (at, quoted) =>
            at > 1 && at < quoted.length - 2 && quoted[at + 1] !== ' ' && quoted[at - 1] !== ' ',
        );
        return;
      case 'double':
        this.#doubleFolded(double(text), indent);
    }
  }

  #column(): number {
    return this.out.length - (this.out.lastIndexOf('\n') + 1);
  }

  /** Writes `text`, turning a space beyond the best width into a line break where `may` allows. */
  #folded(text: string, indent: number, may: (at: number, text: string) => boolean): void {
    let column = this.#column();
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      if (text[at] === ' ' && column > BEST_WIDTH && may(at, text)) {
        this.out += `${text.slice(from, at)}\n${' '.repeat(indent)}`;
        from = at + 1;
        column = indent;
      } else column++;
    }
    this.out += text.slice(from);
  }

  #doubleFolded(text: string, indent: number): void {
    let column = this.#column();
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      if (text[at] === ' ' && column > BEST_WIDTH && at > 1 && at < text.length - 2 && text[at - 1] !== ' ') {
        this.out += `${text.slice(from, at)}\n${' '.repeat(indent)}`;
        if (text[at + 1] === ' ') this.out += '\\';
        from = at + 1;
        column = indent;
      } else column++;
    }
    this.out += text.slice(from);
  }

  #literal(text: string, indent: number): void {
    const hint = /^[ \n]/.test(text) ? '2' : '';
    const chomp = text.endsWith('\n') ? (text === '\n' || text.endsWith('\n\n') ? '+' : '') : '-';
    this.out += `|${hint}${chomp}\n`;
    const lines = text.split('\n');
    if (text.endsWith('\n')) lines.pop();
    this.out += lines.map((line) => (line === '' ? '' : ' '.repeat(indent) + line)).join('\n');
  }
}

/** Keys in the order in which goyaml sorts them: letters before what is not, numbers by value. */
function keysOf(map: Json): string[] {
  return Object.keys(map)
    .filter((key) => map[key] !== undefined)
    .sort(compareKeys);
}

const isLetter = (char: string) => /\p{L}/u.test(char);
const isDigit = (char: string) => char >= '0' && char <= '9';

function compareKeys(a: string, b: string): number {
  for (let at = 0; at < a.length && at < b.length; at++) {
    const x = a[at]!;
    const y = b[at]!;
    if (x === y) continue;
    const letterX = isLetter(x);
    const letterY = isLetter(y);
    if (letterX && letterY) return x < y ? -1 : 1;
    if (letterX || letterY) return letterX ? 1 : -1;
    const [numberX] = /^[0-9]+/.exec(a.slice(at)) ?? [''];
    const [numberY] = /^[0-9]+/.exec(b.slice(at)) ?? [''];
    if (isDigit(x) && isDigit(y)) {
      const difference = Number(numberX) - Number(numberY);
      if (difference !== 0) return difference;
      if (numberX.length !== numberY.length) return numberX.length - numberY.length;
    }
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

/** What YAML 1.1, as Go reads it, takes for a bool, null, number or timestamp. */
const RESOLVES =
  /^(?:|~|null|Null|NULL|y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+)|[-+]?[0-9][0-9_]*|[-+]?(?:\.[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt\t ]+[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?[\t ]*(?:Z|[-+][0-9]{1,2}(?::?[0-9]{2})?)?)?)$/;

/** Not in YAML's printable set (a tab is told apart). */
// oxlint-disable-next-line no-control-regex -- control characters are the subject
const SPECIAL = /[\u0000-\u0008\u000b-\u001f\u007f-\u0084\u0086-\u009f\ufeff\ufffe\uffff]/;

type Style = 'plain' | 'single' | 'double' | 'literal';

function styleOf(text: string, isKey: boolean): Style {
  const special = SPECIAL.test(text);
  const lines = text.includes('\n');
  const spaceBreak = / \n/.test(text);
  const trailingSpace = text.endsWith(' ');
  if (lines && !isKey) return special || spaceBreak || trailingSpace ? 'double' : 'literal';
  if (lines || special || RESOLVES.test(text)) return 'double';
  const plain =
    !/^[ ]|[ ]$|\t/.test(text) &&
    !/^[#,[\]{}&*!|>'"%@`]/.test(text) &&
    !/^[-?:](?: |$)/.test(text) &&
    !/^(?:---|\.\.\.)/.test(text) &&
    !/:(?: |$)| #/.test(text);
  if (plain) return 'plain';
  return text.includes('\t') ? 'double' : 'single';
}

const single = (text: string) => `'${text.replaceAll("'", "''")}'`;

const ESCAPES: Record<string, string> = {
  '\0': '\\0', '\x07': '\\a', '\b': '\\b', '\t': '\\t', '\n': '\\n', '\v': '\\v', '\f': '\\f', '\r': '\\r',
  '\x1b': '\\e', '"': '\\"', '\\': '\\\\', '\u0085': '\\N', '\u00a0': '\\_',
}; // prettier-ignore

function double(text: string): string {
  let out = '"';
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (ESCAPES[char] && char !== '\u00a0') out += ESCAPES[char];
    else if (!SPECIAL.test(char)) out += char;
    else if (code <= 0xff) out += `\\x${code.toString(16).padStart(2, '0').toUpperCase()}`;
    else out += `\\u${code.toString(16).padStart(4, '0').toUpperCase()}`;
  }
  return `${out}"`;
}

/** A JSON number as Go prints a float64 or int64. */
function goNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  return String(value).replace(/e([-+])(\d)$/, 'e$10$2');
}
