import { describe, expect, test } from 'vitest';
import { decode, encode, Utf8Decoder } from '../core/bytes.ts';
import { LineDiscipline, RAW, SANE } from './line-discipline.ts';

function start() {
  const log = { input: [] as string[], echo: '', signals: [] as string[] };
  const decoder = new Utf8Decoder();
  const discipline = new LineDiscipline({
    input: (bytes) => log.input.push(decode(bytes)),
    echo: (bytes) => (log.echo += decoder.push(bytes)),
    signal: (signal) => log.signals.push(signal),
  });
  return { log, discipline, type: (text: string) => discipline.receive(encode(text)) };
}

describe('canonical mode', () => {
  test.each([
    { name: 'a line is handed over at Enter', keys: 'abc\r', input: ['abc\n'], echo: 'abc\r\n' },
    { name: 'two lines are two reads', keys: 'a\rb\r', input: ['a\n', 'b\n'], echo: 'a\r\nb\r\n' },
    { name: 'backspace erases', keys: 'ab\u007fc\r', input: ['ac\n'], echo: 'ab\b \bc\r\n' },
    { name: 'a UTF-8 character is erased whole', keys: 'é\u007fx\r', input: ['x\n'], echo: 'é\b \bx\r\n' },
    { name: 'nothing to erase', keys: '\u007fa\r', input: ['a\n'], echo: 'a\r\n' },
    {
      name: 'Ctrl-W takes a word',
      keys: 'a bc \u0017d\r',
      input: ['a d\n'],
      echo: 'a bc \b \b\b \b\b \bd\r\n',
    },
    { name: 'Ctrl-U takes the line', keys: 'ab\u0015c\r', input: ['c\n'], echo: 'ab\b \b\b \bc\r\n' },
    { name: 'Ctrl-D hands over without a newline', keys: 'ab\u0004', input: ['ab'], echo: 'ab' },
    { name: 'Ctrl-D on an empty line is end of file', keys: '\u0004', input: [''], echo: '' },
    {
      name: 'Ctrl-V takes the next key as it is',
      keys: '\u0016\u0003\r',
      input: ['\u0003\n'],
      echo: '^C\r\n',
    },
    { name: 'control characters are shown', keys: '\u0001\r', input: ['\u0001\n'], echo: '^A\r\n' },
  ])('$name', ({ keys, input, echo }) => {
    const { log, type } = start();
    type(keys);
    expect(log).toEqual({ input, echo, signals: [] });
  });

  test('Ctrl-C, Ctrl-Z and Ctrl-\\ are signals and discard the line', () => {
    const { log, type } = start();
    type('abc\u0003\u001a\u001cx\r');
    expect(log.signals).toEqual(['INT', 'TSTP', 'QUIT']);
    expect(log.input).toEqual(['x\n']);
  });
});

test('raw mode passes bytes as they are', () => {
  const { log, discipline, type } = start();
  discipline.setAttributes({ ...RAW });
  type('a\r\u0003\u007f');
  expect(log).toEqual({ input: ['a\r\u0003\u007f'], echo: '', signals: [] });
});

test('a line that was begun is not lost when the mode changes', () => {
  const { log, discipline, type } = start();
  type('half');
  discipline.setAttributes({ ...RAW });
  expect(log.input).toEqual(['half']);
});

test('output gets its carriage returns', () => {
  const { discipline } = start();
  expect(decode(discipline.transmit(encode('a\nb\n')))).toBe('a\r\nb\r\n');
  discipline.setAttributes({ ...SANE, postProcess: false });
  expect(decode(discipline.transmit(encode('a\n')))).toBe('a\n');
});
