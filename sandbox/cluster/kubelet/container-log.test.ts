import { expect, test } from 'vitest';
import { decode, encode } from '../../core/bytes.ts';
import { ManualClock } from '../../core/clock.ts';
import { ContainerLog, type LogQuery } from './container-log.ts';

async function read(log: ContainerLog, query: LogQuery = {}): Promise<string> {
  let out = '';
  for await (const bytes of log.read(query)) out += decode(bytes);
  return out;
}

async function threeLines(): Promise<{ log: ContainerLog; clock: ManualClock }> {
  const clock = new ManualClock();
  const log = new ContainerLog(clock);
  log.write('stdout', encode('one\n'));
  await clock.advance(1500);
  log.write('stderr', encode('two\nthr'));
  await clock.advance(1500);
  log.write('stdout', encode('ee?\n'));
  log.write('stderr', encode('ee\n'));
  return { log, clock };
}

test.each<[string, LogQuery, string]>([
  ['all', {}, 'one\ntwo\nee?\nthree\n'],
  ['the last two', { tailLines: 2 }, 'ee?\nthree\n'],
  ['none', { tailLines: 0 }, ''],
  ['since', { sinceMs: Date.UTC(2026, 0, 1, 0, 0, 1) }, 'two\nee?\nthree\n'],
  ['since, the last one', { sinceMs: Date.UTC(2026, 0, 1, 0, 0, 1), tailLines: 1 }, 'three\n'],
  ['five bytes', { limitBytes: 5 }, 'one\nt'],
  [
    'with times',
    { timestamps: true, tailLines: 3 },
    '2026-01-01T00:00:01.500000000Z two\n2026-01-01T00:00:03.000000000Z ee?\n2026-01-01T00:00:03.000000000Z three\n',
  ],
])('%s', async (_name, query, want) => {
  const { log } = await threeLines();
  expect(await read(log, query)).toBe(want);
});

test('a line waits for its newline, or for the end', async () => {
  const log = new ContainerLog(new ManualClock());
  log.write('stdout', encode('half'));
  expect(await read(log)).toBe('');
  log.end();
  expect(await read(log)).toBe('half');
});

test('a line that does not end is cut', async () => {
  const log = new ContainerLog(new ManualClock());
  log.write('stdout', encode('x'.repeat(20_000)));
  expect((await read(log)).length).toBe(20_000);
});

test('following gets what comes, until the end or until it is given up', async () => {
  const log = new ContainerLog(new ManualClock());
  log.write('stdout', encode('one\n'));
  const followed = read(log, { follow: true });
  await Promise.resolve();
  log.write('stdout', encode('two\n'));
  await Promise.resolve();
  log.write('stdout', encode('three\n'));
  log.end();
  expect(await followed).toBe('one\ntwo\nthree\n');

  const controller = new AbortController();
  const endless = new ContainerLog(new ManualClock());
  const abandoned = read(endless, { follow: true, signal: controller.signal });
  await Promise.resolve();
  controller.abort();
  expect(await abandoned).toBe('');
});

test('a log beyond 10 MiB is rotated ten seconds later: what is read starts with a new file', async () => {
  const clock = new ManualClock();
  const log = new ContainerLog(clock);
  const line = encode(`${'x'.repeat(1023)}\n`);
  for (let i = 0; i < 10 * 1024 + 1; i++) log.write('stdout', line);
  expect((await read(log)).length).toBeGreaterThan(10 * 1024 ** 2);
  await clock.advance(10_000);
  log.write('stdout', encode('last of the old\n'));
  log.write('stdout', encode('first of the new\n'));
  expect(await read(log)).toBe('first of the new\n');
});
