/** Job and CronJob. The schedule's syntax is robfig/cron's standard one, with its complaints. */
import { selectorOf } from '../labels.ts';
import { type FieldError, invalid, notSupported, required } from './field-errors.ts';
import { IMMUTABLE, semanticEqual, validateLabelSelector, validateNonnegative } from './metadata.ts';
import { internalTemplate } from './pod-diff.ts';
import { validatePodTemplateSpec } from './pod.ts';
import type { KindValidation } from './validate.ts';

const COMPLETION_MODES = ['NonIndexed', 'Indexed'];
const REPLACEMENTS = ['Failed', 'TerminatingOrFailed'];
const RESTART_POLICIES = ['OnFailure', 'Never'];

function createJob(object: any, errors: FieldError[]): void {
  const { spec = {} } = object;
  validateJobSpec(spec, 'spec', errors);
  // The registry generates selector and labels before this runs; until then there is nothing to match.
  if (!spec.selector) return;
  validateLabelSelector(spec.selector, 'spec.selector', errors);
  const labels = spec.template?.metadata?.labels;
  try {
    if (!selectorOf(spec.selector).matches(labels))
      errors.push(
        invalid(
          'spec.template.metadata.labels',
          labels ?? null,
          '`selector` does not match template `labels`',
        ),
      );
  } catch {
    // Reported by validateLabelSelector.
  }
}

function validateJobSpec(spec: any, path: string, errors: FieldError[]): void {
  for (const field of [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ])
    validateNonnegative(spec[field], `${path}.${field}`, errors);
  if (spec.completionMode && !COMPLETION_MODES.includes(spec.completionMode))
    errors.push(notSupported(`${path}.completionMode`, spec.completionMode, COMPLETION_MODES));
  if (spec.completionMode === 'Indexed' && spec.completions === undefined)
    errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
  const replacement = spec.podReplacementPolicy;
  if (replacement && !REPLACEMENTS.includes(replacement))
    errors.push(notSupported(`${path}.podReplacementPolicy`, replacement, REPLACEMENTS));
  const at = `${path}.template`;
  validatePodTemplateSpec(spec.template, at, errors);
  const policy = spec.template?.spec?.restartPolicy;
  if (!policy || policy === 'Always')
    errors.push(required(`${at}.spec.restartPolicy`, 'valid values: "OnFailure", "Never"'));
  else if (!RESTART_POLICIES.includes(policy))
    errors.push(notSupported(`${at}.spec.restartPolicy`, policy, RESTART_POLICIES));
}

