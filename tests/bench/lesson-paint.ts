/** How a lesson comes onto the screen, as the browser itself tells it. */
import type { BrowserContext } from 'playwright-core';
import { visitBuiltSite } from './built-site.ts';
import type { Report } from './measurement.ts';
import { median } from './samples.ts';

const EXERCISE = 'orchestration/repair-a-crashing-pod';
const RUNS = 5;
/** Until a lesson's panels and prose have come to rest. */
const SETTLE_MS = 4000;

interface LessonPaint {
  /** From the start of the navigation until the largest text or picture was painted. */
  largestPaintMs: number;
  /** Cumulative layout shift: what moved after it had been painted, as a share of the screen. */
  layoutShift: number;
}

export async function measure(report: Report): Promise<void> {
  const paints: LessonPaint[] = [];
  await visitBuiltSite(async (browser, site) => {
    for (let run = 0; run < RUNS; run++) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      paints.push(await paintOf(context, `${site}learn/${EXERCISE}/`));
      await context.close();
    }
  });
  const samples = paints.map(({ largestPaintMs }) => largestPaintMs);
  report({
    name: 'largest paint of a lesson, cold',
    value: median(samples),
    unit: 'ms',
    goal: 1500,
    samples,
  });
  const shifts = paints.map(({ layoutShift }) => 100 * layoutShift);
  const largest = Math.max(...shifts);
  report({
    name: 'layout shift of a lesson, the largest',
    value: largest,
    unit: '%',
    goal: 5,
    samples: shifts,
  });
}

async function paintOf(context: BrowserContext, url: string): Promise<LessonPaint> {
  const page = await context.newPage();
  await page.addInitScript(observePaints);
  await page.goto(url);
  await page.waitForTimeout(SETTLE_MS);
  const paint = await page.evaluate(() => (globalThis as unknown as { paint: LessonPaint }).paint);
  await page.close();
  return paint;
}

function observePaints(): void {
  const paint: LessonPaint = { largestPaintMs: 0, layoutShift: 0 };
  (globalThis as unknown as { paint: LessonPaint }).paint = paint;
  const observe = (type: string, take: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  observe('largest-contentful-paint', ({ startTime }) => (paint.largestPaintMs = startTime));
  observe('layout-shift', (entry) => {
    const { value, hadRecentInput } = entry as PerformanceEntry & {
      value: number;
      hadRecentInput: boolean;
    };
    if (!hadRecentInput) paint.layoutShift += value;
  });
}
