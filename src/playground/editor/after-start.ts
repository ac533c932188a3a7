/**
 * When Monaco may be loaded. It keeps the page's thread for half a second: the cluster's start and a first command go
 * before it, unless somebody wants the editor now. Until then the file can be read.
 */
import { effect, type ReadonlySignal } from '@preact/signals';
import type { LessonSession } from '../session.ts';

/** For what the start's last word still has to draw. */
const IDLE_MS = 1000;

export interface EditorWanted {
  /** A click or the keyboard's focus in it wants the editor. */
  panel: HTMLElement;
  /** A path wants it too. */
  edit: ReadonlySignal<string | undefined>;
}

/** Resolves when the session's start is over and the browser has nothing to do, or as soon as the editor is wanted. */
export function afterStart(session: LessonSession, { panel, edit }: EditorWanted): Promise<void> {
  return new Promise((resolve) => {
    const settled = new AbortController();
    const settle = () => {
      settled.abort();
      resolve();
    };
    for (const event of ['pointerdown', 'focusin'])
      panel.addEventListener(event, settle, { signal: settled.signal });
    const unfollow = effect(() => {
      const { phase } = session.status.value;
      if (edit.value !== undefined) settle();
      else if (phase !== 'starting' && phase !== 'resetting') whenIdle(settle);
    });
    settled.signal.addEventListener('abort', unfollow);
    if (settled.signal.aborted) unfollow();
  });
}

function whenIdle(then: () => void): void {
  // Safari has no idle callbacks.
  if (typeof requestIdleCallback === 'function') requestIdleCallback(then, { timeout: IDLE_MS });
  else setTimeout(then, IDLE_MS);
}
