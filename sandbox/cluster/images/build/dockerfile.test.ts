import { expect, test } from 'vitest';
import { expandWord, splitWords } from './build-words.ts';
import { DockerIgnore } from './docker-ignore.ts';
import { parseDockerfile } from './dockerfile.ts';

test('continued lines, comments between them, flags, JSON, heredocs', () => {
  const { instructions } = parseDockerfile(`# syntax=docker/dockerfile:1
FROM busybox AS build

RUN echo a \\
  # a comment
  && echo b
COPY --from=build --chmod=755 a b
CMD ["x", "y z"]
RUN <<EOT
one
EOT
`);
  expect(instructions.map(({ keyword, lines }) => [keyword, ...lines])).toEqual([
    ['FROM', 2, 2],
    ['RUN', 4, 6],
    ['COPY', 7, 7],
    ['CMD', 8, 8],
    ['RUN', 9, 11],
  ]);
  expect(instructions[1]!.rest).toMatch(/^echo a\s+&& echo b$/);
  expect(Object.fromEntries(instructions[2]!.flags)).toEqual({ from: 'build', chmod: '755' });
  expect(instructions[3]!.json).toEqual(['x', 'y z']);
  expect(instructions[4]!.heredocs).toEqual([{ name: 'EOT', expand: true, contents: 'one\n' }]);
});

const variables = new Map([
  ['A', 'value'],
  ['EMPTY', ''],
]);
test.each([
  ['$A', 'value'],
  ['x${A}y', 'xvaluey'],
  ['${NO:-word}', 'word'],
  ['${EMPTY:-word}', 'word'],
  ['${EMPTY-word}', ''],
  ['${A:+set}', 'set'],
  ["'$A'", '$A'],
  ['"$A b"', 'value b'],
  ['\\$A', '$A'],
])('%s is %s', (word, want) => {
  expect(expandWord(word, variables, '\\')).toBe(want);
});

test('words split outside quotes; an open quote is a mistake', () => {
  expect(splitWords(`a="b c" d\\ e 'f g'`, '\\')).toEqual(['a="b c"', 'd\\ e', "'f g'"]);
  expect(() => expandWord('"open', variables, '\\')).toThrow('looking for matching double-quote');
  expect(() => expandWord('${NO:?must be there}', variables, '\\')).toThrow('NO: must be there');
});

test.each([
  ['node_modules', 'node_modules/a/b.js', true],
  ['*.log', 'a.log', true],
  ['*.log', 'd/a.log', false],
  ['**/*.log', 'd/e/a.log', true],
  ['*.log\n!keep.log', 'keep.log', false],
  ['# comment', '# comment', false],
  ['dir/', 'dir/x', true],
])('.dockerignore %j and %s', (text, path, ignored) => {
  expect(new DockerIgnore(text).ignores(path)).toBe(ignored);
});
