import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityMilliValue,
  quantityValue,
  roundUpToMilli,
  subtractQuantities,
} from './quantity.ts';

describe('canonicalQuantity', () => {
  test.each([
    ['0', '0'],
    ['0Gi', '0'],
    ['0.5', '500m'],
    ['.5', '500m'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['1000', '1k'],
    ['1500', '1500'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1.5Ki', '1536'],
    ['0.5Ki', '512'],
    ['0.1Ki', '102400m'],
    ['1e3', '1e3'],
    ['12E2', '1200'],
    ['1e-3', '1e-3'],
    ['-1Gi', '-1Gi'],
    ['+5', '5'],
    ['0.0000000001', '1n'],
    ['100Ei', '9223372036854775807'],
    [2, '2'],
    [0.25, '250m'],
  ])('%s is %s', (text, want) => expect(canonicalQuantity(text)).toBe(want));

  test.each(['', 'x', '1.2.3', '5x', '1 Gi', 'Gi', '--1', '1e', '1KiB'])('%j is refused', (text) =>
    expect(() => parseQuantity(text)).toThrow(/quantit/),
  );
});

test('values round up', () => {
  expect(quantityMilliValue('100u')).toBe(1);
  expect(quantityValue('1500m')).toBe(2);
  expect(quantityValue('-1500m')).toBe(-1);
  expect(formatQuantity(roundUpToMilli(parseQuantity('1500u')))).toBe('2m');
});

const suffix = fc.constantFrom('', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e3', 'e-2', 'u', 'n');
const quantity = fc
  .tuple(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), suffix)
  .map(([number, unit]) => parseQuantity(`${number}${unit}`));

describe('laws', () => {
  test('the canonical form means the same and is its own canonical form', () =>
    fc.assert(
      fc.property(quantity, (value) => {
        const text = formatQuantity(value);
        expect(parseQuantity(text).nano).toBe(value.nano);
        expect(formatQuantity(parseQuantity(text))).toBe(text);
      }),
    ));

  test('addition commutes, and subtraction undoes it', () =>
    fc.assert(
      fc.property(quantity, quantity, (a, b) => {
        expect(addQuantities(a, b).nano).toBe(addQuantities(b, a).nano);
        expect(subtractQuantities(addQuantities(a, b), b).nano).toBe(a.nano);
      }),
    ));

  test('comparison agrees with subtraction', () =>
    fc.assert(
      fc.property(quantity, quantity, (a, b) => {
        const { nano } = subtractQuantities(a, b);
        expect(compareQuantities(a, b)).toBe(nano < 0n ? -1 : nano > 0n ? 1 : 0);
      }),
    ));
});
