/**
 * Evaluates an exercise's checks against a session, by what its cluster says. Evaluation is triggered by
 * changes of the objects, files and audit events that a check names, never by a timer; only a request
 * that failed is repeated, with back-off, for as long as the check allows.
 *
 * A check that has passed stays passed until the session is reset; whether it holds at this moment is
 * told beside it. The same engine runs in the page, in Node and on every runtime.
 */
import type { KubernetesObject } from '../cluster/api/object.ts';
import type { Clock } from '../core/clock.ts';
import { DisposableStore, type Disposable } from '../core/disposable.ts';
import { Emitter } from '../core/emitter.ts';
import { attempt, compileExpressions, type Expression } from './check-expressions.ts';
import { CheckInputs, type CheckedSession } from './check-inputs.ts';
import type { CheckState } from './check-state.ts';
import type { ExerciseChecks } from './exercise-checks.ts';
import { RunningCheck } from './running-check.ts';

/** What has to be remembered between two visits of a page. Plain JSON. */
export interface CheckRecord {
  /** Objects of `start.` by resource; undefined until captured. */
  start: Record<string, KubernetesObject[]> | undefined;
  passed: boolean[];
}

export interface CheckEngineOptions {
  session: CheckedSession;
  exercise: ExerciseChecks;
  /** The session's clock: `for` and `within` are measured on it. */
  clock: Clock;
  record?: CheckRecord | undefined;
  /** Called with the new record whenever it has changed; keep it. */
  onRecord?: (record: CheckRecord) => void;
}

export class CheckEngine implements Disposable {
  #options: CheckEngineOptions;
  #resources = new DisposableStore();
  #changed = new Emitter<CheckState[]>();
  #checks: RunningCheck[];
  #inputs: CheckInputs;
  #record: CheckRecord;
  #until: Expression | undefined;
  #scheduled = false;

  /** Throws `ExerciseInvalid` when an expression does not compile. */
  constructor(options: CheckEngineOptions) {
    this.#options = options;
    const { exercise, clock } = options;
    const expressions = compileExpressions(exercise);
    this.#record = options.record ?? { start: undefined, passed: exercise.checks.map(() => false) };
    this.#inputs = this.#resources.add(
      new CheckInputs({ session: options.session, namespace: exercise.namespace, clock }, () =>
        this.#schedule(),
      ),
    );
    for (const selection of [exercise.start?.on ?? {}, ...exercise.checks.map((check) => check.on)]) {
      this.#inputs.select(selection);
    }
    for (const check of exercise.checks) {
      if (check.audit) this.#inputs.followAudit();
      if (check.file !== undefined) this.#inputs.followFile(check.file);
      if (check.run) this.#inputs.followWorkspace();
    }
    this.#checks = exercise.checks.map((definition, index) =>
      this.#resources.add(
        new RunningCheck(definition, expressions.checks[index]!, index, {
          clock,
          inputs: this.#inputs,
          passed: this.#record.passed[index] ?? false,
          start: () => this.#start(),
          onChange: () => this.#publish(),
        }),
      ),
    );
    this.#until = expressions.until;
    this.#schedule();
  }

  get states(): CheckState[] {
    return this.#checks.map((check) => check.state);
  }

  /** Fires with all states after one or more of them changed. */
  readonly onStates = this.#changed.event;

  dispose(): void {
    this.#resources.dispose();
    this.#changed.dispose();
  }

  /** Many changes of one moment are one evaluation. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#resources.add(
      this.#options.clock.setTimeout(() => {
        this.#scheduled = false;
        if (!this.#resources.disposed) this.#evaluate();
      }, 0),
    );
  }

  #evaluate(): void {
    if (!this.#inputs.synced) return;
    if (this.#until && this.#record.start === undefined) {
      const selection = this.#options.exercise.start!.on;
      if (attempt(() => this.#until!(this.#inputs.variables(selection))).value !== true) return;
      const objects = Object.keys(selection).map((name) => [
        name,
        this.#inputs.objects(name, selection[name]!),
      ]);
      this.#record.start = Object.fromEntries(objects) as Record<string, KubernetesObject[]>;
      this.#save();
    }
    for (const check of this.#checks) check.trigger();
  }

  /** The variable `start`. */
  #start(): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    for (const [resource, objects] of Object.entries(this.#record.start ?? {})) {
      const selector = this.#options.exercise.start?.on[resource];
      out[resource] = objects.map((object) => this.#inputs.value(resource, object, selector));
    }
    return out;
  }

  #publish(): void {
    const passed = this.#checks.map((check) => check.state.state === 'passed');
    if (passed.some((value, i) => value !== this.#record.passed[i])) {
      this.#record.passed = passed;
      this.#save();
    }
    this.#changed.fire(this.states);
  }

  #save(): void {
    this.#options.onRecord?.(this.#record);
  }
}
