/** Every kind of page against axe's rules for WCAG 2.2 A and AA and its best practices, in both themes. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { LessonPage, RECONCILE } from './lesson-page.ts';
import { visitedSite } from './visited-site.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const site = visitedSite();

interface Violation {
  id: string;
  help: string;
  nodes: { target: unknown[]; failureSummary: string }[];
}

/** What axe finds on the page as it is, a line a finding. */
async function violations({ page }: LessonPage): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(context: unknown, options: unknown): Promise<{ violations: Violation[] }> };
    };
    // Monaco draws its own text area and lines; its accessibility is its makers' and differs from these rules.
    const { violations } = await axe.run(
      { exclude: ['.monaco-editor', '.xterm'] },
      { resultTypes: ['violations'] },
    );
    return violations;
  });
  return found.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} (${help}): ${target.join(' ')}\n${failureSummary}`),
  );
}

const PAGES = ['', 'learn/', 'learn/orchestration/', 'talk/', 'talk/30/', 'progress/', 'nothing-here/'];

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  it.each(PAGES)('/%s has no violation', async (path) => {
    const page = await LessonPage.open(site.browser, site.url + path, { theme });
    try {
      expect(await violations(page)).toEqual([]);
    } finally {
      await page.close();
    }
  });

  it.each([
    ['wide', 1440],
    ['on a phone', 320],
  ])('a lesson has none, %s', async (_, width) => {
    const lesson = await LessonPage.open(site.browser, site.url + RECONCILE, {
      theme,
      viewport: { width, height: 900 },
    });
    try {
      await lesson.page.locator('.session-status[data-phase="ready"]').waitFor({ state: 'attached' });
      await lesson.page.locator('.pod').first().waitFor({ state: 'attached' });
      expect(await violations(lesson)).toEqual([]);
    } finally {
      await lesson.close();
    }
  });
});
