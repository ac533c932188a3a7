import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseYaml } from '../manifest.ts';
import { toYaml } from './yaml.ts';

describe('toYaml', () => {
  for (const [name, value, want] of [
    ['keys sorted, lists not indented', { b: [{ y: 1, x: [] }], a: {} }, 'a: {}\nb:\n- x: []\n  "y": 1\n'],
    [
      'what would be read as something else',
      { a: 'yes', b: '1', c: '', d: 'null' },
      'a: "yes"\nb: "1"\nc: ""\nd: "null"\n',
    ],
    [
      'what YAML has a meaning for',
      { a: '@x', b: 'a: b', c: '- x', d: ' x' },
      "a: '@x'\nb: 'a: b'\nc: '- x'\nd: ' x'\n",
    ],
    ['lines', { a: 'x\ny\n', b: 'x\ny', c: 'x\n\n' }, 'a: |\n  x\n  y\nb: |-\n  x\n  y\nc: |+\n  x\n\n'],
    ['a tab', { a: 'x\ty' }, 'a: "x\\ty"\n'],
    ['folding', { a: `${'x'.repeat(81)} y` }, `a: ${'x'.repeat(81)}\n  y\n`],
    ['an empty list', [], '[]\n'],
  ] as const)
    test(name, () => {
      expect(toYaml(value)).toBe(want);
    });

  test('what is read back is what was written', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab 1:-#\'"{}[],&*!|>%@\n~0.e') });
    const value = fc.dictionary(
      fc.stringMatching(/^[a-z]{1,5}$/),
      fc.oneof(text, fc.integer(), fc.boolean(), fc.array(text)),
    );
    fc.assert(
      fc.property(value, (object) => {
        expect(parseYaml(toYaml(object)) ?? {}).toEqual({ ...object });
      }),
    );
  });
});
