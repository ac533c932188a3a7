/**
 * Field errors of apimachinery (`util/validation/field`) and how a StatusError sums them up: the words are
 * those that learners will paste into a search engine.
 */
import { StatusError, type StatusCause } from '../status.ts';

/** `metav1.CauseType` of a field error. */
export type FieldErrorReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueNotFound'
  | 'FieldValueTypeInvalid'
  | 'InternalError';

export interface FieldError {
  reason: FieldErrorReason;
  /** `spec.containers[0].image`; empty for the object as a whole. */
  field: string;
  /** Without the field: `Invalid value: -1: must be greater than or equal to 0`. */
  message: string;
}

function error(reason: FieldErrorReason, field: string, head: string, detail: string): FieldError {
  return { reason, field, message: detail ? `${head}: ${detail}` : head };
}

export const required = (field: string, detail = ''): FieldError =>
  error('FieldValueRequired', field, 'Required value', detail);

export const invalid = (field: string, value: unknown, detail: string): FieldError =>
  error('FieldValueInvalid', field, `Invalid value: ${quote(value)}`, detail);

export const forbidden = (field: string, detail: string): FieldError =>
  error('FieldValueForbidden', field, 'Forbidden', detail);

export const duplicate = (field: string, value: unknown): FieldError =>
  error('FieldValueDuplicate', field, `Duplicate value: ${quote(value)}`, '');

export const notFound = (field: string, value: unknown): FieldError =>
  error('FieldValueNotFound', field, `Not found: ${quote(value)}`, '');

export const tooLong = (field: string, maxLength: number): FieldError =>
  error('FieldValueTooLong', field, 'Too long', `may not be more than ${maxLength} bytes`);

/** `supported` is listed in the order given; callers pass it sorted. */
export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((each) => JSON.stringify(each)).join(', ');
  const detail = supported.length > 0 ? `supported values: ${list}` : '';
  return error('FieldValueNotSupported', field, `Unsupported value: ${quote(value)}`, detail);
}

/** A value as `%q` and `json.Marshal` show it. */
function quote(value: unknown): string {
  if (value === undefined) return 'null';
  return JSON.stringify(value);
}

/** `spec.x: Required value`, as it stands in the message of a Status. */
const textOf = ({ field, message }: FieldError): string => `${field}: ${message}`;

/** `apierrors.NewInvalid`: 422 with every problem, repeated texts once. */
export function invalidObject(
  of: { group: string; kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const qualified = of.group ? `${of.kind}.${of.group}` : of.kind;
  const causes: StatusCause[] = errors.map(({ reason, field, message }) => ({ reason, message, field }));
  const texts = [...new Set(errors.map(textOf))];
  const sum = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const message = `${qualified} "${name}" is invalid: ${sum}`;
  const details = {
    ...(name ? { name } : {}),
    ...(of.group ? { group: of.group } : {}),
    kind: of.kind,
    causes,
  };
  return new StatusError('Invalid', message, details);
}
