import fc from 'fast-check';
import { expect, test } from 'vitest';
import { macrotask } from '../../core/slice.ts';
import { memoryChannels } from './channel.ts';
import { encodeFrame, encodeJson, MAX_PAYLOAD_BYTES } from './frame.ts';
import { MAX_STREAMS, Multiplexer } from './multiplexer.ts';
import { WINDOW_BYTES, type Message, type Stream } from './stream.ts';

function pair() {
  const [near, far] = memoryChannels();
  const accepted: { request: unknown; stream: Stream }[] = [];
  const server = new Multiplexer(far, (request, stream) => accepted.push({ request, stream }));
  const client = new Multiplexer(near);
  return { near, far, accepted, server, client };
}

async function openPair() {
  const all = pair();
  const mine = all.client.open({ op: 'test' });
  await macrotask();
  return { ...all, mine, theirs: all.accepted[0]!.stream };
}

async function drain(stream: Stream): Promise<Message[]> {
  const out: Message[] = [];
  for (let message; (message = await stream.next());) out.push(message);
  return out;
}

test('a stream arrives with its request, carries messages in order and ends', async () => {
  const { accepted, client, server } = pair();
  const mine = client.open({ op: 'greet' });
  mine.post({ hello: 1 });
  mine.post(Uint8Array.of(1, 2));
  mine.end();
  await macrotask();
  const { request, stream: theirs } = accepted[0]!;
  expect(request).toEqual({ op: 'greet' });
  expect(await drain(theirs)).toEqual([{ hello: 1 }, Uint8Array.of(1, 2)]);
  theirs.post({ bye: true });
  theirs.end();
  expect(await drain(mine)).toEqual([{ bye: true }]);
  await macrotask();
  expect([client.streamCount, server.streamCount, mine.closed, theirs.closed]).toEqual([0, 0, true, true]);
});

test('whatever is sent on many streams at once arrives whole and in order', async () => {
  const messages = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 10 }),
      fc.integer({ min: 0, max: 3 * MAX_PAYLOAD_BYTES }).map((size) => new Uint8Array(size).fill(size)),
      fc.record({ text: fc.string() }),
    ),
    { maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(messages, { minLength: 1, maxLength: 5 }), async (streams) => {
      const { client, accepted } = pair();
      const sent = streams.map((list, index) => {
        const stream = client.open({ index });
        for (const message of list) stream.post(message);
        stream.end();
        return list;
      });
      await macrotask();
      const received = await Promise.all(accepted.map(({ stream }) => drain(stream)));
      expect(received).toEqual(sent);
    }),
    { numRuns: 15 },
  );
});

test('a reader who does not read stops the sender at a window', async () => {
  const { mine, theirs, near } = await openPair();
  let arrived = 0;
  near.onFrame((frame) => (arrived += frame.length));
  let sent = 0;
  const sending = (async () => {
    for (let i = 0; i < 1000; i++) {
      await theirs.send(new Uint8Array(10_000));
      sent++;
    }
    theirs.end();
  })();
  await macrotask();
  expect(arrived).toBeGreaterThan(WINDOW_BYTES / 2);
  expect(arrived).toBeLessThan(WINDOW_BYTES + 2 * MAX_PAYLOAD_BYTES);
  expect(sent).toBeLessThan(20);
  mine.end();
  expect((await drain(mine)).length).toBe(1000);
  await sending;
});

test('a slow stream does not hold up another', async () => {
  const { client, accepted } = pair();
  const slow = client.open({});
  const quick = client.open({});
  await macrotask();
  accepted[0]!.stream.post(new Uint8Array(10 * WINDOW_BYTES));
  accepted[1]!.stream.post({ echo: 1 });
  expect(await quick.next()).toEqual({ echo: 1 });
  expect(slow.closed).toBe(false);
});

test('empty messages use up credit too', async () => {
  const { theirs } = await openPair();
  let sent = 0;
  for (let i = 0; i < 20_000; i++) {
    theirs.send(new Uint8Array(0)).then(
      () => sent++,
      () => {},
    );
  }
  await macrotask();
  expect(sent).toBeLessThan(10_000);
});

test('a reset crosses with its error and drops what was unread', async () => {
  const { mine, theirs, client, server } = await openPair();
  theirs.post({ unread: true });
  theirs.reset(Object.assign(new Error('no such pod'), { code: 'ENOENT' }));
  await macrotask();
  await expect(mine.next()).rejects.toMatchObject({ message: 'no such pod', code: 'ENOENT' });
  await expect(mine.send({})).rejects.toMatchObject({ code: 'ENOENT' });
  expect([client.streamCount, server.streamCount]).toEqual([0, 0]);
});

test('a sender without credit is told of the reset', async () => {
  const { mine, theirs } = await openPair();
  const sending = theirs.send(new Uint8Array(4 * WINDOW_BYTES));
  mine.reset();
  await expect(sending).rejects.toMatchObject({ name: 'AbortError' });
});

test('a channel that closes ends every stream on both sides', async () => {
  const { mine, theirs, near, client, server } = await openPair();
  const closes: unknown[] = [];
  mine.onClose((error) => closes.push(error));
  theirs.onClose((error) => closes.push(error));
  near.close('The network went away.');
  await macrotask();
  expect(closes).toMatchObject([
    { name: 'ConnectionLost', message: 'The network went away.' },
    { name: 'ConnectionLost', message: 'The network went away.' },
  ]);
  expect([client.streamCount, server.streamCount]).toEqual([0, 0]);
  await expect(client.open({}).next()).rejects.toMatchObject({ name: 'ConnectionLost' });
});

test('more streams than a connection may have are refused one by one', async () => {
  const { client, server } = pair();
  const streams = Array.from({ length: MAX_STREAMS + 1 }, (_, index) => client.open({ index }));
  await macrotask();
  expect(server.streamCount).toBe(MAX_STREAMS);
  await expect(streams.at(-1)!.next()).rejects.toThrow('at once on one connection');
  expect(streams[0]!.closed).toBe(false);
});

test.each([
  { name: 'garbage', frame: Uint8Array.of(99) },
  { name: 'a message on a stream that was never opened', frame: encodeFrame('json', 9, encodeJson({})) },
  { name: 'a request that is not JSON', frame: encodeFrame('open', 2, Uint8Array.of(1)) },
  { name: 'a stream opened twice', frame: encodeFrame('open', 1, encodeJson({})) },
  { name: 'a credit that is no number', frame: encodeFrame('credit', 1, encodeJson('much')) },
  { name: 'a flood without credit', frame: encodeFrame('bytes', 1, new Uint8Array(2 * WINDOW_BYTES)) },
])('$name costs the connection, nothing more', async ({ frame }) => {
  const { near, theirs, server } = await openPair();
  let reason: string | undefined;
  server.onClose((why) => (reason = why));
  near.send(frame);
  await macrotask();
  expect(reason).toMatch(/^The other side of the connection sent /);
  expect(theirs.closed).toBe(true);
});

test('random bytes never throw out of the connection', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 10 }), async (frames) => {
      const { near, server } = pair();
      for (const frame of frames) near.send(frame);
      await macrotask();
      expect(server.streamCount).toBeLessThanOrEqual(10);
    }),
  );
});

test('the side that connects accepts no streams', async () => {
  const { far, client } = pair();
  let closed = false;
  client.onClose(() => (closed = true));
  far.send(encodeFrame('open', 1, encodeJson({})));
  await macrotask();
  expect(closed).toBe(true);
});
