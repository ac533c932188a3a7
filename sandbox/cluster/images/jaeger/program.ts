/**
 * `jaeger`: the all-in-one configuration that is built into the binary. It takes OTLP over HTTP in JSON on port 4318, answers
 * queries and shows traces on 16686, tells its state on 13133 and its metrics on 8888. Left out: gRPC, Zipkin and Jaeger's own
 * protocols, configuration files, storage that outlives the process, sampling.
 */
import { decode, EMPTY } from '../../../core/bytes.ts';
import { DisposableStore } from '../../../core/disposable.ts';
import { jsonResponse, textResponse, type HttpRequest, type HttpResponse } from '../../../core/http.ts';
import { metricFamily, seriesText } from '../../../core/prometheus-text.ts';
import { Errno } from '../../../os/errno.ts';
import type { Program } from '../../../os/machine.ts';
import type { Process } from '../../../os/process.ts';
import { OtlpError, parseOtlp } from './otlp.ts';
import { answerQuery } from './query-api.ts';
import { TraceStore } from './trace-store.ts';
import { WEB_PAGE } from './web-page.ts';

const RUNTIME_BYTES = 25 * 1024 ** 2;
const REQUEST_MS = 0.4;
const SPAN_MS = 0.02;
/** Memory that a span takes. */
const SPAN_BYTES = 2048;

export const PORTS = { otlp: 4318, query: 16686, status: 13133, metrics: 8888 } as const;

interface Counts {
  accepted: number;
  refused: number;
}

export const program: Program = async (process) => {
  process.allocate(RUNTIME_BYTES);
  const { network } = process.machine;
  if (!network) throw new Errno('ENETUNREACH');
  const store = new TraceStore();
  const counts: Counts = { accepted: 0, refused: 0 };
  const servers = new DisposableStore();
  const answers: Record<keyof typeof PORTS, (request: HttpRequest) => HttpResponse> = {
    otlp: (request) => receive(process, store, counts, request),
    query: (request) => query(process, store, request),
    status: () => jsonResponse(200, { status: 'StatusOK' }),
    metrics: () => textResponse(200, metrics(counts), { 'content-type': 'text/plain; version=0.0.4' }),
  };
  try {
    for (const [name, port] of Object.entries(PORTS) as [keyof typeof PORTS, number][])
      servers.add(
        network.listen(port, async (request) => {
          process.charge(REQUEST_MS);
          const response = answers[name](request);
          return request.method === 'HEAD' ? { ...response, body: EMPTY } : response;
        }),
      );
  } catch (error) {
    servers.dispose();
    if (!(error instanceof Errno)) throw error;
    await log(process, 'fatal', `cannot start the servers: ${error.message.toLowerCase()}`);
    return 1;
  }
  await log(process, 'info', 'Everything is ready. Begin running and processing data.');
  try {
    return await process.wait(
      new Promise<number>((resolve) => {
        for (const signal of ['INT', 'TERM'] as const) process.handlers.set(signal, () => resolve(0));
      }),
    );
  } finally {
    servers.dispose();
  }
};

function receive(process: Process, store: TraceStore, counts: Counts, request: HttpRequest): HttpResponse {
  const { pathname } = new URL(request.path, 'http://jaeger');
  if (pathname !== '/v1/traces') return textResponse(404, '404 page not found\n');
  if (request.method !== 'POST') return textResponse(405, '405 method not allowed, supported: [POST]');
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('application/json'))
    return textResponse(415, '415 unsupported media type, supported: [application/json]');
  try {
    const spans = parseOtlp(decode(request.body ?? EMPTY));
    const before = store.spanCount;
    for (const span of spans) store.add(span);
    const grown = (store.spanCount - before) * SPAN_BYTES;
    if (grown > 0) process.allocate(grown);
    else process.release(-grown);
    process.charge(spans.length * SPAN_MS);
    counts.accepted += spans.length;
    return jsonResponse(200, { partialSuccess: {} });
  } catch (error) {
    if (!(error instanceof OtlpError)) throw error;
    counts.refused++;
    return jsonResponse(400, { code: 3, message: error.message });
  }
}

function query(process: Process, store: TraceStore, request: HttpRequest): HttpResponse {
  const { pathname, searchParams } = new URL(request.path, 'http://jaeger');
  const found = answerQuery(store, pathname, searchParams, process.machine.clock.now());
  if (found) return found;
  // Search and traces are views of one page.
  if (['/', '/search'].includes(pathname) || pathname.startsWith('/trace/'))
    return textResponse(200, WEB_PAGE, { 'content-type': 'text/html; charset=utf-8' });
  return textResponse(404, '404 page not found\n');
}

function metrics({ accepted, refused }: Counts): string {
  const sample = (name: string, value: number) => [
    `${seriesText(name, { receiver: 'otlp', transport: 'http' })} ${value}`,
  ];
  const [taken, lost] = ['otelcol_receiver_accepted_spans_total', 'otelcol_receiver_refused_spans_total'];
  return (
    metricFamily(
      taken,
      'counter',
      'Number of spans successfully pushed into the pipeline.',
      sample(taken, accepted),
    ) +
    metricFamily(
      lost,
      'counter',
      'Number of spans that could not be pushed into the pipeline.',
      sample(lost, refused),
    )
  );
}

function log(process: Process, level: string, message: string): Promise<void> | undefined {
  return process.printError(`${new Date(process.machine.clock.now()).toISOString()}\t${level}\t${message}\n`);
}
