/** What a learner waits for, in Chromium, on the built site as `npm start` serves its files. */
import type { Browser } from 'playwright-core';
import { visitBuiltSite } from './built-site.ts';
import { LessonVisit, type Question } from './lesson-visit.ts';
import type { Report } from './measurement.ts';
import { descendantsCpuSeconds } from './process-tree.ts';
import { median, percentile } from './samples.ts';
import { pause } from './stopwatch.ts';

const EXERCISE = 'orchestration/repair-a-crashing-pod';
/** Its pods stay up: nothing happens unless the learner does something. */
const QUIET_EXERCISE = 'orchestration/reconcile';
const RUNS = 5;
/** The first visit has the site kept for later, the second its scripts in the compiled form of the third. */
const WARM_UPS = 3;
const KEYSTROKES = 200;
/** Until everything that is loaded after the prompt is there. */
const SETTLE_MS = 8000;
const IDLE_MS = 10_000;

const NODES: Question = { line: 'kubectl get nodes -o name', answer: 'node/slipway-control-plane' };
/** Another answer each time: the terminal shows again what it showed before a reload. */
const sum = (run: number): Question => ({ line: `echo $((6*7))-${run}`, answer: `42-${run}` });

export async function measure(report: Report): Promise<void> {
  await visitBuiltSite(async (browser, site) => {
    await coldVisits(browser, site, report);
    await warmVisits(browser, site, report);
    await kubectlVisits(browser, site, report);
    await openLesson(browser, site, report);
  });
}

async function coldVisits(browser: Browser, site: string, report: Report): Promise<void> {
  const prompts: number[] = [];
  const answers: number[] = [];
  const evaluated: number[] = [];
  const ready: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const context = await browser.newContext();
    const visit = await LessonVisit.open(context, site, EXERCISE, sum(run));
    const { fetchedMs, loadedMs, readyMs } = await visit.clusterStart();
    await context.close();
    prompts.push(visit.promptMs);
    answers.push(visit.answerMs);
    evaluated.push(loadedMs - fetchedMs);
    if (readyMs !== undefined) ready.push(readyMs - loadedMs);
  }
  const ms = (name: string, samples: number[], goal?: number) =>
    report({ name, value: median(samples), unit: 'ms', ...(goal ? { goal } : {}), samples });
  ms('click → prompt, cold cache', prompts);
  ms('click → echo $((6*7)) has printed, cold cache', answers, 1000);
  ms('cluster in the Worker: fetched → evaluated', evaluated);
  ms('cluster in the Worker: loaded → ready', ready, 20);
}

async function warmVisits(browser: Browser, site: string, report: Report): Promise<void> {
  const context = await browser.newContext();
  const samples: number[] = [];
  for (let run = 0; run < WARM_UPS + RUNS; run++) {
    const visit = await LessonVisit.open(context, site, EXERCISE, sum(run));
    await visit.clusterStart();
    await visit.kept();
    if (run >= WARM_UPS) samples.push(visit.answerMs);
  }
  await context.close();
  const value = median(samples);
  report({ name: 'click → echo $((6*7)) has printed, warm', value, unit: 'ms', goal: 400, samples });
}

async function kubectlVisits(browser: Browser, site: string, report: Report): Promise<void> {
  const samples: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const context = await browser.newContext();
    const visit = await LessonVisit.open(context, site, EXERCISE, NODES);
    await context.close();
    samples.push(visit.answerMs);
  }
  const value = median(samples);
  report({
    name: 'click → kubectl get nodes -o name has printed, cold',
    value,
    unit: 'ms',
    goal: 1500,
    samples,
  });
}

async function openLesson(browser: Browser, site: string, report: Report): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const visit = await LessonVisit.open(context, site, QUIET_EXERCISE, NODES);
  await pause(SETTLE_MS);
  const before = descendantsCpuSeconds(process.pid);
  await pause(IDLE_MS);
  const cpu = descendantsCpuSeconds(process.pid) - before;
  report({
    name: 'idle CPU of an open lesson, whole browser',
    value: (cpu / IDLE_MS) * 1e5,
    unit: '%',
    goal: 1,
  });
  const samples = await visit.keystrokes(KEYSTROKES);
  await context.close();
  const value = percentile(samples, 99);
  report({ name: 'keystroke → on the screen, p99', value, unit: 'ms', goal: 25, samples });
}
