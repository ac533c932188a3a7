/**
 * The `unbash` parser, which is half of the shell's size: it is on its way while the first prompt is drawn and read,
 * and who parses first waits for it. A learner's first Enter comes later than that.
 */
import type { Step } from './coroutine.ts';

type Parser = Pick<typeof import('unbash'), 'parse' | 'forEachChild'>;

let present: Parser | undefined;
let loading: Promise<void> | undefined;

/** Resolves when the parser is there; undefined when it is there already. Rejects when it cannot be fetched. */
export function loadParser(): Promise<void> | undefined {
  if (present) return undefined;
  loading ??= import('unbash').then(provideParser, (error: unknown) => {
    // The next command tries again.
    loading = undefined;
    throw error;
  });
  return loading;
}

/** Waits for it inside a step. */
export function* parserLoaded(): Step<void> {
  const pending = loadParser();
  if (pending) yield pending;
}

/** For programs that load it with themselves. */
export function provideParser(parser: Parser): void {
  present = parser;
}

/** Throws when nobody has waited for `loadParser`. */
export function parser(): Parser {
  if (!present)
    throw new Error('something was parsed before the parser was loaded: await loadParser() first');
  return present;
}
