import { expect, test } from 'vitest';
import { decode, encode } from '../core/bytes.ts';
import { ManualClock } from '../core/clock.ts';
import { Random } from '../core/random.ts';
import { macrotask } from '../core/slice.ts';
import { Machine, type Program } from './machine.ts';
import { MemoryFileSystem } from './memory-file-system.ts';
import { Pty } from './pty.ts';

function start() {
  const clock = new ManualClock();
  const machine = new Machine({
    hostname: 'm',
    files: new MemoryFileSystem({ clock }),
    clock,
    random: new Random(1),
    findProgram: () => undefined,
    programNames: () => [],
  });
  const pty = new Pty({ machine, columns: 80, rows: 24 });
  const run = (program: Program) => {
    const process = machine.spawn({
      argv: ['p'],
      program,
      files: [pty.file, pty.file, pty.file],
      processGroup: 'new',
      terminal: pty,
    });
    pty.foreground = process.processGroup;
    return process;
  };
  return { machine, pty, run };
}

test('a program that never stops printing waits for the one who looks', async () => {
  const { pty, run } = start();
  let written = 0;
  const process = run(async (each) => {
    for (;;) {
      await each.print('x'.repeat(1000));
      written += 1000;
    }
  });
  let acknowledge: (() => void) | undefined;
  pty.onOutput(() => new Promise<void>((resolve) => (acknowledge = resolve)));
  for (let i = 0; i < 200; i++) await macrotask();
  expect(written).toBeLessThan(300_000);
  const before = written;
  acknowledge!();
  for (let i = 0; i < 200; i++) await macrotask();
  expect(written).toBeGreaterThan(before);
  process.signal('KILL');
  expect(await process.exited).toBe(137);
});

test('Ctrl-C reaches the foreground group, and what was waiting is not shown any more', async () => {
  const { pty, run } = start();
  const process = run(async (each) => {
    await each.print('y'.repeat(200_000));
    await each.sleep(1e9);
  });
  await macrotask();
  let shown = '';
  pty.write(encode('\u0003'));
  pty.onOutput((bytes) => void (shown += decode(bytes)));
  expect(await process.exited).toBe(130);
  await macrotask();
  expect(shown).toBe('^C');
});

test('input belongs to the foreground: a stopped or dead reader takes nothing', async () => {
  const { machine, pty, run } = start();
  const first = run(async (each) => void (await each.read(0)));
  await macrotask();
  pty.write(encode('\u001a'));
  await macrotask();
  expect(first.state).toBe('stopped');
  let got = '';
  const second = run(async (each) => void (got = decode((await each.read(0))!)));
  await macrotask();
  pty.write(encode('line\r'));
  await second.exited;
  expect(got).toBe('line\n');
  first.signal('KILL');
  expect(await first.exited).toBe(137);
  expect(machine.processes.size).toBe(0);
});

test('a background reader stops, and goes on in the foreground', async () => {
  const { pty, run } = start();
  let got = '';
  const reader = run(async (each) => void (got = decode((await each.read(0))!)));
  pty.foreground = 999;
  await macrotask();
  expect(reader.state).toBe('stopped');
  pty.foreground = reader.processGroup;
  reader.signal('CONT');
  pty.write(encode('now\r'));
  await reader.exited;
  expect(got).toBe('now\n');
});

test('hanging up ends the processes of the terminal', async () => {
  const { pty, run } = start();
  const process = run(async (each) => void (await each.read(0)));
  await macrotask();
  pty.dispose();
  expect(await process.exited).toBe(129);
});

test('a resize is told to the terminal’s users and to the foreground', async () => {
  const { pty, run } = start();
  let signals = 0;
  const process = run(async (each) => {
    each.handlers.set('WINCH', () => signals++);
    await each.sleep(1e9);
  });
  await macrotask();
  let resizes = 0;
  pty.onResize(() => resizes++);
  pty.resize(100, 30);
  pty.resize(100, 30);
  expect([pty.columns, pty.rows, resizes, signals]).toEqual([100, 30, 1, 1]);
  process.signal('KILL');
  await process.exited;
});
