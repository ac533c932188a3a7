import { expect, test } from 'vitest';
import { DESCRIPTION, layOut, TABLE, TabWriter } from './tab-writer.ts';

test('columns are as wide as their widest cell and the padding, at least the minimum', () => {
  expect(
    layOut([
      ['NAME', 'A', 'B'],
      ['a-long-name', '1', '2'],
    ]),
  ).toBe('NAME          A     B\na-long-name   1     2\n');
});

test('a column ends where a line has no cell there', () => {
  expect(layOut([['Name:', 'x'], ['A very long line'], ['N:', 'y']], DESCRIPTION)).toBe(
    'Name:  x\nA very long line\nN:  y\n',
  );
});

test('widths are remembered from flush to flush', () => {
  const writer = new TabWriter(TABLE);
  writer.write('a-long-name\tx\n');
  expect(writer.flush()).toBe('a-long-name   x\n');
  writer.write('b\ty\n');
  expect(writer.flush()).toBe('b             y\n');
});
