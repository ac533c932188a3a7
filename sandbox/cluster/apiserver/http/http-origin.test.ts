import { describe, expect, test } from 'vitest';
import { concat, decode, encode } from '../../../core/bytes.ts';
import { ManualClock } from '../../../core/clock.ts';
import { HttpUpgradeError, readText, type HttpResponse, type MessageSocket } from '../../../core/http.ts';
import { Random } from '../../../core/random.ts';
import { ApiServer } from '../api-server.ts';
import type { NodeConnector } from '../node-connector.ts';

const admin = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

async function* bytesOf(...texts: string[]) {
  for (const text of texts) yield encode(text);
}

/** Runs `cat`-like programs: echoes its input in capitals, ends with the exit code it was asked for. */
const nodes: NodeConnector = {
  logs: async (_pod, container, { tailLines }) => bytesOf(`${container} says ${tailLines ?? 'all'}\n`),
  async exec(_pod, _container, { command }) {
    if (command[0] === 'nope') throw new Error('exec: "nope": executable file not found in $PATH');
    let done = (_exitCode: number) => {};
    const exit = new Promise<number>((resolve) => (done = resolve));
    const typed: Uint8Array[] = [];
    let closed = () => {};
    const input = new Promise<void>((resolve) => (closed = resolve));
    return {
      stdin: { write: async (bytes) => void typed.push(bytes), close: () => closed() },
      stdout: (async function* () {
        await input;
        yield encode(decode(concat(typed)).toUpperCase());
        done(Number(command[1] ?? 0));
      })(),
      stderr: bytesOf(),
      resize: (columns, rows) => typed.push(encode(`${columns}x${rows} `)),
      exit,
      close: () => {},
    };
  },
  attach: async () => Promise.reject(new Error('nothing to attach to')),
  portForward: async () => Promise.reject(new Error('connection refused')),
  proxy: async ({ name, port }, { path }) => ({
    status: 200,
    headers: { 'content-type': 'text/plain' },
    body: encode(`${name} ${port} ${path}`),
  }),
};

function origin() {
  const clock = new ManualClock();
  const server = new ApiServer({ clock, random: new Random(1), nodeConnector: nodes });
  const put = (space: string, key: string, kind: string, rest: object = {}) => {
    const [namespace, name] = key.split('/') as [string, string];
    const object = { apiVersion: 'v1', kind, metadata: { name, namespace, uid: name }, ...rest };
    server.store.put(space, key, object, undefined);
  };
  put('serviceaccounts', 'default/default', 'ServiceAccount');
  server.store.put(
    'nodes',
    'node-1',
    { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1', uid: 'node-1' } },
    undefined,
  );
  put('services', 'default/web', 'Service', { spec: { ports: [{ port: 80 }] } });
  server.store.put(
    'discovery.k8s.io/endpointslices',
    'default/web',
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'web', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
      endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
      ports: [{ name: '', port: 80 }],
    },
    undefined,
  );
  put('pods', 'default/web', 'Pod', {
    spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'x' }] },
  });
  put('pods', 'default/pair', 'Pod', {
    spec: { nodeName: 'node-1', containers: [{ name: 'a' }, { name: 'b' }] },
  });
  const http = server.origin(admin);
  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    http.fetch({
      method,
      path,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: encode(typeof body === 'string' ? body : JSON.stringify(body)) }),
    });
  return { server, clock, http, send };
}

const json = async (response: HttpResponse): Promise<any> => JSON.parse(await readText(response));

