/**
 * What the site may use of the sandbox; everything else in this folder is behind it. Small on purpose: the
 * terminal waits for it. Clusters live in Workers, and the check engine is loaded when a session is there.
 */
import type { CheckState } from './checks/check-state.ts';
import type { CheckRecord } from './checks/check-engine.ts';
import type { Disposable } from './core/disposable.ts';
import { Emitter, type Event } from './core/emitter.ts';
import type { Session } from './runtimes/runtime.ts';

export { embeddedRuntime } from './runtimes/embedded/embedded-runtime.ts';
export { kindRuntime } from './runtimes/kind/kind-runtime.ts';
export type { CheckRecord, CheckState };

export interface RunningChecks extends Disposable {
  /** Fires with the state of every check after one has changed. */
  readonly states: Event<CheckState[]>;
}

export interface StartChecksOptions {
  /** What `onRecord` told last for this session: `start.` and what has passed. */
  record?: CheckRecord | undefined;
  onRecord?: (record: CheckRecord) => void;
}

/** Evaluates the checks of an exercise (its parsed `exercise.yaml`) on `session` until disposed. */
export function startChecks(
  session: Session,
  exercise: Record<string, unknown>,
  options: StartChecksOptions = {},
): RunningChecks {
  const states = new Emitter<CheckState[]>();
  let running: Disposable | undefined;
  let disposed = false;
  void import('./checks/start-checks.ts').then(({ startEngine }) => {
    if (!disposed) running = startEngine(session, exercise, options, (changed) => states.fire(changed));
  });
  return {
    states: states.event,
    dispose() {
      disposed = true;
      running?.dispose();
      states.dispose();
    },
  };
}
