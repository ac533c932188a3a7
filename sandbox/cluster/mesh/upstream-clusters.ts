/** The clusters of one proxy: made when they are first used, and brought up to date when the mesh has changed. */
import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import type { Discovery, Endpoint } from './discovery.ts';
import type { ProxyIdentity } from './proxy-identity.ts';
import { Upstream } from './upstream.ts';

export interface UpstreamCluster {
  /** `outbound|80|v1|web.default.svc.cluster.local`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly upstream: Upstream;
}

/** What was asked for, and what was found. */
interface Known {
  subset: string | undefined;
  port: number;
  /** Undefined: there is no such cluster. */
  cluster: UpstreamCluster | undefined;
}

export interface UpstreamClustersOptions {
  clock: Clock;
  random: Random;
  discovery: Discovery;
  identity: ProxyIdentity;
}

export class UpstreamClusters {
  readonly #options: UpstreamClustersOptions;
  /** By the host. */
  readonly #known = new Map<string, Known[]>();
  /** In the order in which they were first used. */
  #clusters: UpstreamCluster[] = [];
  readonly #upstreams = new Map<string, Upstream>();
  #generation = -1;

  constructor(options: UpstreamClustersOptions) {
    this.#options = options;
  }

  /** Those that were used since the mesh changed last. */
  list(): readonly UpstreamCluster[] {
    return this.#clusters;
  }

  /** Undefined: no Service of that name has the port, or nobody defines the subset. */
  get(host: string, subset: string | undefined, port: number): UpstreamCluster | undefined {
    const { discovery } = this.#options;
    if (this.#generation !== discovery.generation) {
      this.#generation = discovery.generation;
      this.#known.clear();
      this.#clusters = [];
    }
    let ofHost = this.#known.get(host);
    if (!ofHost) this.#known.set(host, (ofHost = []));
    const known = ofHost.find((each) => each.port === port && each.subset === subset);
    if (known) return known.cluster;
    const cluster = this.#find(`outbound|${port}|${subset ?? ''}|${host}`, host, subset, port);
    ofHost.push({ subset, port, cluster });
    if (cluster) this.#clusters.push(cluster);
    return cluster;
  }

  #find(name: string, host: string, subset: string | undefined, port: number): UpstreamCluster | undefined {
    const { clock, random, discovery, identity } = this.#options;
    const endpoints = discovery.endpoints(host, port);
    const policy = endpoints && discovery.cluster(host, subset, port, identity.workload.namespace);
    if (!endpoints || !policy) return undefined;
    const labels = Object.entries(policy.labels);
    const own = endpoints.filter(({ workload }) =>
      labels.every(([key, value]) => workload?.labels[key] === value),
    );
    let upstream = this.#upstreams.get(name);
    if (!upstream) this.#upstreams.set(name, (upstream = new Upstream(clock, random, policy)));
    // As the DestinationRule says; if it does not, where the endpoint is in the mesh and lets it be.
    const isMutual = ({ workload, port: target }: Endpoint) =>
      policy.tlsMode === undefined
        ? workload !== undefined &&
          discovery.isMember(workload) &&
          discovery.mutualTls(workload, target) !== 'DISABLE'
        : policy.tlsMode !== 'DISABLE';
    upstream.update(policy, own, isMutual);
    return { name, host, port, upstream };
  }
}
