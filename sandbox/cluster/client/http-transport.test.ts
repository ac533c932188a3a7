import { expect, test } from 'vitest';
import { decode, encode } from '../../core/bytes.ts';
import {
  jsonResponse,
  textResponse,
  type HttpOrigin,
  type HttpRequest,
  type HttpResponse,
} from '../../core/http.ts';
import { macrotask } from '../../core/slice.ts';
import { isStatus, notFound, StatusError } from '../api/status.ts';
import type { WatchEvent } from '../api/request.ts';
import { Client } from './client.ts';
import { HttpTransport } from './http-transport.ts';
import { DEPLOYMENTS, NODES, PODS } from './resources.ts';

const user = { username: 'tester', groups: [] };

function clientOf(answer: (request: HttpRequest) => HttpResponse) {
  const requests: HttpRequest[] = [];
  const origin: HttpOrigin = {
    fetch: async (request) => {
      requests.push(request);
      return answer(request);
    },
    connect: async () => {
      throw new Error('no sockets here');
    },
  };
  return { requests, client: new Client(new HttpTransport(origin), { user, userAgent: 'test/1' }) };
}

const meta = { name: 'web', namespace: 'default' };
const cases: { name: string; send(client: Client): Promise<unknown>; want: string; body?: unknown }[] = [
  {
    name: 'get',
    send: (c) => c.get(DEPLOYMENTS, meta),
    want: 'GET /apis/apps/v1/namespaces/default/deployments/web',
  },
  {
    name: 'get of a cluster-scoped object',
    send: (c) => c.get(NODES, { name: 'n1' }),
    want: 'GET /api/v1/nodes/n1',
  },
  {
    name: 'list with selectors',
    send: (c) => c.list(PODS, { labelSelector: 'app=web,tier!=x', limit: 5 }),
    want: 'GET /api/v1/pods?labelSelector=app%3Dweb%2Ctier!%3Dx&limit=5',
  },
  {
    name: 'create',
    send: (c) => c.create(PODS, { metadata: meta, spec: { containers: [] } }),
    want: 'POST /api/v1/namespaces/default/pods',
    body: { apiVersion: 'v1', kind: 'Pod', metadata: meta, spec: { containers: [] } },
  },
  {
    name: 'patch of a subresource as a dry run',
    send: (c) =>
      c.patch(
        DEPLOYMENTS,
        meta,
        'application/merge-patch+json',
        { spec: { replicas: 2 } },
        { subresource: 'scale', dryRun: true },
      ),
    want: 'PATCH /apis/apps/v1/namespaces/default/deployments/web/scale?dryRun=All',
    body: { spec: { replicas: 2 } },
  },
  {
    name: 'delete with options',
    send: (c) => c.delete(PODS, meta, { gracePeriodSeconds: 0, propagationPolicy: 'Orphan' }),
    want: 'DELETE /api/v1/namespaces/default/pods/web',
    body: { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, propagationPolicy: 'Orphan' },
  },
];

test.each(cases)('$name', async ({ send, want, body }) => {
  const { client, requests } = clientOf(() => jsonResponse(200, { kind: 'Pod', metadata: {} }));
  await send(client);
  const [request] = requests;
  expect(`${request!.method} ${request!.path}`).toBe(want);
  expect(request!.body && JSON.parse(decode(request!.body))).toEqual(body);
  expect(request!.headers['user-agent']).toBe('test/1');
});

test('items of a list are whole objects', async () => {
  const { client } = clientOf(() =>
    jsonResponse(200, { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: [{ metadata: meta }] }),
  );
  expect((await client.list(PODS)).items).toEqual([{ apiVersion: 'v1', kind: 'Pod', metadata: meta }]);
});

test('a Status is thrown as the StatusError it was', async () => {
  const { client } = clientOf(() => jsonResponse(404, notFound(PODS, 'web').status));
  const error = await client.get(PODS, meta).catch((e: unknown) => e);
  expect(isStatus(error, 'NotFound') && error.message).toBe('pods "web" not found');
});

test('an answer that is no Status is told as it came', async () => {
  const { client } = clientOf(() => textResponse(502, 'Bad Gateway\n'));
  await expect(client.get(PODS, meta)).rejects.toThrow('the server answered 502: Bad Gateway');
});

test('a watch is cut into lines wherever its chunks end, and says how it ended', async () => {
  const pod = (name: string) => ({ type: 'ADDED', object: { metadata: { name } } });
  const gone = new StatusError('Expired', 'too old resource version: 1 (5)');
  const text = [pod('ä'), pod('b'), { type: 'ERROR', object: gone.status }]
    .map((event) => JSON.stringify(event) + '\n')
    .join('');
  const bytes = encode(text);
  const { client, requests } = clientOf(() => ({
    status: 200,
    headers: {},
    body: (async function* () {
      for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
    })(),
  }));
  const seen: WatchEvent[] = [];
  const error = await new Promise<Error | undefined>((resolve) => {
    client.watch(
      PODS,
      { namespace: 'default', resourceVersion: '1' },
      (events) => seen.push(...events),
      resolve,
    );
  });
  expect(requests[0]!.path).toBe('/api/v1/namespaces/default/pods?watch=true&resourceVersion=1');
  expect(seen.map((event) => event.object.metadata.name)).toEqual(['ä', 'b']);
  expect(isStatus(error, 'Expired')).toBe(true);
});

test('a disposed watch ends the exchange and tells nobody', async () => {
  let aborted = false;
  const { client } = clientOf(({ signal }) => ({
    status: 200,
    headers: {},
    body: (async function* () {
      await new Promise<void>((resolve) => signal!.addEventListener('abort', () => resolve()));
      aborted = true;
      yield encode('{"type":"ADDED","object":{"metadata":{"name":"late"}}}\n');
    })(),
  }));
  const told: unknown[] = [];
  const watch = client.watch(
    PODS,
    {},
    (events) => told.push(events),
    (error) => told.push(error),
  );
  await macrotask();
  watch.dispose();
  await macrotask();
  expect(aborted).toBe(true);
  expect(told).toEqual([]);
});
