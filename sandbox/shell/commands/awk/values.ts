/** awk's values: numbers, strings, and text from the input that counts as a number where it looks like one. */
import { formatPrintf } from '../../printf-format.ts';

/** A field or other input that looks like a number. */
export class NumericText {
  readonly text: string;
  readonly value: number;
  constructor(text: string, value: number) {
    this.text = text;
    this.value = value;
  }
}

/** Undefined: a variable that nobody has set. */
export type Value = number | string | NumericText | undefined;

const NUMBER = /^[ \t\n]*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[ \t\n]*$/;
const LEADING = /^[ \t\n]*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/;

export const fromInput = (text: string): Value =>
  NUMBER.test(text) ? new NumericText(text, Number(text)) : text;

export function numberOf(value: Value): number {
  if (typeof value === 'number') return value;
  if (value === undefined) return 0;
  if (typeof value !== 'string') return value.value;
  const match = LEADING.exec(value);
  return match ? Number(match[0]) : 0;
}

/** @param format CONVFMT or OFMT */
export function textOf(value: Value, format = '%.6g'): string {
  if (typeof value === 'string') return value;
  if (value === undefined) return '';
  if (typeof value !== 'number') return value.text;
  if (Number.isInteger(value) && Math.abs(value) < 1e16) return String(value === 0 ? 0 : value);
  return Number.isFinite(value)
    ? formatted(format, [value])
    : Number.isNaN(value)
      ? 'nan'
      : value > 0
        ? 'inf'
        : '-inf';
}

export function isTrue(value: Value): boolean {
  if (typeof value === 'number') return value !== 0;
  if (value === undefined) return false;
  return typeof value === 'string' ? value !== '' : value.value !== 0;
}

/** As numbers when both sides are or look like ones, else as text. */
export function compare(a: Value, b: Value): number {
  if (typeof a !== 'string' && typeof b !== 'string') return numberOf(a) - numberOf(b);
  const [x, y] = [textOf(a), textOf(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** `sprintf`: the shell's formats, with arguments turned into what each conversion wants. */
export function formatted(format: string, args: readonly Value[]): string {
  const ready: string[] = [];
  let next = 0;
  const plain = format.replace(
    /%([-+ #0]*)(\*|\d*)(?:\.(\*|\d*))?([a-zA-Z%])/g,
    (_, flags: string, width: string, precision: string | undefined, letter: string) => {
      if (letter === '%') return '%%';
      const star = (text: string) => (text === '*' ? String(Math.trunc(numberOf(args[next++]))) : text);
      const [w, p] = [star(width), precision === undefined ? undefined : star(precision)];
      const value = args[next++];
      let kind = letter === 'i' ? 'd' : letter;
      if ('douxX'.includes(kind)) {
        const number = Math.trunc(numberOf(value));
        if (!Number.isSafeInteger(number)) kind = 's';
        ready.push(Number.isFinite(number) ? String(number) : textOf(numberOf(value)));
      } else if (kind === 'c') {
        kind = 's';
        ready.push(
          typeof value === 'number'
            ? String.fromCodePoint(Math.max(0, Math.trunc(value)) & 0x1fffff)
            : textOf(value).slice(0, 1),
        );
      } else if ('eEfFgG'.includes(kind)) ready.push(String(numberOf(value)));
      else {
        kind = 's';
        ready.push(textOf(value));
      }
      return `%${flags}${w}${p === undefined ? '' : `.${p}`}${kind}`;
    },
  );
  // Escapes were read with the string: what is left of them is text. Without arguments a format is used once.
  return formatPrintf(plain.replaceAll('\\', '\\\\'), ready, { nowMs: 0, startedMs: 0 }).text;
}
