/** 50 MB of output through the terminal of a lesson: whether the page goes on drawing, and what it keeps of it. */
import type { Page } from 'playwright-core';
import { LessonPage, RECONCILE } from '../browser/lesson-page.ts';
import { visitBuiltSite } from './built-site.ts';
import { framesWhile } from './frames.ts';
import type { Report } from './measurement.ts';
import { percentile } from './samples.ts';
import { timed } from './stopwatch.ts';

/** More than the scrollback holds, so that what comes after it can only replace what is there. */
const FILL_BYTES = 5_000_000;
const OUTPUT_BYTES = 50_000_000;
const LIMIT_MS = 240_000;
/** 79 columns and a line feed: a screenful of a program that says a lot. */
const LINE = 'The quick brown fox jumps over the lazy dog, and the dog does not mind at all.';

export async function measure(report: Report): Promise<void> {
  await visitBuiltSite(async (browser, site) => {
    const lesson = await LessonPage.open(browser, `${site}${RECONCILE}`);
    await lesson.ready();
    await lesson.prompt();
    await print(lesson, FILL_BYTES);
    const before = await heapMb(lesson.page);
    let wallMs = 0;
    const { intervalsMs } = await framesWhile(lesson.page, async () => {
      ({ wallMs } = await timed(() => print(lesson, OUTPUT_BYTES)));
    });
    report({ name: '50 MB of output, from Enter to the next prompt', value: wallMs / 1000, unit: 's' });
    const longest = Math.max(...intervalsMs);
    report({ name: 'longest frame meanwhile', value: longest, unit: 'ms', goal: 50 });
    report({ name: 'its frames, p99', value: percentile(intervalsMs, 99), unit: 'ms' });
    const growth = Math.max(0, (await heapMb(lesson.page)) - before);
    report({
      name: 'what the page keeps of 50 MB beyond its scrollback',
      value: growth,
      unit: 'MB',
      goal: 5,
    });
    await lesson.close();
  });
}

/** Prints so many bytes of lines and waits until all of it has been drawn. */
async function print(lesson: LessonPage, bytes: number): Promise<void> {
  await lesson.type(`yes '${LINE}' | head -c ${bytes}; echo; echo $((${bytes} + 1))`);
  await lesson.shows(new RegExp(`^${bytes + 1}$`, 'm'), LIMIT_MS);
}

/** The page's heap after a collection. */
async function heapMb(page: Page): Promise<number> {
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await devTools.send('Runtime.getHeapUsage');
  await devTools.detach();
  return usedSize / 1e6;
}
