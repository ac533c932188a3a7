/** Query parameters and DeleteOptions of a request, checked as the server checks them. */
import { encode } from '../../../core/bytes.ts';
import type { RequestOptions } from '../../api/request.ts';
import { StatusError } from '../../api/status.ts';
import {
  forbidden,
  invalidObject,
  notSupported,
  type FieldError,
} from '../../api/validation/field-errors.ts';
import { isTrue } from './request-info.ts';

const VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn'];
const POLICIES = ['Foreground', 'Background', 'Orphan'];
const MAX_MANAGER_BYTES = 128;

export function optionsOf(query: URLSearchParams, verb: string): RequestOptions {
  const options: RequestOptions = {};
  for (const [name, value] of query) {
    switch (name) {
      case 'labelSelector':
      case 'fieldSelector':
      case 'continue':
      case 'resourceVersion':
      case 'fieldManager':
        if (value !== '') options[name] = value;
        break;
      case 'limit':
      case 'timeoutSeconds':
      case 'gracePeriodSeconds':
        options[name] = integer(value);
        break;
      case 'allowWatchBookmarks':
      case 'sendInitialEvents':
      case 'force':
        options[name] = isTrue(value);
        break;
      case 'resourceVersionMatch':
        if (value) options.resourceVersionMatch = value as RequestOptions['resourceVersionMatch'];
        break;
      case 'fieldValidation':
        if (!value) break;
        if (!VALIDATIONS.includes(value))
          throw refuse(verb, [notSupported('fieldValidation', value, VALIDATIONS)]);
        options.fieldValidation = value as RequestOptions['fieldValidation'];
        break;
      case 'dryRun':
        options.dryRun = dryRun(query.getAll('dryRun'), verb);
        break;
      case 'propagationPolicy':
        options.propagationPolicy = policy(value, verb);
        break;
      case 'orphanDependents':
        options.propagationPolicy ??= isTrue(value) ? 'Orphan' : 'Background';
        break;
    }
  }
  checkTogether(options, verb);
  return options;
}

interface DeleteOptions {
  gracePeriodSeconds?: number | null;
  propagationPolicy?: string | null;
  orphanDependents?: boolean | null;
  preconditions?: RequestOptions['preconditions'] | null;
  dryRun?: string[] | null;
}

/** The body of a delete, over what the query says. */
export function withDeleteOptions(options: RequestOptions, body: unknown): RequestOptions {
  if (typeof body !== 'object' || body === null) return options;
  const given = body as DeleteOptions;
  const out = { ...options };
  if (typeof given.gracePeriodSeconds === 'number') out.gracePeriodSeconds = given.gracePeriodSeconds;
  if (given.propagationPolicy) out.propagationPolicy = policy(given.propagationPolicy, 'delete');
  else if (typeof given.orphanDependents === 'boolean')
    out.propagationPolicy = given.orphanDependents ? 'Orphan' : 'Background';
  if (given.preconditions) out.preconditions = given.preconditions;
  if (given.dryRun?.length) out.dryRun = dryRun(given.dryRun, 'delete');
  return out;
}

function integer(text: string): number {
  if (/^-?\d+$/.test(text)) {
    const value = BigInt(text);
    if (BigInt.asIntN(64, value) !== value)
      throw new StatusError(
        'BadRequest',
        `strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`,
      );
    return Number(value);
  }
  throw new StatusError('BadRequest', `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

function dryRun(values: string[], verb: string): boolean {
  const given = values.filter((value) => value !== '');
  if (given.some((value) => value !== 'All')) throw refuse(verb, [notSupported('dryRun', given, ['All'])]);
  return given.length > 0;
}

function policy(value: string, verb: string): RequestOptions['propagationPolicy'] {
  if (!POLICIES.includes(value)) throw refuse(verb, [unsupportedPolicy(value)]);
  return value as RequestOptions['propagationPolicy'];
}

/** In the order in which the server names them, which is not that of `notSupported`. */
function unsupportedPolicy(value: string): FieldError {
  const supported = [...POLICIES, 'nil'].map((each) => JSON.stringify(each)).join(', ');
  return {
    ...notSupported('propagationPolicy', value, []),
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`,
  };
}

/** What holds of options together (`ValidateListOptions` of apimachinery). */
function checkTogether(options: RequestOptions, verb: string): void {
  if (verb === 'list' || verb === 'watch' || verb === 'deletecollection') {
    const problems = verb === 'watch' ? watchRules(options) : listRules(options, verb);
    if (problems.length > 0) throw refuse(verb === 'deletecollection' ? 'list' : verb, problems);
  }
  if (options.fieldManager && encode(options.fieldManager).length > MAX_MANAGER_BYTES)
    throw refuse(verb, [
      {
        reason: 'FieldValueTooLong',
        field: 'fieldManager',
        message: `Too long: may not be more than ${MAX_MANAGER_BYTES} bytes`,
      },
    ]);
}

const MATCH = 'resourceVersionMatch';

function listRules(options: RequestOptions, verb: string): FieldError[] {
  const { resourceVersionMatch: match, resourceVersion, sendInitialEvents } = options;
  const errors: FieldError[] = [];
  if (match) {
    if (!resourceVersion)
      errors.push(forbidden(MATCH, `${MATCH} is forbidden unless resourceVersion is provided`));
    if (options.continue) errors.push(forbidden(MATCH, `${MATCH} is forbidden when continue is provided`));
    if (match !== 'Exact' && match !== 'NotOlderThan')
      errors.push(notSupported(MATCH, match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && resourceVersion === '0')
      errors.push(forbidden(MATCH, `${MATCH} "exact" is forbidden for resourceVersion "0"`));
  }
  if (sendInitialEvents !== undefined)
    errors.push(forbidden('sendInitialEvents', `sendInitialEvents is forbidden for ${verb}`));
  return errors;
}

function watchRules(options: RequestOptions): FieldError[] {
  const { resourceVersionMatch: match, sendInitialEvents } = options;
  const errors: FieldError[] = [];
  if (options.continue) return [forbidden(MATCH, `${MATCH} is forbidden when continue is provided`)];
  if (sendInitialEvents === undefined) {
    if (match)
      errors.push(forbidden(MATCH, `${MATCH} is forbidden for watch unless sendInitialEvents is provided`));
  } else if (match !== 'NotOlderThan')
    errors.push(forbidden(MATCH, `sendInitialEvents requires setting ${MATCH} to NotOlderThan`));
  if (match && match !== 'NotOlderThan') errors.push(notSupported(MATCH, match, ['NotOlderThan']));
  return errors;
}

const OPTION_KINDS: Record<string, string> = {
  create: 'CreateOptions',
  update: 'UpdateOptions',
  patch: 'PatchOptions',
  list: 'ListOptions',
  watch: 'ListOptions',
};

function refuse(verb: string, errors: Parameters<typeof invalidObject>[2]): StatusError {
  const kind = OPTION_KINDS[verb] ?? 'DeleteOptions';
  return invalidObject({ group: 'meta.k8s.io', kind }, '', errors);
}
