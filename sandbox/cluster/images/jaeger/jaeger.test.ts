import { expect, test } from 'vitest';
import { jsonResponse, readText } from '../../../core/http.ts';
import { OtlpError, parseOtlp } from './otlp.ts';
import { answerQuery } from './query-api.ts';
import { TraceStore } from './trace-store.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

/** A request through a gateway: `shop` asks `stock`, which fails. */
const body = (traceId = TRACE, startMs = 1_000) =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop.default' } }] },
        scopeSpans: [
          {
            spans: [
              {
                traceId,
                spanId: '00f067aa0ba902b7',
                name: 'shop:80/*',
                kind: 2,
                startTimeUnixNano: `${startMs}000000`,
                endTimeUnixNano: `${startMs + 30}000000`,
                attributes: [{ key: 'http.status_code', value: { intValue: '503' } }],
                status: { code: 0 },
              },
            ],
          },
        ],
      },
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'stock.default' } }] },
        scopeSpans: [
          {
            spans: [
              {
                traceId,
                spanId: '00f067aa0ba902b8',
                parentSpanId: '00f067aa0ba902b7',
                name: 'stock:80/*',
                kind: 3,
                startTimeUnixNano: `${startMs + 5}000000`,
                endTimeUnixNano: `${startMs + 25}500000`,
                attributes: [{ key: 'peer.address', value: { stringValue: '10.244.0.7' } }],
                status: { code: 2, message: 'no' },
              },
            ],
          },
        ],
      },
    ],
  });

function filled(): TraceStore {
  const store = new TraceStore();
  for (const span of parseOtlp(body())) store.add(span);
  return store;
}

async function ask(store: TraceStore, path: string) {
  const { pathname, searchParams } = new URL(path, 'http://jaeger');
  const response = answerQuery(store, pathname, searchParams, 10_000) ?? jsonResponse(404, {});
  return { status: response.status, ...JSON.parse(await readText(response)) };
}

test('a trace in the JSON of Jaeger', async () => {
  const store = filled();
  expect(await ask(store, '/api/services')).toEqual({
    status: 200,
    data: ['shop.default', 'stock.default'],
    total: 2,
    limit: 0,
    offset: 0,
    errors: null,
  });
  const { data } = await ask(store, `/api/traces/${TRACE}`);
  expect(data).toEqual([
    {
      traceID: TRACE,
      spans: [
        {
          traceID: TRACE,
          spanID: '00f067aa0ba902b7',
          flags: 1,
          operationName: 'shop:80/*',
          references: [],
          startTime: 1_000_000,
          duration: 30_000,
          tags: [
            { key: 'http.status_code', type: 'int64', value: 503 },
            { key: 'span.kind', type: 'string', value: 'server' },
          ],
          logs: [],
          processID: 'p1',
          warnings: null,
        },
        {
          traceID: TRACE,
          spanID: '00f067aa0ba902b8',
          flags: 1,
          operationName: 'stock:80/*',
          references: [{ refType: 'CHILD_OF', traceID: TRACE, spanID: '00f067aa0ba902b7' }],
          startTime: 1_005_000,
          duration: 20_500,
          tags: [
            { key: 'peer.address', type: 'string', value: '10.244.0.7' },
            { key: 'span.kind', type: 'string', value: 'client' },
            { key: 'error', type: 'bool', value: true },
            { key: 'otel.status_code', type: 'string', value: 'ERROR' },
            { key: 'otel.status_description', type: 'string', value: 'no' },
          ],
          logs: [],
          processID: 'p2',
          warnings: null,
        },
      ],
      processes: {
        p1: { serviceName: 'shop.default', tags: [] },
        p2: { serviceName: 'stock.default', tags: [] },
      },
      warnings: null,
    },
  ]);
});

test.each([
  ['service=shop.default', 1],
  ['service=nobody', 0],
  ['service=stock.default&operation=stock:80/*', 1],
  ['service=stock.default&tag=error:true', 1],
  ['service=shop.default&tag=error:true', 0],
  ['service=shop.default&tag=http.status_code:503', 1],
  ['service=shop.default&tags={"http.status_code":"200"}', 0],
  ['service=shop.default&minDuration=25ms', 1],
  ['service=stock.default&minDuration=25ms', 0],
  ['service=shop.default&start=1000001', 0],
  [`traceID=${TRACE}`, 1],
])('/api/traces?%s finds %i', async (query, count) => {
  const { data } = await ask(filled(), `/api/traces?${query}`);
  expect(data).toHaveLength(count);
});

test('what is not there, and what is not asked right', async () => {
  expect(await ask(filled(), '/api/traces/abc')).toMatchObject({
    status: 404,
    errors: [{ code: 404, msg: 'trace not found' }],
  });
  expect(await ask(filled(), '/api/traces')).toMatchObject({
    status: 400,
    errors: [{ msg: "parameter 'service' is required" }],
  });
  expect((await ask(filled(), '/api/dependencies')).data).toEqual([
    { parent: 'shop.default', child: 'stock.default', callCount: 1 },
  ]);
  expect((await ask(filled(), '/api/services/shop.default/operations')).data).toEqual(['shop:80/*']);
});

test('the oldest traces go when there are too many', () => {
  const store = new TraceStore(2);
  for (const first of ['a', 'b', 'c'])
    for (const span of parseOtlp(body(first + TRACE.slice(1)))) store.add(span);
  expect(store.get(`a${TRACE.slice(1)}`)).toBeUndefined();
  expect(store.get(`c${TRACE.slice(1)}`)!.spans).toHaveLength(2);
  expect(store.spanCount).toBe(4);
});

test.each([
  ['{', /JSON/],
  ['{"resourceSpans": 3}', /resourceSpans is not a list/],
  [body('abc'), /traceId has 32 hexadecimal digits/],
])('refuses %s', (text, message) => {
  expect(() => parseOtlp(text)).toThrow(OtlpError);
  expect(() => parseOtlp(text)).toThrow(message);
});
