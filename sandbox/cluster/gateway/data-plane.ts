/**
 * What carries requests through a gateway: a machine in the nodes' network per Gateway, with its rules. Filters,
 * weights, mirrors, timeouts and retries of HTTPRoutes, answers as Envoy gives them (404 without a rule, 500 for
 * a backend that cannot be used, 503 for one that does not answer, 504 for one that takes too long).
 */
import type { Clock } from '../../core/clock.ts';
import type { Disposable } from '../../core/disposable.ts';
import { textResponse, type HttpRequest, type HttpResponse } from '../../core/http.ts';
import type { Random } from '../../core/random.ts';
import { Errno } from '../../os/errno.ts';
import { NameNotFound, type Peer } from '../../os/network.ts';
import { parseDuration } from '../api/duration.ts';
import type { ClusterNetwork } from '../network/cluster-network.ts';
import type { NetworkStack } from '../network/network-stack.ts';
import { attempt, byWeight, TimedOut } from './attempts.ts';
import type { BackendReference } from './gateway-kinds.ts';
import { modifyHeaders, redirected, rewritten } from './request-filters.ts';
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
    if (redirect) return redirected(redirect, found.match, head, url.search, port);
    const backend = byWeight(
      found.rule.backendRefs ?? [],
      ({ weight = WEIGHT }) => weight,
      this.#options.random,
    );
    if (!backend || !this.#options.usable(backend, found.namespace)) return textResponse(500, '');
    const all = [...filters, ...(backend.filters ?? [])];
    const forwarded = rewritten(request, all, found.match, url);
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
      if (responseHeaderModifier) modifyHeaders(response.headers, responseHeaderModifier);
    return response;
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
    try {
      return await attempt<HttpResponse>(
        {
          clock,
          timeoutMs: limits.length > 0 ? Math.min(...limits) : undefined,
          attempts: rule.retry ? 1 + attempts : 1,
          backoffMs: (number) => (backoff ? parseDuration(backoff) : RETRY_BACKOFF_MS * (number - 1)),
          signal: request.signal,
        },
        async (signal) => {
          const value = await this.#send(backend, namespace, signal ? { ...request, signal } : request);
          return { value, again: codes.includes(value.status) || value.status === 503 };
        },
      );
    } catch (error) {
      if (error instanceof TimedOut) return textResponse(504, 'upstream request timeout');
      throw error;
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
