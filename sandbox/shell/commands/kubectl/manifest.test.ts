import { describe, expect, test } from 'vitest';
import { parseYaml, readManifest } from './manifest.ts';

describe('parseYaml reads YAML 1.1 as Go does', () => {
  for (const [text, want] of [
    ['a: yes', { a: true }],
    ['a: off', { a: false }],
    ['a: 0644', { a: 420 }],
    ['a: 0o14', { a: 12 }],
    ['a: 1e3', { a: 1000 }],
    ['a: .5', { a: 0.5 }],
    ['a: 2020-01-01', { a: '2020-01-01' }],
    ['a: 1:30', { a: '1:30' }],
    ['a: "yes"', { a: 'yes' }],
    ['a: ~', { a: null }],
    ['a: 1\na: 2', { a: 2 }],
  ] as const)
    test(text, () => {
      expect(parseYaml(text)).toEqual(want);
    });
});

describe('readManifest', () => {
  const read = (text: string) => [...readManifest('f.yaml', text)];

  test('documents, empty ones left out', () => {
    expect(read('# nothing\n---\na: 1\n---\n---\nb: 2\n')).toEqual([{ a: 1 }, { b: 2 }]);
  });
  test('JSON values one after another', () => {
    expect(read('{"a":1}\n{"b":"}"}')).toEqual([{ a: 1 }, { b: '}' }]);
  });

  for (const [name, text, want] of [
    ['a second colon', 'a: b: c', 'yaml: mapping values are not allowed in this context'],
    ['a key too far right', 'a: 1\n  b: 2', 'yaml: line 2: mapping values are not allowed in this context'],
    ['a key between two', 'a:\n  b: 1\n c: 2', 'yaml: line 2: did not find expected key'],
    ['a tab', 'a:\n\tb: 1', 'yaml: line 2: found character that cannot start any token'],
    ['an open list', 'a: [1,2\n', "yaml: line 1: did not find expected ',' or ']'"],
    ['an open string', 'a: "b\n', 'yaml: line 2: found unexpected end of stream'],
    ['a list that ends in a key', '- a\nb: 1', "yaml: line 1: did not find expected '-' indicator"],
    ['an unknown anchor', 'a: *x', "yaml: unknown anchor 'x' referenced"],
    [
      'lines count from the document',
      'a: 1\n---\nb: 1\n  c: 2',
      'yaml: line 2: mapping values are not allowed in this context',
    ],
  ] as const)
    test(name, () => {
      expect(() => read(text)).toThrow(`error parsing f.yaml: error converting YAML to JSON: ${want}`);
    });
});
