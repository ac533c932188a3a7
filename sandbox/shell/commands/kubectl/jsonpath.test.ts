import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonPath, relaxedExpression } from './jsonpath.ts';

const LIST = {
  kind: 'List',
  items: [
    {
      metadata: { name: 'a', labels: { 'app.kubernetes.io/name': 'x' } },
      status: { phase: 'Running', restarts: 3 },
    },
    { metadata: { name: 'b' }, status: { phase: 'Pending', restarts: 0 } },
    { metadata: { name: 'c' }, status: { phase: 'Running', restarts: 1 } },
  ],
};

describe('JsonPath', () => {
  for (const [path, want] of [
    ['{.kind}', 'List'],
    ['{$.kind}', 'List'],
    ['kind is {.kind}!', 'kind is List!'],
    ['{.items[0].metadata.name}', 'a'],
    ['{.items[-1].metadata.name}', 'c'],
    ['{.items[0:2].metadata.name}', 'a b'],
    ['{.items[-1:].metadata.name}', 'c'],
    ['{.items[0,2].metadata.name}', 'a c'],
    ['{.items[*].metadata.name}', 'a b c'],
    ["{.items[0]['metadata','status'].name}", 'a'],
    ['{.items[0].metadata.labels.app\\.kubernetes\\.io/name}', 'x'],
    ["{.items[0].metadata.labels['app\\.kubernetes\\.io/name']}", 'x'],
    ['{..phase}', 'Running Pending Running'],
    ['{.items[?(@.status.phase=="Running")].metadata.name}', 'a c'],
    ['{.items[?(@.status.restarts>0)].metadata.name}', 'a c'],
    ['{.items[?(@.metadata.labels)].metadata.name}', 'a'],
    [
      '{range .items[*]}{.metadata.name}{"\\t"}{.status.phase}{"\\n"}{end}',
      'a\tRunning\nb\tPending\nc\tRunning\n',
    ],
    ['{.items[0].status}', '{"phase":"Running","restarts":3}'],
    ['{.nope}', ''],
  ] as const)
    test(path, () => {
      expect(new JsonPath(path, { allowMissingKeys: true }).execute(LIST)).toBe(want);
    });

  for (const [path, want] of [
    ['{.a', 'error parsing jsonpath {.a, unclosed action'],
    ['{.a[}', 'error parsing jsonpath {.a[}, unterminated array'],
  ] as const)
    test(`refuses ${path}`, () => {
      expect(() => new JsonPath(path)).toThrow(want);
    });

  test('lists and maps are written as Go writes JSON, text as it is', () => {
    const object = { spec: { text: 'a < b && c > d' } };
    expect(new JsonPath('{.spec}').execute(object)).toBe('{"text":"a \\u003c b \\u0026\\u0026 c \\u003e d"}');
    expect(new JsonPath('{.spec.text}').execute(object)).toBe('a < b && c > d');
  });

  test('a missing key is an error unless it is allowed', () => {
    expect(() => new JsonPath('{.nope}').execute(LIST)).toThrow('nope is not found');
  });

  test('a path of plain names leads to what the names lead to', () => {
    const name = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9]{0,8}$/);
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), fc.string(), (names, value) => {
        const object = names.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
        expect(new JsonPath(`{.${names.join('.')}}`).values(object)).toEqual([value]);
      }),
    );
  });
});

describe('relaxedExpression', () => {
  for (const text of ['a.b', '.a.b', '{a.b}', '{.a.b}'])
    test(text, () => {
      expect(relaxedExpression(text)).toBe('{.a.b}');
    });
  test('refuses half a brace', () => {
    expect(() => relaxedExpression('{a.b')).toThrow('unexpected path string');
  });
});
