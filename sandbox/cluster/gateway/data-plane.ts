/**
 * What carries requests through a gateway: a machine in the nodes' network per Gateway, with its rules. Filters,
 * weights, mirrors, timeouts and retries of HTTPRoutes, answers as Envoy gives them (404 without a rule, 500 for
 * a backend that cannot be used, 503 for one that does not answer, 504 for one that takes too long).
 */
import { encode } from '../../core/bytes.ts';
import type { Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { textResponse, type HttpRequest, type HttpResponse } from '../../core/http.ts';
import type { Random } from '../../core/random.ts';
import { Errno } from '../../os/errno.ts';
import { NameNotFound, type Peer } from '../../os/network.ts';
import { parseDuration } from '../api/duration.ts';
import type { ClusterNetwork } from '../network/cluster-network.ts';
import type { NetworkStack } from '../network/network-stack.ts';
import type { BackendReference, RouteFilter } from './gateway-kinds.ts';
import type { CompiledRule, RequestHead, RouteTable } from './route-table.ts';

export interface DataPlaneOptions {
  network: ClusterNetwork;
  clock: Clock;
  random: Random;
  /** Whether a rule may use a backend: it exists, and another namespace allows it. */
  usable(backend: BackendReference, namespace: string): boolean;
}

const WEIGHT = 1;
const RETRIES = 1;
const RETRY_BACKOFF_MS = 25;
const REDIRECT = 302;

/** One gateway: an address, and a table for each of its ports. */
export class GatewayHost implements Disposable {
  readonly address: string;
  readonly #options: DataPlaneOptions;
  readonly #stack: NetworkStack;
  readonly #listening = new Map<number, Disposable>();
  #tables: ReadonlyMap<number, RouteTable> = new Map();

  constructor(options: DataPlaneOptions, name: string, address: string) {
    this.#options = options;
    this.address = address;
    this.#stack = options.network.addHost({ addresses: [address], hostname: name }, { inside: true });
  }

  /** Takes new rules; connections under way go on. */
  update(tables: ReadonlyMap<number, RouteTable>): void {
    this.#tables = tables;
    for (const [port, listening] of this.#listening)
      if (!tables.has(port)) {
        listening.dispose();
        this.#listening.delete(port);
      }
    for (const port of tables.keys())
      if (!this.#listening.has(port))
        this.#listening.set(
          port,
          this.#stack.listen(port, (request, peer) => this.#answer(port, request, peer)),
        );
  }

  dispose(): void {
    for (const listening of this.#listening.values()) listening.dispose();
    this.#options.network.removeHost(this.#stack);
  }

  async #answer(port: number, request: HttpRequest, peer: Peer): Promise<HttpResponse> {
    const url = new URL(request.path, 'http://gateway');
    const host = request.headers['host'] ?? '';
    const head: RequestHead = {
      method: request.method,
      path: url.pathname,
      hostname: host.replace(/:\d+$/, '').toLowerCase(),
      query: url.searchParams,
      headers: request.headers,
    };
    const found = this.#tables.get(port)?.find(head);
    if (!found) return textResponse(404, '');
    const filters = found.rule.filters ?? [];
    const redirect = filters.find(({ type }) => type === 'RequestRedirect')?.requestRedirect;
    if (redirect) return redirected(redirect, found, head, url, port);
    const backend = this.#choose(found.rule.backendRefs ?? []);
    if (!backend || !this.#options.usable(backend, found.namespace)) return textResponse(500, '');
    const all = [...filters, ...(backend.filters ?? [])];
    const forwarded = rewritten(request, all, found, url);
    forwarded.headers['x-forwarded-for'] = [request.headers['x-forwarded-for'], peer.address]
      .filter(Boolean)
      .join(', ');
    forwarded.headers['x-forwarded-proto'] ??= 'http';
    forwarded.headers['x-request-id'] ??= this.#options.random.uuid();
    for (const { requestMirror } of all)
      if (requestMirror && this.#options.random.next() * 100 < (requestMirror.percent ?? 100))
        void this.#send(requestMirror.backendRef, found.namespace, forwarded).catch(() => {});
    const response = await this.#timed(found, backend, forwarded);
    for (const { responseHeaderModifier } of all)
      if (responseHeaderModifier) modify(response.headers, responseHeaderModifier);
    return response;
  }

  /** By weight; undefined: there is none, or all have weight 0. */
  #choose(backends: readonly BackendReference[]): BackendReference | undefined {
    const total = backends.reduce((sum, { weight = WEIGHT }) => sum + weight, 0);
    let at = this.#options.random.next() * total;
    return backends.find(({ weight = WEIGHT }) => (at -= weight) < 0);
  }

  async #timed(
    { rule, namespace }: CompiledRule,
    backend: BackendReference,
    request: HttpRequest,
  ): Promise<HttpResponse> {
    const { clock } = this.#options;
    const limits = [rule.timeouts?.request, rule.timeouts?.backendRequest]
      .map((text) => (text === undefined ? 0 : parseDuration(text)))
      .filter((ms) => ms > 0);
    const { codes = [], attempts = RETRIES, backoff } = rule.retry ?? {};
    const tries = rule.retry ? 1 + attempts : 1;
    const controller = new AbortController();
    const timers = new DisposableStore();
    if (limits.length > 0)
      timers.add(clock.setTimeout(() => controller.abort(new TimeOut()), Math.min(...limits)));
    try {
      for (let attempt = 1; ; attempt++) {
        const response = await this.#send(backend, namespace, { ...request, signal: controller.signal });
        if (attempt >= tries || !(codes.includes(response.status) || response.status === 503))
          return response;
        await new Promise<void>((resolve) =>
          timers.add(
            clock.setTimeout(resolve, backoff ? parseDuration(backoff) : RETRY_BACKOFF_MS * attempt),
          ),
        );
      }
    } catch (error) {
      if (error instanceof TimeOut) return textResponse(504, 'upstream request timeout');
      throw error;
    } finally {
      timers.dispose();
    }
  }

  async #send(backend: BackendReference, namespace: string, request: HttpRequest): Promise<HttpResponse> {
    const { domain } = this.#options.network.dns;
    const host = `${backend.name}.${backend.namespace ?? namespace}.svc.${domain}`;
    try {
      const response = await this.#stack.fetch(host, backend.port ?? 80, request);
      return { ...response, headers: { ...response.headers } };
    } catch (error) {
      if (error instanceof Errno && error.code === 'ECONNRESET')
        return textResponse(
          503,
          'upstream connect error or disconnect/reset before headers. reset reason: connection termination',
        );
      if (error instanceof Errno || error instanceof NameNotFound)
        return textResponse(503, 'no healthy upstream');
      throw error;
    }
  }
}

class TimeOut extends Error {}

type HeaderFilter = NonNullable<RouteFilter['requestHeaderModifier']>;

function modify(headers: Record<string, string>, { set = [], add = [], remove = [] }: HeaderFilter): void {
  for (const { name, value } of set) headers[name.toLowerCase()] = value;
  for (const { name, value } of add) {
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]},${value}`;
  }
  for (const name of remove) delete headers[name.toLowerCase()];
}

/** The request as it goes on: headers, host name, path. */
function rewritten(
  request: HttpRequest,
  filters: readonly RouteFilter[],
  found: CompiledRule,
  url: URL,
): HttpRequest {
  const headers = { ...request.headers };
  let path = request.path;
  for (const { requestHeaderModifier, urlRewrite } of filters) {
    if (requestHeaderModifier) modify(headers, requestHeaderModifier);
    if (urlRewrite?.hostname) headers['host'] = urlRewrite.hostname;
    if (urlRewrite?.path) path = modifiedPath(urlRewrite.path, found, url.pathname) + url.search;
  }
  return { ...request, path, headers };
}

function modifiedPath(
  path: NonNullable<NonNullable<RouteFilter['urlRewrite']>['path']>,
  { match }: CompiledRule,
  actual: string,
): string {
  if (path.type === 'ReplaceFullPath') return path.replaceFullPath ?? '/';
  const prefix = (match.path?.value ?? '/').replace(/\/$/, '');
  const rest = actual.slice(prefix.length);
  const joined = (path.replacePrefixMatch ?? '/').replace(/\/$/, '') + rest;
  return joined.startsWith('/') ? joined : `/${joined}`;
}

function redirected(
  redirect: NonNullable<RouteFilter['requestRedirect']>,
  found: CompiledRule,
  head: RequestHead,
  url: URL,
  port: number,
): HttpResponse {
  const scheme = redirect.scheme ?? 'http';
  const wellKnown = scheme === 'https' ? 443 : 80;
  const target = redirect.port ?? (redirect.scheme ? wellKnown : port);
  const host = redirect.hostname ?? head.hostname;
  const path = redirect.path ? modifiedPath(redirect.path, found, head.path) : head.path;
  const location = `${scheme}://${host}${target === wellKnown ? '' : `:${target}`}${path}${url.search}`;
  return {
    status: redirect.statusCode ?? REDIRECT,
    headers: { location, 'content-length': '0' },
    body: encode(''),
  };
}
