/**
 * `npm run check-content -- [--runtime embedded|kind] [--repeat N] [--seed S] [--jobs J] [--lint-only]
 * [chapter[/exercise]]…`: reads the content for mistakes, then proves every exercise on a runtime. Exit code 0
 * only when something was proved and nothing failed. On kind each job has one cluster for all that it proves.
 *
 * A seed decides names, the scheduler's choices and how fast cluster time runs against the work of the
 * thread, and so in which order things that happen at once come about. With `--repeat` the seeds are S, S+1, …
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { load } from 'js-yaml';
import { readFile, readdir } from 'node:fs/promises';
import { describeProblem, type AuthorProblem } from './author-problem.ts';
import { exerciseIds } from './exercise-folder.ts';
import { lintChapter, lintExercise, type LintContext } from './lint-content.ts';
import type { ContentRuntime } from './open-for-content.ts';
import type { ProofOrder, ProofResult } from './proof-worker.ts';
import { openDictionary } from './spelling.ts';

const ROOT = 'content/exercises';
const CHAPTERS = 'content/chapters';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runtime: { type: 'string', default: 'embedded' },
    repeat: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string' },
    'lint-only': { type: 'boolean', default: false },
  },
});
if (values.runtime !== 'embedded' && values.runtime !== 'kind') {
  console.error(`--runtime: expected embedded or kind, received ${values.runtime}`);
  process.exit(2);
}
const runtime: ContentRuntime = values.runtime;
const all = await exerciseIds(ROOT);
const isIn = (id: string, wanted: string) => id === wanted || id.startsWith(`${wanted}/`);
const unknown = positionals.filter((wanted) => !all.some((id) => isIn(id, wanted)));
if (unknown.length > 0) {
  console.error(`No exercise ${unknown.join(', ')} below ${ROOT}.`);
  process.exit(2);
}
const ids =
  positionals.length === 0 ? all : all.filter((id) => positionals.some((wanted) => isIn(id, wanted)));

const problems = await lint(ids);
for (const problem of problems) console.error(describeProblem(problem));
if (values['lint-only']) {
  console.log(`${ids.length} exercises read, ${problems.length} mistakes`);
  process.exit(problems.length === 0 ? 0 : 1);
}

const repeat = Number(values.repeat);
const firstSeed = Number(values.seed);
/** Most of a proof is waiting. On kind each has a cluster of its own: two, unless others are asked for. */
const jobs = Number(values.jobs ?? (runtime === 'kind' ? 2 : 2 * availableParallelism()));
const queue = ids.flatMap((id) => Array.from({ length: repeat }, (_, i) => ({ id, seed: firstSeed + i })));
const began = performance.now();
let proved = 0;
let failed = 0;
await Promise.all(Array.from({ length: Math.min(jobs, queue.length) }, work));
const seconds = Math.round((performance.now() - began) / 1000);
console.log(`${proved} proofs on ${runtime} in ${seconds} s, ${failed} failed, ${problems.length} mistakes`);
process.exit(failed === 0 && proved > 0 && problems.length === 0 ? 0 : 1);

/** Takes from the queue until it is empty, with a process of its own. */
async function work(): Promise<void> {
  const prover = fork(new URL('./proof-worker.ts', import.meta.url));
  for (let job; (job = queue.shift());) {
    // Named in full, it is tried before it is offered: that is how it comes to be.
    const order: ProofOrder = { root: ROOT, runtime, evenIfNotOffered: positionals.includes(job.id), ...job };
    const { outcome, said } = await answerOf(prover, order);
    if (outcome === 'proved') proved++;
    if (outcome === 'failed') failed++;
    if (said.length > 0) console.log(said.join('\n'));
  }
  const exited = once(prover, 'exit');
  prover.disconnect();
  await exited;
}

/** Rejects when the process ends before it has answered. */
function answerOf(prover: ChildProcess, order: ProofOrder): Promise<ProofResult> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) =>
      reject(new Error(`${order.id}, seed ${order.seed}: the process that proves it ended with ${code}`));
    prover.once('exit', onExit);
    prover.once('message', (result) => {
      prover.off('exit', onExit);
      resolve(result as ProofResult);
    });
    prover.send(order);
  });
}

async function lint(chosen: string[]): Promise<AuthorProblem[]> {
  const slides = load(await readFile('content/slides.yaml', 'utf8')) as Record<string, unknown>;
  const chapters = (await readdir(CHAPTERS)).flatMap((name) => /^(.+)\.mdx$/.exec(name)?.[1] ?? []);
  const context: LintContext = {
    pages: { chapters: new Set(chapters), exercises: new Set(all), slides: new Set(Object.keys(slides)) },
    dictionary: await openDictionary('content/words.txt'),
  };
  const found: AuthorProblem[] = [];
  for (const id of chosen) found.push(...(await lintExercise(ROOT, id, context)));
  const read = new Set(chosen.map((id) => id.split('/')[0]!));
  for (const slug of chapters)
    if (positionals.length === 0 || read.has(slug))
      found.push(...(await lintChapter(`${CHAPTERS}/${slug}.mdx`, slug, context)));
  return found;
}
