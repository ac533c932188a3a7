/** The preview of what a learner serves: a browser of the cluster's Services, out of which no page gets. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, FrameLocator, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import { LessonPage, RECONCILE } from './lesson-page.ts';
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

const PAGES = 'tests/browser/preview-pages';

const filesOf = (folder: string) =>
  Object.fromEntries(
    readdirSync(join(PAGES, folder)).map((name) => [name, readFileSync(join(PAGES, folder, name), 'utf8')]),
  );

/** A pod that serves the files of a folder, and a Service in front of it. */
function served(folder: string, container: object, mountPath: string, targetPort: number): object[] {
  const metadata = { name: folder, labels: { app: folder } };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: filesOf(folder) },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: folder, ...container, volumeMounts: [{ name: 'files', mountPath }] }],
        volumes: [{ name: 'files', configMap: { name: folder } }],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: { app: folder }, ports: [{ port: 80, targetPort }] },
    },
  ];
}

const SHOP = served('shop', { image: 'node:24', command: ['node', '/app/server.js'] }, '/app', 8080);
const HOSTILE = served('hostile', { image: 'nginx:1' }, '/usr/share/nginx/html', 80);

interface Visit {
  lesson: LessonPage;
  preview: Locator;
  frame: FrameLocator;
  status: Locator;
  address: Locator;
}

/** A lesson where `objects` run, with the preview open. */
async function visit(objects: object[], look: (visit: Visit) => Promise<void>): Promise<void> {
  const lesson = await LessonPage.open(browser, site.url + RECONCILE);
  try {
    await lesson.prompt(PATIENCE_MS);
    await lesson.ready();
    // Pasted, in lines that a terminal takes: it holds 4096 characters of one.
    const list = Buffer.from(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })).toString(
      'base64',
    );
    await lesson.type("base64 -d <<'END-OF-LIST' | kubectl apply -f -");
    await lesson.paste(list.replace(/.{1000}/g, '$&\n'));
    await lesson.type('\nEND-OF-LIST');
    await lesson.shows(new RegExp(`(service/\\w+ created[^]*){${objects.length / 3}}`), PATIENCE_MS);
    await lesson.type('clear; kubectl wait --for=condition=Ready pod -l app --timeout=60s | tail -n 1');
    await lesson.shows(/condition met/, PATIENCE_MS);
    const preview = lesson.page.getByRole('region', { name: 'Preview' });
    await lesson.cluster.getByRole('tab', { name: 'Preview' }).click();
    await look({
      lesson,
      preview,
      frame: preview.frameLocator('iframe'),
      status: preview.getByRole('status'),
      address: preview.getByRole('textbox', { name: /address/i }),
    });
  } finally {
    await lesson.close();
  }
}

/** For what a busy machine takes its time with. */
const PATIENCE_MS = 60_000;

const text = (locator: Locator) => locator.textContent();
const SOON = { timeout: PATIENCE_MS };

