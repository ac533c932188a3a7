import { expect, test } from 'vitest';
import { readAhead } from './read-ahead.ts';

async function* chunks(count: number, sizeBytes: number, sent: number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < count; at++) {
    sent.push(at);
    yield new Uint8Array(sizeBytes).fill(at);
  }
}

async function all(body: AsyncIterable<Uint8Array>): Promise<number[]> {
  const got: number[] = [];
  for await (const chunk of body) got.push(chunk[0]!);
  return got;
}

test('a short body ends without a reader, and can still be read', async () => {
  const { body, ended } = readAhead(chunks(3, 10, []));
  await ended;
  expect(await all(body)).toEqual([0, 1, 2]);
});

test('a long body waits for its reader', async () => {
  const sent: number[] = [];
  const { body, ended } = readAhead(chunks(20, 64 * 1024, sent));
  await new Promise<void>((resolve) => setTimeout(resolve));
  expect(sent).toHaveLength(5);
  expect(await all(body)).toHaveLength(20);
  await ended;
});

test('a reader who leaves ends the source', async () => {
  const sent: number[] = [];
  const { body, ended } = readAhead(chunks(20, 64 * 1024, sent));
  for await (const chunk of body) if (chunk[0] === 1) break;
  await ended;
  expect(sent.length).toBeLessThan(20);
});

test('a failure reaches the reader after what came before it', async () => {
  async function* broken() {
    yield new Uint8Array([7]);
    throw new Error('reset');
  }
  const { body, ended } = readAhead(broken());
  await ended;
  const got: number[] = [];
  await expect(async () => {
    for await (const chunk of body) got.push(chunk[0]!);
  }).rejects.toThrow('reset');
  expect(got).toEqual([7]);
});
