/** What is asked for in which form, and what is answered: as a real 1.35 server was seen to answer. */
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../../core/bytes.ts';
import { ManualClock } from '../../../core/clock.ts';
import { readBody, readText, type HttpResponse } from '../../../core/http.ts';
import { Random } from '../../../core/random.ts';
import { decodeProtobuf } from '../../api/protobuf.ts';
import { TypeRegistry } from '../../api/schema.ts';
import { ApiServer } from '../api-server.ts';

const JSON_TYPE = 'application/json';
const YAML = 'application/yaml';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const TABLE = 'as=Table;v=v1;g=meta.k8s.io';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

async function api() {
  const server = new ApiServer({ clock: new ManualClock(), random: new Random(1) });
  const origin = server.origin({ username: 'kubernetes-admin', groups: ['system:masters'] });
  const send = (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
    origin.fetch({ method, path, headers, ...(body !== undefined && { body: encode(body) }) });
  const object = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"<1>"}}';
  await send('POST', CONFIG_MAPS, {}, object);
  return { server, send };
}

const messageOf = async (response: HttpResponse): Promise<string> =>
  JSON.parse(await readText(response)).message;

describe('Accept', () => {
  test.each([
    [undefined, JSON_TYPE],
    ['*/*', JSON_TYPE],
    [`${YAML};q=0.9,${JSON_TYPE};q=0.5`, YAML],
    [`*/*,${YAML}`, YAML],
    [`text/html,*/*;q=0.1`, JSON_TYPE],
    ['application/cbor,application/json', JSON_TYPE],
    [PROTOBUF, PROTOBUF],
    [`${PROTOBUF},${JSON_TYPE}`, PROTOBUF],
    [`${JSON_TYPE},${PROTOBUF}`, JSON_TYPE],
    [`${JSON_TYPE};as=Table;v=v1beta1;g=meta.k8s.io`, JSON_TYPE],
  ])('%s', async (accept, type) => {
    const { send } = await api();
    const response = await send('GET', `${CONFIG_MAPS}/a`, accept === undefined ? {} : { accept });
    expect([response.status, response.headers['content-type']]).toEqual([200, type]);
  });

  const ALL = `${JSON_TYPE}, ${YAML}, ${PROTOBUF}`;
  const STREAMS = `${JSON_TYPE};stream=watch, ${PROTOBUF};stream=watch`;
  test.each([
    ['/a', 'text/html', `406: Not Acceptable\n\nAvailable representations: ${ALL}`],
    ['/a', 'application/cbor', `406: Not Acceptable\n\nAvailable representations: ${ALL}`],
    ['', 'text/html', `406: Not Acceptable\n\nAvailable representations: ${ALL}, ${STREAMS}`],
    ['/a', `${PROTOBUF};${TABLE}`, `only the following media types are accepted: ${ALL}`],
    ['/a', `${JSON_TYPE};as=Bogus;v=v1;g=meta.k8s.io`, `only the following media types are accepted: ${ALL}`],
    [
      '',
      `${JSON_TYPE};as=PartialObjectMetadata;v=v1;g=meta.k8s.io`,
      'you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)',
    ],
    [
      '/a',
      `${JSON_TYPE};as=PartialObjectMetadataList;v=v1;g=meta.k8s.io`,
      'you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)',
    ],
  ])('%s as %s is refused, indented since nothing could be agreed on', async (path, accept, message) => {
    const { send } = await api();
    const response = await send('GET', CONFIG_MAPS + path, { accept });
    expect([response.status, response.headers['content-type']]).toEqual([406, JSON_TYPE]);
    const text = await readText(response);
    expect(text).toMatch(/^\{\n {2}"kind": "Status",\n/);
    expect(JSON.parse(text).message).toBe(message);
  });

  test('a Table holds what its reader wants of the objects', async () => {
    const { send } = await api();
    const accept = `${JSON_TYPE};${TABLE}`;
    const rows = async (include: string) =>
      JSON.parse(await readText(await send('GET', `${CONFIG_MAPS}?includeObject=${include}`, { accept })))
        .rows;
    expect((await rows('None'))[0].object).toBeNull();
    expect((await rows('Object'))[0].object.data).toEqual({ x: '<1>' });
    expect((await rows('Metadata'))[0].object.kind).toBe('PartialObjectMetadata');
    expect(await messageOf(await send('GET', `${CONFIG_MAPS}?includeObject=Bad`, { accept }))).toBe(
      `Unable to convert to Table as requested: includeObject: Invalid value: "Bad": must be 'Metadata', 'Object', 'None', or empty`,
    );
  });
});

describe('formats', () => {
  test('YAML in the order of its keys', async () => {
    const { send } = await api();
    const text = await readText(await send('GET', `${CONFIG_MAPS}/a`, { accept: YAML }));
    expect(Object.keys(load(text) as object)).toEqual(['apiVersion', 'data', 'kind', 'metadata']);
    expect(text).toContain('  managedFields:\n  - apiVersion: v1\n');
  });

  test('JSON as Go writes it, fit for HTML', async () => {
    const { send } = await api();
    const text = await readText(await send('GET', `${CONFIG_MAPS}/a`));
    expect(text).toContain('"x":"\\u003c1\\u003e"');
    expect(text.endsWith('}\n')).toBe(true);
  });

  test('protobuf, of lists and failures too', async () => {
    const { send } = await api();
    const read = async (path: string) =>
      decodeProtobuf(await readBody(await send('GET', path, { accept: PROTOBUF })), TypeRegistry.builtin());
    const list = await read(CONFIG_MAPS);
    expect(list).toMatchObject({
      kind: 'ConfigMapList',
      items: [{ metadata: { name: 'a' }, data: { x: '<1>' } }],
    });
    expect(await read(`${CONFIG_MAPS}/nope`)).toMatchObject({
      kind: 'Status',
      reason: 'NotFound',
      code: 404,
    });
  });

  test('what has no protobuf form is JSON', async () => {
    const { send } = await api();
    const response = await send('GET', '/apis', { accept: PROTOBUF });
    expect(response.headers['content-type']).toBe(JSON_TYPE);
  });
});

describe('watches', () => {
  async function first(accept: string, query = ''): Promise<{ type: string; bytes: Uint8Array }> {
    const { send } = await api();
    const response = await send('GET', `${CONFIG_MAPS}?watch=1${query}`, { accept });
    expect(response.status).toBe(200);
    for await (const bytes of response.body as AsyncIterable<Uint8Array>)
      return { type: response.headers['content-type']!, bytes };
    throw new Error('the watch ended');
  }

  test('in protobuf: a length, then the event around the object', async () => {
    const { type, bytes } = await first(PROTOBUF);
    expect(type).toBe(`${PROTOBUF};stream=watch`);
    expect(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)).toBe(bytes.length - 4);
    const magic = bytes.indexOf(0x6b);
    expect(decodeProtobuf(bytes.subarray(magic), TypeRegistry.builtin())).toMatchObject({
      data: { x: '<1>' },
    });
  });

  test('as Tables, of which only the first says what the columns are', async () => {
    const initial = '&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const { bytes } = await first(`${JSON_TYPE};${TABLE}`, initial);
    const [added, bookmark] = decode(bytes)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(added.object.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
      'Name',
      'Data',
      'Age',
    ]);
    expect(bookmark).toMatchObject({ type: 'BOOKMARK', object: { kind: 'Table', columnDefinitions: null } });
    const [{ object }] = bookmark.object.rows;
    expect(object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
  });

  test('as metadata', async () => {
    const { bytes } = await first(`${JSON_TYPE};as=PartialObjectMetadata;v=v1;g=meta.k8s.io`);
    expect(JSON.parse(decode(bytes)).object).toMatchObject({
      kind: 'PartialObjectMetadata',
      metadata: { name: 'a' },
    });
  });

  test('not in YAML, which says so in YAML', async () => {
    const { send } = await api();
    const response = await send('GET', `${CONFIG_MAPS}?watch=1`, { accept: YAML });
    expect([response.status, response.headers['content-type']]).toEqual([406, YAML]);
    expect(load(await readText(response))).toMatchObject({
      message: `only the following media types are accepted: ${JSON_TYPE};stream=watch, ${PROTOBUF};stream=watch`,
    });
  });
});

