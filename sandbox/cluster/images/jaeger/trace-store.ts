/** Traces in memory, as Jaeger's memory storage keeps them: the oldest go when there are too many. */
import type { ReceivedSpan } from './otlp.ts';

export interface Trace {
  traceId: string;
  spans: ReceivedSpan[];
  startUs: number;
}

export interface TraceSearch {
  service: string;
  operation: string;
  tags: Readonly<Record<string, string>>;
  startUs: number;
  endUs: number;
  minDurationUs: number;
  maxDurationUs: number;
  limit: number;
}

export class TraceStore {
  readonly #maxTraces: number;
  /** In the order in which they began to come. */
  readonly #traces = new Map<string, Trace>();
  #spans = 0;

  constructor(maxTraces = 2000) {
    this.#maxTraces = maxTraces;
  }

  get spanCount(): number {
    return this.#spans;
  }

  add(span: ReceivedSpan): void {
    let trace = this.#traces.get(span.traceId);
    if (!trace) {
      trace = { traceId: span.traceId, spans: [], startUs: span.startUs };
      this.#traces.set(span.traceId, trace);
    }
    trace.spans.push(span);
    trace.startUs = Math.min(trace.startUs, span.startUs);
    this.#spans++;
    while (this.#traces.size > this.#maxTraces) {
      const [oldest] = this.#traces.values();
      this.#traces.delete(oldest!.traceId);
      this.#spans -= oldest!.spans.length;
    }
  }

  get(traceId: string): Trace | undefined {
    // Short identifiers are padded.
    return this.#traces.get(traceId.toLowerCase().padStart(32, '0'));
  }

  services(): string[] {
    return sorted(this.#all().map(({ serviceName }) => serviceName));
  }

  /** What a service does, by kind. */
  operations(service: string): { name: string; kind: number }[] {
    const found = new Map<string, { name: string; kind: number }>();
    for (const { serviceName, name, kind } of this.#all())
      if (serviceName === service) found.set(`${name} ${kind}`, { name, kind });
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Newest first. */
  find(search: TraceSearch): Trace[] {
    const matches = (span: ReceivedSpan) =>
      span.serviceName === search.service &&
      (search.operation === '' || span.name === search.operation) &&
      span.startUs >= search.startUs &&
      span.startUs <= search.endUs &&
      span.durationUs >= search.minDurationUs &&
      span.durationUs <= search.maxDurationUs &&
      Object.entries(search.tags).every(([key, value]) => hasTag(span, key, value));
    return [...this.#traces.values()]
      .filter(({ spans }) => spans.some(matches))
      .sort((a, b) => b.startUs - a.startUs)
      .slice(0, search.limit);
  }

  /** How often one service called another. */
  dependencies(): { parent: string; child: string; callCount: number }[] {
    const counts = new Map<string, { parent: string; child: string; callCount: number }>();
    for (const { spans } of this.#traces.values()) {
      const byId = new Map(spans.map((span) => [span.spanId, span]));
      for (const { parentSpanId, serviceName: child } of spans) {
        const parent = byId.get(parentSpanId)?.serviceName;
        if (parent === undefined || parent === child) continue;
        const key = `${parent}\u0000${child}`;
        const known = counts.get(key);
        if (known) known.callCount++;
        else counts.set(key, { parent, child, callCount: 1 });
      }
    }
    return [...counts.values()];
  }

  #all(): ReceivedSpan[] {
    return [...this.#traces.values()].flatMap(({ spans }) => spans);
  }
}

function hasTag({ attributes, statusCode }: ReceivedSpan, key: string, value: string): boolean {
  if (key === 'error') return String(statusCode === 2) === value;
  return attributes.some((attribute) => attribute.key === key && String(attribute.value) === value);
}

const sorted = (values: readonly string[]): string[] => [...new Set(values)].sort();