describe('resources', () => {
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { x: '1' } };
  const path = '/api/v1/namespaces/default/configmaps';

  test('are created, and read back as the server writes them', async () => {
    const { send } = origin();
    const created = await send('POST', path, configMap, { 'user-agent': 'kubectl/v1.35.4 (linux/amd64)' });
    expect(created.status).toBe(201);
    const read = await send('GET', `${path}/a`);
    expect(read.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-cache, private',
    });
    const object = await json(read);
    expect(Object.keys(object)).toEqual(['kind', 'apiVersion', 'metadata', 'data']);
    expect(object.metadata.managedFields).toEqual([
      {
        manager: 'kubectl',
        operation: 'Update',
        apiVersion: 'v1',
        time: '2026-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { '.': {}, 'f:x': {} } },
      },
    ]);
  });

  test('items of a list leave out what its header says', async () => {
    const { send } = origin();
    await send('POST', path, configMap);
    const list = await json(await send('GET', path));
    expect(list).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect(list.items[0]).not.toHaveProperty('kind');
  });

  test('are indented for people', async () => {
    const { send } = origin();
    await send('POST', path, configMap);
    const text = await readText(await send('GET', `${path}/a`, undefined, { 'user-agent': 'curl/8.0' }));
    expect(text).toMatch(/^\{\n {2}"kind": "ConfigMap",\n {2}"apiVersion": "v1",\n/);
  });

  test('as a Table', async () => {
    const { send, clock } = origin();
    await send('POST', path, configMap);
    await clock.advance(65_000);
    const table = await json(await send('GET', path, undefined, { accept: TABLE }));
    expect(table.columnDefinitions.map(({ name }: any) => name)).toEqual(['Name', 'Data', 'Age']);
    expect(table.rows[0].cells).toEqual(['a', 1, '65s']);
    expect(table.rows[0].object.kind).toBe('PartialObjectMetadata');
  });

  test('applied by the server; a second manager conflicts', async () => {
    const { send } = origin();
    const apply = (manager: string, x: string) =>
      send(
        'PATCH',
        `${path}/a?fieldManager=${manager}`,
        { ...configMap, data: { x } },
        {
          'content-type': 'application/apply-patch+yaml',
        },
      );
    expect((await apply('one', '1')).status).toBe(201);
    expect((await apply('one', '2')).status).toBe(200);
    const refused = await apply('two', '3');
    expect(refused.status).toBe(409);
    expect((await json(refused)).message).toBe('Apply failed with 1 conflict: conflict with "one": .data.x');
  });

  test('unknown fields are warned of, or refused when the client wants that', async () => {
    const { send } = origin();
    const body = { ...configMap, spec: {} };
    const warned = await send('POST', path, body);
    expect(warned.headers.warning).toBe('299 - "unknown field \\"spec\\""');
    const refused = await send('POST', `${path}?fieldValidation=Strict`, body);
    expect((await json(refused)).message).toBe(
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "spec"',
    );
  });

  test('a dry run says what would be and stores nothing', async () => {
    const { send } = origin();
    expect((await send('POST', `${path}?dryRun=All`, configMap)).status).toBe(201);
    expect((await send('GET', `${path}/a`)).status).toBe(404);
  });

  test('a watch is lines of JSON until the client leaves', async () => {
    const { send } = origin();
    const response = await send('GET', `${path}?watch=true`);
    await send('POST', path, configMap);
    const seen: string[] = [];
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      const { type, object } = JSON.parse(decode(chunk));
      seen.push(`${type} ${object.kind} ${object.metadata.name}`);
      break;
    }
    expect(seen).toEqual(['ADDED ConfigMap a']);
  });
});

describe('failures are a Status', () => {
  test.each([
    ['GET', '/api/v1/nope', undefined, 404, 'the server could not find the requested resource'],
    ['GET', '/api/v1/namespaces/default/pods/x', undefined, 404, 'pods "x" not found'],
    [
      'PUT',
      '/api/v1/namespaces/default/pods',
      {},
      405,
      'the server does not allow this method on the requested resource',
    ],
    ['GET', '/api/v1/pods?limit=a', undefined, 400, 'strconv.ParseInt: parsing "a": invalid syntax'],
    [
      'POST',
      '/api/v1/namespaces/default/pods',
      '{"a',
      400,
      `the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: unexpected end of JSON input ({"a)`,
    ],
    [
      'POST',
      '/api/v1/namespaces/default/configmaps?dryRun=foo',
      { metadata: { name: 'a' } },
      422,
      'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["foo"]: supported values: "All"',
    ],
    [
      'POST',
      '/api/v1/namespaces/nope/configmaps',
      { metadata: { name: 'a' } },
      404,
      'namespaces "nope" not found',
    ],
    [
      'DELETE',
      '/api/v1/namespaces/default',
      undefined,
      403,
      'namespaces "default" is forbidden: this namespace may not be deleted',
    ],
    [
      'GET',
      '/api/v1/pods?resourceVersion=99999999',
      undefined,
      504,
      expect.stringMatching(/^Timeout: Too large resource version: 99999999, current: \d+$/),
    ],
    [
      'POST',
      '/api/v1/namespaces/default/pods',
      { apiVersion: 'apps/v1', kind: 'Deployment' },
      400,
      'Deployment in version "v1" cannot be handled as a Pod: converting (v1.Deployment) to (core.Pod): unknown conversion',
    ],
    [
      'POST',
      '/api/v1/namespaces/default/pods',
      { apiVersion: 'foo/v1', kind: 'Pod' },
      400,
      'Pod in version "v1" cannot be handled as a Pod: no kind "Pod" is registered for version "foo/v1" in scheme "pkg/runtime/scheme.go:111"',
    ],
    ['POST', '/api/v1/namespaces/default/nodes', {}, 404, 'the server could not find the requested resource'],
    [
      'GET',
      '/api/v1/configmaps?watch=1&sendInitialEvents=true',
      undefined,
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    ],
  ])('%s %s', async (method, path, body, code, message) => {
    const { send } = origin();
    const response = await send(method, path, body);
    expect(response.status).toBe(code);
    expect(await json(response)).toMatchObject({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      message,
      code,
    });
  });
});

