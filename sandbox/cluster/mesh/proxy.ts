/**
 * The proxy of one workload, as Envoy is in a sidecar: between its pod and the network it finds the rule of each
 * request that is sent, proves who it is and checks who answers, tries again and gives up as the rules say; and of
 * each request that comes it decides whether it may. Its answers, headers and logs are Envoy's. A server's side
 * stands in `inbound.ts`.
 *
 * Left out: protocols other than HTTP (an opaque port is carried without rules of requests), upgrades, limits of
 * bodies, Envoy's own statistics.
 */
import { sleep } from '../../core/clock.ts';
import type { Disposable } from '../../core/disposable.ts';
import type { HttpRequest, HttpResponse } from '../../core/http.ts';
import type { Random } from '../../core/random.ts';
import { Errno } from '../../os/errno.ts';
import type { Peer } from '../../os/network.ts';
import { attempt, byWeight, TimedOut } from '../gateway/attempts.ts';
import { modifyHeaders, redirected, rewritten } from '../gateway/request-filters.ts';
import { isLoopback } from '../network/address.ts';
import type { Interceptor } from '../network/network-stack.ts';
import type { VirtualHost } from './discovery.ts';
import type { ExchangeReport } from './exchange-report.ts';
import { Inbound, type InboundOptions } from './inbound.ts';
import {
  failureReply,
  localReply,
  overflowReply,
  timeoutReply,
  upstreamFailure,
  type Reply,
} from './local-reply.ts';
import { isRetriable, RequestFacts, type Fault, type MeshRoute, type RouteDestination } from './route.ts';
import { continueTrace, requestId, traceparentOf } from './trace-context.ts';
import { UpstreamClusters } from './upstream-clusters.ts';
import { UpstreamConnections } from './upstream-connections.ts';
import type { Host } from './upstream.ts';

export type ProxyOptions = InboundOptions;

const SERVER = 'envoy';
const PASSTHROUGH = 'PassthroughCluster';
const FIRST_CLIENT_PORT = 32_768;
const CLIENT_PORTS = 28_232;

/** What a client calls at an address and a port, and what that is. */
interface NamedHost {
  address: string;
  port: number;
  /** Both. */
  local: string;
  /** Without a port. */
  hostname: string;
  virtual: VirtualHost | undefined;
}

export class Proxy implements Interceptor, Disposable {
  readonly #options: ProxyOptions;
  readonly #clusters: UpstreamClusters;
  readonly #connections: UpstreamConnections;
  readonly #inbound: Inbound;
  readonly #held: Disposable;
  /** By what clients call them. */
  readonly #hosts = new Map<string, NamedHost[]>();
  #generation = -1;
  #clients = 0;

