/**
 * A lesson's session begins to load before its page can be used: the Worker's scripts arrive and are compiled on
 * another core while this one draws the panes. Runs as soon as it is there (`build/preload.ts`), with the page
 * half read.
 */
import { chosenRuntime, runtimeNamed } from '../playground/runtimes.ts';

const lesson = document.querySelector<HTMLMetaElement>('meta[name=lesson]')?.content;
// Why it cannot be had is said by the session that asks for it again.
if (lesson !== undefined) runtimeNamed(chosenRuntime(lesson)).catch(() => {});
