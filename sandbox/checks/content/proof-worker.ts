/**
 * A process that proves exercises, one after the other, as it is told by messages. Proofs do not share a thread:
 * cluster time goes on while a thread works for somebody else, and then a second of it is over before the
 * session at hand has done what takes it milliseconds.
 */
import { readExerciseFolder } from './exercise-folder.ts';
import { KeptCluster } from './kept-cluster.ts';
import { openForContent, type ContentRuntime } from './open-for-content.ts';
import { proveCommands } from './prove-commands.ts';
import { proveExercise } from './prove-exercise.ts';

export interface ProofOrder {
  /** Of all exercises. */
  root: string;
  id: string;
  seed: number;
  runtime: ContentRuntime;
  /** Prove it even where it is not offered. */
  evenIfNotOffered: boolean;
}

export interface ProofResult {
  outcome: 'proved' | 'failed' | 'not offered';
  /** What was proved, a line each, and what went wrong. */
  said: string[];
}

const cluster = new KeptCluster();

process.on('message', (order: ProofOrder) => {
  void prove(order).then((result) => {
    // Nobody waits for it who has gone; what is left then is to remove the cluster.
    if (process.connected) process.send!(result);
  });
});
process.on('disconnect', () => void cluster.close().finally(() => process.exit()));

async function prove({ root, id, seed, runtime, evenIfNotOffered }: ProofOrder): Promise<ProofResult> {
  const said = [`${id} on ${runtime}, seed ${seed}`];
  let last = performance.now();
  const onProved = (what: string) => {
    const now = performance.now();
    said.push(`  ✓ ${what} (${Math.round((now - last) / 1000)} s)`);
    last = now;
  };
  try {
    const exercise = await readExerciseFolder(root, id);
    if (!evenIfNotOffered && !exercise.runtimes.includes(runtime))
      return { outcome: 'not offered', said: [] };
    const { session, clock, end } = await openForContent(runtime, exercise.start, seed, cluster, {
      evenUnproven: evenIfNotOffered,
    });
    onProved('a session is open');
    try {
      await proveExercise(exercise, { session, clock, onProved });
      if (runtime === 'embedded') await proveCommands(exercise, { session, clock, onProved });
    } finally {
      await end();
    }
    return { outcome: 'proved', said };
  } catch (error) {
    // What it has come to may be why.
    await cluster.close().catch(() => {});
    return { outcome: 'failed', said: [...said, String((error as Error).stack)] };
  }
}
