/** The runtimes that a lesson can choose from. The sandbox's code is loaded beside the page's, not before it. */
import type { Runtime } from '../../sandbox/runtimes/runtime.ts';
import { sitePath } from '../site-path.ts';
import { readStored, writeStored } from './stored.ts';

export type RuntimeName = 'embedded' | 'kind';

/** Starts loading at once: this module is evaluated when the lesson's script is. Pages are drawn without it. */
export const sandbox: Promise<typeof import('../../sandbox/index.ts')> = import.meta.env.SSR
  ? new Promise(() => {})
  : import('../../sandbox/index.ts');

const made = new Map<RuntimeName, Promise<Runtime>>();

export function runtimeNamed(name: RuntimeName): Promise<Runtime> {
  let runtime = made.get(name);
  if (!runtime) {
    runtime = sandbox.then(({ embeddedRuntime, kindRuntime }) =>
      name === 'embedded' ? embeddedRuntime() : kindRuntime(sitePath('api/')),
    );
    made.set(name, runtime);
  }
  return runtime;
}

/** The one that the learner chose last for this exercise; the first choice is the embedded cluster. */
export function chosenRuntime(exercise: string): RuntimeName {
  return readStored<RuntimeName>(`runtime.${exercise}`, 'embedded');
}

export function chooseRuntime(exercise: string, name: RuntimeName): void {
  writeStored(`runtime.${exercise}`, name);
}
