/** Progress as a file that the learner can keep, and bring to another browser. */
import { readProgress, writeProgress, type ExerciseProgress } from './progress.ts';

const FORMAT = 'slipway-progress/1';

interface ProgressFile {
  format: typeof FORMAT;
  exercises: Record<string, ExerciseProgress>;
}

export function exportProgress(exercises: readonly string[]): string {
  const found = exercises.flatMap((id) => {
    const progress = readProgress(id);
    return progress ? [[id, progress] as const] : [];
  });
  return `${JSON.stringify({ format: FORMAT, exercises: Object.fromEntries(found) } satisfies ProgressFile, null, 2)}\n`;
}

/**
 * Adds what `text` says to what is here: what was done in either is done. Returns how many exercises it named.
 * @throws Error for people, when the text is not such a file; nothing is changed then.
 */
export function importProgress(text: string): number {
  const entries = Object.entries(parse(text).exercises);
  for (const [id, theirs] of entries) {
    const mine = readProgress(id);
    const further = !mine || theirs.passed.length > mine.passed.length ? theirs : mine;
    writeProgress(id, { ...further, done: theirs.done || (mine?.done ?? false) });
  }
  return entries.length;
}

function parse(text: string): ProgressFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('This file is not JSON. Choose the file that “Save to a file” made.');
  }
  const { format, exercises } = (value ?? {}) as Partial<ProgressFile>;
  if (format !== FORMAT || typeof exercises !== 'object' || exercises === null)
    throw new Error(`This file is not Slipway’s progress (it should say "format": "${FORMAT}").`);
  for (const [id, progress] of Object.entries(exercises)) {
    if (!isProgress(progress))
      throw new Error(`What this file says of ${id} cannot be read. Nothing was changed.`);
  }
  return { format, exercises };
}

const isProgress = (value: unknown): value is ExerciseProgress => {
  const { passed, of, done } = (value ?? {}) as Partial<ExerciseProgress>;
  return (
    Array.isArray(passed) &&
    passed.every((index) => Number.isInteger(index) && index >= 0) &&
    Number.isInteger(of) &&
    typeof done === 'boolean'
  );
};
