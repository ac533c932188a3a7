/**
 * `npm run check-content -- [--runtime embedded|kind] [--times N] [chapter[/exercise]]`: proves every
 * exercise on a runtime. Exit code 0 only when something was proved and nothing failed.
 */
import { parseArgs } from 'node:util';
import { ExerciseInvalid } from '../author-mistake.ts';
import { exerciseIds, readExerciseFolder } from './exercise-folder.ts';
import { openForContent } from './open-for-content.ts';
import { proveExercise } from './prove-exercise.ts';

const ROOT = 'content/exercises';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runtime: { type: 'string', default: 'embedded' }, times: { type: 'string', default: '1' } },
});
const runtime = values.runtime;
if (runtime !== 'embedded' && runtime !== 'kind') {
  console.error(`--runtime: expected embedded or kind, received ${runtime}`);
  process.exit(2);
}
const wanted = positionals[0];
const ids = (await exerciseIds(ROOT)).filter((id) => !wanted || id === wanted || id.startsWith(`${wanted}/`));
if (ids.length === 0) {
  console.error(`No exercise ${wanted ?? ''} below ${ROOT}.`);
  process.exit(2);
}

let proved = 0;
let failed = 0;
for (const id of ids) {
  for (let time = 0; time < Number(values.times); time++) {
    try {
      const exercise = await readExerciseFolder(ROOT, id);
      if (!exercise.runtimes.includes(runtime)) continue;
      const { session, clock, end } = await openForContent(runtime, exercise.start, time + 1);
      try {
        console.log(`${id} on ${runtime}`);
        await proveExercise(exercise, { session, clock, onProved: (what) => console.log(`  ✓ ${what}`) });
        proved++;
      } finally {
        await end();
      }
    } catch (error) {
      failed++;
      if (error instanceof ExerciseInvalid) console.error(`${ROOT}/${id}/exercise.yaml\n${error.message}`);
      else console.error(`${id}: ${(error as Error).stack}`);
    }
  }
}
console.log(`${proved} exercises proved on ${runtime}, ${failed} failed`);
process.exit(failed === 0 && proved > 0 ? 0 : 1);
