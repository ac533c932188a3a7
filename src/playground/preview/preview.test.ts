import { expect, it } from 'vitest';
import { encode } from '../../../sandbox/core/bytes.ts';
import { textResponse, type HttpResponse } from '../../../sandbox/core/http.ts';
import { Preview } from './preview.ts';

const html = (body: string) => textResponse(200, body, { 'content-type': 'text/html' });

/** Answers by method and path; a path that is missing refuses the connection. */
function previewOf(answers: Record<string, HttpResponse>) {
  const asked: string[] = [];
  const preview = new Preview({
    namespace: 'shop',
    draw: async ({ body }) => `drawn ${new TextDecoder().decode(body)}`,
    web: {
      fetch: async (_target, { method, path }) => {
        asked.push(`${method} ${path}`);
        const answer = answers[`${method} ${path}`];
        if (!answer) throw new Error('Connection refused');
        return answer;
      },
    },
  });
  return { preview, asked };
}

it('goes back and forward, and sends a form once', async () => {
  const { preview, asked } = previewOf({
    'GET /': html('home'),
    'GET /order': html('nothing ordered'),
    'POST /order': html('ordered'),
  });
  await preview.open('web');
  expect(preview.shown.value).toMatchObject({ kind: 'page', document: 'drawn home' });
  expect([preview.canGoBack.value, preview.canGoForward.value]).toEqual([false, false]);
  await preview.follow('http://web/order', { method: 'POST', headers: {}, body: encode('tea') });
  expect(preview.shown.value).toMatchObject({ document: 'drawn ordered' });
  await preview.back();
  expect([preview.canGoBack.value, preview.canGoForward.value]).toEqual([false, true]);
  await preview.forward();
  await preview.reload();
  expect(asked).toEqual(['GET /', 'POST /order', 'GET /', 'GET /order', 'GET /order']);
});

it('a new place forgets what was ahead', async () => {
  const { preview } = previewOf({ 'GET /a': html('a'), 'GET /b': html('b'), 'GET /c': html('c') });
  for (const path of ['a', 'b']) await preview.open(`web/${path}`);
  await preview.back();
  await preview.open('web/c');
  expect(preview.canGoForward.value).toBe(false);
  await preview.back();
  expect(preview.shown.value).toMatchObject({ document: 'drawn a' });
});

it.each([
  ['application/json', '{}', { kind: 'text', text: '{}' }],
  ['text/plain; version=0.0.4', 'up 1', { kind: 'text', text: 'up 1' }],
  ['application/openmetrics-text', 'up 1', { kind: 'text' }],
  ['image/svg+xml', '<svg/>', { kind: 'image', url: 'data:image/svg+xml;base64,PHN2Zy8+' }],
  ['application/zip', 'PK', { kind: 'bytes' }],
  ['', 'plain', { kind: 'text', text: 'plain' }],
])('shows %s', async (type, body, want) => {
  const { preview } = previewOf({ 'GET /': textResponse(200, body, { 'content-type': type }) });
  await preview.open('web');
  expect(preview.shown.value).toMatchObject(want);
});

it('says why there is no answer, and what leads nowhere', async () => {
  const { preview } = previewOf({ 'GET /': html('home') });
  await preview.open('web/missing');
  expect(preview.shown.value).toMatchObject({
    kind: 'failure',
    failure: { said: 'curl: (7) Failed to connect to web.shop port 80: Connection refused' },
  });
  await preview.open('web');
  await preview.follow('https://example.com/');
  expect(preview.notice.value).toMatch('https://example.com/ leads out of the cluster');
  expect(preview.shown.value.kind).toBe('page');
  await preview.open('http://localhost:8080/');
  expect(preview.notice.value).toMatch('the machine that the terminal runs on');
});

it('what comes too late does not count', async () => {
  let answer!: (response: HttpResponse) => void;
  const slow = new Promise<HttpResponse>((resolve) => (answer = resolve));
  const preview = new Preview({
    namespace: 'shop',
    draw: async () => '',
    web: { fetch: async (_target, { path }) => (path === '/slow' ? slow : textResponse(200, 'quick')) },
  });
  const first = preview.open('web/slow');
  await preview.open('web/quick');
  answer(textResponse(200, 'slow'));
  await first;
  expect(preview.shown.value).toMatchObject({ kind: 'text', text: 'quick' });
  expect(preview.loading.value).toBe(false);
});
