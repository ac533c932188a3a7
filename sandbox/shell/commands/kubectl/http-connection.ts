/**
 * HTTP/1.1 on a byte stream, the client's side: one request and one answer, then the connection is closed. What
 * listens on this machine is asked in requests, what a forwarded port carries are bytes.
 */
import { concat, decode, EMPTY, encode } from '../../../core/bytes.ts';
import type { HttpRequest, HttpResponse } from '../../../core/http.ts';

/** Headers of one connection, which do not pass on to the next. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'content-length'];

/** The bytes of a request that ends its connection. */
export function requestBytes({ method, path, headers, body }: HttpRequest): Uint8Array {
  let head = `${method} ${path} HTTP/1.1\r\n`;
  for (const [name, value] of Object.entries(headers))
    if (!HOP_BY_HOP.includes(name)) head += `${name}: ${value}\r\n`;
  if (body) head += `content-length: ${body.length}\r\n`;
  return concat([encode(`${head}connection: close\r\n\r\n`), body ?? EMPTY]);
}

/** Reads an answer; its body streams on. Rejects when the bytes end before the head does, or are no HTTP. */
export async function readResponse(source: AsyncIterator<Uint8Array>, method: string): Promise<HttpResponse> {
  const reader = new ByteReader(source);
  const [line = '', ...fields] = (await reader.until('\r\n\r\n')).split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1];
  if (status === undefined) throw new Error(`not an HTTP response: ${line.slice(0, 100)}`);
  const headers: Record<string, string> = {};
  for (const field of fields) {
    const colon = field.indexOf(':');
    if (colon > 0) headers[field.slice(0, colon).toLowerCase()] = field.slice(colon + 1).trim();
  }
  const chunked = headers['transfer-encoding']?.toLowerCase() === 'chunked';
  const length = headers['content-length'];
  for (const name of ['connection', 'transfer-encoding']) delete headers[name];
  const bodiless = method === 'HEAD' || status === '204' || status === '304';
  const body = bodiless
    ? EMPTY
    : chunked
      ? chunks(reader)
      : reader.rest(length === undefined ? Infinity : Number(length));
  return { status: Number(status), headers, body };
}

async function* chunks(reader: ByteReader): AsyncGenerator<Uint8Array> {
  for (;;) {
    const size = parseInt(await reader.until('\r\n'), 16);
    if (Number.isNaN(size)) throw new Error('a chunk without a size');
    if (size === 0) return;
    yield* reader.rest(size);
    await reader.until('\r\n');
  }
}

class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #buffer: Uint8Array = EMPTY;

  constructor(source: AsyncIterator<Uint8Array>) {
    this.#source = source;
  }

  /** The text before `end`, which is taken too. */
  async until(end: string): Promise<string> {
    const pattern = encode(end);
    for (;;) {
      for (
        let at = this.#buffer.indexOf(pattern[0]!);
        at >= 0;
        at = this.#buffer.indexOf(pattern[0]!, at + 1)
      ) {
        if (!pattern.every((byte, i) => this.#buffer[at + i] === byte)) continue;
        const text = decode(this.#buffer.subarray(0, at));
        this.#buffer = this.#buffer.subarray(at + pattern.length);
        return text;
      }
      if (!(await this.#fill())) throw new Error('the connection ended within the response');
    }
  }

  /** The next `size` bytes as they come, or all of them to the end. */
  async *rest(size: number): AsyncGenerator<Uint8Array> {
    for (let left = size; left > 0;) {
      if (this.#buffer.length === 0 && !(await this.#fill())) {
        if (size === Infinity) return;
        throw new Error('the connection ended within the response');
      }
      const part = this.#buffer.subarray(0, Math.min(left, this.#buffer.length));
      this.#buffer = this.#buffer.subarray(part.length);
      left -= part.length;
      if (part.length > 0) yield part;
    }
  }

  async #fill(): Promise<boolean> {
    const { done, value } = await this.#source.next();
    if (done) return false;
    this.#buffer = concat([this.#buffer, value]);
    return true;
  }
}
