/** Header blocks of SPDY/3.1: name-value lists, compressed in one zlib stream a direction. */
import { Buffer } from 'node:buffer';
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';

/** Words that the specification primes the compression with, each after its length. */
const WORDS =
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization cache-control connection content-base content-encoding content-language content-length content-location content-md5 content-range content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get status|200 OK|version HTTP/1.1 url public set-cookie keep-alive origin';
const TAIL =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505' +
  '203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable' +
  'Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT' +
  'chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,public' +
  'privatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.';

const lengthPrefixed = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  const out = Buffer.alloc(4 + bytes.length);
  out.writeUInt32BE(bytes.length);
  bytes.copy(out, 4);
  return out;
};

export const DICTIONARY = Buffer.concat([
  ...WORDS.split('|').flatMap((part, index) => (index === 1 ? [part] : part.split(' ')).map(lengthPrefixed)),
  Buffer.from(TAIL),
]);

/** Blocks must be read in the order in which they were written. */
export class HeaderReader {
  readonly #inflate: Inflate = createInflate({ dictionary: DICTIONARY });

  async read(block: Uint8Array): Promise<Map<string, string>> {
    const plain = await through(this.#inflate, block);
    const headers = new Map<string, string>();
    let at = 4;
    const text = () => {
      const length = plain.readUInt32BE(at);
      at += 4 + length;
      return plain.toString('utf8', at - length, at);
    };
    for (let count = plain.readUInt32BE(0); count > 0; count--) {
      const name = text();
      headers.set(name, text());
    }
    return headers;
  }
}

export class HeaderWriter {
  readonly #deflate: Deflate = createDeflate({ dictionary: DICTIONARY });

  write(headers: ReadonlyMap<string, string>): Promise<Buffer> {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(headers.size);
    const pairs = [...headers].flat().map(lengthPrefixed);
    return through(this.#deflate, Buffer.concat([count, ...pairs]));
  }
}

/** What the stream makes of `input`, all of it. */
function through(stream: Inflate | Deflate, input: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.write(input);
    stream.flush(constants.Z_SYNC_FLUSH, () => {
      stream.off('error', reject);
      const chunks: Buffer[] = [];
      for (let chunk; (chunk = stream.read() as Buffer | null);) chunks.push(chunk);
      resolve(Buffer.concat(chunks));
    });
  });
}
