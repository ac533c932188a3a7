/** `dist/` on any static host, under any path, with no special headers and nothing from elsewhere. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import { LessonPage, REPAIR } from './lesson-page.ts';
import { serveStatic, type StaticSite } from './static-site.ts';

let site: StaticSite;
let browser: Browser;
beforeAll(async () => {
  site = await serveStatic();
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  site?.close();
});

it('a lesson works, and every request goes to the site itself', async () => {
  const lesson = await LessonPage.open(browser, site.url + REPAIR);
  const foreign: string[] = [];
  lesson.page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(site.url))
      foreign.push(request.url());
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
