import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concat, decode, encode } from '../../core/bytes.ts';
import type { HttpRequest, HttpResponse } from '../../core/http.ts';
import { BadRequest, RequestReader, responseBytes } from './http1.ts';

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function requests(text: string, size = text.length): Promise<string[]> {
  const reader = new RequestReader(pieces(text, size));
  const out: string[] = [];
  for (let next; (next = await reader.next());) {
    const { method, path, headers, body } = next.request;
    out.push(
      `${method} ${path} ${headers['host']} ${body ? decode(body) : '-'} ${next.keepAlive ? 'on' : 'off'}`,
    );
  }
  return out;
}

const TWO =
  'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello' +
  'POST /b HTTP/1.1\r\nhost: y\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=1\r\nde\r\n0\r\nTrailer: t\r\n\r\n' +
  'GET /c HTTP/1.1\r\nHOST: z\r\nConnection: close\r\n\r\n';

test('requests one after another, however they are cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: TWO.length }), async (size) => {
      expect(await requests(TWO, size)).toEqual([
        'POST /a x hello on',
        'POST /b y abcde on',
        'GET /c z - off',
      ]);
    }),
  );
});

test.each([
  ['no HTTP', 'hello\r\n\r\n'],
  ['another version', 'GET / HTTP/2\r\n\r\n'],
  ['a field without a name', 'GET / HTTP/1.1\r\n: x\r\n\r\n'],
  ['a length that is none', 'GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n'],
  ['an end within the head', 'GET / HTTP/1.1\r\nHost'],
  ['an end within the body', 'GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab'],
  ['a chunk without a size', 'GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
  ['a head without end', `GET / HTTP/1.1\r\nX: ${'x'.repeat(70_000)}`],
])('refuses %s', async (_name, text) => {
  await expect(requests(text, 1000)).rejects.toThrow(BadRequest);
});

async function bytesOf(method: string, response: HttpResponse, keepAlive = true): Promise<string> {
  const request: HttpRequest = { method, path: '/', headers: {} };
  const chunks: Uint8Array[] = [];
  for await (const chunk of responseBytes(request, response, keepAlive)) chunks.push(chunk);
  return decode(concat(chunks));
}

test('responses: whole, streamed, without a body', async () => {
  const headers = { 'content-type': 'text/plain' };
  expect(await bytesOf('GET', { status: 200, headers, body: encode('hi') })).toBe(
    'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi',
  );
  expect(await bytesOf('GET', { status: 200, headers, body: pieces('abcd', 3) }, false)).toBe(
    'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n',
  );
  expect(
    await bytesOf('HEAD', { status: 404, headers: { 'content-length': '9' }, body: new Uint8Array(0) }),
  ).toBe('HTTP/1.1 404 Not Found\r\nConnection: keep-alive\r\n\r\n');
});
