import { describe, expect, it } from 'vitest';
import { encode } from '../../../sandbox/core/bytes.ts';
import { textResponse, type HttpRequest, type HttpResponse } from '../../../sandbox/core/http.ts';
import type { Web, WebTarget } from '../../../sandbox/runtimes/runtime.ts';
import { parseAddress } from './address.ts';
import { exchange, LeadsOut, MAX_BODY_BYTES } from './exchange.ts';

const at = (text: string) => parseAddress(text, 'shop')!;
const GET = { method: 'GET', headers: {} };

/** Answers by `service:port path`; `asked` tells what was sent, a line a request. */
function webOf(answers: Record<string, HttpResponse>): Web & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    fetch: async ({ namespace, service, port }: WebTarget, { method, path, headers, body }: HttpRequest) => {
      const place = `${service}.${namespace}:${port}${path}`;
      asked.push(`${method} ${place} ${headers['content-type'] ?? '-'} ${body?.length ?? 0}`);
      const answer = answers[place];
      if (!answer) throw new Error('Connection refused');
      return answer;
    },
  };
}

const moved = (status: number, location: string) => textResponse(status, '', { location });

describe('an exchange', () => {
  it('goes along redirects, to other Services too', async () => {
    const web = webOf({
      'web.shop:80/': moved(301, 'a/b'),
      'web.shop:80/a/b': moved(302, 'http://api:8080/x?y'),
      'api.shop:8080/x?y': textResponse(200, 'here'),
    });
    const answer = await exchange(web, at('web'), GET);
    expect(answer.address).toEqual(at('api:8080/x?y'));
    expect(answer.body).toEqual(encode('here'));
  });

  it.each([
    [301, 'GET', '- 0'],
    [302, 'GET', '- 0'],
    [303, 'GET', '- 0'],
    [307, 'POST', 'text/plain 3'],
    [308, 'POST', 'text/plain 3'],
  ])('after a POST, %i asks by %s', async (status, method, rest) => {
    const web = webOf({ 'web.shop:80/': moved(status, '/done'), 'web.shop:80/done': textResponse(200, '') });
    const request = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: encode('tea') };
    await exchange(web, at('web'), request);
    expect(web.asked).toEqual(['POST web.shop:80/ text/plain 3', `${method} web.shop:80/done ${rest}`]);
  });

  it('does not leave the cluster', async () => {
    const web = webOf({ 'web.shop:80/': moved(302, 'https://example.com/') });
    await expect(exchange(web, at('web'), GET)).rejects.toThrow(LeadsOut);
  });

  it('gives up on a circle', async () => {
    const web = webOf({ 'web.shop:80/': moved(302, '/') });
    await expect(exchange(web, at('web'), GET)).rejects.toThrow('Maximum (20) redirects followed');
    expect(web.asked).toHaveLength(21);
  });

  it('stops reading what is too large', async () => {
    let pieces = 0;
    async function* endless() {
      for (;;) {
        pieces++;
        yield new Uint8Array(MAX_BODY_BYTES / 4);
      }
    }
    const web = webOf({ 'web.shop:80/': { status: 200, headers: {}, body: endless() } });
    await expect(exchange(web, at('web'), GET)).rejects.toThrow('larger than 8 MiB');
    expect(pieces).toBe(5);
  });
});
