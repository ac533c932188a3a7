/** What a proxy knows of a request that is over: metrics, access logs, spans and the picture are made of it. */
import type { MutualConnection } from './mutual-tls.ts';
import type { TraceContext } from './trace-context.ts';
import type { Workload } from './workload.ts';

/** Envoy's reasons for an answer of its own, as logs and metrics abbreviate them. */
export type ResponseFlags =
  | '-'
  /** No healthy upstream. */
  | 'UH'
  /** The connection failed, or ended; what was tried again failed once more. */
  | 'UF'
  | 'UC'
  | 'URX'
  /** Too many requests under way. */
  | 'UO'
  /** No route, no cluster. */
  | 'NR'
  | 'NC'
  /** It took too long. */
  | 'UT'
  /** A fault was injected: an answer, a delay. */
  | 'FI'
  | 'DI'
  /** The client went away. */
  | 'DC';

export interface ExchangeReport {
  reporter: 'source' | 'destination';
  /** Epoch ms. */
  startedMs: number;
  durationMs: number;
  source: Workload | undefined;
  destination: Workload | undefined;
  /** Fully qualified name, or what was asked for where nobody has it. */
  destinationService: string;
  method: string;
  /** With its query, as the client asked. */
  path: string;
  authority: string;
  requestHeaders: Readonly<Record<string, string>>;
  requestBytes: number;
  responseBytes: number;
  status: number;
  flags: ResponseFlags;
  /** `via_upstream`, or why not. */
  details: string;
  /** `x-envoy-upstream-service-time`. */
  upstreamMs: number | undefined;
  transportFailure: string | undefined;
  /** `10.244.0.5:8080`. */
  upstreamHost: string | undefined;
  /** `outbound|80|v1|web.default.svc.cluster.local`. */
  cluster: string;
  upstreamLocalAddress: string | undefined;
  downstreamLocalAddress: string;
  downstreamRemoteAddress: string;
  serverName: string | undefined;
  routeName: string;
  /** Undefined: it was not mutual TLS. */
  connection: MutualConnection | undefined;
  attempts: number;
  trace: TraceContext;
  fault: 'delay' | 'abort' | undefined;
  /** A copy that nobody waits for. */
  isMirror: boolean;
}