describe('bodies', () => {
  const unrecognized = 'the object provided is unrecognized (must be of type ConfigMap): ';
  const parse = `${unrecognized}couldn't get version/kind; json parse error: `;
  const goStruct =
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
  test.each([
    [
      JSON_TYPE,
      '{"a":1,}',
      `${parse}invalid character '}' looking for beginning of object key string ({"a":1,})`,
    ],
    [JSON_TYPE, 'nope', `${parse}invalid character 'o' in literal null (expecting 'u') (6e6f7065)`],
    [JSON_TYPE, '12', `${parse}json: cannot unmarshal number into Go value of type ${goStruct} (3132)`],
    [JSON_TYPE, '', `${parse}unexpected end of JSON input (<empty>)`],
    [
      JSON_TYPE,
      '{"apiVersion":"v1","kind":"ConfigMap"}x',
      `${parse}invalid character 'x' after top-level value ({"apiVersion":"v1","kind":"Con ...)`,
    ],
    [
      YAML,
      'a: [\n b: {',
      `${unrecognized}yaml: line 2: did not find expected node content (613a205b0a20623a207b)`,
    ],
    [YAML, 'text', `${parse}json: cannot unmarshal string into Go value of type ${goStruct} (74657874)`],
    [
      PROTOBUF,
      'hello',
      `${unrecognized}provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (68656c6c6f)`,
    ],
    [PROTOBUF, 'k8s\0', `${unrecognized}empty body (6b387300)`],
  ])('%s %j', async (type, body, message) => {
    const { send } = await api();
    const response = await send('POST', CONFIG_MAPS, { 'content-type': type }, body);
    expect([response.status, await messageOf(response)]).toEqual([400, message]);
  });

  test.each(['text/plain', 'application/cbor', ';;;'])('%s is not taken', async (type) => {
    const { send } = await api();
    const response = await send('POST', CONFIG_MAPS, { 'content-type': type }, '{}');
    expect([response.status, await messageOf(response)]).toEqual([
      415,
      `the body of the request was in an unknown format - accepted media types include: ${JSON_TYPE}, ${YAML}, ${PROTOBUF}`,
    ]);
  });

  test('are limited: three mebibytes, 10,000 operations', async () => {
    const { send } = await api();
    const large = await send('POST', CONFIG_MAPS, {}, `{"data":{"x":"${'x'.repeat(3 * 1024 * 1024)}"}}`);
    expect([large.status, await messageOf(large)]).toEqual([
      413,
      'Request entity too large: limit is 3145728',
    ]);
    const operation = '{"op":"test","path":"/data/x","value":"<1>"}';
    const patch = `[${Array.from({ length: 10_001 }, () => operation).join(',')}]`;
    const type = { 'content-type': 'application/json-patch+json' };
    const many = await send('PATCH', `${CONFIG_MAPS}/a`, type, patch);
    expect([many.status, await messageOf(many)]).toEqual([
      413,
      'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
    ]);
  });
});

