import { expect, it } from 'vitest';
import { checkEnvironment, jsonDocuments } from './check-functions.ts';

const texts: { name: string; text: string; want: unknown[] }[] = [
  { name: 'a line each', text: '{"a":1}\n{"a":2}\n', want: [{ a: 1 }, { a: 2 }] },
  {
    name: 'over several lines, with braces in strings',
    text: '{\n "a": "}{\\"" }\n{"b": {}}',
    want: [{ a: '}{"' }, { b: {} }],
  },
  { name: 'noise between', text: '[learner@slipway]$ {"a":1} done', want: [{ a: 1 }] },
  { name: 'cut off in the middle', text: '{"a":1}{"b":', want: [{ a: 1 }] },
  { name: 'no JSON', text: '{"a":1} {nonsense} {"c":3}', want: [{ a: 1 }] },
];
it.each(texts)('jsonDocuments: $name', ({ text, want }) => {
  expect(jsonDocuments(text)).toEqual(want);
});

it('managers: who owns a field', () => {
  const object = {
    metadata: {
      managedFields: [
        { manager: 'a', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
        { manager: 'b', fieldsV1: { 'f:spec': { 'f:template': {} } } },
      ],
    },
  };
  const environment = checkEnvironment().registerVariable('d', 'dyn');
  expect(environment.parse('managers(d, "spec.replicas")')({ d: object })).toEqual(['a']);
  expect(environment.parse('managers(d, "spec.paused")')({ d: object })).toEqual([]);
});
