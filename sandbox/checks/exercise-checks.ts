/**
 * The `start:` and `checks:` of an `exercise.yaml`: their shape, and a reader that reports every mistake
 * of an author as key, expected, received.
 */
import { ExerciseInvalid, FieldReader } from './author-mistake.ts';
import {
  readDuring,
  readHttp,
  readRun,
  type HttpProbe,
  type SampleProbe,
  type ScriptProbe,
} from './check-sources.ts';

/** Objects that trigger a check and appear in its expressions under the resource's name. */
export type Selection = Record<string, Selector>;

export interface Selector {
  /** Label selector; empty: all. */
  labels: string;
  /** A namespace, or `*` for all; default: the exercise's. Ignored for cluster-scoped resources. */
  namespace?: string;
  /** Of a custom resource, namespaced: `group/version`. Nothing is selected until the cluster knows it. */
  apiVersion?: string;
  /** Of a custom resource. */
  kind?: string;
}

export interface CheckDefinition {
  /** The sentence the learner reads. */
  name: string;
  on: Selection;
  /** Whether `changes`, what happened to the selected objects since the check began, appears in expressions. */
  changes: boolean;
  /** Sent whenever a trigger fires; `response` and `responses` in expressions (`status`, `body`, `headers`; `error` when none came). */
  http?: HttpProbe;
  /** Requests while a step is under way; `samples` in expressions. */
  during?: SampleProbe;
  /** Run when what the check names or any file of the workspace has changed; `run` in expressions (`exitCode`, `output`). */
  run?: ScriptProbe;
  /** Whether `events`, what the audit log holds of the learner, appears in expressions and triggers the check. */
  audit: boolean;
  /** Workspace file whose text appears as `file` (empty when absent) and whose changes trigger the check. */
  file?: string;
  /** CEL, bool. */
  pass: string;
  /** Seconds on the session's clock for which `pass` must hold without a break. */
  forSeconds: number;
  /** Seconds after a trigger during which an `http` request is repeated with back-off. */
  withinSeconds: number;
  /** CEL; what the check saw, for the learner. */
  saw?: string;
  /** Recognised wrong answers. */
  wrong: WrongAnswer[];
}

export interface WrongAnswer {
  /** CEL, bool. */
  when: string;
  /** For the learner: what is the matter and where to look, not the answer. */
  say: string;
  /** Seconds for which `when` must hold: transitions pass through states that look wrong. */
  forSeconds: number;
}

export interface ExerciseChecks {
  /** Namespace of every selection that names none. */
  namespace: string;
  /** The state that `start.` refers to: captured when `until` first holds after set-up. */
  start?: { on: Selection; until: string };
  checks: CheckDefinition[];
}

const HOLD_BEFORE_WRONG_SECONDS = 2;
const DEFAULT_WITHIN_SECONDS = 30;

/** Reads the parsed YAML of an exercise. Throws `ExerciseInvalid`. Keys that are not of checks are left to others. */
export function readExerciseChecks(exercise: Record<string, unknown>): ExerciseChecks {
  const read = new FieldReader();
  const namespace = read.optionalText(exercise['namespace'], 'namespace') ?? 'default';
  const list = exercise['checks'];
  if (!Array.isArray(list) || list.length === 0) read.mistake('checks', 'a list of at least one check', list);
  const checks = (Array.isArray(list) ? list : []).map((item, i) => readCheck(read, item, `checks[${i}]`));
  let start: ExerciseChecks['start'];
  if (exercise['start'] !== undefined) {
    const fields = read.record(exercise['start'], 'start', ['on', 'until']);
    start = {
      on: readSelection(read, fields['on'], 'start.on'),
      until: read.text(fields['until'], 'start.until'),
    };
  }
  if (read.mistakes.length > 0) throw new ExerciseInvalid(read.mistakes);
  return { namespace, ...(start ? { start } : {}), checks };
}

const CHECK_KEYS = 'name on changes http during run audit file pass for within saw wrong'.split(' ');

function readCheck(read: FieldReader, item: unknown, key: string): CheckDefinition {
  const fields = read.record(item, key, CHECK_KEYS);
  const flag = (name: string) => fields[name] !== undefined && read.flag(fields[name], `${key}.${name}`);
  const saw = read.optionalText(fields['saw'], `${key}.saw`);
  const file = read.optionalText(fields['file'], `${key}.file`);
  const check: CheckDefinition = {
    name: read.text(fields['name'], `${key}.name`),
    on: fields['on'] === undefined ? {} : readSelection(read, fields['on'], `${key}.on`),
    changes: flag('changes'),
    audit: flag('audit'),
    pass: read.text(fields['pass'], `${key}.pass`),
    forSeconds: read.seconds(fields['for'], `${key}.for`) ?? 0,
    withinSeconds: read.seconds(fields['within'], `${key}.within`) ?? DEFAULT_WITHIN_SECONDS,
    wrong: readWrong(read, fields['wrong'] ?? [], `${key}.wrong`),
    ...(saw === undefined ? {} : { saw }),
    ...(file === undefined ? {} : { file }),
    ...(fields['http'] === undefined ? {} : { http: readHttp(read, fields['http'], `${key}.http`) }),
    ...(fields['during'] === undefined
      ? {}
      : { during: readDuring(read, fields['during'], `${key}.during`) }),
    ...(fields['run'] === undefined ? {} : { run: readRun(read, fields['run'], `${key}.run`) }),
  };
  if (Object.keys(check.on).length === 0 && !check.audit && check.file === undefined) {
    read.mistake(key, 'a trigger (`on`, `audit` or `file`)', item);
  }
  return check;
}

function readWrong(read: FieldReader, value: unknown, key: string): WrongAnswer[] {
  if (!Array.isArray(value)) {
    read.mistake(key, 'a list', value);
    return [];
  }
  return value.map((answer, i) => {
    const at = `${key}[${i}]`;
    const parts = read.record(answer, at, ['when', 'say', 'for']);
    return {
      when: read.text(parts['when'], `${at}.when`),
      say: read.text(parts['say'], `${at}.say`),
      forSeconds: read.seconds(parts['for'], `${at}.for`) ?? HOLD_BEFORE_WRONG_SECONDS,
    };
  });
}

/** `{pods: app=web}` or `{pods: {labels: app=web, namespace: other}}`. */
function readSelection(read: FieldReader, value: unknown, key: string): Selection {
  const out: Selection = {};
  for (const [resource, selector] of Object.entries(read.record(value, key))) {
    if (!/^[a-z]+$/.test(resource))
      read.mistake(`${key}.${resource}`, 'a plural resource name such as `pods`', resource);
    out[resource] =
      typeof selector === 'string' || selector === null
        ? { labels: selector ?? '' }
        : readSelector(read, selector, `${key}.${resource}`);
  }
  return out;
}

function readSelector(read: FieldReader, value: unknown, key: string): Selector {
  const fields = read.record(value, key, ['labels', 'namespace', 'apiVersion', 'kind']);
  const text = (name: string) => read.optionalText(fields[name], `${key}.${name}`);
  const [namespace, apiVersion, kind] = [text('namespace'), text('apiVersion'), text('kind')];
  if ((apiVersion === undefined) !== (kind === undefined))
    read.mistake(key, 'both apiVersion and kind, or neither', value);
  return {
    labels: text('labels') ?? '',
    ...(namespace === undefined ? {} : { namespace }),
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
  };
}
