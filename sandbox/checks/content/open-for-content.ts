/** A session to prove an exercise on, with the clock that its time passes on. */
import { RealClock, type Clock } from '../../core/clock.ts';
import { Random } from '../../core/random.ts';
import { openEmbedded } from '../../runtimes/embedded/node/open-embedded.ts';
import type { ExerciseStart, Session } from '../../runtimes/runtime.ts';
import { openKind } from '../../service/open-kind.ts';
import type { KeptCluster } from './kept-cluster.ts';

export type ContentRuntime = 'embedded' | 'kind';

/** Cluster seconds in a real second, for the seed 1; other seeds take one of half to one and a half of it. */
const SPEED = 20;

/**
 * `end` leaves the kept cluster, which is for who opened it to close.
 * @param options.evenUnproven on kind: with add-ons too that no run has proven.
 */
export async function openForContent(
  runtime: ContentRuntime,
  start: ExerciseStart,
  seed: number,
  cluster: KeptCluster,
  options: { evenUnproven?: boolean } = {},
): Promise<{ session: Session; clock: Clock; end: () => Promise<void> }> {
  if (runtime === 'kind') {
    const session = await cluster.open(start, () => openKind(start, options));
    await ready(session);
    return { session, clock: new RealClock(), end: async () => {} };
  }
  const speed = seed === 1 ? SPEED : SPEED * (0.5 + new Random(seed).next());
  const session = await openEmbedded(start, { seed, speed });
  await ready(session);
  return { session, clock: session.clock, end: () => session.close() };
}

/** Resolves when the session is ready; rejects with why it is not going to be. */
function ready(session: Session): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = ({ phase, message }: Session['status']) => {
      if (phase === 'ready') resolve();
      if (phase === 'failed' || phase === 'closed') reject(new Error(message));
    };
    session.onStatus(look);
    look(session.status);
  });
}
