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
  const digits = hex(random, 4);
  const variant = '89ab'[parseInt(digits[16]!, 16) & 3];
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`;
}

const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hex(random: Random, words: number): string {
  let text = '';
  for (let i = 0; i < words; i++) {
    const bits = random.bits();
    text +=
      BYTES[bits >>> 24]! + BYTES[(bits >>> 16) & 255]! + BYTES[(bits >>> 8) & 255]! + BYTES[bits & 255]!;
  }
  return text;
}
