/** A request that is tried again, within a time: the router of a proxy, whoever it speaks with. */
import { sleep, type Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { withTimeLimit } from '../../core/time-limit.ts';

/** The request took longer than it may. */
export class TimedOut extends Error {}

export interface AttemptOptions {
  clock: Clock;
  /** For everything together; undefined: no limit. */
  timeoutMs: number | undefined;
  /** For one attempt; undefined: no limit. */
  perTryTimeoutMs?: number | undefined;
  /** The first one included. */
  attempts: number;
  /** Before the attempt of that number; the second is 2. */
  backoffMs(attempt: number): number;
  /** The client's own: when it goes, so do the attempts. */
  signal: AbortSignal | undefined;
}

/** What an attempt came to, and whether another one could come to something else. */
export interface Outcome<T> {
  value: T;
  again: boolean;
}

/**
 * The value of the last attempt. Rejects with `TimedOut` when the whole took too long, or its last attempt did.
 */
export function attempt<T>(
  options: AttemptOptions,
  send: (signal: AbortSignal | undefined, attempt: number) => Promise<Outcome<T>>,
): Promise<T> {
  const { clock, timeoutMs, perTryTimeoutMs, attempts, signal } = options;
  const late = () => new TimedOut();
  const sendInTime: typeof send =
    perTryTimeoutMs === undefined
      ? send
      : async (whole, number) => {
          try {
            return await withTimeLimit(clock, perTryTimeoutMs, late, whole, (one) => send(one, number));
          } catch (error) {
            if (!(error instanceof TimedOut) || whole?.aborted || number >= attempts) throw error;
            return { value: undefined as T, again: true };
          }
        };
  if (timeoutMs === undefined) return tries(options, sendInTime, signal);
  return withTimeLimit(clock, timeoutMs, late, signal, (whole) => tries(options, sendInTime, whole));
}

async function tries<T>(
  { clock, attempts, backoffMs }: AttemptOptions,
  send: (signal: AbortSignal | undefined, attempt: number) => Promise<Outcome<T>>,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let number = 1; ; number++) {
    const { value, again } = await send(signal, number);
    if (!again || number >= attempts) return value;
    await sleep(clock, backoffMs(number + 1), signal);
  }
}

/** One of them by weight; undefined: there is none, or all have weight 0. */
export function byWeight<T>(
  choices: readonly T[],
  weight: (choice: T) => number,
  random: Random,
): T | undefined {
  if (choices.length === 1) return weight(choices[0]!) > 0 ? choices[0] : undefined;
  let total = 0;
  for (const each of choices) total += weight(each);
  let at = random.next() * total;
  return choices.find((each) => (at -= weight(each)) < 0);
}
