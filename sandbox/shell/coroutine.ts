/**
 * The interpreter is written as generators: a step that has nothing to wait for costs no promise and no
 * turn of the event loop, which is what makes a loop of builtins fast. A step yields a promise when it has
 * to wait, and `drive` awaits it.
 */
export type Step<T> = Generator<Promise<unknown>, T, unknown>;

/** Runs `step` to its end, awaiting what it yields. */
export async function drive<T>(step: Step<T>): Promise<T> {
  let result = step.next();
  while (!result.done) {
    let value: unknown;
    try {
      value = await result.value;
    } catch (error) {
      result = step.throw(error);
      continue;
    }
    result = step.next(value);
  }
  return result.value;
}

/** Waits for `promise` inside a step; the type of what it resolves with is kept. */
export function* settle<T>(promise: Promise<T>): Step<T> {
  return (yield promise) as T;
}
