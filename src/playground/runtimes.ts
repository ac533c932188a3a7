/** The runtimes that a lesson can choose from. The sandbox's code is loaded beside the page's, not before it. */
import type { CheckState } from '../../sandbox/checks/check-state.ts';
import type { Disposable } from '../../sandbox/core/disposable.ts';
import type { Event } from '../../sandbox/core/emitter.ts';
import type { Runtime, Session } from '../../sandbox/runtimes/runtime.ts';
import { sitePath } from '../site-path.ts';

export type RuntimeName = 'embedded' | 'kind';

interface Sandbox {
  embeddedRuntime(): Runtime;
  kindRuntime(base: string): Runtime;
  startChecks(
    session: Session,
    definition: Record<string, unknown>,
  ): Disposable & { states: Event<CheckState[]> };
}

/** Starts loading at once: this module is evaluated when the lesson's script is. */
const entry = import.meta.glob<Sandbox>('../../sandbox/index.ts')['../../sandbox/index.ts'];
export const sandbox: Promise<Sandbox> = entry
  ? entry()
  : new Promise((_, reject) => reject(new Error('This build of the site has no embedded cluster.')));
sandbox.catch(() => {
  // Whoever opens a session is told.
});

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
