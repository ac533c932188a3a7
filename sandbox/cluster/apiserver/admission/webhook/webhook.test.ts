import { expect, test } from 'vitest';
import { decode } from '../../../../core/bytes.ts';
import { ManualClock } from '../../../../core/clock.ts';
import { jsonResponse, textResponse, type HttpRequest, type HttpResponse } from '../../../../core/http.ts';
import { Random } from '../../../../core/random.ts';
import type { KubernetesObject } from '../../../api/object.ts';
import { ApiServer } from '../../api-server.ts';
import type { NodeConnector, ProxyTarget } from '../../node-connector.ts';

const user = { username: 'jane', groups: ['system:masters', 'system:authenticated'] };
const GROUP = 'admissionregistration.k8s.io';

type Answer = (review: any) => Promise<HttpResponse> | HttpResponse | object;

/** An API server with one Service, at which `answer` says what the webhooks of all paths say. */
function cluster(answer: Answer) {
  const clock = new ManualClock();
  const called: [ProxyTarget, string, any][] = [];
  const nodeConnector = {
    async proxy(target: ProxyTarget, request: HttpRequest): Promise<HttpResponse> {
      const review = JSON.parse(decode(request.body!));
      called.push([target, request.path, review]);
      const said = await answer({ ...review, path: request.path.split('?')[0] });
      if ('status' in said && 'headers' in said) return said as HttpResponse;
      return jsonResponse(200, {
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        response: { uid: review.request.uid, allowed: true, ...said },
      });
    },
  } as unknown as NodeConnector;
  const api = new ApiServer({ clock, random: new Random(1), nodeConnector });
  api.store.put(
    'services',
    'default/hook',
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'hook', namespace: 'default', uid: 'hook' },
      spec: { ports: [{ port: 443 }] },
    },
    undefined,
  );
  const warnings: string[] = [];
  const create = async (resource: string, body: object, group = '', rest: object = {}) =>
    (await api.request({
      verb: 'create',
      group,
      version: 'v1',
      resource,
      namespace: group ? undefined : 'default',
      body,
      user,
      onWarning: (text) => warnings.push(text),
      ...rest,
    })) as KubernetesObject;
  const configure = (kind: 'Validating' | 'Mutating', ...webhooks: object[]) =>
    create(
      `${kind.toLowerCase()}webhookconfigurations`,
      {
        metadata: { name: `c${api.store.revision}` },
        webhooks: webhooks.map((each, index) => ({
          name: `w${index}.slipway.test`,
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }],
          clientConfig: { service: { namespace: 'default', name: 'hook', path: `/w${index}` } },
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          ...each,
        })),
      },
      GROUP,
    );
  return { api, clock, called, warnings, create, configure };
}

const map = (name: string, data: Record<string, string> = {}) => ({ metadata: { name }, data });
const patch = (...operations: object[]) => ({
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
});
const message = (promise: Promise<unknown>) =>
  promise.then(
    () => 'admitted',
    (error: Error) => error.message,
  );

test('a webhook is sent an AdmissionReview, and its no is the answer', async () => {
  const { create, configure, called, warnings } = cluster(({ request }) =>
    request.object.data?.bad
      ? { allowed: false, status: { message: 'bad data', code: 418 }, warnings: ['careful'] }
      : {},
  );
  await configure('Validating', {});
  await create('configmaps', map('good'));
  expect(await message(create('configmaps', map('x', { bad: 'yes' })))).toBe(
    'admission webhook "w0.slipway.test" denied the request: bad data',
  );
  expect(warnings).toContain('careful');
  const [target, path, { request }] = called[0]!;
  expect(target).toEqual({
    kind: 'Service',
    namespace: 'default',
    name: 'hook',
    port: '443',
    scheme: 'https',
  });
  expect(path).toBe('/w0?timeout=10s');
  expect(request).toMatchObject({
    operation: 'CREATE',
    name: 'good',
    namespace: 'default',
    kind: { group: '', version: 'v1', kind: 'ConfigMap' },
    resource: { group: '', version: 'v1', resource: 'configmaps' },
    userInfo: user,
    dryRun: false,
    oldObject: null,
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'good' } },
  });
});

