/**
 * The server's side of a proxy: which connections are accepted (PeerAuthentication), who may ask for what
 * (AuthorizationPolicy), and the way of a request to the container that listens.
 */
import type { Clock } from '../../core/clock.ts';
import type { HttpRequest, HttpResponse } from '../../core/http.ts';
import type { Random } from '../../core/random.ts';
import { Errno } from '../../os/errno.ts';
import type { Peer } from '../../os/network.ts';
import type { NetworkStack } from '../network/network-stack.ts';
import type { Authorization } from './authorization.ts';
import type { Discovery } from './discovery.ts';
import type { ExchangeReport } from './exchange-report.ts';
import { failureReply, localReply, upstreamFailure, type Reply } from './local-reply.ts';
import { accept, ClientHello, type MutualConnection } from './mutual-tls.ts';
import type { ProxyIdentity } from './proxy-identity.ts';
import { continueTrace, requestId, traceparentOf } from './trace-context.ts';

export interface InboundOptions {
  clock: Clock;
  random: Random;
  discovery: Discovery;
  stack: NetworkStack;
  identity: ProxyIdentity;
  onReport(report: ExchangeReport): void;
  /** A client was sent away before it could ask anything. */
  onRefused(peer: Peer, port: number): void;
}

/** A port of the pod, as its proxy has it in mind until the mesh changes. */
interface InboundPort {
  mode: ReturnType<Discovery['mutualTls']>;
  /** Undefined: no Service leads here. */
  service: string | undefined;
  /** Address and port. */
  local: string;
  cluster: string;
  /** What clients of the Service name in their handshakes. */
  serverName: string | undefined;
}

/** Ports of the proxy itself, which nothing stands in front of. */
const OWN_PORTS = new Set([15020, 15021, 15090]);
/** Whom a container sees: the proxy, by an address of the loopback that is no other's. */
const PROXY_ADDRESS = '127.0.0.6';
const SERVER = 'istio-envoy';
const SPIFFE = 'spiffe://';

export class Inbound {
  readonly #options: InboundOptions;
  /** With what containers are told of the client (`x-forwarded-client-cert`). */
  readonly #connections = new Map<MutualConnection, string>();
  readonly #ports = new Map<number, InboundPort>();
  #authorization: Authorization | undefined;
  #generation = -1;

  constructor(options: InboundOptions) {
    this.#options = options;
  }

