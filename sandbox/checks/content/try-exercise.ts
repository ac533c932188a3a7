/**
 * `npm run try-exercise CHAPTER/EXERCISE -- [--runtime embedded|kind] [--answer solution|wrong/NAME]`: gives an
 * answer as a learner would, prints what the terminal showed, and then what each check sees. Exit code 0
 * when every check passes.
 */
import { parseArgs } from 'node:util';
import { sleep } from '../../core/clock.ts';
import { CheckEngine } from '../check-engine.ts';
import { readExerciseFolder } from './exercise-folder.ts';
import { KeptCluster } from './kept-cluster.ts';
import { openForContent } from './open-for-content.ts';
import { giveAnswer } from './prove-exercise.ts';

/** Cluster seconds that the checks have after the answer. */
const PATIENCE_SECONDS = 180;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runtime: { type: 'string', default: 'embedded' },
    answer: { type: 'string', default: 'solution' },
  },
});
const [id] = positionals;
const { runtime } = values;
if (!id || (runtime !== 'embedded' && runtime !== 'kind')) {
  console.error('npm run try-exercise CHAPTER/EXERCISE -- [--runtime embedded|kind] [--answer wrong/NAME]');
  process.exit(2);
}

const exercise = await readExerciseFolder('content/exercises', id);
const answers = [exercise.solution, ...exercise.wrong];
const answer = answers.find(({ name }) => name === values.answer);
if (!answer) {
  console.error(
    `--answer: expected ${answers.map(({ name }) => name).join(', ')}, received ${values.answer}`,
  );
  process.exit(2);
}
const cluster = new KeptCluster();
const { session, clock, end } = await openForContent(runtime, exercise.start, 1, cluster, {
  evenUnproven: true,
});
let started!: () => void;
const start = new Promise<void>((resolve) => (started = resolve));
if (!exercise.checks.start) started();
const engine = new CheckEngine({
  session,
  exercise: exercise.checks,
  clock,
  onRecord: (record) => record.start && started(),
});
await start;
await giveAnswer(session, answer, (text) => process.stdout.write(text));
const passed = () => engine.states.every(({ state }) => state === 'passed');
const decided = () =>
  passed() || (answer !== exercise.solution && engine.states.some(({ state }) => state === 'failed'));
const limit = clock.now() + PATIENCE_SECONDS * 1000;
while (!decided() && clock.now() < limit) await sleep(clock, 500);
console.log();
for (const { state, name, saw, message } of engine.states) {
  console.log(`[${state}] ${name}`);
  if (saw) console.log(`  saw: ${saw}`);
  if (message) console.log(`  ${message}`);
}
const code = passed() ? 0 : 1;
engine.dispose();
await end();
await cluster.close();
process.exit(code);