describe('discovery', () => {
  test('aggregated, and unchanged by its ETag', async () => {
    const { send } = origin();
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    const response = await send('GET', '/apis', undefined, { accept });
    const { items } = await json(response);
    const apps = items.find(({ metadata }: any) => metadata.name === 'apps');
    expect(apps.versions[0].resources.map(({ resource }: any) => resource)).toContain('deployments');
    const again = await send('GET', '/apis', undefined, { accept, 'if-none-match': response.headers.etag! });
    expect(again.status).toBe(304);
  });

  test('OpenAPI says for every patch which kind it is about and that it validates fields', async () => {
    const { send } = origin();
    const { paths } = await json(await send('GET', '/openapi/v3/apis/apps/v1'));
    const { patch } = paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'];
    expect(patch['x-kubernetes-group-version-kind']).toEqual({
      group: 'apps',
      version: 'v1',
      kind: 'Deployment',
    });
    expect(patch.parameters.map(({ name }: any) => name)).toContain('fieldValidation');
  });

  test.each(['/healthz', '/livez', '/readyz', '/readyz/ping'])('%s is ok', async (path) => {
    const { send } = origin();
    expect(await readText(await send('GET', path))).toBe('ok');
  });
});

describe('logs and proxy', () => {
  const logs = '/api/v1/namespaces/default/pods';

  test('carry what the node says', async () => {
    const { send } = origin();
    expect(await readText(await send('GET', `${logs}/web/log?tailLines=2`))).toBe('main says 2\n');
    const proxied = await send('GET', '/api/v1/namespaces/default/services/web:80/proxy/a/b?x=1');
    expect(await readText(proxied)).toBe('web 80 /a/b?x=1');
  });

  test('a pod with several containers has to be asked for one', async () => {
    const { send } = origin();
    expect((await json(await send('GET', `${logs}/pair/log`))).message).toBe(
      'a container name must be specified for pod pair, choose one of: [a b]',
    );
    expect((await json(await send('GET', `${logs}/pair/log?container=c`))).message).toBe(
      'container c is not valid for pod pair',
    );
  });
});

describe('exec', () => {
  const path = (...command: string[]) =>
    `/api/v1/namespaces/default/pods/web/exec?stdin=true&stdout=true&${command.map((each) => `command=${each}`).join('&')}`;

  /** What comes on each channel until the socket closes. */
  const listen = (socket: MessageSocket) =>
    new Promise<Record<number, string>>((resolve) => {
      const heard: Record<number, string> = {};
      socket.onMessage((message) => {
        heard[message[0]!] = (heard[message[0]!] ?? '') + decode(message.subarray(1));
      });
      socket.onClose(() => resolve(heard));
    });

  test('carries input, size, output and exit code', async () => {
    const { http } = origin();
    const socket = await http.connect(path('sh', '3'), { protocols: ['v5.channel.k8s.io'] });
    expect(socket.protocol).toBe('v5.channel.k8s.io');
    const heard = listen(socket);
    await socket.send(concat([Uint8Array.of(4), encode('{"Width":80,"Height":24}')]));
    await socket.send(concat([Uint8Array.of(0), encode('hello')]));
    await socket.send(Uint8Array.of(255, 0));
    const { 1: stdout, 3: status } = await heard;
    expect(stdout).toBe('80X24 HELLO');
    expect(JSON.parse(status!)).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
  });

  test('says on the error channel why a program did not start', async () => {
    const { http } = origin();
    const heard = await listen(await http.connect(path('nope'), { protocols: ['v4.channel.k8s.io'] }));
    expect(JSON.parse(heard[3]!).message).toBe(
      'Internal error occurred: exec: "nope": executable file not found in $PATH',
    );
  });

  test('is refused with a Status before the socket opens', async () => {
    const { http } = origin();
    const refused = http.connect(path('sh').replace('/web/', '/nope/'), { protocols: ['v5.channel.k8s.io'] });
    await expect(refused).rejects.toThrow(HttpUpgradeError);
    await expect(refused).rejects.toThrow('pods \\"nope\\" not found');
  });
});
