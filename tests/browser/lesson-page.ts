/** A lesson as a person meets it: by the names that assistive technology reads. */
import type { Browser, Locator, Page } from 'playwright-core';

export const REPAIR = 'learn/orchestration/repair-a-crashing-pod/';
export const RECONCILE = 'learn/orchestration/reconcile/';
export const CANARY = 'learn/service-meshes/a-tenth-of-the-traffic/';
export const FUNCTION = 'learn/serverless/a-function/';
export const BY_CURL = 'learn/apis/a-pod-by-curl/';

interface OpenOptions {
  viewport?: { width: number; height: number };
  theme?: 'light' | 'dark';
}

export class LessonPage {
  readonly page: Page;
  readonly terminal: Locator;
  readonly editor: Locator;
  readonly checks: Locator;
  readonly cluster: Locator;
  /** What the browser's console said in red, and uncaught errors. */
  readonly errors: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    this.terminal = page.getByRole('region', { name: 'Terminal' });
    this.editor = page.getByRole('region', { name: 'Editor' });
    this.checks = page.getByRole('region', { name: 'Checks' });
    this.cluster = page.getByRole('region', { name: 'Cluster' });
    page.on('console', (message) => message.type() === 'error' && this.errors.push(message.text()));
    page.on('pageerror', (error) => this.errors.push(error.message));
  }

  static async open(
    browser: Browser,
    url: string,
    { viewport = { width: 1440, height: 900 }, theme = 'light' }: OpenOptions = {},
  ): Promise<LessonPage> {
    const context = await browser.newContext({ viewport, colorScheme: theme });
    const lesson = new LessonPage(await context.newPage());
    await lesson.page.goto(url);
    return lesson;
  }

  /** A second tab of the same browser profile. */
  async sibling(url: string): Promise<LessonPage> {
    const lesson = new LessonPage(await this.page.context().newPage());
    await lesson.page.goto(url);
    return lesson;
  }

  /** The text on the terminal's screen. */
  async screen(): Promise<string> {
    const rows = this.terminal.locator('.xterm-rows > div');
    return (await rows.allTextContents())
      .map((row) => row.trimEnd().replaceAll(' ', ' '))
      .join('\n')
      .trimEnd();
  }

  /** Waits until the screen shows `text`. Throws with the screen. */
  async shows(text: string | RegExp, timeoutMs = 20_000): Promise<string> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const screen = await this.screen();
      if (typeof text === 'string' ? screen.includes(text) : text.test(screen)) return screen;
      if (Date.now() > deadline)
        throw new Error(`the terminal does not show ${text} after ${timeoutMs} ms:\n${screen}`);
      await this.page.waitForTimeout(25);
    }
  }

  /** Waits for a prompt at the end of the screen. */
  async prompt(timeoutMs = 20_000): Promise<void> {
    await this.shows(/[$#] ?$/, timeoutMs);
  }

  /** Waits until the cluster runs and the exercise is laid out. */
  async ready(): Promise<void> {
    await this.page.locator('.session-status[data-phase="ready"]').waitFor({ state: 'attached' });
  }

  /** Types a line with Enter. Keys go through the browser, as from a keyboard. */
  async type(line: string): Promise<void> {
    await this.terminal.locator('textarea').first().focus();
    await this.page.keyboard.type(line);
    await this.page.keyboard.press('Enter');
  }

  /** Pastes `text`, as from the clipboard. */
  async paste(text: string): Promise<void> {
    const textarea = this.terminal.locator('textarea').first();
    await textarea.evaluate((element, pasted) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', pasted);
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    }, text);
  }

  async press(key: string): Promise<void> {
    await this.terminal.locator('textarea').first().focus();
    await this.page.keyboard.press(key);
  }

  /** `data-state` of every check. */
  async states(): Promise<(string | null)[]> {
    const items = await this.checks.locator('li[data-state]').all();
    return Promise.all(items.map((item) => item.getAttribute('data-state')));
  }

  /** Waits until every check has passed. Throws with what the checks say. */
  async passes(timeoutMs = 60_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while ((await this.states()).some((state) => state !== 'passed')) {
      if (Date.now() > deadline)
        throw new Error(`not passed:\n${await this.checks.innerText()}\n\n${await this.screen()}`);
      await this.page.waitForTimeout(100);
    }
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
