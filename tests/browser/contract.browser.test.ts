/** The contract on the embedded cluster where learners have it: in a Worker, in Chromium. */
import type { Browser, Page } from 'playwright-core';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contractCases } from '../../sandbox/runtimes/contract/contract.ts';
import { launchChromium } from './chromium.ts';

let server: ViteDevServer;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  server = await createServer({
    root: 'tests/browser/contract-page',
    configFile: false,
    logLevel: 'error',
    server: { port: 0, host: '127.0.0.1', fs: { allow: ['../../..'] } },
  });
  await server.listen();
  browser = await launchChromium();
  page = await browser.newPage();
  await page.goto(server.resolvedUrls!.local[0]!);
  await page.waitForFunction(() => 'runContractCase' in window);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

for (const [index, { name }] of contractCases.entries()) {
  test(name, async () => {
    expect(await page.evaluate((at) => window.runContractCase(at), index)).toBeUndefined();
  });
}
