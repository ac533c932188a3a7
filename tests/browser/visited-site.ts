/** The built site and a Chromium to visit it with, from a test file's first test to its last. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { launchChromium } from './chromium.ts';
import { serveSite, type Site } from './site.ts';

/** Call it once, at the top of a test file; what it holds is there when tests run. */
export function visitedSite(): { url: string; browser: Browser } {
  let site: Site;
  let browser: Browser;
  beforeAll(async () => {
    site = await serveSite();
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    // SIGINT: the service ends its sessions before it goes.
    await site?.stop();
  });
  return {
    get url() {
      return site.url;
    },
    get browser() {
      return browser;
    },
  };
}
