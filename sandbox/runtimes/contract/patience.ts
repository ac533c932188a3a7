/** Waiting for what a runtime does in its own time, with an end to it. */
import { RealClock, sleep } from '../../core/clock.ts';
import { ClaimFailed } from './claim.ts';

const clock = new RealClock();

/** What any single thing may take: a container's start on a busy machine is the longest. */
export const PATIENCE_MS = 30_000;

export const pause = (delayMs: number): Promise<void> => sleep(clock, delayMs);

/** Fails when `promise` takes too long. */
export function soon<T>(promise: Promise<T>, what: string, withinMs = PATIENCE_MS): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(
      () => reject(new ClaimFailed(`${what}: nothing within ${withinMs / 1000} s`)),
      withinMs,
    );
    promise.then(resolve, reject).finally(() => timer.dispose());
  });
}

/** Repeats `attempt` until it gives something; fails with `what` and what `saw` says. */
export async function eventually<T>(
  attempt: () => Promise<T | undefined> | T | undefined,
  what: string,
  saw: () => unknown = () => 'nothing',
): Promise<T> {
  for (const deadline = clock.now() + PATIENCE_MS; clock.now() < deadline; await pause(50)) {
    const result = await attempt();
    if (result !== undefined) return result;
  }
  throw new ClaimFailed(`${what}: not within ${PATIENCE_MS / 1000} s; saw ${JSON.stringify(saw())}`);
}
