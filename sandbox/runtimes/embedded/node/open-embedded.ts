/** An embedded session in Node: the same code as in the tab, for tests, proofs of exercises and the bench. */
import { Worker } from 'node:worker_threads';
import { AdjustableClock } from '../../../core/adjustable-clock.ts';
import { RealClock, type Clock } from '../../../core/clock.ts';
import { threadWorker, WorkerBatchTools } from '../../../shell/batch.ts';
import type { ExerciseStart } from '../../runtime.ts';
import { openEmbeddedSession, type EmbeddedSession } from '../embedded-session.ts';
import { PacedClock } from './paced-clock.ts';
import { MemorySessionStore, type SessionStore } from '../session-store.ts';

export interface OpenEmbeddedOptions {
  seed?: number;
  /** Cluster seconds in a real second; default: the real clock. */
  speed?: number;
  /** Where it is stored; default: in memory. Opening the same store again is the reboot of a reload. */
  store?: SessionStore;
  /** Why nothing outlives the session, told to the learner. */
  unstored?: string;
}

export async function openEmbedded(
  start: ExerciseStart,
  options: OpenEmbeddedOptions = {},
): Promise<EmbeddedSession> {
  const clocks: PacedClock[] = [];
  const clock = (startMs: number | undefined): Clock => {
    if (!options.speed) return new AdjustableClock(new RealClock(), startMs);
    const paced = new PacedClock(startMs, options.speed);
    clocks.push(paced);
    return paced;
  };
  const session = await openEmbeddedSession({
    start,
    store: options.store ?? new MemorySessionStore(),
    unstored: options.unstored,
    clock,
    seed: options.seed ?? 1,
    loadCluster: () => import('../../../cluster/cluster.ts'),
    batch: new WorkerBatchTools(() =>
      threadWorker(new Worker(new URL('./batch-tool-thread.ts', import.meta.url))),
    ),
  });
  session.onStatus(({ phase }) => {
    if (phase === 'closed') for (const paced of clocks) paced.stop();
  });
  return session;
}
