/**
 * VirtualServices as routes of the mesh. Left out: gateways of Istio's own (a route for one is not a sidecar's),
 * `tcp` and `tls` routes, delegates, CORS, and `sourceLabels` of anything but sidecars.
 */
import { fromBase64 } from '../../core/base64.ts';
import { decode } from '../../core/bytes.ts';
import { parseDuration } from '../api/duration.ts';
import type { RouteFilter } from '../gateway/gateway-kinds.ts';
import type {
  Destination,
  HeaderOperations,
  Headers,
  HTTPMatchRequest,
  HTTPRetry,
  IstioHTTPRoute,
  VirtualService,
} from './istio-kinds.ts';
import {
  DEFAULT_RETRY,
  type Fault,
  type MeshRoute,
  type RequestFacts,
  type RetryPolicy,
  type RouteDestination,
} from './route.ts';
import { textMatcher, type TextMatcher } from './string-match.ts';
import type { Workload } from './workload.ts';

/** The gateway that stands for all sidecars. */
const MESH_GATEWAY = 'mesh';
const MOVED_PERMANENTLY = 301;

/** `reviews` of the namespace `shop` is `reviews.shop.svc.cluster.local`; names with a dot are whole. */
export function qualifiedHost(host: string, namespace: string, domain: string): string {
  if (host.includes('.') || host === '*') return host;
  return `${host}.${namespace}.svc.${domain}`;
}

/** Whether its rules are those of sidecars. */
export const isForSidecars = ({ spec }: VirtualService): boolean =>
  !spec?.gateways?.length || spec.gateways.includes(MESH_GATEWAY);

/** Whether an object can be seen from `namespace`: `exportTo`, of which nothing means everywhere. */
export function isExported(exportTo: readonly string[] | undefined, own: string, namespace: string): boolean {
  if (!exportTo?.length) return true;
  return exportTo.some((each) => each === '*' || each === namespace || (each === '.' && own === namespace));
}

/** The routes that a VirtualService has for what `client` sends. */
export function routesOf(virtualService: VirtualService, client: Workload, domain: string): MeshRoute[] {
  const { name = '', namespace = '' } = virtualService.metadata;
  return (virtualService.spec?.http ?? []).flatMap((route) => {
    const matches = matcherOf(route.match, client);
    return matches ? [routeOf(route, matches, namespace, name, domain)] : [];
  });
}

/** Undefined: it can never be, for this client. */
function matcherOf(
  matches: readonly HTTPMatchRequest[] | undefined,
  client: Workload,
): MeshRoute['matches'] | undefined {
  if (!matches?.length) return () => true;
  const compiled = matches.filter((match) => isFrom(match, client)).map(matchOf);
  if (compiled.length === 0) return undefined;
  return compiled.length === 1 ? compiled[0] : (facts) => compiled.some((each) => each(facts));
}

function isFrom({ sourceLabels, sourceNamespace, gateways }: HTTPMatchRequest, client: Workload): boolean {
  if (gateways?.length && !gateways.includes(MESH_GATEWAY)) return false;
  if (sourceNamespace && sourceNamespace !== client.namespace) return false;
  return Object.entries(sourceLabels ?? {}).every(([key, value]) => client.labels[key] === value);
}

function matchOf(match: HTTPMatchRequest): MeshRoute['matches'] {
  const { uri, method, authority, scheme, headers = {}, withoutHeaders = {}, queryParams = {}, port } = match;
  const tests: ((facts: RequestFacts) => boolean)[] = [];
  const add = (matcher: TextMatcher, value: (facts: RequestFacts) => string | undefined) =>
    tests.push((facts) => matcher(value(facts)));
  if (uri) add(textMatcher(uri, match.ignoreUriCase), ({ path }) => path);
  if (method) add(textMatcher(method), (facts) => facts.method);
  if (authority) add(textMatcher(authority), (facts) => facts.authority);
  if (scheme) add(textMatcher(scheme), () => 'http');
  if (port !== undefined) tests.push((facts) => facts.port === port);
  for (const [name, wanted] of Object.entries(headers))
    add(textMatcher(wanted), (facts) => facts.headers[name.toLowerCase()]);
  for (const [name, unwanted] of Object.entries(withoutHeaders)) {
    const matcher = textMatcher(unwanted);
    tests.push((facts) => !matcher(facts.headers[name.toLowerCase()]));
  }
  for (const [name, wanted] of Object.entries(queryParams))
    add(textMatcher(wanted), ({ query }) => query.get(name) ?? undefined);
  return (facts) => tests.every((test) => test(facts));
}

