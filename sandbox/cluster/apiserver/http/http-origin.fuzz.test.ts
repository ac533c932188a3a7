/**
 * Hostile requests: whatever somebody sends, the answer is a Status (or what was asked for), soon, and the
 * server goes on. Seeds are fixed: a run finds what the last one found.
 */
import fc from 'fast-check';
import { load } from 'js-yaml';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { concat, decode, encode } from '../../../core/bytes.ts';
import { ManualClock } from '../../../core/clock.ts';
import { readBody, readText, type HttpResponse } from '../../../core/http.ts';
import { Random } from '../../../core/random.ts';
import { decodeProtobuf } from '../../api/protobuf.ts';
import { encodeProtobuf } from '../../api/protobuf-writer.ts';
import { TypeRegistry } from '../../api/schema.ts';
import { ApiServer } from '../api-server.ts';

const admin = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
const RUNS = { seed: 20260101, numRuns: 2000 };
/** Processor time that one answer may take: what else the machine does is not its fault. */
const SOON_MS = 2000;
/** Thousands of requests in each test, on a machine that may be busy. */
vi.setConfig({ testTimeout: 60_000 });
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

const server = new ApiServer({ clock: new ManualClock(), random: new Random(1) });
const origin = server.origin(admin);

async function send(
  method: string,
  path: string,
  body?: Uint8Array,
  headers: Record<string, string> = {},
): Promise<HttpResponse> {
  const began = process.cpuUsage();
  const response = await origin.fetch({ method, path, headers, ...(body && { body }) });
  const { user, system } = process.cpuUsage(began);
  if (user + system > SOON_MS * 1000) throw new Error(`${method} ${path}: ${(user + system) / 1000} ms`);
  return response;
}

const readers: Record<string, (bytes: Uint8Array) => any> = {
  'application/json': (bytes) => JSON.parse(decode(bytes)),
  'application/yaml': (bytes) => load(decode(bytes)),
  'application/vnd.kubernetes.protobuf': (bytes) => decodeProtobuf(bytes, TypeRegistry.builtin()),
};

/** The code, of an answer that is what was asked for or a Status that says why not. */
async function answered(response: HttpResponse): Promise<number> {
  const { status, headers } = response;
  if (status < 400) {
    // A watch goes on for as long as somebody reads.
    if (!(response.body instanceof Uint8Array)) return status;
    await readText(response);
    return status;
  }
  const type = headers['content-type']!;
  const bytes = await readBody(response);
  if (type.startsWith('text/plain')) {
    expect(decode(bytes)).toMatch(/^(404 page not found\n|400 Bad Request)$/);
    return status;
  }
  const failure = readers[type]!(bytes);
  expect(failure).toMatchObject({ kind: 'Status', status: 'Failure', code: status });
  // That is how an exception looks from outside.
  if (failure.reason === 'InternalError') throw new Error(decode(bytes));
  return status;
}

afterAll(async () => {
  // After all that, it is as it was.
  const response = await send('GET', '/api/v1/namespaces/default');
  expect(response.status).toBe(200);
  expect(JSON.parse(await readText(response)).metadata.name).toBe('default');
  server.dispose();
});

const nameOf = (at: number) => `fuzz-${at}`;
let created = 0;
const manifest = (rest: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: nameOf(created++) },
  ...rest,
});

/** Keys that mean something to JavaScript or to Kubernetes. */
const key = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'then',
    '$patch',
    '',
  ),
  fc.constantFrom(
    'metadata',
    'spec',
    'data',
    'labels',
    'annotations',
    'name',
    'namespace',
    'items',
    'finalizers',
  ),
  fc.string({ maxLength: 6 }),
);
const scalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.double(),
  fc.constantFrom(1e308, -0, 2 ** 53, -(2 ** 63), 2 ** 64),
  fc.string({ maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
);
const anything = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => {
      const out: Record<string, unknown> = {};
      for (const [name, value] of entries)
        Object.defineProperty(out, name, { value, enumerable: true, configurable: true, writable: true });
      return out;
    }),
  ),
})).value;

const RESOURCES = [
  ['', 'v1', 'configmaps', 'ConfigMap'],
  ['', 'v1', 'pods', 'Pod'],
  ['', 'v1', 'services', 'Service'],
  ['apps', 'v1', 'deployments', 'Deployment'],
  ['batch', 'v1', 'cronjobs', 'CronJob'],
  ['networking.k8s.io', 'v1', 'networkpolicies', 'NetworkPolicy'],
  ['rbac.authorization.k8s.io', 'v1', 'roles', 'Role'],
  ['autoscaling', 'v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler'],
] as const;
const collection = fc.constantFrom(...RESOURCES).map(([group, version, resource, kind]) => ({
  path: `${group ? `/apis/${group}` : '/api'}/${version}/namespaces/default/${resource}`,
  apiVersion: group ? `${group}/${version}` : version,
  kind,
}));

