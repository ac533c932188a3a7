import { expect, test } from 'vitest';
import { BinaryHeap } from './binary-heap.ts';
import { Random } from './random.ts';

test('entries come out in order, whatever the order they went in', () => {
  const random = new Random(1);
  for (let size = 0; size < 40; size++) {
    const heap = new BinaryHeap<number>((a, b) => a < b);
    const numbers = Array.from({ length: size }, () => random.int(20));
    for (const each of numbers) heap.push(each);
    expect(heap.size).toBe(size);
    expect(heap.peek()).toBe(size > 0 ? Math.min(...numbers) : undefined);
    const out = numbers.map(() => heap.pop());
    expect(out).toEqual(numbers.sort((a, b) => a - b));
    expect(heap.pop()).toBeUndefined();
  }
});
