/**
 * Proves an exercise on a runtime: the start fails, the solution passes, every wrong answer fails with its
 * message, and after a reset the start fails again.
 */
import { decode, encode } from '../../core/bytes.ts';
import { sleep, type Clock } from '../../core/clock.ts';
import type { Session } from '../../runtimes/runtime.ts';
import { CheckEngine } from '../check-engine.ts';
import type { CheckState } from '../check-state.ts';
import type { Answer, ExerciseFolder } from './exercise-folder.ts';

export interface Proof {
  session: Session;
  /** The session's clock: all limits here are measured on it. */
  clock: Clock;
  /** Called with each thing that was proved. */
  onProved: (what: string) => void;
}

/** How long a start is watched that must not pass: longer than any `for` that could come true meanwhile. */
const START_SECONDS = 25;
/** Scripts of checks take minutes of their own. */
const PASS_SECONDS = 420;

/** Rejects with what was expected and what the checks said instead. Leaves the session reset. */
export async function proveExercise(exercise: ExerciseFolder, proof: Proof): Promise<void> {
  const { session, onProved } = proof;
  await watch(exercise, proof, 'start', START_SECONDS, undefined, neverPasses);
  onProved('the start fails');
  for (const wrong of exercise.wrong) {
    await session.reset();
    await watch(exercise, proof, wrong.name, PASS_SECONDS, wrong, (states) => {
      if (states.every((state) => state.state === 'passed')) throw new Error('every check passes');
      return states.some((state) => state.state === 'failed' && state.message?.includes(wrong.message));
    });
    onProved(`${wrong.name} fails with its message`);
  }
  await session.reset();
  await watch(exercise, proof, 'solution', PASS_SECONDS, exercise.solution, (states) =>
    states.every((state) => state.state === 'passed'),
  );
  onProved('the solution passes');
  await session.reset();
  await watch(exercise, proof, 'start after reset', START_SECONDS, undefined, neverPasses);
  onProved('after a reset the start fails again');
}

const neverPasses = (states: CheckState[]) => {
  if (states.every((state) => state.state === 'passed')) throw new Error('every check passes');
  return 'not yet' as const;
};

/**
 * Runs the checks, gives the answer once `start.` is captured, and waits until `decide` says true. A
 * `decide` that answers `not yet` to the end proves that nothing happened.
 */
async function watch(
  exercise: ExerciseFolder,
  { session, clock }: Proof,
  what: string,
  limitSeconds: number,
  answer: Answer | undefined,
  decide: (states: CheckState[]) => boolean | 'not yet',
): Promise<void> {
  let captured!: () => void;
  const started = new Promise<void>((resolve) => (captured = resolve));
  if (!exercise.checks.start) captured();
  const engine = new CheckEngine({
    session,
    exercise: exercise.checks,
    clock,
    onRecord: (record) => record.start && captured(),
  });
  const limit = clock.now() + limitSeconds * 1000;
  try {
    await Promise.race([
      started,
      sleep(clock, limitSeconds * 1000).then(() => fail(what, 'the start never settled', engine.states)),
    ]);
    let transcript = '';
    if (answer) await giveAnswer(session, answer, (text) => (transcript += text));
    for (;;) {
      let decision: boolean | 'not yet';
      try {
        decision = decide(engine.states);
      } catch (error) {
        throw fail(what, (error as Error).message, engine.states, transcript);
      }
      if (decision === true) return;
      if (clock.now() >= limit) {
        if (decision === 'not yet') return;
        throw fail(what, `not decided after ${limitSeconds} s`, engine.states, transcript);
      }
      await sleep(clock, 500);
    }
  } finally {
    engine.dispose();
  }
}

/** Lays the answer's files into the workspace and runs its `solve.sh`. Tells what the terminal shows. */
export async function giveAnswer(
  session: Session,
  answer: Answer,
  onOutput: (text: string) => void,
): Promise<void> {
  for (const [path, text] of Object.entries(answer.files)) await session.files.write(path, encode(text));
  const terminal = await session.terminals.open({ name: 'answer', columns: 200, rows: 50 });
  terminal.onOutput((bytes) => onOutput(decode(bytes)));
  const exited = new Promise<number>((resolve) => terminal.onExit(resolve));
  terminal.write(encode('bash ./solve.sh; exit\n'));
  await exited;
  terminal.close();
}

function fail(what: string, why: string, states: CheckState[], transcript = ''): Error {
  const lines = states.map(
    (state) =>
      `  [${state.state}] ${state.name}\n    saw: ${state.saw ?? '-'}\n    message: ${state.message ?? '-'}`,
  );
  const shown = transcript ? `\n  terminal:\n${transcript.replace(/^/gm, '    ')}` : '';
  return new Error(`${what}: ${why}\n${lines.join('\n')}${shown}`);
}
