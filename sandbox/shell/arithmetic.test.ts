import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluateArithmetic, ArithmeticError, type ArithmeticContext } from './arithmetic.ts';

const variables = new Map<string, string>();
const context: ArithmeticContext = {
  read: (name) => variables.get(name),
  write: (name, _subscript, value) => void variables.set(name, value),
};
const evaluate = (text: string) => String(evaluateArithmetic(text, context));

test('sums, products and bit operations are those of 64-bit integers', () => {
  const int64 = fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n });
  const operator = fc.constantFrom('+', '-', '*', '&', '|', '^');
  fc.assert(
    fc.property(int64, operator, int64, (a, op, b) => {
      const exact = { '+': a + b, '-': a - b, '*': a * b, '&': a & b, '|': a | b, '^': a ^ b }[op];
      expect(evaluate(`(${a}) ${op} (${b})`)).toBe(String(BigInt.asIntN(64, exact)));
    }),
  );
});

test('division rounds towards zero and the remainder has the sign of the dividend', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer().filter((n) => n !== 0),
      (a, b) => {
        expect(evaluate(`(${a}) / (${b})`)).toBe(String(Math.trunc(a / b) + 0));
        expect(evaluate(`(${a}) % (${b})`)).toBe(String((a % b) + 0));
      },
    ),
  );
});

test('a variable that means itself is found out', () => {
  variables.set('loop', 'loop+1');
  expect(() => evaluate('loop')).toThrow(ArithmeticError);
});

test('a huge power is quick', () => {
  expect(evaluate('3 ** 1000000007')).toMatch(/^-?\d+$/);
});
