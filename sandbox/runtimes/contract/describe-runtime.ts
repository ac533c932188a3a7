/** The contract as a Vitest suite. Cases share a session and run in order; the first failure speaks for the rest. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ExerciseStart, Session } from '../runtime.ts';
import { CONTRACT_START, contractCases } from './contract.ts';
import { eventually } from './patience.ts';

/** A cluster that is real takes half a minute, and a reset another. */
const TIMEOUT_MS = 300_000;

/**
 * @param open makes a session, ready or on its way.
 * @param leftovers what a closed session still holds, for whoever can look: processes, containers, timers.
 */
export function describeRuntime(
  name: string,
  open: (start: ExerciseStart) => Promise<Session>,
  leftovers?: () => Promise<string[]>,
): void {
  describe(name, () => {
    let session: Session;

    beforeAll(async () => {
      session = await open(CONTRACT_START);
    }, TIMEOUT_MS);

    afterAll(() => session?.close(), TIMEOUT_MS);

    test(
      'the session becomes ready',
      async () => {
        while (session.status.phase === 'starting') {
          await new Promise<void>((resolve) => {
            const following = session.onStatus(() => {
              following.dispose();
              resolve();
            });
          });
        }
        expect(session.status).toMatchObject({ phase: 'ready' });
      },
      TIMEOUT_MS,
    );

    for (const { name: what, run } of contractCases) test(what, () => run(session), TIMEOUT_MS);

    test('close: nothing is left', async () => {
      if (!leftovers) return expect(session.status.phase).toBe('closed');
      let left: string[] = [];
      await eventually(
        async () => ((left = await leftovers()).length === 0 ? true : undefined),
        'nothing is left',
        () => left,
      );
      expect(left).toEqual([]);
    });
  });
}
