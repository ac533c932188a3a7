/**
 * A lesson's session begins to load before its page can be used: the Worker's scripts arrive and are compiled on
 * another core while this one draws the panes.
 */
import { chosenRuntime, runtimeNamed } from '../playground/runtimes.ts';

const exercise = document.querySelector<HTMLElement>('.workbench')?.dataset['lesson'];
// Why it cannot be had is said by the session that asks for it again.
if (exercise !== undefined) runtimeNamed(chosenRuntime(exercise)).catch(() => {});
