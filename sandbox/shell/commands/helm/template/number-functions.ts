/** sprig's arithmetic: whole numbers are int64, `addf` and its like float64. */
import { FunctionError, type FunctionTable } from '../../../go-template/execution.ts';
import { fn, more } from './signature.ts';

/** `cast.ToInt64`: what is no number is 0. */
export function toInt(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  const number = typeof value === 'number' ? value : typeof value === 'string' ? intText(value) : 0;
  return Number.isFinite(number) ? BigInt(Math.trunc(number)) : 0n;
}

const intText = (text: string) =>
  /^[-+]?(0[xX][0-9a-fA-F]+|0[oO]?[0-7]*|[1-9]\d*)(\.0*)?$/.test(text) ? octal(text) : 0;
const octal = (text: string) => (/^[-+]?0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text));

export function toFloat(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  const number = typeof value === 'string' && value !== '' ? Number(value) : 0;
  return Number.isNaN(number) ? 0 : number;
}

const exact = (value: number) => Number(value.toPrecision(15));
const fold = (step: (a: bigint, b: bigint) => bigint) =>
  more(1, (first, ...rest) => rest.map(toInt).reduce(step, toInt(first)));
const foldFloat = (step: (a: number, b: number) => number) =>
  more(1, (first, ...rest) => exact(rest.map(toFloat).reduce(step, toFloat(first))));

function divided(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new FunctionError('runtime error: integer divide by zero');
  return a / b;
}

function steps(start: bigint, end: bigint, step: bigint): bigint[] {
  const out: bigint[] = [];
  if (step === 0n) return out;
  for (let at = start; step > 0n ? at < end : at > end; at += step) out.push(at);
  return out;
}

export const NUMBER_FUNCTIONS: FunctionTable = {
  int: fn(1, toInt),
  int64: fn(1, toInt),
  float64: fn(1, toFloat),
  atoi: fn(1, (value) => (/^[-+]?\d+$/.test(String(value)) ? BigInt(Number(value)) : 0n)),
  toDecimal: fn(1, (value) => BigInt(Number.parseInt(String(value), 8) || 0)),
  add: more(0, (...values) => values.map(toInt).reduce((a, b) => a + b, 0n)),
  add1: fn(1, (value) => toInt(value) + 1n),
  sub: fn(2, (a, b) => toInt(a) - toInt(b)),
  mul: fold((a, b) => a * b),
  div: fn(2, (a, b) => divided(toInt(a), toInt(b))),
  mod: fn(2, (a, b) => {
    if (toInt(b) === 0n) throw new FunctionError('runtime error: integer divide by zero');
    return toInt(a) % toInt(b);
  }),
  max: fold((a, b) => (a > b ? a : b)),
  biggest: fold((a, b) => (a > b ? a : b)),
  min: fold((a, b) => (a < b ? a : b)),
  addf: foldFloat((a, b) => a + b),
  add1f: fn(1, (value) => exact(toFloat(value) + 1)),
  subf: foldFloat((a, b) => a - b),
  mulf: foldFloat((a, b) => a * b),
  divf: foldFloat((a, b) => a / b),
  maxf: foldFloat(Math.max),
  minf: foldFloat(Math.min),
  floor: fn(1, (value) => Math.floor(toFloat(value))),
  ceil: fn(1, (value) => Math.ceil(toFloat(value))),
  round: more(2, (value, places) => {
    const scale = 10 ** Number(toInt(places));
    return Math.round(toFloat(value) * scale) / scale;
  }),
  until: fn(1, (count) => steps(0n, toInt(count), toInt(count) < 0n ? -1n : 1n)),
  untilStep: fn(3, (start, end, step) => steps(toInt(start), toInt(end), toInt(step))),
  seq: more(0, (...values) => {
    const [first = 1n, second, third] = values.map(toInt);
    const [start, step, end] =
      third !== undefined
        ? [first, second!, third]
        : second !== undefined
          ? [first, second < first ? -1n : 1n, second]
          : [1n, first < 1n ? -1n : 1n, first];
    return steps(start, end + (step > 0n ? 1n : -1n), step).join(' ');
  }),
};