/** Bytes of `text` with a few of them replaced. */
const damaged = (bytes: fc.Arbitrary<Uint8Array>) =>
  fc
    .tuple(bytes, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }), fc.nat())
    .map(([source, changes, cut]) => {
      const out = source.slice(0, cut % 3 === 0 ? cut % (source.length + 1) : source.length);
      for (const [at, byte] of changes) if (out.length > 0) out[at % out.length] = byte;
      return out;
    });

describe('bodies', () => {
  test('objects of any kind with any values in them', async () => {
    const spec = fc.oneof(
      anything,
      fc.dictionary(
        fc.constantFrom(
          'replicas',
          'template',
          'containers',
          'selector',
          'ports',
          'rules',
          'schedule',
          'metrics',
          'volumes',
        ),
        anything,
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        collection,
        anything,
        spec,
        anything,
        async ({ path, apiVersion, kind }, metadata, body, data) => {
          const named = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata);
          const object = {
            apiVersion,
            kind,
            metadata: named ? { name: nameOf(created++), ...metadata } : metadata,
            spec: body,
            data,
          };
          await answered(await send('POST', path, encode(JSON.stringify(object))));
        },
      ),
      RUNS,
    );
  });

  test('JSON, YAML and protobuf with bytes replaced, cut off, or not even that', async () => {
    const text = fc.record({
      data: fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 }), { maxKeys: 3 }),
    });
    const json = text.map((rest) => encode(JSON.stringify(manifest(rest))));
    const protobuf = text.map((rest) => encodeProtobuf(manifest(rest), TypeRegistry.builtin())!);
    const yaml = fc.constantFrom(
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: y}\ndata:\n  a: |\n    b\n',
      'a: &a [1]\nb: *a\n',
      '--- !!set {a, b}\n',
      '? [a]\n: - b\n',
    );
    const noise = fc.uint8Array({ maxLength: 60 });
    const bytes = fc.oneof(damaged(json), damaged(protobuf), damaged(yaml.map(encode)), noise);
    const type = fc.constantFrom(
      undefined,
      'application/json',
      'application/yaml',
      'application/vnd.kubernetes.protobuf',
      'application/cbor',
      'text/plain',
      ';;;',
      'application/json; charset=\u{fffd}',
    );
    await fc.assert(
      fc.asyncProperty(
        bytes,
        type,
        fc.constantFrom('POST', 'PUT', 'DELETE'),
        async (body, contentType, method) => {
          const path = method === 'POST' ? CONFIG_MAPS : `${CONFIG_MAPS}/x`;
          await answered(await send(method, path, body, contentType ? { 'content-type': contentType } : {}));
        },
      ),
      RUNS,
    );
  });

  test('protobuf whose fields have other wire types', async () => {
    const field = fc.tuple(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 0, max: 7 }),
      fc.uint8Array({ maxLength: 8 }),
    );
    const raw = fc
      .array(field, { maxLength: 6 })
      .map((fields) =>
        concat(
          fields.map(([number, wireType, bytes]) =>
            concat([
              Uint8Array.of((number << 3) | wireType),
              wireType === 2 ? Uint8Array.of(bytes.length) : encode(''),
              bytes,
            ]),
          ),
        ),
      );
    const typeMeta = (kind: string) =>
      concat([Uint8Array.of(0x0a, 2), encode('v1'), Uint8Array.of(0x12, kind.length), encode(kind)]);
    await fc.assert(
      fc.asyncProperty(
        raw,
        fc.constantFrom(['pods', 'Pod'], ['configmaps', 'ConfigMap'], ['services', 'Service']),
        async (bytes, [resource, kind]) => {
          const meta = typeMeta(kind!);
          const body = concat([
            encode('k8s\0'),
            Uint8Array.of(0x0a, meta.length),
            meta,
            Uint8Array.of(0x12, bytes.length),
            bytes,
          ]);
          await answered(
            await send('POST', `/api/v1/namespaces/default/${resource}`, body, {
              'content-type': 'application/vnd.kubernetes.protobuf',
            }),
          );
        },
      ),
      RUNS,
    );
  });

  test.each([
    ['10,000 open arrays', '['.repeat(10_000), undefined],
    ['10,000 arrays', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, undefined],
    ['10,000 objects in data', `{"data":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`, undefined],
    ['10,000 flow sequences', '['.repeat(10_000), 'application/yaml'],
    [
      '10,000 block levels',
      Array.from({ length: 10_000 }, (_, at) => `${' '.repeat(Math.min(at, 280))}a:`).join('\n'),
      'application/yaml',
    ],
    [
      'a billion laughs',
      `a: &a [x,x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((name, at) => `${name}: &${name} [${`*${'abcdefgh'[at]},`.repeat(10)}]`).join('\n')}`,
      'application/yaml',
    ],
    ['an alias to itself', 'a: &a [*a]', 'application/yaml'],
    ['a number of a million digits', `{"metadata":{"generation":${'9'.repeat(1_000_000)}}}`, undefined],
    ['a string of three million characters', JSON.stringify({ data: 'x'.repeat(3_000_000) }), undefined],
    [
      'a hundred thousand keys',
      JSON.stringify({
        data: Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`k${at}`, ''])),
      }),
      undefined,
    ],
    ['more than a request may have', 'x'.repeat(3 * 1024 * 1024 + 1), undefined],
    ['a mebibyte of quotes', '"'.repeat(1024 * 1024), undefined],
    ['a mebibyte of backslashes', `"${'\\'.repeat(1024 * 1024)}`, undefined],
  ])('%s', async (_name, text, contentType) => {
    const code = await answered(
      await send('POST', CONFIG_MAPS, encode(text), contentType ? { 'content-type': contentType } : {}),
    );
    expect(code).toBeGreaterThanOrEqual(400);
  });

  test('names of JavaScript are names like any other', async () => {
    const names = '{"__proto__":"1","constructor":"2","hasOwnProperty":"3"}';
    const body = `{"metadata":{"name":"names","annotations":{"constructor":"y"}},"data":${names}}`;
    const response = await send('POST', CONFIG_MAPS, encode(body));
    expect(response.status).toBe(201);
    expect(await readText(response)).toContain(`"data":${names}`);
    expect(await readText(await send('GET', `${CONFIG_MAPS}/names`))).toContain(`"data":${names}`);
    expect(({} as { 1?: unknown })[1]).toBeUndefined();
  });
});