function updateJob(next: any, old: any, errors: FieldError[]): void {
  const { spec } = next;
  const before = old.spec;
  const indexed = before.completionMode === 'Indexed' && spec.parallelism === spec.completions;
  if (!indexed && !semanticEqual(spec.completions, before.completions))
    errors.push(invalid('spec.completions', spec.completions ?? null, IMMUTABLE));
  for (const field of ['selector', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy'])
    if (!semanticEqual(spec[field], before[field]))
      errors.push(invalid(`spec.${field}`, spec[field] ?? null, IMMUTABLE));
  // While it is suspended and has not started, where its pods may run can change.
  const started = old.status?.startTime !== undefined;
  const template =
    before.suspend && !started ? withScheduling(before.template, spec.template) : before.template;
  if (!semanticEqual(spec.template, template))
    errors.push(invalid('spec.template', internalTemplate(spec.template), IMMUTABLE));
}

function withScheduling(template: any, from: any): any {
  const { nodeSelector, affinity, tolerations, schedulingGates } = from.spec;
  return {
    ...template,
    metadata: {
      ...template.metadata,
      labels: from.metadata?.labels,
      annotations: from.metadata?.annotations,
    },
    spec: { ...template.spec, nodeSelector, affinity, tolerations, schedulingGates },
  };
}

const CONCURRENCY = ['Allow', 'Forbid', 'Replace'];

/** Names of a CronJob's Jobs are eleven characters longer than its own, and must fit into a label. */
const MAX_CRON_JOB_NAME = 52;

function createCronJob(object: any, errors: FieldError[]): void {
  const { spec = {} } = object;
  const schedule: string = spec.schedule ?? '';
  if (schedule === '') errors.push(required('spec.schedule'));
  else if (/TZ=/.test(schedule)) {
    errors.push(
      invalid('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'),
    );
  } else {
    const problem = scheduleProblem(schedule);
    if (problem) errors.push(invalid('spec.schedule', schedule, problem));
  }
  validateNonnegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds', errors);
  if (spec.timeZone !== undefined) validateTimeZone(spec.timeZone, errors);
  if (!spec.concurrencyPolicy) errors.push(required('spec.concurrencyPolicy'));
  else if (!CONCURRENCY.includes(spec.concurrencyPolicy))
    errors.push(notSupported('spec.concurrencyPolicy', spec.concurrencyPolicy, CONCURRENCY));
  validateJobSpec(spec.jobTemplate?.spec ?? {}, 'spec.jobTemplate.spec', errors);
  for (const field of ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit'])
    validateNonnegative(spec[field], `spec.${field}`, errors);
  const { name = '' } = object.metadata;
  if (name.length > MAX_CRON_JOB_NAME)
    errors.push(invalid('metadata.name', name, `must be no more than ${MAX_CRON_JOB_NAME} characters`));
}

function validateTimeZone(zone: string, errors: FieldError[]): void {
  if (zone === '') errors.push(invalid('spec.timeZone', zone, 'timeZone must be nil or non-empty string'));
  else if (/^local$/i.test(zone))
    errors.push(
      invalid(
        'spec.timeZone',
        zone,
        'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
      ),
    );
  else {
    try {
      new Intl.DateTimeFormat('en', { timeZone: zone });
    } catch {
      errors.push(invalid('spec.timeZone', zone, `unknown time zone ${zone}`));
    }
  }
}

interface CronField {
  min: number;
  max: number;
  names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const CRON_FIELDS: readonly CronField[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
];
const DESCRIPTORS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

/** What the cron parser says of a schedule; undefined when it can be run. */
function scheduleProblem(schedule: string): string | undefined {
  if (schedule.startsWith('@')) {
    if (DESCRIPTORS.includes(schedule) || schedule.startsWith('@every ')) return undefined;
    return `unrecognized descriptor: ${schedule}`;
  }
  const fields = schedule.trim().split(/\s+/);
  if (fields.length !== CRON_FIELDS.length)
    return `expected exactly ${CRON_FIELDS.length} fields, found ${fields.length}: [${fields.join(' ')}]`;
  for (const [index, field] of fields.entries())
    for (const part of field.split(',').filter((each) => each !== '')) {
      const problem = rangeProblem(part, CRON_FIELDS[index]!);
      if (problem) return problem;
    }
  return undefined;
}

function rangeProblem(text: string, { min, max, names }: CronField): string | undefined {
  const [range = '', step, ...more] = text.split('/');
  if (more.length > 0) return `too many slashes: ${text}`;
  const [low = '', high, ...rest] = range.split('-');
  let start = min;
  let end = max;
  const number = (word: string): number | string => {
    const at = names?.indexOf(word.toLowerCase()) ?? -1;
    if (at >= 0) return at + min;
    if (!/^[+-]?\d+$/.test(word))
      return `failed to parse int from ${word}: strconv.Atoi: parsing ${JSON.stringify(word)}: invalid syntax`;
    if (word.startsWith('-')) return `negative number (${word}) not allowed: ${word}`;
    return Number(word);
  };
  if (low !== '*' && low !== '?') {
    const first = number(low);
    if (typeof first === 'string') return first;
    start = first;
    if (rest.length > 0) return `too many hyphens: ${text}`;
    const last = high === undefined ? (step === undefined ? first : max) : number(high);
    if (typeof last === 'string') return last;
    end = last;
  }
  if (step !== undefined) {
    const every = number(step);
    if (typeof every === 'string') return every;
    if (every === 0) return `step of range should be a positive number: ${text}`;
  }
  if (start < min) return `beginning of range (${start}) below minimum (${min}): ${text}`;
  if (end > max) return `end of range (${end}) above maximum (${max}): ${text}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${text}`;
  return undefined;
}

export const batchValidators: Record<string, KindValidation> = {
  'batch/Job': { create: createJob, update: updateJob },
  'batch/CronJob': { create: createCronJob },
};
