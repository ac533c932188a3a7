/** A request as a span of its trace, with the attributes that Envoy gives. */
import type { ExchangeReport } from './exchange-report.ts';
import { SPAN_KIND_CLIENT, SPAN_KIND_SERVER, STATUS_ERROR, STATUS_UNSET, type Span } from './span.ts';

const SERVER_ERROR = 500;

export function spanOf(report: ExchangeReport): Span {
  const { trace, reporter, destinationService, requestHeaders, status, connection } = report;
  const own = reporter === 'source' ? report.source : report.destination;
  const port = report.downstreamLocalAddress.split(':')[1] ?? '';
  return {
    traceId: trace.traceId,
    spanId: trace.spanId,
    parentSpanId: trace.parentSpanId,
    name: `${destinationService}:${port}/*`,
    kind: reporter === 'source' ? SPAN_KIND_CLIENT : SPAN_KIND_SERVER,
    serviceName: own ? `${own.canonicalService}.${own.namespace}` : 'unknown',
    startTimeUnixNano: nanoseconds(report.startedMs),
    endTimeUnixNano: nanoseconds(report.startedMs + report.durationMs),
    attributes: {
      component: 'proxy',
      'guid:x-request-id': requestHeaders['x-request-id'] ?? '',
      'http.method': report.method,
      'http.protocol': 'HTTP/1.1',
      'http.status_code': String(status),
      'http.url': `http://${report.authority}${report.path}`,
      'istio.canonical_revision': own?.canonicalRevision ?? 'latest',
      'istio.canonical_service': own?.canonicalService ?? 'unknown',
      'istio.mesh_id': 'cluster.local',
      'istio.namespace': own?.namespace ?? 'unknown',
      'peer.address': report.downstreamRemoteAddress.split(':')[0] ?? '',
      request_size: String(report.requestBytes),
      response_flags: report.flags,
      response_size: String(report.responseBytes),
      upstream_cluster: report.cluster,
      user_agent: requestHeaders['user-agent'] ?? '',
      ...(connection ? { 'tls.peer': connection.serverIdentity } : {}),
    },
    status: { code: status >= SERVER_ERROR ? STATUS_ERROR : STATUS_UNSET },
  };
}

const nanoseconds = (ms: number): bigint => BigInt(Math.round(ms * 1000)) * 1000n;
