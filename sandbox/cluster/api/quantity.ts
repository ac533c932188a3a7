/**
 * Resource quantities (`resource.Quantity`): fixed-point numbers with a suffix, kept in a canonical form.
 * Finer than nano is rounded up, larger than int64 is capped, as in apimachinery. Immutable.
 */
export type QuantityFormat = 'BinarySI' | 'DecimalSI' | 'DecimalExponent';

export interface Quantity {
  /** The amount in billionths. */
  readonly nano: bigint;
  readonly format: QuantityFormat;
}

/** Malformed text; the message is the API server's. */
export class QuantityError extends Error {}

const ERR_FORMAT =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const NANO = 1_000_000_000n;
const MAX = (2n ** 63n - 1n) * NANO;

const DECIMAL_SUFFIXES = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const;
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;

/** `"500m"`, `"1.5Gi"`, `"1e3"`, or a JSON number. Throws `QuantityError`. */
export function parseQuantity(text: string | number): Quantity {
  const source = String(text);
  if (source === '') throw new QuantityError(ERR_FORMAT);
  const match = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([a-zA-Z]*)([+-]?[0-9]*)$/.exec(source);
  if (!match || !(match[2] || match[3])) throw new QuantityError(ERR_FORMAT);
  const [, sign, whole = '', fraction = '', letters = '', exponent = ''] = match;
  const { multiplier, divisor, format } = suffix(letters, exponent);

  const digits = BigInt(whole + fraction) * multiplier * NANO;
  const scale = 10n ** BigInt(fraction.length) * divisor;
  let nano = digits / scale;
  if (digits % scale !== 0n) nano += 1n;
  if (nano > MAX) nano = MAX;
  if (sign === '-') nano = -nano;
  const small = format === 'BinarySI' && nano > -NANO && nano < NANO && nano !== 0n;
  return { nano, format: small ? 'DecimalSI' : format };
}

function suffix(letters: string, exponent: string) {
  if (exponent === '') {
    const decimal = DECIMAL_SUFFIXES.indexOf(letters as 'n');
    if (decimal >= 3)
      return { multiplier: 1000n ** BigInt(decimal - 3), divisor: 1n, format: 'DecimalSI' as const };
    if (decimal >= 0)
      return { multiplier: 1n, divisor: 1000n ** BigInt(3 - decimal), format: 'DecimalSI' as const };
    const binary = BINARY_SUFFIXES.indexOf(letters as 'Ki');
    if (binary > 0) return { multiplier: 1024n ** BigInt(binary), divisor: 1n, format: 'BinarySI' as const };
  } else if ((letters === 'e' || letters === 'E') && /[0-9]/.test(exponent)) {
    const power = Math.max(-40, Math.min(40, Number(exponent)));
    const size = 10n ** BigInt(Math.abs(power));
    return power < 0
      ? { multiplier: 1n, divisor: size, format: 'DecimalExponent' as const }
      : { multiplier: size, divisor: 1n, format: 'DecimalExponent' as const };
  }
  // What the API server's own pattern lets through but no table knows.
  if (/^[eEinumkKMGTP]*$/.test(letters)) throw new QuantityError("unable to parse quantity's suffix");
  throw new QuantityError(ERR_FORMAT);
}

/** The canonical text: no fraction, the largest suffix that leaves an integer. */
export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0';
  const negative = nano < 0n;
  const size = negative ? -nano : nano;
  const sign = negative ? '-' : '';
  if (format === 'BinarySI' && size >= 1024n * NANO && size % NANO === 0n) {
    let value = size / NANO;
    let power = 0;
    while (power < 6 && value % 1024n === 0n) {
      value /= 1024n;
      power++;
    }
    return `${sign}${value}${BINARY_SUFFIXES[power]}`;
  }
  let value = size;
  let power = 0;
  while (power < 9 && value % 1000n === 0n) {
    value /= 1000n;
    power++;
  }
  if (format === 'DecimalExponent')
    return power === 3 ? `${sign}${value}` : `${sign}${value}e${(power - 3) * 3}`;
  return `${sign}${value}${DECIMAL_SUFFIXES[power]}`;
}

export function compareQuantities(a: Quantity, b: Quantity): -1 | 0 | 1 {
  return a.nano < b.nano ? -1 : a.nano > b.nano ? 1 : 0;
}

/** The sum, in the format of `a` (of `b` when `a` is zero), as `Quantity.Add` does. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano + b.nano, format: a.nano === 0n ? b.format : a.format };
}

export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano - b.nano, format: a.nano === 0n ? b.format : a.format };
}

/** Rounded up to thousandths, as the API stores every `ResourceList`. */
export function roundUpToMilli(quantity: Quantity): Quantity {
  const rest = quantity.nano % 1_000_000n;
  if (rest === 0n) return quantity;
  return { ...quantity, nano: quantity.nano - rest + (rest > 0n ? 1_000_000n : 0n) };
}

/** Few distinct quantities occur in a cluster, each thousands of times. */
const CACHE_SIZE = 1000;
const parsed = new Map<string, { canonical: string; value: number; milliValue: number }>();

function remembered(text: string | number) {
  const key = String(text);
  let known = parsed.get(key);
  if (!known) {
    const quantity = parseQuantity(text);
    known = {
      canonical: formatQuantity(quantity),
      value: Number(ceilDivide(quantity.nano, NANO)),
      milliValue: Number(ceilDivide(quantity.nano, 1_000_000n)),
    };
    if (parsed.size >= CACHE_SIZE) parsed.clear();
    parsed.set(key, known);
  }
  return known;
}

const ceilDivide = (a: bigint, b: bigint) => a / b + (a > 0n && a % b !== 0n ? 1n : 0n);

/** The canonical form of a quantity's text. Throws `QuantityError`. */
export const canonicalQuantity = (text: string | number): string => remembered(text).canonical;
/** Whole units, rounded up: bytes of memory. */
export const quantityValue = (text: string | number): number => remembered(text).value;
/** Thousandths, rounded up: millicores of CPU. */
export const quantityMilliValue = (text: string | number): number => remembered(text).milliValue;