  /** Stands between the pod and its network from now on, until disposed. */
  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#clusters = new UpstreamClusters(options);
    this.#connections = new UpstreamConnections(options);
    this.#inbound = new Inbound(options);
    this.#held = options.stack.intercept(this);
  }

  /** What it knows of where requests can go, by cluster name. */
  get clusters(): UpstreamClusters {
    return this.#clusters;
  }

  dispose(): void {
    this.#held.dispose();
    this.#inbound.dispose();
  }

  handshake(port: number, hello: unknown, _peer: Peer): Promise<unknown> {
    return this.#inbound.handshake(port, hello);
  }

  inbound(port: number, request: HttpRequest, peer: Peer, connection: unknown): Promise<HttpResponse> {
    return this.#inbound.answer(port, request, peer, connection);
  }

  async outbound(name: string, port: number, request: HttpRequest): Promise<HttpResponse> {
    const { stack } = this.#options;
    const known = stack.addressOf(name);
    const address = typeof known === 'string' ? known : await known;
    if (isLoopback(address) || stack.addresses.includes(address))
      return await stack.sendTo(address, port, request);
    const authority = request.headers['host'] ?? (port === 80 ? name : `${name}:${port}`);
    const { local, hostname, virtual } = this.#virtualHost(authority, address, port);
    const facts = new RequestFacts(request, authority, hostname, port);
    const report = this.#begin(request, facts, virtual?.host ?? hostname, local);
    if (!virtual) return await this.#passThrough(address, port, request, report);
    if (virtual.isOpaque) return await this.#carry(virtual, port, request, facts);
    const route = virtual.routes.find((each) => each.matches(facts));
    if (!route) return this.#end(report, localReply(404, '', 'NR', 'route_not_found'));
    report.routeName = route.name;
    return await this.#follow(route, request, facts, report);
  }

  #virtualHost(authority: string, address: string, port: number): NamedHost {
    const { discovery, identity } = this.#options;
    if (this.#generation !== discovery.generation) {
      this.#generation = discovery.generation;
      this.#hosts.clear();
    }
    let named = this.#hosts.get(authority);
    if (!named) this.#hosts.set(authority, (named = []));
    let found = named.find((each) => each.port === port && each.address === address);
    if (!found) {
      const hostname = authority.replace(/:\d+$/, '').toLowerCase();
      const virtual = discovery.virtualHost(hostname, address, port, identity.workload);
      named.push((found = { address, port, local: `${address}:${port}`, hostname, virtual }));
    }
    return found;
  }

  #begin(
    request: HttpRequest,
    facts: RequestFacts,
    service: string,
    downstreamLocalAddress: string,
  ): ExchangeReport {
    const { clock, random, stack, identity } = this.#options;
    return {
      reporter: 'source',
      startedMs: clock.now(),
      durationMs: 0,
      source: identity.workload,
      destination: undefined,
      destinationService: service,
      method: request.method,
      path: request.path,
      authority: facts.authority,
      requestHeaders: request.headers,
      requestBytes: request.body?.length ?? 0,
      responseBytes: 0,
      status: 0,
      flags: '-',
      details: 'via_upstream',
      upstreamMs: undefined,
      transportFailure: undefined,
      upstreamHost: undefined,
      cluster: '',
      upstreamLocalAddress: undefined,
      downstreamLocalAddress,
      downstreamRemoteAddress: `${stack.addresses[0]}:${this.#clientPort()}`,
      serverName: undefined,
      routeName: '-',
      connection: undefined,
      attempts: 1,
      trace: continueTrace(request.headers['traceparent'], random),
      fault: undefined,
      isMirror: false,
    };
  }

  /** The application's end of its connection to the proxy. */
  #clientPort(): number {
    return FIRST_CLIENT_PORT + (this.#clients++ % CLIENT_PORTS);
  }

  /** Nobody the mesh knows: it goes where it was meant to, as it is. */
  async #passThrough(
    address: string,
    port: number,
    request: HttpRequest,
    report: ExchangeReport,
  ): Promise<HttpResponse> {
    const { stack, clock } = this.#options;
    report.cluster = PASSTHROUGH;
    report.routeName = 'allow_any';
    report.upstreamHost = `${address}:${port}`;
    report.destinationService = report.authority;
    try {
      const forwarded = { ...request, headers: this.#headersFor(request, report, undefined) };
      const response = await stack.sendTo(address, port, forwarded);
      report.upstreamMs = Math.round(clock.now() - report.startedMs);
      return this.#end(report, {
        response: { ...response, headers: { ...response.headers } },
        flags: '-',
        details: 'via_upstream',
        transportFailure: undefined,
      });
    } catch (error) {
      const failure = upstreamFailure(error);
      if (!failure) throw error;
      return this.#end(report, failureReply(failure, 1));
    }
  }

  /** A port that is no HTTP: to one of its endpoints, mutual TLS where it can be, and nothing else. */
  async #carry(
    { host }: VirtualHost,
    port: number,
    request: HttpRequest,
    facts: RequestFacts,
  ): Promise<HttpResponse> {
    const cluster = this.#clusters.get(host, undefined, port);
    const picked = cluster?.upstream.pick(facts, this.#options.stack.addresses[0]!, []);
    if (!cluster || !picked) throw new Errno('ECONNRESET');
    const sent = await this.#connections.send(cluster, picked, request);
    if ('failure' in sent) throw new Errno('ECONNRESET');
    return sent.response;
  }

  async #follow(
    route: MeshRoute,
    request: HttpRequest,
    facts: RequestFacts,
    report: ExchangeReport,
  ): Promise<HttpResponse> {
    const { random } = this.#options;
    const injected = route.fault && (await this.#inject(route.fault, report, request.signal));
    if (injected) return this.#end(report, injected);
    if (route.redirect) {
      const response = redirected(route.redirect, route.match, facts, facts.search, facts.port);
      return this.#end(report, {
        response,
        flags: '-',
        details: 'direct_response',
        transportFailure: undefined,
      });
    }
    if (route.directResponse) {
      const { status, body } = route.directResponse;
      return this.#end(report, localReply(status, body, '-', 'direct_response'));
    }
    const destination = byWeight(route.destinations, ({ weight }) => weight, random);
    if (!destination) return this.#end(report, localReply(503, '', 'NC', 'cluster_not_found'));
    const filters =
      destination.filters.length > 0 ? [...route.filters, ...destination.filters] : route.filters;
    const url = { pathname: facts.path, search: facts.search };
    const changed = filters.length > 0 ? rewritten(request, filters, route.match, url) : request;
    const forwarded = { ...changed, headers: this.#headersFor(changed, report, 1) };
    if (route.rewritePath) forwarded.path = route.rewritePath(facts.path) + facts.search;
    if (forwarded.path !== request.path) forwarded.headers['x-envoy-original-path'] = request.path;
    forwarded.headers['host'] ??= facts.authority;
    report.requestHeaders = forwarded.headers;
    for (const { destination: copy, percentage } of route.mirrors)
      if (chance(percentage, random)) void this.#mirror(copy, forwarded, facts);
    const reply = await this.#send(route, destination, forwarded, facts, report);
    const response = { ...reply.response, headers: { ...reply.response.headers } };
    for (const { responseHeaderModifier } of filters)
      if (responseHeaderModifier) modifyHeaders(response.headers, responseHeaderModifier);
    return this.#end(report, { ...reply, response });
  }

  /** The answer of a fault, if there is to be one. */
  async #inject(
    { delay, abort }: Fault,
    report: ExchangeReport,
    signal: AbortSignal | undefined,
  ): Promise<Reply | undefined> {
    const { clock, random } = this.#options;
    if (delay && chance(delay.percentage, random)) {
      report.fault = 'delay';
      await sleep(clock, delay.ms, signal);
    }
    if (!abort || !chance(abort.percentage, random)) return undefined;
    report.fault = 'abort';
    return localReply(abort.status, 'fault filter abort', 'FI', 'fault_filter_abort');
  }

  /** Tries until it has an answer to give. */
  async #send(
    route: MeshRoute,
    destination: RouteDestination,
    request: HttpRequest,
    facts: RequestFacts,
    report: ExchangeReport,
  ): Promise<Reply> {
    const { clock, random, stack } = this.#options;
    const { retry, timeoutMs } = route;
    const cluster = this.#clusters.get(destination.host, destination.subset, destination.port ?? facts.port);
    if (!cluster) return localReply(503, '', 'NC', 'cluster_not_found');
    report.cluster = cluster.name;
    report.destinationService = destination.host;
    const tried: Host[] = [];
    const one = async (signal: AbortSignal | undefined, number: number) => {
      report.attempts = number;
      const { upstream } = cluster;
      if (upstream.isFull) return { value: overflowReply(), again: false };
      const host = upstream.pick(facts, stack.addresses[0]!, tried);
      if (!host)
        return { value: localReply(503, 'no healthy upstream', 'UH', 'no_healthy_upstream'), again: false };
      tried.push(host);
      report.destination = host.endpoint.workload;
      report.upstreamHost = host.name;
      if (number > 1) request.headers['x-envoy-attempt-count'] = String(number);
      const sent = await this.#connections.send(cluster, host, signal ? { ...request, signal } : request);
      report.connection = sent.connection;
      const result =
        'failure' in sent
          ? { status: undefined, failure: sent.failure.kind }
          : { status: sent.response.status, failure: undefined };
      const again = isRetriable(retry, result);
      if ('failure' in sent) return { value: failureReply(sent.failure, number), again };
      report.upstreamMs = Math.round(sent.tookMs);
      const { response } = sent;
      const flags = number > 1 && again ? ('URX' as const) : report.fault ? ('DI' as const) : ('-' as const);
      return { value: { response, flags, details: 'via_upstream', transportFailure: undefined }, again };
    };
    try {
      return await attempt(
        {
          clock,
          timeoutMs,
          perTryTimeoutMs: retry.perTryTimeoutMs,
          attempts: 1 + retry.retries,
          // Envoy's: anything up to 1, 3, 7 … times the base.
          backoffMs: (number) => random.next() * retry.backoffMs * (2 ** (number - 1) - 1),
          signal: request.signal,
        },
        one,
      );
    } catch (error) {
      if (error instanceof TimedOut) return timeoutReply();
      throw error;
    }
  }

  /** A copy of a request; what comes of it is nobody's business but the picture's. */
  async #mirror(destination: RouteDestination, request: HttpRequest, facts: RequestFacts): Promise<void> {
    const { onReport, stack, clock } = this.#options;
    const { host, subset, port = facts.port } = destination;
    const cluster = this.#clusters.get(host, subset, port);
    const picked = cluster?.upstream.pick(facts, stack.addresses[0]!, []);
    if (!cluster || !picked) return;
    const { signal: _signal, ...copy } = request;
    const report = this.#begin(copy, facts, host, '-');
    report.isMirror = true;
    report.destination = picked.endpoint.workload;
    const sent = await this.#connections.send(cluster, picked, copy);
    report.connection = sent.connection;
    report.status = 'failure' in sent ? 503 : sent.response.status;
    report.durationMs = clock.now() - report.startedMs;
    onReport(report);
  }

  /** What Envoy adds. @param attempts undefined: it does not count them */
  #headersFor(
    { headers }: HttpRequest,
    { trace }: ExchangeReport,
    attempts: number | undefined,
  ): Record<string, string> {
    const added = { ...headers };
    added['x-forwarded-proto'] ??= 'http';
    added['x-request-id'] ??= requestId(this.#options.random);
    added['traceparent'] = traceparentOf(trace);
    if (attempts !== undefined) added['x-envoy-attempt-count'] = String(attempts);
    return added;
  }

  #end(report: ExchangeReport, { response, flags, details, transportFailure }: Reply): HttpResponse {
    const { clock, onReport } = this.#options;
    const { headers } = response;
    headers['server'] = SERVER;
    if (report.upstreamMs !== undefined) headers['x-envoy-upstream-service-time'] = String(report.upstreamMs);
    delete headers['x-envoy-decorator-operation'];
    report.durationMs = clock.now() - report.startedMs;
    report.status = response.status;
    report.flags = flags;
    report.details = details;
    report.transportFailure = transportFailure;
    if (response.body instanceof Uint8Array) report.responseBytes = response.body.length;
    onReport(report);
    return response;
  }
}

const chance = (percentage: number, random: Random): boolean =>
  percentage >= 100 || random.next() * 100 < percentage;
