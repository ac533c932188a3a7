/**
 * One proxy's connections to endpoints: each is opened once, with a mutual handshake where both sides understand
 * it, and carries requests until the server ends it.
 */
import type { Clock } from '../../core/clock.ts';
import type { HttpRequest, HttpResponse } from '../../core/http.ts';
import { withTimeLimit } from '../../core/time-limit.ts';
import type { NetworkStack } from '../network/network-stack.ts';
import { CertificateRejected } from './certificate-authority.ts';
import type { Discovery, Endpoint } from './discovery.ts';
import {
  CERTIFICATE_VERIFY_FAILED,
  CONNECTION_TIMEOUT,
  upstreamFailure,
  WRONG_VERSION_NUMBER,
  type UpstreamFailure,
} from './local-reply.ts';
import { offer, type MutualConnection } from './mutual-tls.ts';
import type { ProxyIdentity } from './proxy-identity.ts';
import type { UpstreamCluster } from './upstream-clusters.ts';
import type { Host } from './upstream.ts';

/** What sending a request once came to. `connection` is undefined where it was not mutual TLS. */
export type Sent =
  | { response: HttpResponse; tookMs: number; connection: MutualConnection | undefined }
  | { failure: UpstreamFailure; connection: MutualConnection | undefined };

export interface UpstreamConnectionsOptions {
  clock: Clock;
  discovery: Discovery;
  stack: NetworkStack;
  identity: ProxyIdentity;
}

/** `connectTimeout` of Istio's mesh configuration. */
const CONNECT_TIMEOUT_MS = 10_000;

class ConnectTimeout extends Error {}

export class UpstreamConnections {
  readonly #options: UpstreamConnectionsOptions;
  /** By address and port; null: one without TLS. */
  readonly #open = new Map<string, MutualConnection | null>();

  constructor(options: UpstreamConnectionsOptions) {
    this.#options = options;
  }

  /** Rejects only when the request is aborted. */
  async send(cluster: UpstreamCluster, host: Host, request: HttpRequest): Promise<Sent> {
    const { clock, stack } = this.#options;
    const { upstream } = cluster;
    const { address, port } = host.endpoint;
    let connection: MutualConnection | undefined;
    upstream.active++;
    host.active++;
    try {
      const known = this.#open.get(host.name);
      if (known !== undefined && (known !== null) === host.mutual && !known?.closed)
        connection = known ?? undefined;
      else {
        const opened = await this.#connect(cluster, host, request.signal);
        if (opened !== undefined && 'transport' in opened) {
          upstream.report(host, 503);
          return { failure: opened, connection };
        }
        connection = opened;
      }
      const startedMs = clock.now();
      const response = await stack.sendTo(address, port, request, connection);
      upstream.report(host, response.status);
      return { response, tookMs: clock.now() - startedMs, connection };
    } catch (error) {
      const failure = upstreamFailure(error);
      if (!failure) throw error;
      this.#open.delete(host.name);
      upstream.report(host, 503);
      return { failure, connection };
    } finally {
      upstream.active--;
      host.active--;
    }
  }

  /** A new connection, undefined for one without TLS, or why there is none. */
  async #connect(
    cluster: UpstreamCluster,
    { endpoint, name, mutual }: Host,
    signal: AbortSignal | undefined,
  ): Promise<MutualConnection | UpstreamFailure | undefined> {
    try {
      return await withTimeLimit(
        this.#options.clock,
        CONNECT_TIMEOUT_MS,
        () => new ConnectTimeout(),
        signal,
        async (limit) => {
          if (!mutual) {
            await this.#options.stack.dial(endpoint.address, endpoint.port, limit);
            this.#open.set(name, null);
            return undefined;
          }
          const connection = await this.#handshake(cluster, endpoint, limit);
          if (!connection) return WRONG_VERSION_NUMBER;
          this.#open.set(name, connection);
          return connection;
        },
      );
    } catch (error) {
      if (error instanceof CertificateRejected) return CERTIFICATE_VERIFY_FAILED;
      if (error instanceof ConnectTimeout) return CONNECTION_TIMEOUT;
      throw error;
    }
  }

  /** Undefined: nobody there understands it. */
  async #handshake(
    cluster: UpstreamCluster,
    { address, port, workload }: Endpoint,
    signal: AbortSignal,
  ): Promise<MutualConnection | undefined> {
    const { stack, discovery, identity } = this.#options;
    const expected = workload
      ? new Set([workload.identity])
      : discovery.identitiesOf(cluster.host, cluster.port);
    const hello = offer(identity, (name) => expected.has(name));
    return (await stack.open(address, port, hello, signal)) as MutualConnection | undefined;
  }
}
