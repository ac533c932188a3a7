/** What a parsed program is made of, as closures over the runtime: expressions, places that hold values, statements. */
import type { Runtime } from './runtime.ts';
import { isTrue, numberOf, textOf, type Value } from './values.ts';

export type Expression = (runtime: Runtime) => Value;

/** What a statement ends with when it is not its end. */
export type Signal = 'next' | 'exit' | 'break' | 'continue' | undefined;

/** Yields at each round of a loop: there the process may be interrupted. */
export type Statement = (runtime: Runtime) => Generator<void, Signal>;

export type Place = { get: Expression; set: (runtime: Runtime, value: Value) => void };

export const sequence = (statements: readonly Statement[]): Statement =>
  function* (runtime) {
    for (const each of statements) {
      const signal = yield* each(runtime);
      if (signal !== undefined) return signal;
    }
    return undefined;
  };

/** A statement without a loop in it. */
export const plain = (action: (runtime: Runtime) => Signal): Statement =>
  function* (runtime) {
    yield* [];
    return action(runtime);
  };

export const signalling = (signal: Signal): Statement => plain(() => signal);

export interface Target {
  sign: string;
  name: Expression;
}

export function print(args: readonly Expression[], end: string, target?: Target): Statement {
  return plain((runtime) => {
    const format = textOf(runtime.get('OFMT'));
    const texts = args.map((each) => textOf(each(runtime), format));
    const line = args.length === 0 ? textOf(runtime.field(0)) : texts.join(textOf(runtime.get('OFS')));
    runtime.write(line + textOf(runtime.get(end)), target?.sign, target ? textOf(target.name(runtime)) : '');
    return undefined;
  });
}

export interface Loop {
  start?: Statement | undefined;
  condition: Expression | undefined;
  step?: Statement | undefined;
  body: Statement;
  /** The body runs before the condition is looked at. */
  first?: boolean;
}

export const loop = ({ start, condition, step, body, first = false }: Loop): Statement =>
  function* (runtime) {
    if (start) yield* start(runtime);
    for (let free = first; free || !condition || isTrue(condition(runtime)); free = false) {
      yield;
      const signal = yield* body(runtime);
      if (signal === 'break') break;
      if (signal === 'next' || signal === 'exit') return signal;
      if (step) yield* step(runtime);
    }
    return undefined;
  };

export function stepped(place: Place, by: number, before: boolean): Expression {
  return (runtime) => {
    const old = numberOf(place.get(runtime));
    place.set(runtime, old + by);
    return before ? old + by : old;
  };
}
