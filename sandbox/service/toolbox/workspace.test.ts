import { expect, test } from 'vitest';
import { inside } from './workspace.ts';

test.each(['web.yaml', 'a/b/c.txt', '.hidden', 'with space', '-rf', 'a..b', '…'])('%s is inside', (path) => {
  expect(inside(path)).toBe(`./${path}`);
});

test.each(['', '/etc/passwd', '../up', 'a/../../b', 'a//b', './a', 'a/.', 'a/', 'nul\0', 'x'.repeat(5000)])(
  '%j is refused',
  (path) => {
    expect(() => inside(path)).toThrow('expected the path of a file in the workspace');
  },
);
