/**
 * W3C Trace Context (`traceparent`, version 00): where a request has none it begins here, and each proxy on its way
 * is a span of it. Every request is sampled; Istio's default of one in a hundred would show a learner nothing.
 */
import type { Random } from '../../core/random.ts';

export interface TraceContext {
  traceId: string;
  /** Of the span that the proxy is. */
  spanId: string;
  parentSpanId: string | undefined;
}

const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The proxy's own span, below the one that the request names. */
export function continueTrace(traceparent: string | undefined, random: Random): TraceContext {
  if (traceparent === undefined || !TRACEPARENT.test(traceparent))
    return { traceId: hex(random, 4), spanId: hex(random, 2), parentSpanId: undefined };
  return {
    traceId: traceparent.slice(3, 35),
    spanId: hex(random, 2),
    parentSpanId: traceparent.slice(36, 52),
  };
}

export const traceparentOf = ({ traceId, spanId }: TraceContext): string => `00-${traceId}-${spanId}-01`;

/** A new `x-request-id`: a UUID of version 4. */
export function requestId(random: Random): string {
  const first = word(random.bits());
  const second = word(random.bits());
  const bits = random.bits();
  const third = word(bits);
  const variant = '89ab'[(bits >>> 28) & 3];
  return `${first}-${second.slice(0, 4)}-4${second.slice(5)}-${variant}${third.slice(1, 4)}-${third.slice(4)}${word(random.bits())}`;
}

const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hex(random: Random, words: number): string {
  let text = '';
  for (let i = 0; i < words; i++) text += word(random.bits());
  return text;
}

const word = (bits: number): string =>
  BYTES[bits >>> 24]! + BYTES[(bits >>> 16) & 255]! + BYTES[(bits >>> 8) & 255]! + BYTES[bits & 255]!;
