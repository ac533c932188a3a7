/**
 * One cluster for exercises that are proved one after the other. Each begins as a learner's reset ends, with what
 * has come since the cluster was made taken out of it: that takes seconds, where a new cluster keeps two cores
 * busy for half a minute.
 */
import type { ExerciseStart, Session } from '../../runtimes/runtime.ts';
import type { KindSession } from '../../service/session/kind-session.ts';

/** An exercise may take this long; a session that ends earlier does not begin another one. */
const NEEDED_MS = 45 * 60_000;

export class KeptCluster {
  #session: KindSession | undefined;

  /** The session at this start, made when there is none; whoever had it before has it no more. */
  async open(start: ExerciseStart, make: () => Promise<KindSession>): Promise<Session> {
    const expiresAtMs = this.#session?.status.expiresAtMs ?? 0;
    if (this.#session && expiresAtMs - Date.now() > NEEDED_MS) await this.#session.begin(start);
    else {
      await this.close();
      this.#session = await make();
    }
    return this.#session;
  }

  /** Removes it; the next exercise gets a new one. */
  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }
}
