/** The browser that the tests and the bench drive: the system's Chromium, or Playwright's own. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

/** Where it is. Throws when there is none: a missing browser is never a silent skip. */
export function chromiumPath(): string {
  const named = process.env['SLIPWAY_CHROMIUM'];
  if (named) return named;
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
      const path = join(folder, name);
      if (existsSync(path)) return path;
    }
  }
  const own = chromium.executablePath();
  if (existsSync(own)) return own;
  throw new Error('No Chromium found. Run `node setup.mjs --browser`, or set SLIPWAY_CHROMIUM to one.');
}

/** Starts it headless, and quiet towards the network. Close it after use. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // xterm then draws with the DOM, where a test can read the screen.
      '--disable-3d-apis',
    ],
  });
}
