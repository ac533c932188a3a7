/** KYAML, the strict flow-style subset of YAML that kubectl prints for `-o kyaml`: every string quoted, braces for every map. */
import { isObject } from '../../../../cluster/api/json-object.ts';

export const toKyaml = (value: unknown): string => `---\n${render(value, 0)}\n`;

function render(value: unknown, indent: number): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return quote(value, indent);
  if (Array.isArray(value)) return renderList(value, indent);
  if (!isObject(value)) return String(value);
  const keys = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort();
  if (keys.length === 0) return '{}';
  const inner = ' '.repeat(indent + 2);
  const lines = keys.map((key) => `${inner}${keyText(key)}: ${render(value[key], indent + 2)},\n`);
  return `{\n${lines.join('')}${' '.repeat(indent)}}`;
}

/** Maps in a list cuddle: `[{`, `}, {`, `}]`. */
function renderList(list: unknown[], indent: number): string {
  if (list.length === 0) return '[]';
  if (list.every((item) => isObject(item) || Array.isArray(item)))
    return `[${list.map((item) => render(item, indent)).join(', ')}]`;
  const inner = ' '.repeat(indent + 2);
  return `[\n${list.map((item) => `${inner}${render(item, indent + 2)},\n`).join('')}${' '.repeat(indent)}]`;
}

const AMBIGUOUS = /^(?:|~|null|true|false|yes|no|on|off|y|n|t|f|\.inf|\.nan|[-+]?[0-9.].*)$/i;

const keyText = (key: string) =>
  AMBIGUOUS.test(key) || !/^[A-Za-z_][-A-Za-z0-9_./]*$/.test(key) ? JSON.stringify(key) : key;

function quote(text: string, indent: number): string {
  if (!text.includes('\n')) return escape(text);
  const pad = ' '.repeat(indent + 3);
  const lines = text.split('\n');
  const last = lines.pop()!;
  const body = lines.map((line) => `${pad}${escapeLine(line)}\\n\\\n`);
  if (last) body.push(`${pad}${escapeLine(last)}\\\n`);
  return `"\\\n${body.join('')}${' '.repeat(indent + 2)}"`;
}

/** Leading white space of a continued line has to be escaped. */
const escapeLine = (line: string) => escape(line).slice(1, -1).replace(/^ /, '\\ ');

const escape = (text: string) =>
  JSON.stringify(text)
    .replace(/\\u00([0-9a-f]{2})/g, '\\x$1')
    .replaceAll('\\x7f', '\\x7F');
