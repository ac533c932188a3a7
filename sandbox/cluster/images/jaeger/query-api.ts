/**
 * Jaeger's query API in the JSON that its page reads (`/api/services`, `/api/traces`, …). Left out: `/api/v3`, metrics,
 * comparing and archiving.
 */
import { jsonResponse, type HttpResponse } from '../../../core/http.ts';
import { durationMs } from '../../../promql/duration.ts';
import type { KeyValue, ReceivedSpan } from './otlp.ts';
import type { Trace, TraceSearch, TraceStore } from './trace-store.ts';

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const DEFAULT_LIMIT = 100;
const ERROR = 2;

const answered = (data: readonly unknown[]): HttpResponse =>
  jsonResponse(200, { data, total: data.length, limit: 0, offset: 0, errors: null });

const refused = (code: number, msg: string): HttpResponse =>
  jsonResponse(code, { data: null, total: 0, limit: 0, offset: 0, errors: [{ code, msg }] });

/** Undefined: there is nothing at that path. */
export function answerQuery(
  store: TraceStore,
  path: string,
  parameters: URLSearchParams,
  nowMs: number,
): HttpResponse | undefined {
  if (path === '/api/services') return answered(store.services());
  const operationsOf = /^\/api\/services\/([^/]+)\/operations$/.exec(path)?.[1];
  if (operationsOf)
    return answered(store.operations(decodeURIComponent(operationsOf)).map(({ name }) => name));
  if (path === '/api/operations') {
    const service = parameters.get('service');
    if (!service) return refused(400, "parameter 'service' is required");
    return answered(
      store.operations(service).map(({ name, kind }) => ({ name, spanKind: KINDS[kind] ?? '' })),
    );
  }
  if (path === '/api/dependencies') return answered(store.dependencies());
  if (path === '/api/traces') return search(store, parameters, nowMs);
  const traceId = /^\/api\/traces\/([\da-fA-F]{1,32})$/.exec(path)?.[1];
  if (!traceId) return undefined;
  const trace = store.get(traceId);
  return trace ? answered([traceJson(trace)]) : refused(404, 'trace not found');
}

function search(store: TraceStore, parameters: URLSearchParams, nowMs: number): HttpResponse {
  const ids = parameters.getAll('traceID');
  if (ids.length > 0)
    return answered(
      ids
        .map((id) => store.get(id))
        .filter((trace) => trace !== undefined)
        .map(traceJson),
    );
  const service = parameters.get('service');
  if (!service) return refused(400, "parameter 'service' is required");
  const number = (name: string, fallback: number): number => Number(parameters.get(name) || fallback);
  const duration = (name: string, fallback: number): number => {
    const ms = durationMs(parameters.get(name) ?? '');
    return ms === undefined ? fallback : ms * 1000;
  };
  const tags: Record<string, string> = {};
  for (const tag of parameters.getAll('tag')) {
    const [key, ...value] = tag.split(':');
    tags[key!] = value.join(':');
  }
  const together = parameters.get('tags');
  if (together)
    try {
      Object.assign(tags, JSON.parse(together));
    } catch {
      return refused(400, `malformed 'tags' parameter, cannot unmarshal JSON: ${together}`);
    }
  const found: TraceSearch = {
    service,
    operation: parameters.get('operation') ?? '',
    tags,
    startUs: number('start', 0),
    endUs: number('end', nowMs * 1000),
    minDurationUs: duration('minDuration', 0),
    maxDurationUs: duration('maxDuration', Infinity),
    limit: number('limit', DEFAULT_LIMIT),
  };
  if ([found.startUs, found.endUs, found.limit].some(Number.isNaN))
    return refused(400, "unable to parse param 'start', 'end' or 'limit': not a number");
  return answered(store.find(found).map(traceJson));
}

function traceJson({ traceId, spans }: Trace): unknown {
  const processes = new Map<string, { id: string; serviceName: string; tags: unknown[] }>();
  const depths = depthsOf(spans);
  // What was called begins in the same microsecond, when the clock is coarse.
  const ordered = [...spans].sort(
    (a, b) => a.startUs - b.startUs || depths.get(a.spanId)! - depths.get(b.spanId)!,
  );
  const json = ordered.map((span) => {
    let process = processes.get(span.serviceName);
    if (!process) {
      process = {
        id: `p${processes.size + 1}`,
        serviceName: span.serviceName,
        tags: span.resource.map(tagJson),
      };
      processes.set(span.serviceName, process);
    }
    return spanJson(span, process.id);
  });
  return {
    traceID: traceId,
    spans: json,
    processes: Object.fromEntries(
      [...processes.values()].map(({ id, serviceName, tags }) => [id, { serviceName, tags }]),
    ),
    warnings: null,
  };
}

/** How many of a span's ancestors are there. */
function depthsOf(spans: readonly ReceivedSpan[]): Map<string, number> {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const depths = new Map<string, number>();
  const depthOf = ({ spanId, parentSpanId }: ReceivedSpan): number => {
    const known = depths.get(spanId);
    if (known !== undefined) return known;
    // Whoever is its own ancestor has no depth.
    depths.set(spanId, 0);
    const parent = byId.get(parentSpanId);
    const depth = parent ? depthOf(parent) + 1 : 0;
    depths.set(spanId, depth);
    return depth;
  };
  spans.forEach(depthOf);
  return depths;
}

function spanJson(span: ReceivedSpan, processID: string): unknown {
  const { traceId: traceID, parentSpanId, kind, statusCode, statusMessage } = span;
  const tags = [...span.attributes];
  if (kind > 1) tags.push({ key: 'span.kind', value: KINDS[kind] ?? '' });
  if (statusCode === ERROR)
    tags.push({ key: 'error', value: true }, { key: 'otel.status_code', value: 'ERROR' });
  if (statusMessage) tags.push({ key: 'otel.status_description', value: statusMessage });
  return {
    traceID,
    spanID: span.spanId,
    flags: 1,
    operationName: span.name,
    references: parentSpanId ? [{ refType: 'CHILD_OF', traceID, spanID: parentSpanId }] : [],
    startTime: span.startUs,
    duration: span.durationUs,
    tags: tags.map(tagJson),
    logs: span.events.map(({ timeUs, fields }) => ({ timestamp: timeUs, fields: fields.map(tagJson) })),
    processID,
    warnings: null,
  };
}

function tagJson({ key, value }: KeyValue): unknown {
  const type =
    typeof value === 'boolean'
      ? 'bool'
      : typeof value === 'string'
        ? 'string'
        : Number.isInteger(value)
          ? 'int64'
          : 'float64';
  return { key, type, value };
}
