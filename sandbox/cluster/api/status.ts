/** `metav1.Status`: the one shape in which the API says that something failed. */
import type { ObjectMeta } from './object.ts';

export interface Status {
  apiVersion: 'v1';
  kind: 'Status';
  metadata: Partial<ObjectMeta>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: StatusReason;
  details?: StatusDetails;
  code: number;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

export interface StatusCause {
  reason?: string;
  message?: string;
  /** Path of the field, e.g. `spec.containers[0].image`. */
  field?: string;
}

/** Reasons of apimachinery `metav1.StatusReason` with their HTTP codes. */
const CODES = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
  ServerTimeout: 500,
} as const;

export type StatusReason = keyof typeof CODES;

/** An API failure. `message` and `status.message` are the same words. */
export class StatusError extends Error {
  readonly status: Status;

  constructor(reason: StatusReason | undefined, message: string, details?: StatusDetails, code?: number) {
    super(message);
    this.status = {
      apiVersion: 'v1',
      kind: 'Status',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason ? { reason } : {}),
      ...(details ? { details } : {}),
      code: code ?? (reason ? CODES[reason] : 500),
    };
  }

  /** An error received from a server. */
  static from(status: Status): StatusError {
    const error = new StatusError(status.reason, status.message ?? '', status.details, status.code);
    return error;
  }

  get code(): number {
    return this.status.code;
  }
  get reason(): StatusReason | undefined {
    return this.status.reason;
  }
}

/** Whether `error` is an API failure with this reason. */
export function isStatus(error: unknown, reason: StatusReason): error is StatusError {
  return error instanceof StatusError && error.reason === reason;
}

interface Qualified {
  group: string;
  resource: string;
}

const qualified = ({ group, resource }: Qualified) => (group ? `${resource}.${group}` : resource);

export function notFound(of: Qualified, name: string): StatusError {
  const details = { name, ...(of.group ? { group: of.group } : {}), kind: of.resource };
  return new StatusError('NotFound', `${qualified(of)} "${name}" not found`, details);
}

export function alreadyExists(of: Qualified, name: string): StatusError {
  const details = { name, ...(of.group ? { group: of.group } : {}), kind: of.resource };
  return new StatusError('AlreadyExists', `${qualified(of)} "${name}" already exists`, details);
}

export function conflict(of: Qualified, name: string, why: string): StatusError {
  const details = { name, ...(of.group ? { group: of.group } : {}), kind: of.resource };
  return new StatusError(
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(of)} "${name}": ${why}`,
    details,
  );
}
