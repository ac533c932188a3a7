/** What the learner has done, by exercise; kept in the browser. The contents page reads it too. */
import { readStored, writeStored } from '../stored.ts';

export interface ExerciseProgress {
  /** Positions of the checks that passed since the last reset. */
  passed: number[];
  /** How many checks the exercise had then. */
  of: number;
  /** All passed once; a reset does not take it back. */
  done: boolean;
}

const key = (exercise: string) => `progress.${exercise}`;

export const readProgress = (exercise: string): ExerciseProgress | undefined =>
  readStored<ExerciseProgress | undefined>(key(exercise), undefined);

export function recordPassed(exercise: string, passed: number[], of: number): void {
  const done = passed.length === of || (readProgress(exercise)?.done ?? false);
  writeProgress(exercise, { passed, of, done });
}

export const writeProgress = (exercise: string, progress: ExerciseProgress): void =>
  writeStored(key(exercise), progress);
