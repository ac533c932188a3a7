import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encode } from '../../../sandbox/core/bytes.ts';
import { parseAddress, urlOf } from './address.ts';
import { Bridge, MAX_AT_ONCE, MAX_WAITING } from './bridge.ts';
import type { Answer } from './exchange.ts';
import type { ToFrame } from './messages.ts';

const PAGE = parseAddress('web:8080/shop/', 'shop')!;

/** What happened, a line each; answers are given by hand. */
let seen: string[];
let answers: (() => void)[];
let replies: ToFrame[];
let page: MessagePort;
let bridge: Bridge;
let wake: (() => void) | undefined;

/** Resolves once `done` holds; it is looked at whenever a message has arrived on either end. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise<void>((resolve) => (wake = resolve));
}

const arrived = () => wake?.();

beforeEach(() => {
  seen = [];
  answers = [];
  replies = [];
  const { port1, port2 } = new MessageChannel();
  page = port2;
  page.onmessage = ({ data }: MessageEvent<ToFrame>) => {
    replies.push(data);
    arrived();
  };
  bridge = new Bridge(port1, PAGE, {
    exchange: (address, { method, headers, body }, signal) => {
      seen.push(`${method} ${urlOf(address)} ${JSON.stringify(headers)} ${body?.length ?? 0}`);
      arrived();
      const status = address.path === '/moved' ? 302 : 200;
      const to = status === 302 ? parseAddress('other', 'shop')! : address;
      const answer: Answer = {
        address: to,
        status: 200,
        headers: { 'x-ok': '1', 'bad name': 'x', 'x-split': 'a\r\nb' },
        body: encode('tea'),
      };
      return new Promise((resolve, reject) => {
        answers.push(() => resolve(answer));
        signal.addEventListener('abort', () => {
          seen.push('aborted');
          arrived();
          reject(signal.reason);
        });
      });
    },
    navigate: (url, { method, headers, body }) => {
      seen.push(`navigate ${method} ${url} ${JSON.stringify(headers)} ${body?.length ?? 0}`);
      arrived();
    },
    leave: (backwards) => {
      seen.push(`leave ${backwards}`);
      arrived();
    },
    overwhelmed: () => {
      seen.push('overwhelmed');
      arrived();
    },
  });
});

afterEach(() => {
  bridge.dispose();
  page.close();
});

const request = (id: number, url: string, more: object = {}) =>
  page.postMessage({ kind: 'request', id, method: 'GET', url, headers: [], ...more });

describe('a page’s requests', () => {
  it('go to its own Service, without what is the network’s to say', async () => {
    const headers = [
      ['X-Tea', 'oolong'],
      ['Host', 'elsewhere'],
      ['Cookie', 'a=b'],
    ];
    request(1, 'http://web.shop:8080/api', { method: 'POST', headers, body: encode('ab').buffer });
    await until(() => answers.length === 1);
    answers[0]!();
    await until(() => replies.length === 1);
    expect(seen).toEqual(['POST http://web.shop:8080/api {"x-tea":"oolong"} 2']);
    expect(replies[0]).toMatchObject({ kind: 'answer', id: 1, status: 200, headers: [['x-ok', '1']] });
  });

  it.each([
    'http://web.shop/api',
    'http://web.other:8080/',
    'http://api.shop:8080/',
    'https://web.shop:8080/',
    'http://localhost:8080/',
    'https://example.com/',
    'javascript:alert(1)',
    'file:///etc/passwd',
  ])('to %s are refused', async (url) => {
    request(1, url);
    await until(() => replies.length === 1);
    expect(replies[0]).toMatchObject({ kind: 'failure', id: 1 });
    expect(seen).toEqual([]);
  });

  it('do not read another Service by a redirect', async () => {
    request(1, 'http://web.shop:8080/moved');
    await until(() => answers.length === 1);
    answers[0]!();
    await until(() => replies.length === 1);
    expect(replies[0]).toMatchObject({
      kind: 'failure',
      message: expect.stringContaining('another Service'),
    });
  });

  it('wait for each other', async () => {
    for (let id = 1; id <= MAX_AT_ONCE + 2; id++) request(id, `/${id}`);
    await until(() => answers.length === MAX_AT_ONCE);
    answers[0]!();
    await until(() => replies.length === 1);
    expect(answers).toHaveLength(MAX_AT_ONCE + 1);
  });

  it('can be given up', async () => {
    request(1, '/slow');
    await until(() => answers.length === 1);
    page.postMessage({ kind: 'abort', id: 1 });
    await until(() => seen.includes('aborted'));
  });

  it('without end are the last', async () => {
    for (let id = 1; id <= MAX_AT_ONCE + MAX_WAITING + 1; id++) request(id, `/${id}`);
    await until(() => seen.includes('overwhelmed'));
    expect(seen.filter((line) => line.startsWith('GET'))).toHaveLength(MAX_AT_ONCE);
  });
});

describe('messages', () => {
  it.each([
    ['nothing', undefined],
    ['a text', 'request'],
    ['no kind', {}],
    ['an unknown kind', { kind: 'eval', code: '1' }],
    ['no id', { kind: 'request', method: 'GET', url: '/', headers: [] }],
    ['an unknown method', { kind: 'request', id: 1, method: 'CONNECT', url: '/', headers: [] }],
    ['headers that are none', { kind: 'request', id: 1, method: 'GET', url: '/', headers: [['a']] }],
    [
      'a header of two lines',
      { kind: 'request', id: 1, method: 'GET', url: '/', headers: [['a', 'b\r\nc: d']] },
    ],
    ['a body that is a text', { kind: 'request', id: 1, method: 'POST', url: '/', headers: [], body: 'x' }],
    ['no url', { kind: 'navigate', method: 'GET' }],
  ])('%s is passed over', async (_, message) => {
    page.postMessage(message);
    page.postMessage({ kind: 'leave', backwards: true });
    await until(() => seen.length > 0);
    expect(seen).toEqual(['leave true']);
  });

  it('lead on, by GET or POST alone', async () => {
    const form = 'application/x-www-form-urlencoded';
    page.postMessage({ kind: 'navigate', url: '/a', method: 'DELETE' });
    page.postMessage({
      kind: 'navigate',
      url: '/b',
      method: 'POST',
      body: encode('x=1').buffer,
      contentType: form,
    });
    await until(() => seen.length === 2);
    expect(seen).toEqual(['navigate GET /a {} 0', `navigate POST /b {"content-type":"${form}"} 3`]);
  });
});
