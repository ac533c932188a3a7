import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../../core/clock.ts';
import { macrotask, setSliceMs, SLICE_MS } from '../../core/slice.ts';
import { WorkQueue } from './work-queue.ts';

function queueOf(reconcile: (key: string) => Promise<void>, options: { workers?: number } = {}) {
  const clock = new ManualClock(0);
  return { clock, queue: new WorkQueue({ clock, reconcile, ...options }) };
}

// How many keys a worker gets done in one go must not depend on this machine.
beforeAll(() => setSliceMs(Infinity));
afterAll(() => setSliceMs(SLICE_MS));

async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await macrotask();
}

test('a key that waits is there once, and keys keep their order', async () => {
  const seen: string[] = [];
  const { queue } = queueOf(async (key) => void seen.push(key));
  for (const key of ['b', 'a', 'b', 'c', 'a']) queue.add(key);
  await settle();
  expect(seen).toEqual(['b', 'a', 'c']);
});

test('a key added while it is worked on is worked on again after', async () => {
  const seen: string[] = [];
  let release!: () => void;
  const { queue } = queueOf(async (key) => {
    seen.push(`start ${key}`);
    if (seen.length === 1) await new Promise<void>((resolve) => (release = resolve));
    seen.push(`end ${key}`);
  });
  queue.add('a');
  await settle();
  queue.add('a');
  queue.add('a');
  queue.add('b');
  release();
  await settle();
  expect(seen).toEqual(['start a', 'end a', 'start b', 'end b', 'start a', 'end a']);
});

test('failures back off from 5 ms, doubling, until the key does well', async () => {
  const at: number[] = [];
  const { queue, clock } = queueOf(async () => {
    at.push(clock.now());
    if (at.length < 6) throw new Error('not yet');
  });
  queue.add('a');
  await clock.advance(1000);
  expect(at).toEqual([0, 5, 15, 35, 75, 155]);
  expect(queue.failuresOf('a')).toBe(0);
});

test('the back-off of an item ends at 1000 s', async () => {
  const at: number[] = [];
  const { queue, clock } = queueOf(async () => {
    at.push(clock.now());
    throw new Error('never');
  });
  queue.add('a');
  await clock.advance(10_000_000);
  expect(at.at(-1)! - at.at(-2)!).toBe(1_000_000);
});

test('after a burst of 100 retries there are 10 a second', async () => {
  let retries = 0;
  const { queue, clock } = queueOf(async () => {
    retries++;
    throw new Error('never');
  });
  for (let i = 0; i < 200; i++) queue.add(`key-${i}`);
  await clock.advance(4);
  expect(retries).toBe(200);
  await clock.advance(6);
  expect(retries).toBe(300);
  await clock.advance(990);
  expect(retries).toBeLessThanOrEqual(311);
});

test('of several delays the earliest counts', async () => {
  const at: number[] = [];
  const { queue, clock } = queueOf(async () => void at.push(clock.now()));
  queue.addAfter('a', 500);
  queue.addAfter('a', 100);
  queue.addAfter('a', 900);
  await clock.advance(2000);
  expect(at).toEqual([100]);
});

test('several workers never share a key', async () => {
  let most = 0;
  const active = new Set<string>();
  const { queue } = queueOf(
    async (key) => {
      expect(active.has(key)).toBe(false);
      active.add(key);
      most = Math.max(most, active.size);
      await macrotask();
      active.delete(key);
    },
    { workers: 3 },
  );
  for (let i = 0; i < 10; i++) queue.add(`key-${i % 5}`);
  while (queue.size > 0) await macrotask();
  expect(most).toBe(3);
});

test('nothing runs after dispose', async () => {
  let runs = 0;
  const { queue, clock } = queueOf(async () => void runs++);
  queue.addAfter('a', 10);
  queue.add('b');
  queue.dispose();
  await clock.advance(1000);
  expect(runs).toBe(0);
});
