/**
 * HTTP/1.1 on a byte stream: what a forwarded port carries. The network of the cluster moves requests and
 * responses, a client at the end of `kubectl port-forward` speaks bytes; this stands between them.
 * Requests with a length or chunks, one after another on a connection kept alive. Upgrades are left out.
 */
import { concat, decode, encode, EMPTY } from '../../core/bytes.ts';
import type { HttpRequest, HttpResponse } from '../../core/http.ts';
import { goStatusText } from '../../core/http-status.ts';

const MAX_HEAD_BYTES = 65_536;
const CRLF2 = [13, 10, 13, 10];

/** Bytes that are no HTTP request. */
export class BadRequest extends Error {}

/** Takes requests out of a byte stream. */
export class RequestReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #buffer: Uint8Array = EMPTY;
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next request with its whole body, or undefined at the end. Rejects with `BadRequest`. */
  async next(): Promise<{ request: HttpRequest; keepAlive: boolean } | undefined> {
    let end: number;
    while ((end = indexOf(this.#buffer, CRLF2)) < 0) {
      if (this.#buffer.length > MAX_HEAD_BYTES) throw new BadRequest('the request head is too long');
      if (!(await this.#fill())) {
        if (this.#buffer.length > 0) throw new BadRequest('the connection ended within a request');
        return undefined;
      }
    }
    const [line = '', ...fields] = decode(this.#take(end + 4))
      .trimEnd()
      .split('\r\n');
    const match = /^([A-Z]+) (\S+) HTTP\/1\.([01])$/.exec(line);
    if (!match) throw new BadRequest(`not an HTTP request: ${line.slice(0, 100)}`);
    const headers: Record<string, string> = {};
    for (const field of fields) {
      const colon = field.indexOf(':');
      if (colon <= 0) throw new BadRequest(`not a header field: ${field.slice(0, 100)}`);
      headers[field.slice(0, colon).toLowerCase()] = field.slice(colon + 1).trim();
    }
    const connection = headers['connection']?.toLowerCase();
    const keepAlive = match[3] === '1' ? connection !== 'close' : connection === 'keep-alive';
    const body = await this.#body(headers);
    delete headers['connection'];
    delete headers['transfer-encoding'];
    return { request: { method: match[1]!, path: match[2]!, headers, ...(body ? { body } : {}) }, keepAlive };
  }

  async #body(headers: Record<string, string>): Promise<Uint8Array | undefined> {
    if (headers['transfer-encoding']?.toLowerCase() === 'chunked') {
      const chunks: Uint8Array[] = [];
      for (;;) {
        const size = parseInt(await this.#line(), 16);
        if (Number.isNaN(size)) throw new BadRequest('a chunk without a size');
        if (size === 0) break;
        chunks.push(await this.#exactly(size));
        await this.#line();
      }
      while ((await this.#line()) !== '') continue;
      return concat(chunks);
    }
    const length = Number(headers['content-length'] ?? 0);
    if (!Number.isSafeInteger(length) || length < 0) throw new BadRequest('a body without a length');
    return length === 0 ? undefined : this.#exactly(length);
  }

  async #line(): Promise<string> {
    let end: number;
    while ((end = this.#buffer.indexOf(10)) < 0)
      if (!(await this.#fill())) throw new BadRequest('the connection ended within a request');
    return decode(this.#take(end + 1)).trimEnd();
  }

  async #exactly(size: number): Promise<Uint8Array> {
    while (this.#buffer.length < size)
      if (!(await this.#fill())) throw new BadRequest('the connection ended within a request');
    return this.#take(size).slice();
  }

  #take(size: number): Uint8Array {
    const taken = this.#buffer.subarray(0, size);
    this.#buffer = this.#buffer.subarray(size);
    return taken;
  }

  async #fill(): Promise<boolean> {
    if (this.#ended) return false;
    const { done, value } = await this.#source.next();
    if (done) {
      this.#ended = true;
      return false;
    }
    this.#buffer = this.#buffer.length === 0 ? value : concat([this.#buffer, value]);
    return true;
  }
}

/** A response as bytes. A body without a known length goes in chunks. */
export async function* responseBytes(
  request: HttpRequest,
  response: HttpResponse,
  keepAlive: boolean,
): AsyncGenerator<Uint8Array> {
  const { status, body } = response;
  const bodiless = request.method === 'HEAD' || status === 204 || status === 304;
  const whole = body instanceof Uint8Array;
  let head = `HTTP/1.1 ${status} ${goStatusText(status) || 'Unknown'}\r\n`;
  for (const [name, value] of Object.entries(response.headers)) {
    if (name === 'connection' || name === 'transfer-encoding') continue;
    if (name === 'content-length' && whole) continue;
    head += `${canonicalHeader(name)}: ${value}\r\n`;
  }
  const sized = 'content-length' in response.headers;
  if (whole && !bodiless) head += `Content-Length: ${body.length}\r\n`;
  if (!whole && !sized && !bodiless) head += 'Transfer-Encoding: chunked\r\n';
  head += `Connection: ${keepAlive ? 'keep-alive' : 'close'}\r\n\r\n`;
  yield encode(head);
  if (bodiless) return;
  if (whole) {
    if (body.length > 0) yield body;
    return;
  }
  for await (const chunk of body) {
    if (chunk.length === 0) continue;
    yield sized ? chunk : concat([encode(`${chunk.length.toString(16)}\r\n`), chunk, encode('\r\n')]);
  }
  if (!sized) yield encode('0\r\n\r\n');
}

/** `content-type` → `Content-Type` */
const canonicalHeader = (name: string): string =>
  name.replace(/(^|-)([a-z])/g, (_all, dash: string, letter: string) => dash + letter.toUpperCase());

function indexOf(bytes: Uint8Array, pattern: readonly number[]): number {
  for (let at = bytes.indexOf(pattern[0]!); at >= 0; at = bytes.indexOf(pattern[0]!, at + 1))
    if (pattern.every((byte, i) => bytes[at + i] === byte)) return at;
  return -1;
}
