/** Assertions without a test framework: the suite runs in a page too. */

/** Something that a runtime promised and does not do. */
export class ClaimFailed extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ClaimFailed';
  }
}

export function claim(condition: unknown, otherwise: string): asserts condition {
  if (!condition) throw new ClaimFailed(otherwise);
}

/** Compares as JSON: what crosses a connection is values. */
export function equal(received: unknown, expected: unknown, what: string): void {
  const [is, should] = [JSON.stringify(received), JSON.stringify(expected)];
  claim(is === should, `${what}: expected ${should}, received ${is}`);
}

/** The error that `promise` rejects with. */
export async function rejection(promise: Promise<unknown>, what: string): Promise<Error> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  claim(error instanceof Error, `${what}: expected a rejection with an Error, received ${String(error)}`);
  return error;
}
