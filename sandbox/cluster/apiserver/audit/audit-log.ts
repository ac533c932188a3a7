/**
 * The audit log: `audit.k8s.io/v1` Events at stage ResponseComplete, at the level that a policy says. The
 * cluster's own components are left out unless somebody wants them: they make a hundred requests for each
 * one of a learner's.
 *
 * Left out: the stages before a request is answered, since it is answered in one piece.
 */
import type { Clock } from '../../../core/clock.ts';
import { microTimestamp } from '../../../core/clock.ts';
import { toDisposable, type Disposable } from '../../../core/disposable.ts';
import { Emitter } from '../../../core/emitter.ts';
import type { Random } from '../../../core/random.ts';
import type { KubernetesObject } from '../../api/object.ts';
import type { ApiRequest, UserInfo } from '../../api/request.ts';
import { StatusError, type Status } from '../../api/status.ts';
import { DEFAULT_POLICY, levelOf, type AuditLevel, type AuditPolicy } from './audit-policy.ts';
import { uriOf } from './request-uri.ts';

/** The same shape on every runtime. */
export interface AuditEvent {
  apiVersion: 'audit.k8s.io/v1';
  kind: 'Event';
  level: Exclude<AuditLevel, 'None'>;
  auditID: string;
  stage: 'ResponseComplete';
  requestURI: string;
  verb: string;
  user: { username: string; uid?: string; groups?: string[] };
  userAgent?: string;
  objectRef?: {
    resource?: string;
    subresource?: string;
    namespace?: string;
    name?: string;
    apiGroup?: string;
    apiVersion?: string;
  };
  responseStatus?: { code?: number; status?: string; reason?: string; message?: string };
  requestObject?: unknown;
  responseObject?: unknown;
  requestReceivedTimestamp: string;
  stageTimestamp: string;
  annotations?: Record<string, string>;
}

/** A request and what became of it. */
export interface Answered {
  request: ApiRequest;
  /** When it was received. */
  receivedMs: number;
  code: number;
  /** Its failure. */
  error?: unknown;
  response?: unknown;
  /** What authorization and admission have to say. */
  annotations?: Readonly<Record<string, string>>;
}

/** What is kept of a request until somebody wants its event: of thousands of them nobody ever does. */
interface Entry extends Omit<Answered, 'error'> {
  level: AuditEvent['level'];
  auditID: string;
  answeredMs: number;
  failure: Status | undefined;
  event: AuditEvent | undefined;
}

export interface AuditOptions {
  /** Whose requests are kept. Default: everybody's whose name does not start with `system:`. */
  audits?(user: UserInfo): boolean;
  /** At which level; default: what was sent of writes, the metadata of everything else. */
  policy?: AuditPolicy;
  /** Events kept for those who come later. */
  limit?: number;
}

const LIMIT = 2000;
const isPerson = ({ username }: UserInfo): boolean => !username.startsWith('system:');

export class AuditLog {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #limit: number;
  readonly #policy: AuditPolicy;
  readonly #entries: Entry[] = [];
  readonly #emitter = new Emitter<AuditEvent>();
  /** Whether requests of this user are kept. */
  readonly audits: (user: UserInfo) => boolean;

  constructor(
    clock: Clock,
    random: Random,
    { audits = isPerson, limit = LIMIT, policy = DEFAULT_POLICY }: AuditOptions = {},
  ) {
    this.#policy = policy;
    this.#clock = clock;
    this.#random = random;
    this.#limit = limit;
    this.audits = audits;
  }

  /** Replays what is kept, oldest first, then follows. */
  watch(listener: (event: AuditEvent) => void): Disposable {
    for (const entry of this.#entries) listener(eventOf(entry));
    const subscription = this.#emitter.event(listener);
    return toDisposable(() => subscription.dispose());
  }

  /** Notes a request that is answered now. */
  record({ request, receivedMs, code, error, response, annotations }: Answered): void {
    const level = levelOf(this.#policy, request);
    if (level === 'None') return;
    const entry: Entry = {
      request,
      receivedMs,
      code,
      // A list of everything is not kept for a log that does not show it.
      response: level === 'RequestResponse' ? response : undefined,
      annotations,
      level,
      auditID: this.#random.uuid(),
      answeredMs: this.#clock.now(),
      failure: error instanceof StatusError ? error.status : undefined,
      event: undefined,
    };
    this.#entries.push(entry);
    if (this.#entries.length > this.#limit * 1.25)
      this.#entries.splice(0, this.#entries.length - this.#limit);
    if (this.#emitter.size > 0) this.#emitter.fire(eventOf(entry));
  }
}

/** The same event every time. */
function eventOf(entry: Entry): AuditEvent {
  if (entry.event) return entry.event;
  const { request, level, failure, code } = entry;
  const { verb, user, userAgent, group, version, resource, subresource, namespace } = request;
  // A create names its object in the body, as the real log does (LogRequestObject).
  const name = request.name ?? (request.body as KubernetesObject | undefined)?.metadata?.name;
  const withBody = level !== 'Metadata' && request.body !== undefined;
  entry.event = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level,
    auditID: entry.auditID,
    stage: 'ResponseComplete',
    requestURI: request.requestURI ?? uriOf(request),
    verb,
    user: { username: user.username, ...(user.uid && { uid: user.uid }), groups: user.groups },
    ...(userAgent && { userAgent }),
    objectRef: {
      resource,
      ...(namespace && { namespace }),
      ...(name && { name }),
      ...(group && { apiGroup: group }),
      apiVersion: version,
      ...(subresource && { subresource }),
    },
    responseStatus: failure
      ? {
          status: failure.status,
          ...(failure.message && { message: failure.message }),
          ...(failure.reason && { reason: failure.reason }),
          code: failure.code,
        }
      : { code },
    ...(withBody && { requestObject: request.body }),
    ...(level === 'RequestResponse' && { responseObject: failure ?? entry.response }),
    requestReceivedTimestamp: microTimestamp(entry.receivedMs),
    stageTimestamp: microTimestamp(entry.answeredMs),
    annotations: { 'authorization.k8s.io/decision': decisionOf(failure), ...entry.annotations },
  };
  return entry.event;
}

const decisionOf = (failure: Status | undefined): string =>
  failure?.reason === 'Forbidden' ? 'forbid' : 'allow';
