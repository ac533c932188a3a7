/** The CEL of an exercise, compiled once. */
import { ExerciseInvalid, type AuthorMistake } from './author-mistake.ts';
import { checkEnvironment } from './check-functions.ts';
import type { CheckDefinition, ExerciseChecks, Selection } from './exercise-checks.ts';

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
  /** Of `during`. */
  sampling: Expression | undefined;
  /** Of `run`. */
  worthRunning: Expression | undefined;
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
    // What decides whether to ask cannot see the answer.
    const looked = names.filter((name) => !['samples', 'run'].includes(name));
    return {
      sampling: check.during && compile(check.during.when, looked, `checks[${i}].during.when`, 'bool'),
      worthRunning:
        check.run?.when === undefined
          ? undefined
          : compile(check.run.when, looked, `checks[${i}].run.when`, 'bool'),
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
    ...(check.changes ? ['changes'] : []),
    ...(check.http ? ['response', 'responses'] : []),
    ...(check.during ? ['samples'] : []),
    ...(check.run ? ['run'] : []),
    ...(check.audit ? ['events'] : []),
    ...(check.file === undefined ? [] : ['file']),
    ...(hasStart ? ['start'] : []),
  ];
}