test('patches are applied one after the other, and earlier webhooks look again if they want to', async () => {
  const { create, configure, called } = cluster(({ path, request }) => {
    const { data } = request.object;
    if (path === '/w0')
      return data.sum ? {} : patch({ op: 'add', path: '/data/sum', value: data.second ?? 'none' });
    if (path === '/w1')
      return patch({ op: 'add', path: '/data/second', value: 'grüße' }, { op: 'remove', path: '/data/sum' });
    return {};
  });
  await configure('Mutating', { reinvocationPolicy: 'IfNeeded' }, {});
  const made = await create('configmaps', map('x', { a: 'b' }));
  expect(made.data).toEqual({ a: 'b', second: 'grüße', sum: 'grüße' });
  expect(called.map(([, path]) => path.split('?')[0])).toEqual(['/w0', '/w1', '/w0']);
  // Every attempt of the request was about the same object.
  expect(new Set(called.map(([, , { request }]) => request.object.metadata.uid)).size).toBe(1);
});

test('what a patch makes is decoded and validated like what a client sends', async () => {
  const { create, configure } = cluster(() => patch({ op: 'add', path: '/data', value: { 'bad key': 'x' } }));
  await configure('Mutating', {});
  expect(await message(create('configmaps', map('x')))).toContain('data[bad key]: Invalid value');
});

test('a failure refuses the write, or is ignored', async () => {
  const { create, configure, api } = cluster(() => textResponse(500, 'oops\n'));
  await configure('Validating', {});
  expect(await message(create('configmaps', map('x')))).toBe(
    'Internal error occurred: failed calling webhook "w0.slipway.test": failed to call webhook: Post "https://hook.default.svc:443/w0?timeout=10s": an error on the server ("oops") has prevented the request from succeeding',
  );
  for (const { metadata } of api.store.list(`${GROUP}/validatingwebhookconfigurations`))
    await api.request({
      verb: 'delete',
      group: GROUP,
      version: 'v1',
      resource: 'validatingwebhookconfigurations',
      name: metadata.name!,
      user,
    });
  await configure('Validating', { failurePolicy: 'Ignore' });
  expect(await message(create('configmaps', map('x')))).toBe('admitted');
});

test('who does not answer in time has failed', async () => {
  const { create, configure, clock } = cluster(() => new Promise<HttpResponse>(() => {}));
  await configure('Validating', { timeoutSeconds: 2 });
  const asked = message(create('configmaps', map('x')));
  for (let second = 0; second < 3; second++) await clock.advance(1000);
  expect(await asked).toContain('context deadline exceeded');
});

test('an answer to something else is none', async () => {
  const { create, configure } = cluster(() => ({ uid: 'other' }));
  await configure('Validating', {});
  expect(await message(create('configmaps', map('x')))).toMatch(
    /expected response\.uid="[^"]+", got "other"/,
  );
});

test('dry runs do not reach webhooks that have effects', async () => {
  const { create, configure, called } = cluster(() => ({}));
  await configure('Validating', { sideEffects: 'NoneOnDryRun' });
  await create('configmaps', map('x'), '', { options: { dryRun: true } });
  expect(called[0]![2].request.dryRun).toBe(true);
});

test('matchConditions spare a webhook', async () => {
  const { create, configure, called } = cluster(() => ({ allowed: false }));
  await configure('Validating', {
    matchConditions: [{ name: 'named', expression: "object.metadata.name.startsWith('a')" }],
  });
  await create('configmaps', map('b'));
  expect(called).toEqual([]);
  expect(await message(create('configmaps', map('a')))).toBe(
    'admission webhook "w0.slipway.test" denied the request without explanation',
  );
});

test('a quota counts what was admitted, however many wait for a webhook', async () => {
  const { create, configure, api } = cluster(() => ({}));
  await configure('Mutating', {});
  await create('resourcequotas', { metadata: { name: 'few' }, spec: { hard: { 'count/configmaps': '3' } } });
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, (_, index) => message(create('configmaps', map(`m${index}`)))),
  );
  expect(outcomes.filter((each) => each === 'admitted')).toHaveLength(3);
  expect(api.store.list('configmaps', 'default/')).toHaveLength(3);
});
