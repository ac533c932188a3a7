/** The CEL of an exercise, compiled once. Functions of checks: ready, condition, waitingReason, restarts, container. */
import { createEnvironment } from '../cel/environment.ts';
import type { CheckDefinition, ExerciseChecks, Selection } from './exercise-checks.ts';
import { ExerciseInvalid, type AuthorMistake } from './exercise-checks.ts';

/** Evaluates to any CEL value. Throws when the expression fails on these variables (an absent field, …). */
export type Expression = (variables: Record<string, unknown>) => unknown;

/** The value, or why there is none: an expression over objects that are not there yet fails, and that is no fault. */
export function attempt(expression: () => unknown): { value?: unknown; error?: Error } {
  try {
    return { value: expression() };
  } catch (error) {
    return { error: error as Error };
  }
}

export interface CheckExpressions {
  pass: Expression;
  saw: Expression | undefined;
  wrong: Expression[];
}

export interface ExerciseExpressions {
  until: Expression | undefined;
  checks: CheckExpressions[];
}

/** Compiles and type-checks. Throws `ExerciseInvalid` with every expression that is wrong. */
export function compileExpressions(exercise: ExerciseChecks): ExerciseExpressions {
  const mistakes: AuthorMistake[] = [];
  const compile = (source: string, names: string[], key: string, type?: string): Expression => {
    const environment = checkEnvironment();
    for (const name of names) environment.registerVariable(name, 'dyn');
    const check = environment.check(source);
    const found = check.valid ? (check.type ?? 'dyn') : '';
    if (!check.valid) {
      const received = `${source} (${check.error?.message.split('\n')[0] ?? 'no type'})`;
      mistakes.push({ key, expected: 'a valid CEL expression', received });
      return () => false;
    }
    if (type && found !== type && found !== 'dyn')
      mistakes.push({ key, expected: `CEL of type ${type}`, received: found });
    return environment.parse(source);
  };
  const compileCheck = (check: CheckDefinition, i: number): CheckExpressions => {
    const names = variablesOf(check, exercise.start !== undefined);
    return {
      pass: compile(check.pass, names, `checks[${i}].pass`, 'bool'),
      saw: check.saw === undefined ? undefined : compile(check.saw, names, `checks[${i}].saw`),
      wrong: check.wrong.map((answer, j) =>
        compile(answer.when, names, `checks[${i}].wrong[${j}].when`, 'bool'),
      ),
    };
  };
  const until =
    exercise.start && compile(exercise.start.until, namesOf(exercise.start.on), 'start.until', 'bool');
  const out = { until, checks: exercise.checks.map(compileCheck) };
  if (mistakes.length > 0) throw new ExerciseInvalid(mistakes);
  return out;
}

const namesOf = (selection: Selection) => Object.keys(selection);

function variablesOf(check: CheckDefinition, hasStart: boolean): string[] {
  return [
    ...namesOf(check.on),
    ...(check.http ? ['response'] : []),
    ...(check.audit ? ['events'] : []),
    ...(check.file === undefined ? [] : ['file']),
    ...(hasStart ? ['start'] : []),
  ];
}

type Value = Record<string, any>;

function checkEnvironment() {
  return createEnvironment()
    .registerFunction('ready(dyn): bool', (object: Value) => conditionOf(object, 'Ready') === 'True')
    .registerFunction('condition(dyn, string): string', conditionOf)
    .registerFunction('waitingReason(dyn): string', waitingReasonOf)
    .registerFunction('restarts(dyn): int', (pod: Value) =>
      (pod['status']?.containerStatuses ?? []).reduce(
        (sum: bigint, c: Value) => sum + (c['restartCount'] ?? 0n),
        0n,
      ),
    )
    .registerFunction('container(dyn, string): dyn', (object: Value, name: string) => {
      const spec = object['spec']?.template?.spec ?? object['spec'];
      const container = spec?.containers?.find((c: Value) => c['name'] === name);
      if (!container) throw new Error(`no container named ${name}`);
      return container;
    });
}

/** Status of a condition: `True`, `False`, `Unknown`, or empty when the object has none of this type. */
function conditionOf(object: Value, type: string): string {
  return object['status']?.conditions?.find((c: Value) => c['type'] === type)?.status ?? '';
}

/** What `kubectl get pods` would show under STATUS for a pod that is not well: the first waiting or terminated reason, else the phase. */
function waitingReasonOf(pod: Value): string {
  if (pod['metadata']?.deletionTimestamp) return 'Terminating';
  const statuses: Value[] = [
    ...(pod['status']?.initContainerStatuses ?? []),
    ...(pod['status']?.containerStatuses ?? []),
  ];
  for (const status of statuses) if (status['state']?.waiting?.reason) return status['state'].waiting.reason;
  for (const status of statuses)
    if (status['state']?.terminated?.reason) return status['state'].terminated.reason;
  const phase = pod['status']?.phase ?? 'Pending';
  return phase === 'Running' && conditionOf(pod, 'Ready') !== 'True' ? 'Running, not Ready' : phase;
}
