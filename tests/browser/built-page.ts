/** A test's own page: bundled by Vite as the site's pages are, served on a port of its own, open in Chromium. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { build, preview } from 'vite';
import { launchChromium } from './chromium.ts';

export interface BuiltPage {
  page: Page;
  close(): Promise<void>;
}

/** @param root the folder of `index.html`, from the repository's root. */
export async function openBuiltPage(root: string): Promise<BuiltPage> {
  const scratch = mkdtempSync(join(tmpdir(), 'slipway-page-'));
  await build({
    root,
    base: './',
    configFile: false,
    logLevel: 'error',
    worker: { format: 'es' },
    build: { outDir: scratch, emptyOutDir: true, target: 'es2023' },
  });
  const server = await preview({
    root,
    configFile: false,
    logLevel: 'error',
    build: { outDir: scratch },
    preview: { port: 0, host: '127.0.0.1' },
  });
  const browser = await launchChromium();
  const page = await browser.newPage();
  await page.goto(server.resolvedUrls!.local[0]!);
  return {
    page,
    close: async () => {
      await browser.close();
      await server.close();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}