  /** Its connections end. */
  dispose(): void {
    for (const connection of this.#connections.keys()) connection.closed = true;
    this.#connections.clear();
  }

  /** Undefined: no TLS is spoken at this port. Rejects with `CertificateRejected`. */
  async handshake(port: number, hello: unknown): Promise<MutualConnection | undefined> {
    if (OWN_PORTS.has(port) || !(hello instanceof ClientHello) || this.#port(port).mode === 'DISABLE')
      return undefined;
    const connection = await accept(this.#options.identity, hello);
    const { serverIdentity, clientHash, clientIdentity } = connection;
    this.#connections.set(
      connection,
      `By=${serverIdentity};Hash=${clientHash};Subject="";URI=${clientIdentity}`,
    );
    return connection;
  }

  /** Rejects with ECONNRESET where there is no connection. */
  async answer(port: number, request: HttpRequest, peer: Peer, connection: unknown): Promise<HttpResponse> {
    const { stack, onRefused } = this.#options;
    if (OWN_PORTS.has(port)) return await stack.handOn(port, request, peer);
    const known = this.#port(port);
    const { mode } = known;
    const secured = this.#accepted(connection);
    if (mode === 'STRICT' ? !secured : connection !== undefined && (!secured || mode === 'DISABLE')) {
      onRefused(peer, port);
      throw new Errno('ECONNRESET');
    }
    const report = this.#begin(known, request, peer, secured);
    const query = request.path.indexOf('?');
    const denial = this.#authorization!.check({
      principal: secured?.clientIdentity.slice(SPIFFE.length),
      address: peer.address,
      port,
      method: request.method,
      path: query < 0 ? request.path : request.path.slice(0, query),
      authority: report.authority,
      headers: request.headers,
    });
    if (denial)
      return this.#end(
        report,
        localReply(
          403,
          'RBAC: access denied',
          '-',
          `rbac_access_denied_matched_policy[${denial.matchedPolicy}]`,
        ),
      );
    return this.#end(report, await this.#handOn(port, request, peer, report));
  }

  #accepted(connection: unknown): MutualConnection | undefined {
    const known = connection as MutualConnection;
    return this.#connections.has(known) && !known.closed ? known : undefined;
  }

  #port(port: number): InboundPort {
    const { discovery, identity, stack } = this.#options;
    if (this.#generation !== discovery.generation) {
      this.#generation = discovery.generation;
      this.#ports.clear();
      this.#authorization = discovery.authorization(identity.workload);
    }
    let known = this.#ports.get(port);
    if (!known) {
      const address = stack.addresses[0]!;
      const service = discovery.serviceOfEndpoint(address, port);
      known = {
        mode: discovery.mutualTls(identity.workload, port),
        service,
        local: `${address}:${port}`,
        cluster: `inbound|${port}||`,
        serverName: service && `outbound_.${port}_._.${service}`,
      };
      this.#ports.set(port, known);
    }
    return known;
  }

  #begin(
    { service, local, cluster, serverName }: InboundPort,
    request: HttpRequest,
    peer: Peer,
    connection: MutualConnection | undefined,
  ): ExchangeReport {
    const { clock, random, discovery, identity } = this.#options;
    const authority = request.headers['host'] ?? '';
    return {
      reporter: 'destination',
      startedMs: clock.now(),
      durationMs: 0,
      source: discovery.workloadAt(peer.address),
      destination: identity.workload,
      destinationService: service ?? authority,
      method: request.method,
      path: request.path,
      authority,
      requestHeaders: request.headers,
      requestBytes: request.body?.length ?? 0,
      responseBytes: 0,
      status: 0,
      flags: '-',
      details: 'via_upstream',
      upstreamMs: undefined,
      transportFailure: undefined,
      upstreamHost: local,
      cluster,
      upstreamLocalAddress: `${PROXY_ADDRESS}:${peer.port}`,
      downstreamLocalAddress: local,
      downstreamRemoteAddress: `${peer.address}:${peer.port}`,
      serverName: connection && serverName,
      routeName: 'default',
      connection,
      attempts: 1,
      trace: continueTrace(request.headers['traceparent'], random),
      fault: undefined,
      isMirror: false,
    };
  }

  async #handOn(port: number, request: HttpRequest, client: Peer, report: ExchangeReport): Promise<Reply> {
    const { clock, stack, random } = this.#options;
    const { connection } = report;
    const headers = { ...request.headers };
    headers['x-request-id'] ??= requestId(random);
    headers['x-forwarded-proto'] ??= 'http';
    headers['traceparent'] = traceparentOf(report.trace);
    // What a client says of itself is not believed.
    if (connection) headers['x-forwarded-client-cert'] = this.#connections.get(connection)!;
    else delete headers['x-forwarded-client-cert'];
    report.requestHeaders = headers;
    const startedMs = clock.now();
    try {
      const peer = { address: PROXY_ADDRESS, port: client.port };
      const response = await stack.handOn(port, { ...request, headers }, peer);
      report.upstreamMs = Math.round(clock.now() - startedMs);
      return { response, flags: '-', details: 'via_upstream', transportFailure: undefined };
    } catch (error) {
      const failure = upstreamFailure(error);
      if (!failure) throw error;
      return failureReply(failure, 1);
    }
  }

  #end(report: ExchangeReport, { response, flags, details, transportFailure }: Reply): HttpResponse {
    const { clock, onReport } = this.#options;
    const headers: Record<string, string> = { ...response.headers, server: SERVER };
    if (report.upstreamMs !== undefined) headers['x-envoy-upstream-service-time'] = String(report.upstreamMs);
    // Clients of the mesh take it away again.
    if (!report.connection)
      headers['x-envoy-decorator-operation'] =
        `${report.destinationService}:${report.upstreamHost!.split(':')[1]}/*`;
    report.durationMs = clock.now() - report.startedMs;
    report.status = response.status;
    report.flags = flags;
    report.details = details;
    report.transportFailure = transportFailure;
    if (response.body instanceof Uint8Array) report.responseBytes = response.body.length;
    onReport(report);
    return { ...response, headers };
  }
}
