/**
 * The `start:` and `checks:` of an `exercise.yaml`: their shape, and a reader that reports every mistake
 * of an author as key, expected, received.
 */

/** Objects that trigger a check and appear in its expressions under the resource's name. */
export type Selection = Record<string, Selector>;

export interface Selector {
  /** Label selector; empty: all. */
  labels: string;
  /** A namespace, or `*` for all; default: the exercise's. Ignored for cluster-scoped resources. */
  namespace?: string;
}

export interface HttpProbe {
  service: string;
  port: number;
  path: string;
  namespace?: string;
}

export interface CheckDefinition {
  /** The sentence the learner reads. */
  name: string;
  on: Selection;
  /** Sent whenever a trigger fires; `response` in expressions (`status`, `body`, `headers`; `error` when none came). */
  http?: HttpProbe;
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

/** One mistake in an exercise's file. `key` is a path like `checks[0].pass`. */
export interface AuthorMistake {
  key: string;
  expected: string;
  received: string;
}

/** Every mistake at once. */
export class ExerciseInvalid extends Error {
  readonly mistakes: AuthorMistake[];
  constructor(mistakes: AuthorMistake[]) {
    super(mistakes.map((m) => `${m.key}: expected ${m.expected}, received ${m.received}`).join('\n'));
    this.mistakes = mistakes;
  }
}

const HOLD_BEFORE_WRONG_SECONDS = 2;
const DEFAULT_WITHIN_SECONDS = 30;

/** Reads the parsed YAML of an exercise. Throws `ExerciseInvalid`. Keys that are not of checks are left to others. */
export function readExerciseChecks(exercise: Record<string, unknown>): ExerciseChecks {
  const read = new Reader();
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

const CHECK_KEYS = ['name', 'on', 'http', 'audit', 'file', 'pass', 'for', 'within', 'saw', 'wrong'];

function readCheck(read: Reader, item: unknown, key: string): CheckDefinition {
  const fields = read.record(item, key, CHECK_KEYS);
  const check: CheckDefinition = {
    name: read.text(fields['name'], `${key}.name`),
    on: fields['on'] === undefined ? {} : readSelection(read, fields['on'], `${key}.on`),
    audit: fields['audit'] === undefined ? false : read.flag(fields['audit'], `${key}.audit`),
    pass: read.text(fields['pass'], `${key}.pass`),
    forSeconds: read.seconds(fields['for'], `${key}.for`) ?? 0,
    withinSeconds: read.seconds(fields['within'], `${key}.within`) ?? DEFAULT_WITHIN_SECONDS,
    wrong: [],
  };
  const saw = read.optionalText(fields['saw'], `${key}.saw`);
  if (saw !== undefined) check.saw = saw;
  const file = read.optionalText(fields['file'], `${key}.file`);
  if (file !== undefined) check.file = file;
  if (fields['http'] !== undefined) check.http = readHttp(read, fields['http'], `${key}.http`);
  if (Object.keys(check.on).length === 0 && !check.audit && check.file === undefined) {
    read.mistake(key, 'a trigger (`on`, `audit` or `file`)', item);
  }
  const wrong = fields['wrong'] ?? [];
  if (!Array.isArray(wrong)) read.mistake(`${key}.wrong`, 'a list', wrong);
  else {
    check.wrong = wrong.map((answer, i) => {
      const at = `${key}.wrong[${i}]`;
      const parts = read.record(answer, at, ['when', 'say', 'for']);
      return {
        when: read.text(parts['when'], `${at}.when`),
        say: read.text(parts['say'], `${at}.say`),
        forSeconds: read.seconds(parts['for'], `${at}.for`) ?? HOLD_BEFORE_WRONG_SECONDS,
      };
    });
  }
  return check;
}

function readHttp(read: Reader, value: unknown, key: string): HttpProbe {
  const fields = read.record(value, key, ['service', 'port', 'path', 'namespace']);
  const namespace = read.optionalText(fields['namespace'], `${key}.namespace`);
  const port = fields['port'] ?? 80;
  if (!Number.isInteger(port)) read.mistake(`${key}.port`, 'a port number', port);
  return {
    service: read.text(fields['service'], `${key}.service`),
    port: port as number,
    path: read.optionalText(fields['path'], `${key}.path`) ?? '/',
    ...(namespace === undefined ? {} : { namespace }),
  };
}

/** `{pods: app=web}` or `{pods: {labels: app=web, namespace: other}}`. */
function readSelection(read: Reader, value: unknown, key: string): Selection {
  const out: Selection = {};
  for (const [resource, selector] of Object.entries(read.record(value, key))) {
    if (!/^[a-z]+$/.test(resource))
      read.mistake(`${key}.${resource}`, 'a plural resource name such as `pods`', resource);
    if (typeof selector === 'string' || selector === null) out[resource] = { labels: selector ?? '' };
    else {
      const fields = read.record(selector, `${key}.${resource}`, ['labels', 'namespace']);
      const namespace = read.optionalText(fields['namespace'], `${key}.${resource}.namespace`);
      out[resource] = {
        labels: read.optionalText(fields['labels'], `${key}.${resource}.labels`) ?? '',
        ...(namespace === undefined ? {} : { namespace }),
      };
    }
  }
  return out;
}

class Reader {
  readonly mistakes: AuthorMistake[] = [];

  mistake(key: string, expected: string, received: unknown): void {
    this.mistakes.push({
      key,
      expected,
      received: received === undefined ? 'nothing' : JSON.stringify(received),
    });
  }

  record(value: unknown, key: string, keys?: string[]): Record<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.mistake(key, 'a mapping', value);
      return {};
    }
    for (const name of Object.keys(value)) {
      if (keys && !keys.includes(name)) this.mistake(`${key}.${name}`, `one of ${keys.join(', ')}`, name);
    }
    return value as Record<string, unknown>;
  }

  text(value: unknown, key: string): string {
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
    this.mistake(key, 'a text', value);
    return '';
  }

  optionalText(value: unknown, key: string): string | undefined {
    return value === undefined ? undefined : this.text(value, key);
  }

  flag(value: unknown, key: string): boolean {
    if (typeof value !== 'boolean') this.mistake(key, 'true or false', value);
    return value === true;
  }

  /** `20s`, `2m`, `1m30s`. */
  seconds(value: unknown, key: string): number | undefined {
    if (value === undefined) return undefined;
    const match = typeof value === 'string' ? /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(value) : null;
    if (!match || (match[1] === undefined && match[2] === undefined)) {
      this.mistake(key, 'a duration such as 20s', value);
      return undefined;
    }
    return Number(match[1] ?? 0) * 60 + Number(match[2] ?? 0);
  }
}
