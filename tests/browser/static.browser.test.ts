/** `dist/` on any static host, under any path, with no special headers and nothing from elsewhere. */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import { LessonPage, REPAIR } from './lesson-page.ts';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

let server: Server;
let url: string;
let browser: Browser;
beforeAll(async () => {
  server = createServer((request, response) => {
    const path = normalize(new URL(request.url!, 'http://x').pathname);
    const file = join('dist', path.endsWith('/') ? `${path}index.html` : path);
    readFile(file).then(
      (contents) => {
        response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
        response.end(contents);
      },
      () => {
        response.writeHead(404);
        response.end();
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  server?.close();
});

it('a lesson works, and every request goes to the site itself', async () => {
  const lesson = await LessonPage.open(browser, url + REPAIR);
  const foreign: string[] = [];
  lesson.page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(url)) foreign.push(request.url());
  });
  try {
    await lesson.page.reload();
    await lesson.prompt();
    await lesson.type('kubectl get nodes -o name');
    await lesson.shows('node/slipway-control-plane');
    expect(foreign).toEqual([]);
  } finally {
    await lesson.close();
  }
});
