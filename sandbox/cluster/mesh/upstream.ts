/**
 * One proxy's use of one cluster (a Service's port, or a subset of it): which endpoint gets a request, which are left
 * alone for a while because they failed (outlier detection, without a panic threshold, as Istio sets it), and how
 * many requests are under way. Endpoints are kept over changes of the mesh's rules, by their addresses.
 */
import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import type { ClusterPolicy, OutlierPolicy } from './destination-rule.ts';
import type { Endpoint } from './discovery.ts';
import type { RequestFacts } from './route.ts';

export interface Host {
  endpoint: Endpoint;
  /** `10.244.0.5:8080`. */
  readonly name: string;
  /** Requests go there by mutual TLS. */
  mutual: boolean;
  active: number;
  consecutive5xx: number;
  consecutiveGatewayErrors: number;
  ejections: number;
  ejectedUntilMs: number;
}

export class Upstream {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #hosts = new Map<string, Host>();
  #policy: ClusterPolicy;
  #list: Host[] = [];
  #next = 0;
  active = 0;

  constructor(clock: Clock, random: Random, policy: ClusterPolicy) {
    this.#clock = clock;
    this.#random = random;
    this.#policy = policy;
  }

  get policy(): ClusterPolicy {
    return this.#policy;
  }

  get hosts(): readonly Host[] {
    return this.#list;
  }

  get isFull(): boolean {
    return this.active >= this.#policy.maxRequests;
  }

  isEjected({ ejectedUntilMs }: Host): boolean {
    return ejectedUntilMs > this.#clock.now();
  }

  /** What the mesh says now. */
  update(
    policy: ClusterPolicy,
    endpoints: readonly Endpoint[],
    isMutual: (endpoint: Endpoint) => boolean,
  ): void {
    this.#policy = policy;
    const keys = new Set<string>();
    this.#list = endpoints.map((endpoint) => {
      const key = `${endpoint.address}:${endpoint.port}`;
      keys.add(key);
      let host = this.#hosts.get(key);
      if (host) {
        host.endpoint = endpoint;
        host.mutual = isMutual(endpoint);
      } else {
        host = {
          endpoint,
          name: key,
          mutual: isMutual(endpoint),
          active: 0,
          consecutive5xx: 0,
          consecutiveGatewayErrors: 0,
          ejections: 0,
          ejectedUntilMs: 0,
        };
        this.#hosts.set(key, host);
      }
      return host;
    });
    for (const key of this.#hosts.keys()) if (!keys.has(key)) this.#hosts.delete(key);
  }

  /** An endpoint, if there is one that may be asked: not one of `tried`, as long as there are others. */
  pick(facts: RequestFacts, clientAddress: string, tried: readonly Host[]): Host | undefined {
    let hosts: readonly Host[] = this.#list;
    if (this.#policy.outlier) {
      const now = this.#clock.now();
      hosts = hosts.filter(({ ejectedUntilMs }) => ejectedUntilMs <= now);
    }
    if (tried.length > 0) {
      const fresh = hosts.filter((host) => !tried.includes(host));
      if (fresh.length > 0) hosts = fresh;
    }
    if (hosts.length <= 1) return hosts[0];
    const { simple, consistentHash } = this.#policy.loadBalancer;
    if (consistentHash) {
      const { httpHeaderName, useSourceIp, httpQueryParameterName } = consistentHash;
      const key =
        httpHeaderName !== undefined
          ? facts.headers[httpHeaderName.toLowerCase()]
          : httpQueryParameterName !== undefined
            ? (facts.query.get(httpQueryParameterName) ?? undefined)
            : useSourceIp
              ? clientAddress
              : undefined;
      if (key !== undefined) return byRendezvous(hosts, key);
      return hosts[this.#random.int(hosts.length)];
    }
    if (simple === 'ROUND_ROBIN') return hosts[this.#next++ % hosts.length];
    if (simple === 'RANDOM') return hosts[this.#random.int(hosts.length)];
    // LEAST_REQUEST: the less busy one of two.
    const first = this.#random.int(hosts.length);
    const second = (first + 1 + this.#random.int(hosts.length - 1)) % hosts.length;
    return hosts[hosts[second]!.active < hosts[first]!.active ? second : first];
  }

  /** What a request came to; a status of 503 stands for no answer. */
  report(host: Host, status: number): void {
    const { outlier } = this.#policy;
    if (!outlier) return;
    if (status < 500) {
      host.consecutive5xx = 0;
      host.consecutiveGatewayErrors = 0;
      return;
    }
    host.consecutive5xx++;
    if (status >= 502 && status <= 504) host.consecutiveGatewayErrors++;
    else host.consecutiveGatewayErrors = 0;
    const { consecutive5xx, consecutiveGatewayErrors } = outlier;
    if (
      (consecutive5xx > 0 && host.consecutive5xx >= consecutive5xx) ||
      (consecutiveGatewayErrors > 0 && host.consecutiveGatewayErrors >= consecutiveGatewayErrors)
    )
      this.#eject(host, outlier);
  }

  /** The first one always, more up to the percentage; longer each time. */
  #eject(host: Host, { baseEjectionMs, maxEjectionPercent }: OutlierPolicy): void {
    const now = this.#clock.now();
    if (host.ejectedUntilMs > now) return;
    const ejected = this.#list.filter(({ ejectedUntilMs }) => ejectedUntilMs > now).length;
    if (ejected > 0 && ((ejected + 1) * 100) / this.#list.length > maxEjectionPercent) return;
    host.ejections++;
    host.ejectedUntilMs = now + baseEjectionMs * host.ejections;
    host.consecutive5xx = 0;
    host.consecutiveGatewayErrors = 0;
  }
}

/** The endpoint whose hash with the key is highest: when one goes, only its keys move. */
function byRendezvous(hosts: readonly Host[], key: string): Host {
  let best = hosts[0]!;
  let highest = -1;
  for (const host of hosts) {
    const hash = fnv1a(`${key}@${host.endpoint.address}:${host.endpoint.port}`);
    if (hash > highest) {
      highest = hash;
      best = host;
    }
  }
  return best;
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  // Short texts that differ at the end differ in few bits without this.
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
