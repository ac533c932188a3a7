import { expect, test } from 'vitest';
import { formatJson, formatYaml } from './format-text.ts';

test.each([
  { name: 'indentation', text: 'a:\n     b: 1\n     c:\n         - d\n', want: 'a:\n  b: 1\n  c:\n  - d\n' },
  {
    name: 'comments and documents stay',
    text: '# first\na: 1 # one\n---\nb: 2\n',
    want: '# first\na: 1 # one\n---\nb: 2\n',
  },
  {
    name: 'long lines are not folded',
    text: `a: ${'word '.repeat(40)}end\n`,
    want: `a: ${'word '.repeat(40)}end\n`,
  },
  { name: 'what cannot be read is left alone', text: 'a: [1\n', want: undefined },
])('YAML: $name', ({ text, want }) => {
  expect(formatYaml(text)).toBe(want);
});

test('JSON', () => {
  expect(formatJson('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}\n');
  expect(formatJson('{"a":')).toBeUndefined();
});