describe('a learner’s own server', () => {
  it('is looked at as in a browser', () =>
    visit(SHOP, async ({ lesson, preview, frame, status, address }) => {
      await preview.getByRole('button', { name: /^shop:80/ }).click();
      await frame.getByRole('heading', { name: 'Tea shop' }).waitFor();
      expect(await status.textContent()).toBe('200 OK text/html');
      expect(await address.inputValue()).toBe('shop:80/');

      // Its own scripts ask their server, by fetch and by XMLHttpRequest.
      await expect.poll(() => text(frame.locator('#stock')), SOON).toBe('12 bags');
      await expect.poll(() => text(frame.locator('#xhr')), SOON).toBe('200 oolong steep');
      await expect.poll(() => text(frame.locator('#late')), SOON).toBe('late picture 24');

      // Style sheets with what they import and name, and pictures.
      const style = await frame.locator('h1').evaluate((heading) => {
        const { color, backgroundImage } = getComputedStyle(heading);
        return { color, backgroundImage };
      });
      expect(style.color).toBe('rgb(1, 2, 3)');
      expect(style.backgroundImage).toMatch(/^url\("data:image\/svg\+xml/);
      expect(await frame.locator('#logo').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(24);

      await frame.getByRole('link', { name: 'About' }).click();
      await frame.getByRole('heading', { name: 'About us' }).waitFor();
      expect(await address.inputValue()).toBe('shop:80/about?from=home');
      await preview.getByRole('button', { name: 'Back' }).click();
      await frame.getByRole('heading', { name: 'Tea shop' }).waitFor();
      await preview.getByRole('button', { name: 'Forward' }).click();
      await frame.getByRole('heading', { name: 'About us' }).waitFor();
      await frame.getByRole('link', { name: 'Home' }).click();

      await frame.getByRole('button', { name: 'Search' }).click();
      await expect.poll(() => text(frame.locator('pre')), SOON).toBe('q=green+tea');
      await preview.getByRole('button', { name: 'Back' }).click();
      await frame.getByRole('button', { name: 'Order' }).click();
      await expect
        .poll(() => text(frame.locator('pre')), SOON)
        .toMatch(/^POST application\/x-www-form-urlencoded.* what=black\+%26\+strong&by=click$/);

      await preview.getByRole('button', { name: 'Back' }).click();
      await frame.getByRole('link', { name: 'Old address' }).click();
      await frame.getByRole('heading', { name: 'About us' }).waitFor();
      expect(await address.inputValue()).toBe('shop:80/about?moved');

      // Out of the cluster nothing leads, and the page stays.
      await frame.getByRole('link', { name: 'Home' }).click();
      await frame.getByRole('link', { name: 'Elsewhere' }).click();
      await preview.getByText('https://example.com/ leads out of the cluster').waitFor();
      await frame.getByRole('heading', { name: 'Tea shop' }).waitFor();

      await address.fill('shop/api/stock');
      await address.press('Enter');
      await preview.getByText('{"bags":12}').waitFor();
      expect(await status.textContent()).toBe('200 OK application/json');
      await address.fill('shop/logo.svg');
      await address.press('Enter');
      await preview.getByRole('img', { name: 'What /logo.svg shows' }).waitFor();

      // No answer, in the words of curl.
      await address.fill('nobody');
      await address.press('Enter');
      await preview.getByText('curl: (6) Could not resolve host: nobody.default').waitFor();
      await preview.getByRole('button', { name: 'Run in the terminal: kubectl get services -A' }).click();
      await lesson.shows(/default +shop +ClusterIP/, PATIENCE_MS);
    }));

  it('is found from the cluster’s picture and from an address in the terminal', () =>
    visit(SHOP, async ({ lesson, preview, frame, address }) => {
      await preview.getByRole('tab', { name: 'Cluster' }).click();
      await lesson.cluster.getByRole('button', { name: /^Service shop/ }).click();
      await lesson.cluster.getByRole('button', { name: 'Open in preview' }).click();
      await frame.getByRole('heading', { name: 'Tea shop' }).waitFor();

      await lesson.type('clear; echo http://shop.default.svc/about');
      await lesson.shows(/^http:\/\/shop\.default\.svc\/about$/m, PATIENCE_MS);
      const line = lesson.terminal.locator('.xterm-rows > div', { hasText: /^http:/ }).first();
      // The row is there to be read; what takes the pointer is the screen over it.
      const there = { position: { x: 60, y: 8 }, force: true };
      await line.hover(there);
      await lesson.terminal.locator('.xterm-cursor-pointer').waitFor();
      await line.click(there);
      await frame.getByRole('heading', { name: 'About us' }).waitFor();
      expect(await address.inputValue()).toBe('shop:80/about');
    }));
});

describe('a hostile page', () => {
  it('reaches nothing of the site, and the lesson goes on', () =>
    visit([...HOSTILE, ...SHOP], async ({ lesson, preview, frame, address }) => {
      const { page } = lesson;
      const happened: string[] = [];
      page.on('dialog', (dialog) => {
        happened.push(`dialog ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on('download', () => happened.push('download'));
      page.context().on('page', (opened) => happened.push(`page ${opened.url()}`));
      const before = page.url();
      await preview.getByRole('button', { name: /^hostile:80/ }).click();
      const report = frame.locator('#report', { hasText: '{' });
      await report.waitFor({ timeout: 60_000 });
      const results = JSON.parse((await report.textContent())!) as Record<string, string>;
      expect(Object.entries(results).filter(([, got]) => got.startsWith('REACHED'))).toEqual([]);
      // Each was really tried.
      const html = readFileSync(join(PAGES, 'hostile/index.html'), 'utf8');
      const names = [...html.matchAll(/^ {4}(?:'([^']+)'|(\w+)): (?:async )?\(\) =>/gm)].map(
        ([, a, b]) => a ?? b,
      );
      expect(Object.keys(results)).toEqual(names);
      expect(names.length).toBeGreaterThan(45);

      // What takes its own frame elsewhere: the frame is lost, and nobody was asked.
      for (const name of ['away', 'refresh', 'form']) {
        await address.fill(`hostile/${name}.html`);
        await address.press('Enter');
        await preview.getByText(/A script of the page set its address/).waitFor();
        await preview.getByRole('button', { name: 'Services' }).click();
      }
      expect(site.asked.filter((path) => path.includes('hostile='))).toEqual([]);
      expect(happened).toEqual([]);
      expect(page.url()).toBe(before);
      await lesson.type('clear; echo still $((40 + 2))');
      await lesson.shows('still 42', PATIENCE_MS);
    }));

  it('that asks without end is cut off; one that never ends its script can be left', () =>
    visit([...HOSTILE, ...SHOP], async ({ lesson, preview, frame, address }) => {
      await address.fill('hostile/flood.html');
      await address.press('Enter');
      await preview.getByText(/The page asked for more than the preview carries/).waitFor();

      await address.fill('hostile/endless.html');
      await address.press('Enter');
      await preview.locator('iframe').waitFor();
      await lesson.type('clear; echo still $((40 + 2))');
      await lesson.shows('still 42', PATIENCE_MS);
      await address.fill('shop/about');
      await address.press('Enter');
      await frame.getByRole('heading', { name: 'About us' }).waitFor();

      // After a reload the preview is closed, whatever it showed.
      await address.fill('hostile/endless.html');
      await address.press('Enter');
      await preview.locator('iframe').waitFor();
      await lesson.page.reload();
      await lesson.prompt(PATIENCE_MS);
      expect(await lesson.page.locator('iframe').count()).toBe(0);
      expect(await preview.count()).toBe(0);
    }));
});
