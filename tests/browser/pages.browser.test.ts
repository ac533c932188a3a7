/** The site around the lessons: landing, contents, talk, progress, search, themes, and how a lesson's panes behave. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { REPAIR } from './lesson-page.ts';
import { visitedSite } from './visited-site.ts';

const site = visitedSite();

interface Visit {
  path: string;
  /** Lets the service worker fetch the site for later; the other tests need not wait for it. */
  offline?: boolean;
  width?: number;
  theme?: 'light' | 'dark';
}

async function visit<T>(
  { path, width = 1440, theme = 'light', offline = false }: Visit,
  look: (page: Page) => Promise<T>,
): Promise<T> {
  const context = await site.browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: theme,
    reducedMotion: 'reduce',
    serviceWorkers: offline ? 'allow' : 'block',
  });
  try {
    const page = await context.newPage();
    // What moved without the reader's doing, summed as the browser scores it.
    await page.addInitScript(() => {
      const seen = { shift: 0 };
      Object.assign(window, { seen });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as unknown as { value: number; hadRecentInput: boolean }[]) {
          if (!entry.hadRecentInput) seen.shift += entry.value;
        }
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(site.url + path);
    return await look(page);
  } finally {
    await context.close();
  }
}

describe('pages', () => {
  it('the landing page leads to a lesson and to the contents', () =>
    visit({ path: '' }, async (page) => {
      expect(await page.title()).toContain('Slipway');
      await page.getByRole('link', { name: 'All chapters' }).click();
      await page.getByRole('heading', { level: 1, name: 'Contents' }).waitFor();
      await page.getByRole('link', { name: /Repair a crashing pod.* min/ }).click();
      await page.getByRole('region', { name: 'Terminal' }).waitFor();
      expect(page.url()).toBe(site.url + REPAIR);
    }));

  it('the contents name fourteen chapters in the order of the talk, and link only what is there', () =>
    visit({ path: 'learn/' }, async (page) => {
      const chapters = await page.locator('.chapters h2').allTextContents();
      expect(chapters.map((title) => title.trim())).toEqual([
        'Automation',
        'Immutable infrastructure',
        'APIs',
        'Cloud native',
        'Distributed systems',
        'Containers',
        'Orchestration',
        'Service meshes',
        'Data meshes',
        'Observability',
        'Pipeline and maturity',
        'Development setups',
        'Serverless',
        'Challenges',
      ]);
      const links = await page
        .locator('main a')
        .evaluateAll((all) => all.map((a) => (a as HTMLAnchorElement).href));
      for (const link of new Set(links)) expect((await page.request.get(link)).status(), link).toBe(200);
    }));

  it('the contents tell what is done', () =>
    visit({ path: 'learn/' }, async (page) => {
      await page.evaluate(() =>
        localStorage.setItem(
          'slipway.progress.orchestration/reconcile',
          JSON.stringify({ passed: [0, 1], of: 2, done: true }),
        ),
      );
      await page.reload();
      await page.getByRole('link', { name: /Reconcile.*Done/ }).waitFor();
    }));

  it('a slide leads to its exercises', () =>
    visit({ path: 'talk/13' }, async (page) => {
      await page.getByRole('link', { name: /A pod by curl.* min/ }).click();
      await page.locator('.workbench').getByRole('main').waitFor();
    }));

  it('a slide has a QR code and a frame of its exercise, which a deck can show', () =>
    visit({ path: 'talk/30/' }, async (page) => {
      const share = page.locator('share-exercise').filter({ hasText: 'Reconcile' });
      expect(
        await share
          .getByRole('img', { name: /QR code/ })
          .locator('path, rect')
          .count(),
      ).toBeGreaterThan(0);
      const address = await share.locator('.address').innerText();
      expect(address).toBe(`${site.url}learn/orchestration/reconcile/`);
      await page.goto(`${address}?embed=1`);
      expect(await page.getByRole('banner').isVisible()).toBe(false);
      await page.getByRole('link', { name: 'Open in Slipway' }).waitFor();
      await page.locator('.session-status[data-phase="ready"]').waitFor();
    }));

  it('progress is saved to a file and brought back by it', () =>
    visit({ path: 'progress/' }, async (page) => {
      await page.evaluate(() =>
        localStorage.setItem(
          'slipway.progress.orchestration/reconcile',
          JSON.stringify({ passed: [0, 1], of: 2, done: true }),
        ),
      );
      await page.reload();
      await page.getByRole('link', { name: /7.2 Reconcile: done/ }).waitFor();
      const saving = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Save to a file' }).click();
      const file = await (await saving).path();
      await page.evaluate(() => localStorage.clear());
      await page.reload();
      await page.getByRole('link', { name: /7.2 Reconcile: not begun/ }).waitFor();
      await page.getByLabel('Bring in a file').setInputFiles(file);
      await page.getByText('Brought in: 1 exercise.').waitFor();
      await page.getByRole('link', { name: /7.2 Reconcile: done/ }).waitFor();
    }));

  it('what is not there says so, with a way on', () =>
    visit({ path: 'learn/nothing/' }, async (page) => {
      expect((await page.request.get(page.url())).status()).toBe(404);
      await page.getByRole('heading', { name: 'Nothing moored here' }).waitFor();
      await page.getByRole('link', { name: 'See the contents' }).click();
      await page.getByRole('heading', { level: 1, name: 'Contents' }).waitFor();
    }));

  it('search finds a lesson', () =>
    visit({ path: 'learn/' }, async (page) => {
      // Enabled when its script is there; Ctrl-K does the same.
      await page.getByRole('button', { name: 'Search' }).click();
      await page.locator('dialog input').fill('CrashLoopBackOff');
      await page
        .locator('dialog')
        .getByRole('link', { name: /Repair a crashing pod/ })
        .first()
        .click();
      await page.locator('.workbench').getByRole('main').waitFor();
    }));

  it.each(['', 'learn/', 'learn/orchestration/', 'talk/', 'progress/', REPAIR])(
    '/%s does not move while it loads',
    (path) =>
      visit({ path }, async (page) => {
        await page.waitForLoadState('networkidle');
        const { shift } = await page.evaluate(() => (window as unknown as { seen: { shift: number } }).seen);
        // 0.1 is what Web Vitals calls good. A font that comes within its first tenth of a second, after the first
        // paint, moves a lesson's text by 0.03; nothing else may move.
        expect(shift).toBeLessThan(0.05);
      }),
  );

  it('after the first visit a lesson is there without a network', () =>
    visit({ path: '', offline: true }, async (page) => {
      // The worker controls the page once it has fetched everything.
      await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
      await page.context().setOffline(true);
      await page.goto(site.url + REPAIR);
      await page.locator('.monaco-editor .view-line').first().waitFor();
      await page.locator('.session-status[data-phase="ready"]').waitFor();
    }));

  it.each([390, 768, 1024, 1440])('nothing is wider than a page of %i pixels', async (width) => {
    for (const path of ['', 'learn/', 'learn/apis/', 'talk/', 'progress/', REPAIR]) {
      await visit({ path, width }, async (page) => {
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow, `/${path}`).toBeLessThanOrEqual(0);
      });
    }
  });
});