function routeOf(
  route: IstioHTTPRoute,
  matches: MeshRoute['matches'],
  namespace: string,
  virtualService: string,
  domain: string,
): MeshRoute {
  const { rewrite, redirect, directResponse, timeout, retries, fault, mirror, mirrors = [], headers } = route;
  const destinationOf = (
    { host, subset, port }: Destination,
    weight: number,
    own?: Headers,
  ): RouteDestination => ({
    host: qualifiedHost(host, namespace, domain),
    subset,
    port: port?.number,
    weight,
    filters: filtersOf(own),
  });
  const destinations = route.route ?? [];
  const filters = filtersOf(headers);
  if (rewrite?.authority) filters.push({ type: 'URLRewrite', urlRewrite: { hostname: rewrite.authority } });
  const prefix = route.match?.length === 1 ? route.match[0]!.uri?.prefix : commonPrefix(route.match);
  const mirrored = mirror
    ? [{ destination: mirror, percentage: route.mirrorPercentage }, ...mirrors]
    : mirrors;
  return {
    name: route.name ?? virtualService,
    matches,
    // A single destination needs no weight.
    destinations: destinations.map(({ destination, weight, headers: own }) =>
      destinationOf(destination, destinations.length === 1 ? 1 : (weight ?? 0), own),
    ),
    filters,
    match: {},
    rewritePath: rewrite?.uri === undefined ? undefined : pathRewriter(rewrite.uri, prefix),
    redirect: redirect && redirectOf(redirect),
    directResponse: directResponse && {
      status: directResponse.status,
      body: directResponse.body?.string ?? decodeBytes(directResponse.body?.bytes),
    },
    fault: fault && faultOf(fault),
    timeoutMs: durationMs(timeout),
    retry: retryOf(retries),
    mirrors: mirrored.map(({ destination, percentage }) => ({
      destination: destinationOf(destination, 1),
      percentage: percentage?.value ?? 100,
    })),
  };
}

/** Of several matches with one prefix, what is replaced. */
function commonPrefix(matches: readonly HTTPMatchRequest[] | undefined): string | undefined {
  const prefixes = new Set((matches ?? []).map(({ uri }) => uri?.prefix));
  return prefixes.size === 1 ? [...prefixes][0] : undefined;
}

/** Envoy puts the new prefix in place of the old one, letter by letter. */
const pathRewriter =
  (uri: string, prefix: string | undefined) =>
  (path: string): string =>
    prefix !== undefined && path.startsWith(prefix) ? uri + path.slice(prefix.length) : uri;

function filtersOf({ request, response }: Headers = {}): RouteFilter[] {
  return [
    ...(request ? [{ type: 'RequestHeaderModifier', requestHeaderModifier: listsOf(request) }] : []),
    ...(response ? [{ type: 'ResponseHeaderModifier', responseHeaderModifier: listsOf(response) }] : []),
  ];
}

const listsOf = ({ set, add, remove }: HeaderOperations) => ({
  set: pairsOf(set),
  add: pairsOf(add),
  remove: remove ?? [],
});

const pairsOf = (values: Record<string, string> = {}) =>
  Object.entries(values).map(([name, value]) => ({ name, value }));

function redirectOf(
  redirect: NonNullable<IstioHTTPRoute['redirect']>,
): NonNullable<RouteFilter['requestRedirect']> {
  const { uri, authority, port, scheme, redirectCode = MOVED_PERMANENTLY } = redirect;
  return {
    statusCode: redirectCode,
    ...(scheme ? { scheme } : {}),
    ...(authority ? { hostname: authority } : {}),
    ...(port ? { port } : {}),
    ...(uri ? { path: { type: 'ReplaceFullPath', replaceFullPath: uri } } : {}),
  };
}

/** Without a percentage no request is concerned: `TranslateFault` of istio's pilot/pkg/networking/core/route. */
function faultOf({ delay, abort }: NonNullable<IstioHTTPRoute['fault']>): Fault {
  return {
    ...(delay?.fixedDelay === undefined
      ? {}
      : {
          delay: {
            ms: parseDuration(delay.fixedDelay),
            percentage: delay.percentage?.value ?? delay.percent ?? 0,
          },
        }),
    ...(abort?.httpStatus === undefined
      ? {}
      : { abort: { status: abort.httpStatus, percentage: abort.percentage?.value ?? 0 } }),
  };
}

function retryOf(retries: HTTPRetry | undefined): RetryPolicy {
  if (!retries) return DEFAULT_RETRY;
  const { attempts = 0, perTryTimeout, retryOn, backoff } = retries;
  return {
    retries: attempts,
    perTryTimeoutMs: durationMs(perTryTimeout),
    backoffMs: durationMs(backoff) ?? DEFAULT_RETRY.backoffMs,
    on: retryOn ? new Set(retryOn.split(',').map((each) => each.trim())) : DEFAULT_RETRY.on,
  };
}

/** Of a duration of a rule; no time at all is no limit. */
export function durationMs(text: string | undefined): number | undefined {
  const ms = text === undefined ? 0 : parseDuration(text);
  return ms > 0 ? ms : undefined;
}

const decodeBytes = (base64: string | undefined): string =>
  base64 === undefined ? '' : decode(fromBase64(base64));