describe('methods and paths', () => {
  const NO_METHOD = 'the server does not allow this method on the requested resource';
  const NO_RESOURCE = 'the server could not find the requested resource';
  test.each([
    ['HEAD', `${CONFIG_MAPS}/a`, 405, NO_METHOD],
    ['OPTIONS', `${CONFIG_MAPS}/a`, 405, NO_METHOD],
    ['TRACE', CONFIG_MAPS, 405, NO_METHOD],
    ['POST', '/api/v1/configmaps', 405, NO_METHOD],
    ['DELETE', '/api/v1/configmaps', 405, NO_METHOD],
    ['GET', '/api/v1/configmaps/a', 404, NO_RESOURCE],
    ['GET', '/api/v2', 404, NO_RESOURCE],
    ['GET', '/api/v1//configmaps', 404, NO_RESOURCE],
    ['GET', '/api/v1/../v1/namespaces', 404, NO_RESOURCE],
    ['GET', `${CONFIG_MAPS}/a%2Fb`, 404, NO_RESOURCE],
    [
      'GET',
      `${CONFIG_MAPS}/a?resourceVersion=999999`,
      504,
      expect.stringContaining('Too large resource version'),
    ],
    ['GET', `${CONFIG_MAPS}/a?resourceVersion=x`, 500, expect.stringContaining('strconv.ParseUint')],
    ['GET', `${CONFIG_MAPS}?limit=99999999999999999999`, 400, expect.stringContaining('value out of range')],
  ])('%s %s', async (method, path, code, message) => {
    const { send } = await api();
    const response = await send(method, path);
    expect([response.status, await messageOf(response)]).toEqual([code, message]);
  });

  test.each([
    ['/foo', 404, '404 page not found\n'],
    ['/apis/nope/v1/foos', 404, '404 page not found\n'],
    [`${CONFIG_MAPS}/%zz`, 400, '400 Bad Request'],
  ])('%s is nobody’s', async (path, code, text) => {
    const { send } = await api();
    const response = await send('GET', path);
    expect([response.status, await readText(response)]).toEqual([code, text]);
  });

  test('a slash at the end changes nothing', async () => {
    const { send } = await api();
    expect(JSON.parse(await readText(await send('GET', `${CONFIG_MAPS}/a/`))).metadata.name).toBe('a');
  });
});

