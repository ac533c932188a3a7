/**
 * HTTPRoutes whose parent is a Service (GAMMA, gateway-api.sigs.k8s.io/mesh), as routes of the mesh. A route in the
 * Service's namespace is for all clients, one elsewhere only for those of its own namespace.
 */
import type { BackendReference, HTTPRoute, ParentReference, RouteRule } from '../gateway/gateway-kinds.ts';
import { matchesHead, rulesOfRoute, RouteTable, type CompiledRule } from '../gateway/route-table.ts';
import { DEFAULT_RETRY, type MeshRoute, type RetryPolicy, type RouteDestination } from './route.ts';
import { durationMs } from './virtual-service.ts';

const RETRIES = 1;

/** A parent that is a Service. */
export const isServiceParent = ({ group, kind }: ParentReference): boolean =>
  kind === 'Service' && (group === '' || group === 'core');

/** The parents of a route that are this Service, at this port. */
export function parentsAt(
  route: HTTPRoute,
  service: { namespace: string; name: string; port: number },
): ParentReference[] {
  return (route.spec?.parentRefs ?? []).filter(
    (parent) =>
      isServiceParent(parent) &&
      parent.name === service.name &&
      (parent.namespace ?? route.metadata.namespace) === service.namespace &&
      (parent.port === undefined || parent.port === service.port),
  );
}

/** Routes in the order in which they are asked, of all HTTPRoutes of one Service. */
export function serviceRoutes(
  routes: readonly HTTPRoute[],
  domain: string,
  usable: (backend: BackendReference, namespace: string) => boolean,
): MeshRoute[] {
  const table = new RouteTable(routes.flatMap((route) => rulesOfRoute(route, undefined)));
  return [...table].map((rule) => routeOf(rule, domain, usable));
}

function routeOf(
  { rule, match, route, namespace, order }: CompiledRule,
  domain: string,
  usable: (backend: BackendReference, namespace: string) => boolean,
): MeshRoute {
  const destinationOf = (backend: BackendReference): RouteDestination => ({
    host: `${backend.name}.${backend.namespace ?? namespace}.svc.${domain}`,
    subset: undefined,
    port: backend.port,
    weight: backend.weight ?? 1,
    filters: backend.filters ?? [],
  });
  const filters = rule.filters ?? [];
  const redirect = filters.find(({ requestRedirect }) => requestRedirect)?.requestRedirect;
  const { backendRefs = [] } = rule;
  const broken = backendRefs.some((backend) => !usable(backend, namespace));
  const all = [...filters, ...backendRefs.flatMap((backend) => backend.filters ?? [])];
  return {
    name: `${route.replace('/', '.')}.${rule.name ?? order}`,
    matches: (facts) => matchesHead(match, facts),
    destinations: backendRefs.map(destinationOf),
    filters,
    match,
    rewritePath: undefined,
    redirect,
    // A backend that cannot be used, or none at all: the Gateway API's answer is 500.
    directResponse: !redirect && (broken || backendRefs.length === 0) ? { status: 500, body: '' } : undefined,
    fault: undefined,
    timeoutMs: durationMs(rule.timeouts?.request),
    retry: retryOf(rule),
    mirrors: all.flatMap(({ requestMirror }) =>
      requestMirror
        ? [{ destination: destinationOf(requestMirror.backendRef), percentage: requestMirror.percent ?? 100 }]
        : [],
    ),
  };
}

function retryOf({ retry, timeouts }: RouteRule): RetryPolicy {
  const perTryTimeoutMs = durationMs(timeouts?.backendRequest);
  if (!retry) return { ...DEFAULT_RETRY, perTryTimeoutMs };
  const { codes = [], attempts = RETRIES, backoff } = retry;
  return {
    retries: attempts,
    perTryTimeoutMs,
    backoffMs: durationMs(backoff) ?? DEFAULT_RETRY.backoffMs,
    on: new Set([...DEFAULT_RETRY.on, ...codes.map(String)]),
  };
}
