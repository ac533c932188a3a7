/** How a page's frames follow each other while something happens in it, by the page's own clock. */
import type { Page } from 'playwright-core';

interface Frames {
  /** From one frame to the next, in order. */
  intervalsMs: number[];
}

/** Watches the page's frames while `work` runs. */
export async function framesWhile(page: Page, work: () => Promise<void>): Promise<Frames> {
  await page.evaluate(startWatching);
  await work();
  return { intervalsMs: await page.evaluate(stopWatching) };
}

export function framesPerSecond({ intervalsMs }: Frames): number {
  const totalMs = intervalsMs.reduce((sum, each) => sum + each, 0);
  return (intervalsMs.length / totalMs) * 1000;
}

interface Watching {
  benchFrames?: { intervalsMs: number[]; stop: boolean };
}

function startWatching(): void {
  const watched = ((globalThis as Watching).benchFrames = { intervalsMs: [] as number[], stop: false });
  let last: number | undefined;
  const next = (now: number) => {
    if (last !== undefined) watched.intervalsMs.push(now - last);
    last = now;
    if (!watched.stop) requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
}

function stopWatching(): number[] {
  const watched = (globalThis as Watching).benchFrames!;
  watched.stop = true;
  return watched.intervalsMs;
}
