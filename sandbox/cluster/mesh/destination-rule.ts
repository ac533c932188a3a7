/** What DestinationRules say about a Service for one client: the policy of its traffic, and its subsets. */
import { parseDuration } from '../api/duration.ts';
import type {
  DestinationRule,
  LoadBalancerSettings,
  OutlierDetection,
  TlsMode,
  TrafficPolicy,
} from './istio-kinds.ts';
import { ROOT_NAMESPACE } from './istio-kinds.ts';
import { isExported, qualifiedHost } from './virtual-service.ts';

/** When an endpoint that fails is left alone, and for how long. */
export interface OutlierPolicy {
  consecutive5xx: number;
  /** 502, 503 and 504 alone; 0: they are not counted apart. */
  consecutiveGatewayErrors: number;
  baseEjectionMs: number;
  maxEjectionPercent: number;
}

/** How one cluster (a Service's port, or a subset of it) is used. */
export interface ClusterPolicy {
  loadBalancer: LoadBalancerSettings;
  outlier: OutlierPolicy | undefined;
  /** Undefined: mutual TLS where the endpoint understands it. */
  tlsMode: TlsMode | undefined;
  /** Requests under way at once; more are refused. */
  maxRequests: number;
}

/** What is not said, as Istio has it. */
const DEFAULT_OUTLIER = { consecutive5xx: 5, baseEjectionMs: 30_000, maxEjectionPercent: 10 };

/** The rules about `host` that `namespace` goes by: its own, else the Service's, else the mesh's. */
export function rulesFor(
  rules: Iterable<DestinationRule>,
  host: string,
  namespace: string,
  domain: string,
): DestinationRule[] {
  const about = [...rules]
    .filter(({ metadata, spec }) => {
      const own = metadata.namespace!;
      return (
        hostMatches(qualifiedHost(spec!.host, own, domain), host) &&
        isExported(spec!.exportTo, own, namespace)
      );
    })
    .sort(
      (a, b) =>
        b.spec!.host.length - a.spec!.host.length ||
        (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') ||
        a.metadata.name!.localeCompare(b.metadata.name!),
    );
  for (const place of [namespace, host.split('.')[1] ?? '', ROOT_NAMESPACE]) {
    const found = about.filter(({ metadata }) => metadata.namespace === place);
    if (found.length > 0) return found;
  }
  return [];
}

const hostMatches = (pattern: string, host: string): boolean =>
  pattern === host || pattern === '*' || (pattern.startsWith('*.') && host.endsWith(pattern.slice(1)));

/** The labels of a subset; undefined: there is none of that name. */
export function subsetLabels(
  rules: readonly DestinationRule[],
  name: string,
): Record<string, string> | undefined {
  const subset = rules.flatMap(({ spec }) => spec!.subsets ?? []).find((each) => each.name === name);
  return subset && (subset.labels ?? {});
}

/** The policy of a cluster: what its subset says, else its port, else the Service. */
export function clusterPolicy(
  rules: readonly DestinationRule[],
  subset: string | undefined,
  port: number,
): ClusterPolicy {
  const general = rules.find(({ spec }) => spec!.trafficPolicy)?.spec!.trafficPolicy;
  const special = rules.flatMap(({ spec }) => spec!.subsets ?? []).find((each) => each.name === subset);
  const { loadBalancer, outlierDetection, tls, connectionPool } = merged(
    atPort(general, port),
    atPort(special?.trafficPolicy, port),
  );
  return {
    loadBalancer: loadBalancer ?? {},
    outlier: outlierDetection && outlierOf(outlierDetection),
    tlsMode: tls?.mode,
    maxRequests: maxRequests(connectionPool),
  };
}

const atPort = (policy: TrafficPolicy | undefined, port: number): TrafficPolicy =>
  merged(policy ?? {}, policy?.portLevelSettings?.find((each) => each.port?.number === port) ?? {});

function merged(general: TrafficPolicy, special: TrafficPolicy): TrafficPolicy {
  return { ...general, ...special };
}

function outlierOf(outlier: OutlierDetection): OutlierPolicy {
  const { consecutive5xxErrors, consecutiveGatewayErrors, baseEjectionTime, maxEjectionPercent } = outlier;
  return {
    consecutive5xx: consecutive5xxErrors ?? DEFAULT_OUTLIER.consecutive5xx,
    consecutiveGatewayErrors: consecutiveGatewayErrors ?? 0,
    baseEjectionMs:
      baseEjectionTime === undefined ? DEFAULT_OUTLIER.baseEjectionMs : parseDuration(baseEjectionTime),
    maxEjectionPercent: maxEjectionPercent ?? DEFAULT_OUTLIER.maxEjectionPercent,
  };
}

/** Connections carry a request each, and those that wait for one are as many more. */
function maxRequests(pool: TrafficPolicy['connectionPool']): number {
  const { maxConnections } = pool?.tcp ?? {};
  if (maxConnections === undefined) return Infinity;
  return maxConnections + (pool?.http?.http1MaxPendingRequests ?? Infinity);
}