describe('patches', () => {
  const PATCHES = [
    'application/json-patch+json',
    'application/merge-patch+json',
    'application/strategic-merge-patch+json',
    'application/apply-patch+yaml',
  ];

  test('of any shape, on a Deployment', async () => {
    const path = '/apis/apps/v1/namespaces/default/deployments';
    const labels = { app: 'a' };
    const deployment = {
      metadata: { name: 'target' },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      },
    };
    await answered(await send('POST', path, encode(JSON.stringify(deployment))));
    const pointer = fc
      .array(
        fc.oneof(
          key,
          fc.constantFrom('spec', 'template', 'containers', '0', '-', '~1', '~', '-1', '1e9', 'labels'),
        ),
      )
      .map((parts) => parts.map((part) => `/${part}`).join(''));
    const operation = fc.record(
      {
        op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'),
        path: pointer,
        from: pointer,
        value: anything,
      },
      { requiredKeys: ['op'] },
    );
    const directive = fc.constantFrom<object>(
      { $patch: 'delete' },
      { $patch: 'replace' },
      { $patch: 'x' },
      { $retainKeys: ['a'] },
      { '$setElementOrder/containers': [1] },
      { '$setElementOrder/containers': [{ name: 'c' }] },
      { '$deleteFromPrimitiveList/finalizers': 3 },
      { containers: [{ $patch: 'delete', name: 'c' }] },
      { containers: [{}] },
      { containers: { name: 'c' } },
      { containers: [null] },
    );
    const merge = fc.oneof(
      anything,
      directive,
      directive.map((spec) => ({ spec: { template: { spec } } })),
      anything.map((spec) => ({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'target' },
        spec,
      })),
    );
    const patch = fc.oneof(fc.array(operation, { maxLength: 4 }), merge);
    await fc.assert(
      fc.asyncProperty(
        patch,
        fc.constantFrom(...PATCHES),
        fc.boolean(),
        async (value, contentType, force) => {
          const query = contentType === PATCHES[3] ? `?fieldManager=f&force=${force}` : '';
          await answered(
            await send('PATCH', `${path}/target${query}`, encode(JSON.stringify(value)), {
              'content-type': contentType,
            }),
          );
        },
      ),
      RUNS,
    );
  });

  test('that copy themselves into themselves do not grow without end', async () => {
    await answered(await send('POST', CONFIG_MAPS, encode('{"metadata":{"name":"grow"},"data":{"a":"b"}}')));
    const doubling = Array.from({ length: 40 }, (_, at) => ({
      op: 'copy',
      from: '/data',
      path: `/data/x${at}`,
    }));
    const code = await answered(
      await send('PATCH', `${CONFIG_MAPS}/grow`, encode(JSON.stringify(doubling)), {
        'content-type': PATCHES[0]!,
      }),
    );
    expect(code).toBeGreaterThanOrEqual(400);
  });
});

