/**
 * Spans as they come: OTLP's `ExportTraceServiceRequest` in JSON (opentelemetry-proto v1). Identifiers are hexadecimal,
 * 64-bit numbers texts or numbers. Left out: protobuf bodies, links, trace state.
 */

export interface KeyValue {
  key: string;
  value: string | number | boolean;
}

export interface SpanEvent {
  timeUs: number;
  fields: KeyValue[];
}

export interface ReceivedSpan {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 hexadecimal digits. */
  spanId: string;
  /** Empty: the trace begins here. */
  parentSpanId: string;
  name: string;
  kind: number;
  startUs: number;
  durationUs: number;
  attributes: KeyValue[];
  events: SpanEvent[];
  statusCode: number;
  statusMessage: string;
  serviceName: string;
  /** Of the resource, without the service's name. */
  resource: KeyValue[];
}

/** A body that is none; the message says why. */
export class OtlpError extends Error {}

type Json = Readonly<Record<string, unknown>>;

/** Throws `OtlpError`. */
export function parseOtlp(text: string): ReceivedSpan[] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new OtlpError((error as Error).message, { cause: error });
  }
  const spans: ReceivedSpan[] = [];
  for (const group of list(body, 'resourceSpans')) {
    const resource = attributesOf(field(group, 'resource'));
    const serviceName = resource.find(({ key }) => key === 'service.name')?.value ?? 'unknown_service';
    const rest = resource.filter(({ key }) => key !== 'service.name');
    for (const scope of list(group, 'scopeSpans'))
      for (const span of list(scope, 'spans')) spans.push(spanOf(span, String(serviceName), rest));
  }
  return spans;
}

function spanOf(span: unknown, serviceName: string, resource: KeyValue[]): ReceivedSpan {
  const traceId = text(span, 'traceId').toLowerCase();
  const spanId = text(span, 'spanId').toLowerCase();
  if (!/^[\da-f]{32}$/.test(traceId))
    throw new OtlpError('invalid length for ID: traceId has 32 hexadecimal digits');
  if (!/^[\da-f]{16}$/.test(spanId))
    throw new OtlpError('invalid length for ID: spanId has 16 hexadecimal digits');
  const startUs = microseconds(span, 'startTimeUnixNano');
  const status = field(span, 'status');
  return {
    traceId,
    spanId,
    parentSpanId: text(span, 'parentSpanId').toLowerCase(),
    name: text(span, 'name'),
    kind: Number(field(span, 'kind') ?? 0),
    startUs,
    durationUs: Math.max(0, microseconds(span, 'endTimeUnixNano') - startUs),
    attributes: attributesOf(span),
    events: list(span, 'events').map((event) => ({
      timeUs: microseconds(event, 'timeUnixNano'),
      fields: [{ key: 'event', value: text(event, 'name') }, ...attributesOf(event)],
    })),
    statusCode: Number(field(status, 'code') ?? 0),
    statusMessage: text(status, 'message'),
    serviceName,
    resource,
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Json)[name] : undefined;
}

function list(value: unknown, name: string): unknown[] {
  const found = field(value, name);
  if (found === undefined || found === null) return [];
  if (!Array.isArray(found)) throw new OtlpError(`${name} is not a list`);
  return found;
}

const text = (value: unknown, name: string): string => String(field(value, name) ?? '');

/** Nanoseconds are more than a number holds: microseconds are taken of the text. */
function microseconds(value: unknown, name: string): number {
  const nanoseconds = text(value, name) || '0';
  if (!/^\d+$/.test(nanoseconds)) throw new OtlpError(`${name} is not a number of nanoseconds`);
  return Number(BigInt(nanoseconds) / 1000n);
}

function attributesOf(value: unknown): KeyValue[] {
  return list(value, 'attributes').map((attribute) => ({
    key: text(attribute, 'key'),
    value: plain(field(attribute, 'value')),
  }));
}

/** `AnyValue`; lists and maps are told as JSON. */
function plain(value: unknown): string | number | boolean {
  if (typeof value !== 'object' || value === null) return '';
  const [kind, inner] = Object.entries(value)[0] ?? ['', ''];
  if (kind === 'intValue' || kind === 'doubleValue') return Number(inner);
  if (kind === 'boolValue') return inner === true;
  return kind === 'stringValue' ? String(inner) : JSON.stringify(inner);
}
