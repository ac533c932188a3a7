/**
 * The audit log: `audit.k8s.io/v1` Events at stage ResponseComplete. What people write is kept with the
 * object they sent (level Request), what they read with its metadata. The cluster's own components are
 * left out unless somebody wants them: they make a hundred requests for each one of a learner's.
 */
import type { Clock } from '../../../core/clock.ts';
import { microTimestamp } from '../../../core/clock.ts';
import { toDisposable, type Disposable } from '../../../core/disposable.ts';
import { Emitter } from '../../../core/emitter.ts';
import type { Random } from '../../../core/random.ts';
import type { KubernetesObject } from '../../api/object.ts';
import type { UserInfo } from '../../api/request.ts';
import { StatusError } from '../../api/status.ts';

/** The same shape on every runtime. */
export interface AuditEvent {
  apiVersion: 'audit.k8s.io/v1';
  kind: 'Event';
  level: 'Metadata' | 'Request';
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
  requestReceivedTimestamp: string;
  stageTimestamp: string;
  annotations?: Record<string, string>;
}

/** What a request was about. */
export interface AuditedRequest {
  verb: string;
  requestURI: string;
  user: UserInfo;
  userAgent?: string;
  group: string;
  version: string;
  resource: string;
  subresource?: string;
  namespace?: string;
  name?: string;
  body?: unknown;
}

export interface AuditOptions {
  /** Whose requests are kept. Default: everybody's whose name does not start with `system:`. */
  audits?(user: UserInfo): boolean;
  /** Events kept for those who come later. */
  limit?: number;
}

const LIMIT = 2000;
const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
/** Their bodies are not for a log. */
const SECRET = new Set(['secrets', 'tokenreviews', 'serviceaccounts/token']);

const isPerson = ({ username }: UserInfo): boolean => !username.startsWith('system:');

export class AuditLog {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #limit: number;
  readonly #events: AuditEvent[] = [];
  readonly #emitter = new Emitter<AuditEvent>();
  /** Whether requests of this user are kept. */
  readonly audits: (user: UserInfo) => boolean;

  constructor(clock: Clock, random: Random, { audits = isPerson, limit = LIMIT }: AuditOptions = {}) {
    this.#clock = clock;
    this.#random = random;
    this.#limit = limit;
    this.audits = audits;
  }

  /** Replays what is kept, oldest first, then follows. */
  watch(listener: (event: AuditEvent) => void): Disposable {
    for (const event of this.#events) listener(event);
    const subscription = this.#emitter.event(listener);
    return toDisposable(() => subscription.dispose());
  }

  /** Notes a request that was received at `receivedMs` and is answered now; `error` is its failure. */
  record(request: AuditedRequest, receivedMs: number, code: number, error?: unknown): void {
    const { verb, user, userAgent, group, version, resource, subresource, namespace } = request;
    // A create names its object in the body, as the real log does (LogRequestObject).
    const name = request.name ?? (request.body as KubernetesObject | undefined)?.metadata?.name;
    const target = subresource ? `${resource}/${subresource}` : resource;
    const withBody = WRITES.has(verb) && request.body !== undefined && !SECRET.has(target);
    const failure = error instanceof StatusError ? error.status : undefined;
    const event: AuditEvent = {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: withBody ? 'Request' : 'Metadata',
      auditID: this.#random.uuid(),
      stage: 'ResponseComplete',
      requestURI: request.requestURI,
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
      requestReceivedTimestamp: microTimestamp(receivedMs),
      stageTimestamp: microTimestamp(this.#clock.now()),
      annotations: {
        'authorization.k8s.io/decision': failure?.reason === 'Forbidden' ? 'forbid' : 'allow',
      },
    };
    this.#events.push(event);
    if (this.#events.length > this.#limit * 1.25) this.#events.splice(0, this.#events.length - this.#limit);
    this.#emitter.fire(event);
  }
}
