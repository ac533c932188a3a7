/** The built site as `npm start` serves its files, and a Chromium to visit it with. */
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import fastify from 'fastify';
import type { Browser } from 'playwright-core';
import { serveSite } from '../../sandbox/service/site/static-site.ts';
import { launchChromium } from '../browser/chromium.ts';

/** Both are there while `visit` runs. `site` is `http://127.0.0.1:PORT/`. */
export async function visitBuiltSite(
  visit: (browser: Browser, site: string) => Promise<void>,
): Promise<void> {
  const server = fastify({ forceCloseConnections: true });
  serveSite(server, fileURLToPath(new URL('../../dist', import.meta.url)));
  await server.listen({ port: 0, host: '127.0.0.1' });
  const browser = await launchChromium();
  try {
    await visit(browser, `http://127.0.0.1:${(server.server.address() as AddressInfo).port}/`);
  } finally {
    await browser.close();
    await server.close();
  }
}
