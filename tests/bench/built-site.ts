/** The built site as `npm start` serves its files, and a Chromium to visit it with. */
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import fastify from 'fastify';
import type { Browser } from 'playwright-core';
import { serveSite } from '../../sandbox/service/site/static-site.ts';
import { launchChromium } from '../browser/chromium.ts';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));

/** Both are there while `visit` runs. `site` is `http://127.0.0.1:PORT/`. Rejects where nothing has been built. */
export async function visitBuiltSite(
  visit: (browser: Browser, site: string) => Promise<void>,
): Promise<void> {
  if (!existsSync(`${DIST}/index.html`))
    throw new Error('There is no built site in dist/. Run `npm run build` first.');
  const server = fastify({ forceCloseConnections: true });
  serveSite(server, DIST);
  await server.listen({ port: 0, host: '127.0.0.1' });
  const browser = await launchChromium();
  try {
    await visit(browser, `http://127.0.0.1:${(server.server.address() as AddressInfo).port}/`);
  } finally {
    await browser.close();
    await server.close();
  }
}
