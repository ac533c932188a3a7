/** The contract on the embedded cluster where learners have it: in a Worker, in Chromium. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build, preview, type PreviewServer } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contractCases } from '../../sandbox/runtimes/contract/contract.ts';
import { launchChromium } from './chromium.ts';

let server: PreviewServer;
let scratch: string;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'slipway-contract-'));
  const root = 'tests/browser/contract-page';
  await build({
    root,
    base: './',
    configFile: false,
    logLevel: 'error',
    worker: { format: 'es' },
    build: { outDir: scratch, emptyOutDir: true, target: 'es2023' },
  });
  server = await preview({
    root,
    configFile: false,
    logLevel: 'error',
    build: { outDir: scratch },
    preview: { port: 0, host: '127.0.0.1' },
  });
  browser = await launchChromium();
  page = await browser.newPage();
  await page.goto(server.resolvedUrls!.local[0]!);
  await page.waitForFunction(() => 'runContractCase' in window);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  rmSync(scratch, { recursive: true, force: true });
});

for (const [index, { name }] of contractCases.entries()) {
  test(name, async () => {
    expect(await page.evaluate((at) => window.runContractCase(at), index)).toBeUndefined();
  });
}
