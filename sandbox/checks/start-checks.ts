/** The check engine on the session's clock; loaded once there is a session to check. */
import { RealClock } from '../core/clock.ts';
import { DisposableStore, type Disposable } from '../core/disposable.ts';
import { CheckEngine, type CheckRecord } from './check-engine.ts';
import type { CheckedSession } from './check-inputs.ts';
import type { CheckState } from './check-state.ts';
import { readExerciseChecks } from './exercise-checks.ts';
import type { Session } from '../runtimes/runtime.ts';
import { sessionClock } from '../runtimes/session-clock.ts';

/** Throws `ExerciseInvalid`. `onStates` hears the first states too. */
export function startEngine(
  session: CheckedSession & Pick<Session, 'status' | 'onStatus'>,
  exercise: Record<string, unknown>,
  options: { record?: CheckRecord | undefined; onRecord?: ((record: CheckRecord) => void) | undefined },
  onStates: (states: CheckState[]) => void,
): Disposable {
  const owned = new DisposableStore();
  const { clock, following } = sessionClock(session, new RealClock());
  owned.add(following);
  const engine = new CheckEngine({
    session,
    exercise: readExerciseChecks(exercise),
    clock,
    record: options.record,
    ...(options.onRecord ? { onRecord: options.onRecord } : {}),
  });
  engine.onStates(onStates);
  onStates(engine.states);
  owned.add(engine);
  return owned;
}