describe('addresses', () => {
  const word = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom(
      'a',
      'x=y',
      '!x',
      'in',
      'notin',
      '(',
      ')',
      ',',
      '=',
      '==',
      '!=',
      '<',
      '>',
      '\0',
      '%',
      '\\',
      '\\,',
      '..',
      'metadata.name',
      'status.phase',
    ),
  );
  const selector = fc.array(word, { maxLength: 8 }).map((parts) => parts.join(''));

  test('selectors, continue tokens and other parameters of any text', async () => {
    const name = fc.constantFrom(
      'labelSelector',
      'fieldSelector',
      'continue',
      'limit',
      'resourceVersion',
      'resourceVersionMatch',
      'timeoutSeconds',
      'watch',
      'pretty',
      'dryRun',
      'fieldValidation',
      'propagationPolicy',
      'gracePeriodSeconds',
      'sendInitialEvents',
      'allowWatchBookmarks',
      'includeObject',
      '__proto__',
    );
    const value = fc.oneof(
      selector,
      fc.base64String(),
      anything.map((each) => btoa(unescape(encodeURIComponent(JSON.stringify(each) ?? '')))),
      fc.integer().map(String),
      fc.constantFrom('true', 'All', '0', '-1', '1e3', '99999999999999999999'),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(name, value), { maxLength: 4 }),
        fc.constantFrom('GET', 'DELETE', 'HEAD'),
        async (pairs, method) => {
          const query = new URLSearchParams(pairs).toString();
          const response = await send(method, `/api/v1/namespaces/default/pods?${query}`);
          if (response.body instanceof Uint8Array) await answered(response);
          else for await (const _ of abandoned(response.body)) break;
        },
      ),
      RUNS,
    );
  });

  test('selectors that would keep a backtracking expression busy', async () => {
    for (const text of [
      `${'a'.repeat(50_000)}!`,
      `${'a.'.repeat(20_000)}=`,
      `x in (${','.repeat(50_000)})`,
      '('.repeat(50_000),
      `${'a='.repeat(30_000)}`,
      `${' '.repeat(50_000)}a`,
      `a ${' '.repeat(50_000)}b`,
    ])
      for (const parameter of ['labelSelector', 'fieldSelector'])
        await answered(await send('GET', `${CONFIG_MAPS}?${parameter}=${encodeURIComponent(text)}`));
  });

  test('paths, methods and Accept headers of any text', async () => {
    const part = fc.oneof(
      fc.constantFrom(
        'api',
        'apis',
        'v1',
        'namespaces',
        'default',
        'pods',
        'configmaps',
        'watch',
        'apps',
        'status',
        'log',
        'proxy',
        'exec',
        'scale',
        '..',
        '.',
        '',
        '%2F',
        '%00',
        '%zz',
        '__proto__',
        'constructor',
        'healthz',
        'openapi',
        'v3',
        'metrics',
      ),
      fc.webPath(),
    );
    const path = fc.array(part, { maxLength: 8 }).map((parts) => `/${parts.join('/')}`);
    const accept = fc
      .array(
        fc.constantFrom(
          'application/json',
          'application/yaml',
          'application/vnd.kubernetes.protobuf',
          '*/*',
          'text/html',
          ';as=Table',
          ';v=v1',
          ';g=meta.k8s.io',
          ';q=0.1',
          ';q=x',
          ',',
          ';',
          '=',
          'as=PartialObjectMetadata',
        ),
      )
      .map((parts) => parts.join(''));
    const method = fc.constantFrom(
      'GET',
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
      'HEAD',
      'OPTIONS',
      'TRACE',
      'BREW',
    );
    await fc.assert(
      fc.asyncProperty(method, path, accept, async (verb, address, header) => {
        const response = await send(verb, address, verb === 'GET' ? undefined : encode('{}'), {
          accept: header,
        });
        if (!(response.body instanceof Uint8Array)) for await (const _ of abandoned(response.body)) break;
        else await answered(response);
      }),
      RUNS,
    );
  });
});

/** A stream that its reader leaves at once. */
async function* abandoned(body: AsyncIterable<Uint8Array>): AsyncGenerator<undefined> {
  const iterator = body[Symbol.asyncIterator]();
  yield undefined;
  void iterator.return?.();
}
