/* oxlint-disable no-control-regex -- what a terminal carries is control characters */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode, encode } from '../../../core/bytes.ts';
import { ManualClock } from '../../../core/clock.ts';
import { Random } from '../../../core/random.ts';
import { setSliceMs, SLICE_MS } from '../../../core/slice.ts';
import { Machine } from '../../../os/machine.ts';
import { MemoryFileSystem } from '../../../os/memory-file-system.ts';
import { Pty } from '../../../os/pty.ts';
import { program } from './vi.ts';

// Whether vi waits for more after an Escape must not depend on this machine.
beforeAll(() => setSliceMs(Infinity));
afterAll(() => setSliceMs(SLICE_MS));

async function edit(text: string, keys: string, { hasty = false } = {}): Promise<string> {
  const clock = new ManualClock();
  const files = new MemoryFileSystem({ clock });
  files.writeFile('/f', encode(text));
  const machine = new Machine({
    hostname: 'm',
    files,
    clock,
    random: new Random(1),
    findProgram: () => program,
    programNames: () => ['vi'],
  });
  const pty = new Pty({ machine, columns: 80, rows: 10 });
  pty.onOutput(() => undefined);
  const process = machine.spawn({
    argv: ['vi', '/f'],
    program,
    files: [pty.file, pty.file, pty.file],
    processGroup: 'new',
    terminal: pty,
  });
  pty.foreground = process.processGroup;
  pty.setRaw(true);
  if (hasty) pty.write(encode(keys));
  // Escape stands alone when nothing follows it at once.
  else
    for (const part of keys.split(/(?<=\u001b)/)) {
      pty.write(encode(part));
      if (part.endsWith('\u001b')) await clock.advance(70);
    }
  expect(await process.exited).toBe(0);
  return decode(files.readFile('/f'));
}

test.each([
  ['inserts', 'world\n', 'ihello \u001b:wq\r', 'hello world\n'],
  ['opens a line', 'a\nb\n', 'onew\u001b:wq\r', 'a\nnew\nb\n'],
  ['deletes a line and puts it back', 'a\nb\nc\n', 'ddp:wq\r', 'b\na\nc\n'],
  ['changes a word', 'one two\n', 'wcwTWO\u001b:x\r', 'one TWO\n'],
  ['deletes with a count', 'abcdef\n', '3x:wq\r', 'def\n'],
  ['undoes', 'abc\n', 'xxu:wq\r', 'bc\n'],
  ['searches', 'a\nb\nfind me\n', '/me\rx:wq\r', 'a\nb\nfind e\n'],
  ['quits without writing', 'keep\n', 'dd:q!\r', 'keep\n'],
  ['ZZ writes', 'abc\n', 'xZZ', 'bc\n'],
])('%s', async (_name, text, keys, want) => {
  expect(await edit(text, keys)).toBe(want);
});

test('a key that follows Escape at once is a key of its own', async () => {
  expect(await edit('world\n', 'ihello \u001b:wq\r', { hasty: true })).toBe('hello world\n');
});

test('many pasted lines arrive whole', async () => {
  const lines = Array.from({ length: 3000 }, (_, at) => `line ${at}`);
  expect(await edit('', `i${lines.join('\r')}\u001b:wq\r`, { hasty: true })).toBe(`${lines.join('\n')}\n`);
});
