import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../../core/bytes.ts';
import { readText } from '../../../core/http.ts';
import { readResponse, requestBytes } from './http-connection.ts';

/** The text as it comes in pieces of `size` bytes. */
async function* pieces(text: string, size: number) {
  const bytes = encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test('a request names its length and ends the connection', () => {
  const request = {
    method: 'POST',
    path: '/a?b=c',
    headers: { host: 'x', connection: 'keep-alive' },
    body: encode('né'),
  };
  expect(decode(requestBytes(request))).toBe(
    'POST /a?b=c HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\nconnection: close\r\n\r\nné',
  );
});

describe.each([1, 3, 1000])('a response in pieces of %i bytes', (size) => {
  test.each([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more', 'hello'],
    [
      'in chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n',
      'hello',
    ],
    ['to the end', 'HTTP/1.0 200 OK\r\n\r\nhello', 'hello'],
  ])('%s', async (_, text, body) => {
    const response = await readResponse(pieces(text, size), 'GET');
    expect(response.status).toBe(200);
    expect(await readText(response)).toBe(body);
  });

  test.each(['', 'HTTP/1.1 200 OK\r\n', 'SSH-2.0\r\n\r\n'])('%j is none', async (text) => {
    await expect(readResponse(pieces(text, size), 'GET')).rejects.toThrow();
  });

  test('cut off within its body', async () => {
    const response = await readResponse(
      pieces('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello', size),
      'GET',
    );
    await expect(readText(response)).rejects.toThrow('ended within');
  });
});
