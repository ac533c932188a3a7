/**
 * A span as the mesh's proxies finish it, in OpenTelemetry's words (trace.proto v1), and where they send it: OTLP
 * in JSON to the Service `jaeger-collector` of istio-system, when there is one. Links, events and the scope are left
 * out: Envoy writes none.
 */

/** `SpanKind` of OTLP: a server's or a client's side of a request. */
export const SPAN_KIND_SERVER = 2;
export const SPAN_KIND_CLIENT = 3;
/** `Status.code` of OTLP. */
export const STATUS_UNSET = 0;
export const STATUS_ERROR = 2;

export interface Span {
  /** 32 lower-case hexadecimal digits. */
  traceId: string;
  /** 16 lower-case hexadecimal digits. */
  spanId: string;
  /** Undefined: the trace begins here. */
  parentSpanId: string | undefined;
  /** `reviews.default.svc.cluster.local:9080/*`, as Istio names operations. */
  name: string;
  kind: typeof SPAN_KIND_SERVER | typeof SPAN_KIND_CLIENT;
  /** `service.name` of the resource: `reviews.default`. */
  serviceName: string;
  /** Nanoseconds since 1970. */
  startTimeUnixNano: bigint;
  endTimeUnixNano: bigint;
  attributes: Readonly<Record<string, string | number | boolean>>;
  status: { code: typeof STATUS_UNSET | typeof STATUS_ERROR; message?: string };
}

/** Takes spans that have ended. Never throws: what cannot be sent is dropped, as proxies do. */
export interface SpanExporter {
  export(span: Span): void;
}

/** Where spans go, by HTTP POST. */
export const COLLECTOR = {
  namespace: 'istio-system',
  service: 'jaeger-collector',
  port: 4318,
  path: '/v1/traces',
} as const;

/** `KeyValue` of OTLP in JSON. */
export interface OtlpAttribute {
  key: string;
  value: { stringValue: string } | { intValue: string } | { doubleValue: number } | { boolValue: boolean };
}

/** `Span` of OTLP in JSON: 64-bit numbers are strings, identifiers hexadecimal. */
export interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: OtlpAttribute[];
  status: { code: number; message?: string };
}

/** `ExportTraceServiceRequest` of OTLP in JSON. */
export interface OtlpTraces {
  resourceSpans: {
    resource: { attributes: OtlpAttribute[] };
    scopeSpans: { scope: { name: string }; spans: OtlpSpan[] }[];
  }[];
}

/** Spans as the body of a request to a collector, by the services that they are of. */
export function otlpTraces(spans: readonly Span[]): OtlpTraces {
  const byService = Map.groupBy(spans, ({ serviceName }) => serviceName);
  return {
    resourceSpans: [...byService].map(([serviceName, own]) => ({
      resource: { attributes: [attribute('service.name', serviceName)] },
      scopeSpans: [{ scope: { name: 'envoy' }, spans: own.map(otlpSpan) }],
    })),
  };
}

function otlpSpan(span: Span): OtlpSpan {
  const { traceId, spanId, parentSpanId, name, kind, attributes, status } = span;
  return {
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name,
    kind,
    startTimeUnixNano: String(span.startTimeUnixNano),
    endTimeUnixNano: String(span.endTimeUnixNano),
    attributes: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    status,
  };
}

function attribute(key: string, value: string | number | boolean): OtlpAttribute {
  if (typeof value === 'string') return { key, value: { stringValue: value } };
  if (typeof value === 'boolean') return { key, value: { boolValue: value } };
  return { key, value: Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value } };
}
