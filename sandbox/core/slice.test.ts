import { expect, test } from 'vitest';
import { macrotask } from './slice.ts';

/** Names in the order in which their slices began. */
async function order(names: string[]): Promise<string> {
  const begun: string[] = [];
  await Promise.all(
    names.map((name) => macrotask(name.startsWith('watched')).then(() => void begun.push(name))),
  );
  return begun.join(' ');
}

test.each([
  { name: 'first in, first out', waiting: ['a', 'b', 'c'], want: 'a b c' },
  { name: 'who is watched waits for one other at most', waiting: ['a', 'b', 'watched'], want: 'watched a b' },
  {
    name: 'those who are watched take turns with the others',
    waiting: ['watched1', 'watched2', 'watched3', 'a', 'b', 'c'],
    want: 'watched1 a watched2 b watched3 c',
  },
])('$name', async ({ waiting, want }) => {
  // A slice that nobody watches comes first, whatever was before.
  await macrotask();
  expect(await order(waiting)).toBe(want);
});
