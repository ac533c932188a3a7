/**
 * A lesson as the bench visits it. What is typed and what is timed happens in the page itself, so that the driver's
 * own delays are not measured.
 */
import type { BrowserContext, Page } from 'playwright-core';

const LIMIT_MS = 30_000;
const WINDOW_START_MS = 1500;
/** Chromium stores compiled scripts some time after they have run. */
const COMPILED_MS = 2500;

export interface Question {
  /** Typed with Enter as soon as there is a prompt. */
  line: string;
  /** A line of the terminal's screen that answers it. */
  answer: string;
}

export class LessonVisit {
  readonly page: Page;
  /** From the click on the lesson's link until the prompt was drawn. */
  readonly promptMs: number;
  /** From the click until the answer was drawn. */
  readonly answerMs: number;

  private constructor(page: Page, { promptMs, answerMs }: { promptMs: number; answerMs: number }) {
    this.page = page;
    this.promptMs = promptMs;
    this.answerMs = answerMs;
  }

  /** Opens the table of contents, clicks on the exercise's link, asks, and waits for the answer. */
  static async open(
    context: BrowserContext,
    site: string,
    exercise: string,
    question: Question,
  ): Promise<LessonVisit> {
    const page = context.pages()[0] ?? (await newWindow(context));
    await page.goto(`${site}learn/`);
    await page.evaluate((asked) => sessionStorage.setItem('question', JSON.stringify(asked)), question);
    const told = page.waitForEvent('console', {
      predicate: (message) => message.text().startsWith('bench:'),
      timeout: LIMIT_MS,
    });
    await page.locator(`a[data-exercise="${exercise}"]`).click();
    const text = (await told).text();
    return new LessonVisit(page, JSON.parse(text.slice('bench:'.length)));
  }

  /** Milliseconds from each of `count` keys until it is on the screen. */
  keystrokes(count: number): Promise<number[]> {
    return this.page.evaluate(pressKeys, count);
  }

  /** Resolves when the service worker has the site, and the browser what it compiled, for the next visit. */
  async kept(): Promise<void> {
    await this.page.evaluate(async () => void (await navigator.serviceWorker.ready));
    await this.page.waitForTimeout(COMPILED_MS);
  }

  /** Resolves when the cluster is ready and the exercise is laid out, with what the Worker noted meanwhile. */
  async clusterStart(): Promise<ClusterStart> {
    const isWorker = /\/worker-[\w-]+\.js/;
    const worker = this.page.workers().find((candidate) => isWorker.test(candidate.url()));
    if (!worker) throw new Error('the lesson has no Worker');
    for (let waitedMs = 0; waitedMs < LIMIT_MS; waitedMs += 50) {
      const start = await worker.evaluate(readClusterStart);
      if (start) return start;
      await this.page.waitForTimeout(50);
    }
    throw new Error('the cluster’s Worker was not ready in time');
  }
}

/** A window whose own start, which takes Chromium half a second of CPU, is over. */
async function newWindow(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.addInitScript(askAtThePrompt);
  await page.waitForTimeout(WINDOW_START_MS);
  return page;
}

/** In milliseconds of the Worker's own clock. */
interface ClusterStart {
  /** The last of the cluster's scripts has arrived. */
  fetchedMs: number;
  /** They have been evaluated. */
  loadedMs: number;
  /** The nodes are Ready; undefined for a session that was stored: its exercise is laid out already. */
  readyMs: number | undefined;
}

function readClusterStart(): ClusterStart | undefined {
  const at = (name: string) => performance.getEntriesByName(name, 'mark')[0]?.startTime;
  const loadedMs = at('cluster loaded');
  if (loadedMs === undefined || at('ready') === undefined) return undefined;
  const fetches = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
  const arrivals = fetches.map(({ responseEnd }) => responseEnd).filter((ms) => ms <= loadedMs);
  return { fetchedMs: Math.max(0, ...arrivals), loadedMs, readyMs: at('Laying out the exercise') };
}

/** Runs in every document of the page: notes the click, types at the first prompt, and says when the answer is there. */
function askAtThePrompt(): void {
  const now = () => performance.timeOrigin + performance.now();
  addEventListener(
    'click',
    (event) => sessionStorage.setItem('clicked', String(performance.timeOrigin + event.timeStamp)),
    { capture: true },
  );
  const clicked = Number(sessionStorage.getItem('clicked'));
  sessionStorage.removeItem('clicked');
  if (!clicked) return;
  const { line, answer } = JSON.parse(sessionStorage.getItem('question')!) as Question;
  let promptMs: number | undefined;
  const look = (rows: Element) => {
    const lines = [...rows.children].map((row) => row.textContent!.trimEnd()).filter((text) => text !== '');
    if (promptMs === undefined) {
      if (!lines.at(-1)?.endsWith('$')) return;
      promptMs = now() - clicked;
      const input = rows.ownerDocument.querySelector('.xterm-helper-textarea')!;
      input.dispatchEvent(new InputEvent('input', { data: `${line}\r`, inputType: 'insertText' }));
    } else if (lines.includes(answer)) {
      observer.disconnect();
      console.log(`bench:${JSON.stringify({ promptMs, answerMs: now() - clicked })}`);
    }
  };
  let observer = new MutationObserver(() => {
    const rows = document.querySelector('.xterm-rows');
    if (!rows) return;
    observer.disconnect();
    observer = new MutationObserver(() => look(rows));
    observer.observe(rows, { childList: true, subtree: true, characterData: true });
  });
  observer.observe(document, { childList: true, subtree: true });
}

async function pressKeys(count: number): Promise<number[]> {
  const input = document.querySelector('.xterm-helper-textarea')!;
  const rows = document.querySelector('.xterm-rows')!;
  const press = (data: string) =>
    new Promise<number>((resolve) => {
      const started = performance.now();
      const observer = new MutationObserver(() => {
        observer.disconnect();
        resolve(performance.now() - started);
      });
      observer.observe(rows, { childList: true, subtree: true, characterData: true });
      input.dispatchEvent(new InputEvent('input', { data, inputType: 'insertText' }));
    });
  const pause = () => new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 20));
  const samples: number[] = [];
  while (samples.length < count) {
    samples.push(await press('x'));
    await pause();
    // Ctrl-U, before the line is full.
    if (samples.length % 30 === 0) await press('\x15');
    await pause();
  }
  return samples;
}
