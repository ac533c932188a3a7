/** The kinds of Istio (networking.istio.io/v1, security.istio.io/v1), as far as the mesh reads them. */
import type { KubernetesObject } from '../api/object.ts';
import type { ResourceType } from '../client/resources.ts';

/** Exactly one of them. */
export interface StringMatch {
  exact?: string;
  prefix?: string;
  /** RE2; the whole value. */
  regex?: string;
}

export interface HTTPMatchRequest {
  name?: string;
  uri?: StringMatch;
  scheme?: StringMatch;
  method?: StringMatch;
  authority?: StringMatch;
  headers?: Record<string, StringMatch>;
  withoutHeaders?: Record<string, StringMatch>;
  queryParams?: Record<string, StringMatch>;
  ignoreUriCase?: boolean;
  port?: number;
  sourceLabels?: Record<string, string>;
  sourceNamespace?: string;
  gateways?: string[];
}

export interface HeaderOperations {
  set?: Record<string, string>;
  add?: Record<string, string>;
  remove?: string[];
}

export interface Headers {
  request?: HeaderOperations;
  response?: HeaderOperations;
}

export interface Destination {
  host: string;
  subset?: string;
  port?: { number?: number };
}

export interface HTTPRouteDestination {
  destination: Destination;
  weight?: number;
  headers?: Headers;
}

export interface HTTPFaultInjection {
  delay?: { fixedDelay?: string; percentage?: { value?: number }; percent?: number };
  abort?: { httpStatus?: number; percentage?: { value?: number } };
}

export interface HTTPRetry {
  attempts?: number;
  perTryTimeout?: string;
  retryOn?: string;
  backoff?: string;
}

/** One of `http` of a VirtualService. */
export interface IstioHTTPRoute {
  name?: string;
  match?: HTTPMatchRequest[];
  route?: HTTPRouteDestination[];
  redirect?: {
    uri?: string;
    authority?: string;
    port?: number;
    scheme?: string;
    redirectCode?: number;
  };
  directResponse?: { status: number; body?: { string?: string; bytes?: string } };
  rewrite?: { uri?: string; authority?: string };
  timeout?: string;
  retries?: HTTPRetry;
  fault?: HTTPFaultInjection;
  mirror?: Destination;
  mirrorPercentage?: { value?: number };
  mirrors?: { destination: Destination; percentage?: { value?: number } }[];
  headers?: Headers;
}

export type VirtualService = KubernetesObject<{
  hosts?: string[];
  gateways?: string[];
  http?: IstioHTTPRoute[];
  tcp?: object[];
  tls?: object[];
  exportTo?: string[];
}>;

export type TlsMode = 'DISABLE' | 'SIMPLE' | 'MUTUAL' | 'ISTIO_MUTUAL';

export interface OutlierDetection {
  consecutive5xxErrors?: number;
  consecutiveGatewayErrors?: number;
  interval?: string;
  baseEjectionTime?: string;
  maxEjectionPercent?: number;
}

export interface LoadBalancerSettings {
  simple?: 'UNSPECIFIED' | 'LEAST_CONN' | 'RANDOM' | 'PASSTHROUGH' | 'ROUND_ROBIN' | 'LEAST_REQUEST';
  consistentHash?: { httpHeaderName?: string; useSourceIp?: boolean; httpQueryParameterName?: string };
}

export interface TrafficPolicy {
  loadBalancer?: LoadBalancerSettings;
  connectionPool?: { http?: { http1MaxPendingRequests?: number }; tcp?: { maxConnections?: number } };
  outlierDetection?: OutlierDetection;
  tls?: { mode?: TlsMode };
  portLevelSettings?: (TrafficPolicy & { port?: { number?: number } })[];
}

export interface Subset {
  name: string;
  labels?: Record<string, string>;
  trafficPolicy?: TrafficPolicy;
}

export type DestinationRule = KubernetesObject<{
  host: string;
  trafficPolicy?: TrafficPolicy;
  subsets?: Subset[];
  exportTo?: string[];
}>;

export interface WorkloadSelector {
  matchLabels?: Record<string, string>;
}

export type MutualTlsMode = 'UNSET' | 'DISABLE' | 'PERMISSIVE' | 'STRICT';

export type PeerAuthentication = KubernetesObject<{
  selector?: WorkloadSelector;
  mtls?: { mode?: MutualTlsMode };
  portLevelMtls?: Record<string, { mode?: MutualTlsMode }>;
}>;

/** Lists of which one value has to match, and those of which none may. */
export interface Source {
  principals?: string[];
  notPrincipals?: string[];
  namespaces?: string[];
  notNamespaces?: string[];
  serviceAccounts?: string[];
  notServiceAccounts?: string[];
  ipBlocks?: string[];
  notIpBlocks?: string[];
  requestPrincipals?: string[];
}

export interface Operation {
  hosts?: string[];
  notHosts?: string[];
  ports?: string[];
  notPorts?: string[];
  methods?: string[];
  notMethods?: string[];
  paths?: string[];
  notPaths?: string[];
}

export interface Condition {
  key: string;
  values?: string[];
  notValues?: string[];
}

export interface Rule {
  from?: { source?: Source }[];
  to?: { operation?: Operation }[];
  when?: Condition[];
}

export type AuthorizationPolicy = KubernetesObject<{
  selector?: WorkloadSelector;
  action?: 'ALLOW' | 'DENY' | 'AUDIT' | 'CUSTOM';
  rules?: Rule[];
}>;

const resource = <T extends KubernetesObject>(group: string, name: string, kind: string): ResourceType<T> =>
  Object.freeze({ group, version: 'v1', resource: name, kind, namespaced: true });

const NETWORKING = 'networking.istio.io';
const SECURITY = 'security.istio.io';

export const VIRTUAL_SERVICES = resource<VirtualService>(NETWORKING, 'virtualservices', 'VirtualService');
export const DESTINATION_RULES = resource<DestinationRule>(NETWORKING, 'destinationrules', 'DestinationRule');
export const PEER_AUTHENTICATIONS = resource<PeerAuthentication>(
  SECURITY,
  'peerauthentications',
  'PeerAuthentication',
);
export const AUTHORIZATION_POLICIES = resource<AuthorizationPolicy>(
  SECURITY,
  'authorizationpolicies',
  'AuthorizationPolicy',
);

/** Where istiod lives; what stands there is about the whole mesh. */
export const ROOT_NAMESPACE = 'istio-system';
