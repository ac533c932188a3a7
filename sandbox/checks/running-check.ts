/** One check of an exercise while its session runs: when it is evaluated, what it has seen, how long it has held. */
import type { Clock } from '../core/clock.ts';
import type { Disposable } from '../core/disposable.ts';
import { attempt, type CheckExpressions } from './check-expressions.ts';
import { HttpAsks, SampleAsks, ScriptAsks, type Asks } from './check-asks.ts';
import type { CheckInputs } from './check-inputs.ts';
import type { CheckState } from './check-state.ts';
import type { CheckDefinition } from './exercise-checks.ts';

/** Requests of an `http` check that failed are repeated after 0.5 s, 1 s, 2 s, … at most this. */
const MAX_BACK_OFF_MS = 4000;
/** While `for` runs, an `http` check is asked again this often: nothing else would tell that it broke. */
const SAMPLE_MS = 2000;

export interface CheckContext {
  clock: Clock;
  inputs: CheckInputs;
  passed: boolean;
  start: () => Record<string, unknown>;
  onChange: () => void;
}

export class RunningCheck implements Disposable {
  state: CheckState;
  #definition: CheckDefinition;
  #expressions: CheckExpressions;
  #context: CheckContext;
  #disposed = false;
  /** Since when `pass` has held without a break. */
  #heldSinceMs: number | undefined;
  /** Since when each wrong answer has been recognised without a break. */
  #wrongSinceMs: (number | undefined)[];
  #timer: Disposable | undefined;
  #timerDueMs = Infinity;
  #asks: Asks[];
  #asking = false;
  #askAgain = false;
  #triggeredMs = 0;
  #backOffMs = 0;

  constructor(
    definition: CheckDefinition,
    expressions: CheckExpressions,
    index: number,
    context: CheckContext,
  ) {
    this.#definition = definition;
    this.#expressions = expressions;
    this.#context = context;
    this.#wrongSinceMs = definition.wrong.map(() => undefined);
    this.#asks = this.#asksOf(definition, expressions, context);
    this.state = {
      index,
      name: definition.name,
      state: context.passed ? 'passed' : 'waiting',
      holds: undefined,
      saw: undefined,
      message: undefined,
      holding: undefined,
    };
  }

  dispose(): void {
    this.#disposed = true;
    this.#timer?.dispose();
    for (const asks of this.#asks) asks.dispose();
  }

  #asksOf(
    { http, during, run }: CheckDefinition,
    { sampling, worthRunning }: CheckExpressions,
    { inputs, clock }: CheckContext,
  ): Asks[] {
    const evaluate = () => this.#evaluate();
    return [
      ...(http ? [new HttpAsks(inputs, http)] : []),
      ...(during ? [new SampleAsks(inputs, during, sampling!, clock, evaluate)] : []),
      ...(run ? [new ScriptAsks(inputs, run, worthRunning)] : []),
    ];
  }

  /** Something that the check names has changed. */
  trigger(): void {
    this.#triggeredMs = this.#context.clock.now();
    this.#backOffMs = 0;
    this.#look();
  }

  #look(): void {
    if (this.#asks.length > 0) void this.#ask();
    else this.#evaluate();
  }

  async #ask(): Promise<void> {
    if (this.#asking) {
      this.#askAgain = true;
      return;
    }
    this.#asking = true;
    do {
      this.#askAgain = false;
      const looked = this.#looked();
      await Promise.all(this.#asks.map((asks) => asks.ask(looked)));
    } while (this.#askAgain && !this.#disposed);
    this.#asking = false;
    if (!this.#disposed) this.#evaluate();
  }

  /** What expressions see, but for answers. */
  #looked(): Record<string, unknown> {
    const { inputs, start } = this.#context;
    const { on, changes, audit, file } = this.#definition;
    return {
      ...inputs.variables(on),
      start: start(),
      ...(changes ? { changes: inputs.changes(on) } : {}),
      ...(audit ? { events: inputs.events } : {}),
      ...(file === undefined ? {} : { file: inputs.file(file) }),
    };
  }

  #evaluate(): void {
    const now = this.#context.clock.now();
    const variables: Record<string, unknown> = this.#looked();
    for (const asks of this.#asks) Object.assign(variables, asks.variables);
    const pass = attempt(() => this.#expressions.pass(variables));
    const holds = pass.value === true;
    const next: CheckState = { ...this.state, holds, holding: undefined, message: undefined };
    next.saw = this.#saw(variables, pass.error);
    this.#heldSinceMs = holds ? (this.#heldSinceMs ?? now) : undefined;
    if (next.state !== 'passed') {
      next.state = 'waiting';
      if (holds) {
        this.#wrongSinceMs.fill(undefined);
        const { forSeconds } = this.#definition;
        const heldMs = now - this.#heldSinceMs!;
        if (heldMs >= forSeconds * 1000) next.state = 'passed';
        else {
          next.holding = { seconds: Math.floor(heldMs / 1000), ofSeconds: forSeconds };
          this.#wake(Math.min(forSeconds * 1000 - heldMs, this.#definition.http ? SAMPLE_MS : 1000));
        }
      } else this.#recognise(next, variables, now);
    }
    if (this.#definition.http && !holds && now - this.#triggeredMs < this.#definition.withinSeconds * 1000) {
      this.#backOffMs = Math.min(Math.max(500, this.#backOffMs * 2), MAX_BACK_OFF_MS);
      this.#wake(this.#backOffMs);
    }
    this.#become(next);
  }

  /** Whether this is one of the wrong answers that the author foresaw; the first that matches speaks. */
  #recognise(next: CheckState, variables: Record<string, unknown>, now: number): void {
    this.#definition.wrong.forEach((answer, i) => {
      const matches = attempt(() => this.#expressions.wrong[i]!(variables)).value === true;
      const since = (this.#wrongSinceMs[i] = matches ? (this.#wrongSinceMs[i] ?? now) : undefined);
      if (since === undefined || next.state === 'failed') return;
      const leftMs = answer.forSeconds * 1000 - (now - since);
      if (leftMs > 0) this.#wake(leftMs);
      else {
        next.state = 'failed';
        next.message = answer.say;
      }
    });
  }

  #saw(variables: Record<string, unknown>, passError: Error | undefined): string | undefined {
    if (!this.#expressions.saw) return passError && `not yet: ${passError.message.split('\n')[0]}`;
    const { value, error } = attempt(() => this.#expressions.saw!(variables));
    return error
      ? `not yet: ${error.message.split('\n')[0]}`
      : Array.isArray(value)
        ? value.join(', ')
        : String(value);
  }

  /** Evaluates again after `delayMs`, or earlier if an earlier look is due. */
  #wake(delayMs: number): void {
    const due = this.#context.clock.now() + delayMs;
    if (this.#timer && this.#timerDueMs <= due) return;
    this.#timer?.dispose();
    this.#timerDueMs = due;
    this.#timer = this.#context.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, delayMs);
  }

  #become(next: CheckState): void {
    const before = this.state;
    this.state = next;
    if (JSON.stringify(before) !== JSON.stringify(next)) this.#context.onChange();
  }
}