describe('options that exclude each other', () => {
  const forbidden = (field: string, why: string) => `${field}: Forbidden: ${why}`;
  const unsupported = (values: string) =>
    `resourceVersionMatch: Unsupported value: "Foo": supported values: ${values}`;
  const match = 'resourceVersionMatch';
  test.each([
    [
      'resourceVersionMatch=Exact&resourceVersion=0',
      forbidden(match, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'),
    ],
    ['resourceVersionMatch=Foo&resourceVersion=1', unsupported('"Exact", "NotOlderThan", ""')],
    [
      'resourceVersionMatch=Exact&resourceVersion=5&continue=x',
      forbidden(match, 'resourceVersionMatch is forbidden when continue is provided'),
    ],
    ['sendInitialEvents=true', forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list')],
    [
      'resourceVersionMatch=Foo',
      `[${forbidden(match, 'resourceVersionMatch is forbidden unless resourceVersion is provided')}, ${unsupported('"Exact", "NotOlderThan", ""')}]`,
    ],
    [
      'watch=1&resourceVersionMatch=NotOlderThan',
      forbidden(match, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
    ],
    [
      'watch=1&sendInitialEvents=true',
      forbidden(match, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'),
    ],
    ['watch=1&continue=x', forbidden(match, 'resourceVersionMatch is forbidden when continue is provided')],
  ])('%s', async (query, why) => {
    const { send } = await api();
    const response = await send('GET', `${CONFIG_MAPS}?${query}`);
    expect([response.status, await messageOf(response)]).toEqual([
      422,
      `ListOptions.meta.k8s.io "" is invalid: ${why}`,
    ]);
  });
});

describe('health', () => {
  const text = async (path: string) => {
    const { send } = await api();
    const response = await send('GET', path);
    return [response.status, await readText(response)];
  };

  test('check by check', async () => {
    const [code, lines] = await text('/livez?verbose&exclude=etcd&exclude=nope');
    expect(code).toBe(200);
    expect(lines).toMatch(
      /^\[\+\]ping ok\n\[\+\]log ok\n\[\+\]etcd excluded: ok\n[^]*warn: some health checks cannot be excluded: no matches for "nope"\nlivez check passed\n$/,
    );
    expect(await text('/readyz/poststarthook/rbac/bootstrap-roles')).toEqual([200, 'ok']);
    expect(await text('/livez/nope')).toEqual([404, '404 page not found\n']);
  });

  test('a check that fails is named, and fails the whole', async () => {
    const { server, send } = await api();
    const role = server.store.get('rbac.authorization.k8s.io/clusterroles', 'cluster-admin')!;
    server.store.delete('rbac.authorization.k8s.io/clusterroles', 'cluster-admin', role);
    const response = await send('GET', '/readyz?verbose');
    expect(response.status).toBe(500);
    expect(await readText(response)).toMatch(
      /\[-\]poststarthook\/rbac\/bootstrap-roles failed: reason withheld\n[^]*readyz check failed\n$/,
    );
  });
});

describe('/metrics', () => {
  test('counts requests by what they were and how they ended', async () => {
    const { send } = await api();
    await send('GET', `${CONFIG_MAPS}/a`);
    await send('GET', `${CONFIG_MAPS}/nope`);
    await send('POST', `${CONFIG_MAPS}?dryRun=All`, {}, '{"metadata":{"name":"b"}}');
    const response = await send('GET', '/metrics');
    expect(response.headers['content-type']).toBe(
      'text/plain; version=0.0.4; charset=utf-8; escaping=underscores',
    );
    const lines = (await readText(response)).split('\n');
    const labels =
      'component="apiserver",dry_run="",group="",resource="configmaps",scope="resource",subresource="",verb="GET",version="v1"';
    expect(lines).toContain(`apiserver_request_total{code="200",${labels}} 1`);
    expect(lines).toContain(`apiserver_request_total{code="404",${labels}} 1`);
    expect(lines).toContain(`apiserver_request_duration_seconds_count{${labels}} 2`);
    expect(lines).toContain(`apiserver_request_duration_seconds_bucket{${labels},le="+Inf"} 2`);
    expect(
      lines.filter((line) => line.includes('dry_run="All"') && line.startsWith('apiserver_request_total')),
    ).toHaveLength(1);
    expect(lines).toContain('apiserver_storage_objects{resource="configmaps"} 1');
    expect(lines).toContain('apiserver_current_inflight_requests{request_kind="readOnly"} 1');
    for (const line of lines)
      expect(line).toMatch(
        /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z_]+="[^"\n]*",?)*\})? (\d|\+Inf|-)[\d.e+-]*|)$/,
      );
  });

  test('knows the watches that are open', async () => {
    const { send } = await api();
    const response = await send('GET', `${CONFIG_MAPS}?watch=1`);
    const running = async () =>
      (await readText(await send('GET', '/metrics')))
        .split('\n')
        .filter((line) => line.startsWith('apiserver_longrunning_requests{'));
    for await (const _ of response.body as AsyncIterable<Uint8Array>) {
      expect(await running()).toEqual([
        'apiserver_longrunning_requests{component="apiserver",group="",resource="configmaps",scope="namespace",subresource="",verb="WATCH",version="v1"} 1',
      ]);
      break;
    }
    expect(await running()).toEqual([]);
  });
});
