/** The cluster view of a lesson with 500 pods: how often it is drawn while they come and while all of them change. */
import { LessonPage, RECONCILE } from '../browser/lesson-page.ts';
import { visitBuiltSite } from './built-site.ts';
import { framesPerSecond, framesWhile } from './frames.ts';
import type { Report } from './measurement.ts';

const PODS = 500;
const LIMIT_MS = 120_000;
/** Long enough for a blink to be no more than a share of it. */
const LOOK_MS = 5000;

export async function measure(report: Report): Promise<void> {
  await visitBuiltSite(async (browser, site) => {
    const lesson = await LessonPage.open(browser, `${site}${RECONCILE}`);
    await lesson.ready();
    await lesson.prompt();
    const marks = lesson.cluster.locator('button.pod');
    const coming = await framesWhile(lesson.page, async () => {
      // Those that the lesson's one node has no room for are drawn as pending.
      await lesson.type(`kubectl scale deployment web --replicas=${PODS}`);
      await marks.nth(PODS - 1).waitFor({ state: 'attached', timeout: LIMIT_MS });
    });
    const frames = (name: string, measured: typeof coming) =>
      report({
        name,
        value: Math.round(framesPerSecond(measured)),
        unit: '1/s',
        goal: 60,
        atLeast: true,
      });
    frames(`cluster view while ${PODS} pods come, frames`, coming);
    const changing = await framesWhile(lesson.page, async () => {
      await lesson.type('kubectl label pods --all bench=yes >/dev/null; echo labelled-$((6*7))');
      await lesson.shows('labelled-42', LIMIT_MS);
      await lesson.page.waitForTimeout(LOOK_MS);
    });
    frames(`cluster view while all of ${PODS} pods change, frames`, changing);
    await lesson.close();
  });
}
