/** The check engine on the page's own clock; loaded once there is a session to check. */
import { RealClock } from '../core/clock.ts';
import type { Disposable } from '../core/disposable.ts';
import { CheckEngine, type CheckRecord } from './check-engine.ts';
import type { CheckedSession } from './check-inputs.ts';
import type { CheckState } from './check-state.ts';
import { readExerciseChecks } from './exercise-checks.ts';

/** Throws `ExerciseInvalid`. `onStates` hears the first states too. */
export function startEngine(
  session: CheckedSession,
  exercise: Record<string, unknown>,
  options: { record?: CheckRecord | undefined; onRecord?: ((record: CheckRecord) => void) | undefined },
  onStates: (states: CheckState[]) => void,
): Disposable {
  const engine = new CheckEngine({
    session,
    exercise: readExerciseChecks(exercise),
    clock: new RealClock(),
    record: options.record,
    ...(options.onRecord ? { onRecord: options.onRecord } : {}),
  });
  engine.onStates(onStates);
  onStates(engine.states);
  return engine;
}
