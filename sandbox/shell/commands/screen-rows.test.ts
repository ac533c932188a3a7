import { expect, test } from 'vitest';
import { expandTabs, screenRows } from './screen-rows.ts';

test.each([
  { name: 'what fits', line: 'abc', want: ['abc'] },
  { name: 'an empty line is a row', line: '', want: [''] },
  { name: 'a line of just the width', line: '12345678', want: ['12345678'] },
  { name: 'a longer one', line: '123456789', want: ['12345678', '9'] },
  {
    name: 'colours take no room',
    line: '\u001b[31m12345678\u001b[m9',
    want: ['\u001b[31m12345678\u001b[m', '9'],
  },
  { name: 'wide characters are not cut', line: '1234567漢', want: ['1234567', '漢'] },
  { name: 'tabs go to their stop', line: 'a\tb', want: ['a       ', 'b'] },
])('$name', ({ line, want }) => {
  expect(screenRows(line, 8)).toEqual(want);
});

test('tabs as blanks', () => {
  expect(expandTabs('\ta\tb')).toBe('        a       b');
});