describe('a lesson’s panes', () => {
  it('have the names that assistive technology reads, before any script has run', () =>
    visit({ path: REPAIR }, async (page) => {
      const html = await (await page.request.get(page.url())).text();
      expect(await page.getByRole('main').count()).toBe(1);
      for (const name of ['Editor', 'Terminal', 'Checks', 'Cluster']) {
        expect(html).toContain(`aria-label="${name}"`);
        expect(await page.getByRole('region', { name, exact: true }).count(), name).toBe(1);
      }
      expect(html).toContain('data-state="waiting"');
    }));

  it('move by keyboard, and stay where they were put', () =>
    visit({ path: REPAIR }, async (page) => {
      const splitter = page.getByRole('separator', { name: 'Width of the lesson' });
      const before = Number(await splitter.getAttribute('aria-valuenow'));
      await page.locator('astro-island:not([ssr])').waitFor();
      await splitter.focus();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      expect(Number(await splitter.getAttribute('aria-valuenow'))).toBe(before + 4);
      const width = () => page.locator('.lesson-prose').evaluate((e) => e.getBoundingClientRect().width);
      const moved = await width();
      await page.reload();
      expect(await width()).toBeCloseTo(moved, 0);
    }));

  it('are reached in turn with F6, out of the terminal too', () =>
    visit({ path: REPAIR }, async (page) => {
      await page.getByRole('region', { name: 'Terminal' }).locator('textarea').first().focus();
      const visited = new Set<string>();
      for (let step = 0; step < 5; step++) {
        await page.keyboard.press('F6');
        visited.add(
          await page.evaluate(() => {
            const at = document.activeElement;
            return at?.closest('.lesson-prose') ? 'Lesson' : (at?.closest('section')?.ariaLabel ?? '');
          }),
        );
      }
      expect([...visited].sort()).toEqual(['Checks', 'Cluster', 'Editor', 'Lesson', 'Terminal']);
    }));

  it('are tabs on a phone, one at a time', () =>
    visit({ path: REPAIR, width: 390 }, async (page) => {
      await page.locator('astro-island:not([ssr])').waitFor();
      const shown = async () => {
        const names = ['Lesson', 'Editor', 'Terminal', 'Checks', 'Cluster'];
        const visible = await Promise.all(
          names.map((name) =>
            page.locator(name === 'Lesson' ? '.lesson-prose' : `section[aria-label="${name}"]`).isVisible(),
          ),
        );
        return names.filter((_, at) => visible[at]);
      };
      expect(await shown()).toEqual(['Lesson']);
      for (const name of ['Terminal', 'Editor', 'Cluster', 'Checks']) {
        await page.getByRole('tab', { name }).click();
        expect(await shown()).toEqual([name]);
      }
    }));

  it('follow the theme switch', () =>
    visit({ path: REPAIR, theme: 'dark' }, async (page) => {
      const ground = () =>
        page.getByRole('region', { name: 'Terminal' }).evaluate((e) => getComputedStyle(e).backgroundColor);
      const dark = await ground();
      await page.waitForFunction(() => customElements.get('starlight-theme-select') !== undefined);
      await page.locator('starlight-theme-select select').first().selectOption('light');
      expect(await ground()).not.toBe(dark);
    }));

  it('reset asks first', () =>
    visit({ path: REPAIR }, async (page) => {
      await page.locator('astro-island:not([ssr])').waitFor();
      const reset = page.getByRole('button', { name: 'Reset' });
      // Enabled when the session has started, or has said why it cannot.
      await reset.and(page.locator(':enabled')).click();
      await page.getByRole('button', { name: 'Keep my work' }).click();
      expect(await page.getByRole('dialog').count()).toBe(0);
    }));
});
