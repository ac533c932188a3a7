/**
 * A rule of the mesh's traffic, compiled: when it is meant, where its requests go, and what is done to them. Both
 * VirtualServices and HTTPRoutes of Services come to this.
 */
import type { HttpRequest } from '../../core/http.ts';
import type { RouteFilter, RouteMatch } from '../gateway/gateway-kinds.ts';
import type { RequestHead } from '../gateway/route-table.ts';

/** What rules look at. */
export class RequestFacts implements RequestHead {
  readonly method: string;
  readonly path: string;
  /** `?` included; empty without one. */
  readonly search: string;
  /** As the client said it, with its port. */
  readonly authority: string;
  /** Lower case, without a port. */
  readonly hostname: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Port of the Service. */
  readonly port: number;

  constructor({ method, path, headers }: HttpRequest, authority: string, hostname: string, port: number) {
    const query = path.indexOf('?');
    this.method = method;
    this.path = query < 0 ? path : path.slice(0, query);
    this.search = query < 0 ? '' : path.slice(query);
    this.authority = authority;
    this.hostname = hostname;
    this.headers = headers;
    this.port = port;
  }

  /** Few rules ask. */
  get query(): URLSearchParams {
    return new URLSearchParams(this.search);
  }
}

/** Where requests go. */
export interface RouteDestination {
  /** Fully qualified name of a Service. */
  host: string;
  subset: string | undefined;
  /** Of the Service; undefined: the one that was asked for. */
  port: number | undefined;
  weight: number;
  filters: readonly RouteFilter[];
}

export interface Fault {
  delay?: { ms: number; percentage: number };
  abort?: { status: number; percentage: number };
}

export interface RetryPolicy {
  /** After the first one. */
  retries: number;
  perTryTimeoutMs: number | undefined;
  backoffMs: number;
  /** Conditions in Envoy's words (`5xx`, `reset`, …), and status codes. */
  on: ReadonlySet<string>;
}

export interface MeshRoute {
  /** As access logs name it. */
  name: string;
  matches(facts: RequestFacts): boolean;
  destinations: readonly RouteDestination[];
  filters: readonly RouteFilter[];
  /** Whose prefix filters replace. */
  match: RouteMatch;
  /** A VirtualService's way to do that; undefined: the path goes on as it is. */
  rewritePath: ((path: string) => string) | undefined;
  redirect: NonNullable<RouteFilter['requestRedirect']> | undefined;
  directResponse: { status: number; body: string } | undefined;
  fault: Fault | undefined;
  timeoutMs: number | undefined;
  retry: RetryPolicy;
  mirrors: readonly { destination: RouteDestination; percentage: number }[];
}

/** What Istio gives a route that says nothing about retries. */
export const DEFAULT_RETRY: RetryPolicy = {
  retries: 2,
  perTryTimeoutMs: undefined,
  backoffMs: 25,
  on: new Set(['connect-failure', 'refused-stream', 'unavailable', 'cancelled']),
};

/** The route of a Service about which nobody said anything. */
export function defaultRoute(host: string): MeshRoute {
  return {
    name: 'default',
    matches: () => true,
    destinations: [{ host, subset: undefined, port: undefined, weight: 1, filters: [] }],
    filters: [],
    match: {},
    rewritePath: undefined,
    redirect: undefined,
    directResponse: undefined,
    fault: undefined,
    timeoutMs: undefined,
    retry: DEFAULT_RETRY,
    mirrors: [],
  };
}

/** What an attempt came to, in the words of `x-envoy-retry-on`. */
export interface AttemptResult {
  /** Of an answer; undefined: there was none. */
  status: number | undefined;
  /** Why there was none. */
  failure: 'connect-failure' | 'reset' | undefined;
}

export function isRetriable({ on }: RetryPolicy, { status, failure }: AttemptResult): boolean {
  if (failure !== undefined)
    return on.has(failure) || on.has('5xx') || on.has('gateway-error') || (on.has('503') && !status);
  if (status === undefined || status < 400) return false;
  return (
    on.has(String(status)) ||
    (status >= 500 && on.has('5xx')) ||
    ((status === 502 || status === 503 || status === 504) && on.has('gateway-error')) ||
    (status === 409 && on.has('retriable-4xx'))
  );
}
