import { describe, expect, test } from 'vitest';
import { encode } from '../../../core/bytes.ts';
import { ManualClock } from '../../../core/clock.ts';
import { Random } from '../../../core/random.ts';
import { ApiServer } from '../api-server.ts';
import type { AuditEvent } from './audit-log.ts';

const jane = { username: 'jane', groups: ['system:masters'] };
const controller = { username: 'system:kube-controller-manager', groups: ['system:masters'] };

function server() {
  const api = new ApiServer({ clock: new ManualClock(), random: new Random(1) });
  const events: AuditEvent[] = [];
  api.audit.watch((event) => events.push(event));
  const seen = () =>
    events.map(({ verb, level, requestURI, responseStatus }) => [
      verb,
      level,
      requestURI,
      responseStatus?.code,
    ]);
  return { api, events, seen };
}

test('what people write is kept whole, what they read by its metadata', async () => {
  const { api, events, seen } = server();
  const http = api.origin(jane);
  const path = '/api/v1/namespaces/default/configmaps';
  const headers = { 'content-type': 'application/json', 'user-agent': 'kubectl/v1.35.4' };
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
  await http.fetch({ method: 'POST', path, headers, body: encode(JSON.stringify(body)) });
  await http.fetch({ method: 'GET', path: `${path}?limit=5`, headers: {} });
  await http.fetch({ method: 'GET', path: `${path}/b`, headers: {} });
  expect(seen()).toEqual([
    ['create', 'Request', path, 201],
    ['list', 'Metadata', `${path}?limit=5`, 200],
    ['get', 'Metadata', `${path}/b`, 404],
  ]);
  expect(events[0]).toMatchObject({
    apiVersion: 'audit.k8s.io/v1',
    stage: 'ResponseComplete',
    user: { username: 'jane' },
    userAgent: 'kubectl/v1.35.4',
    objectRef: { resource: 'configmaps', namespace: 'default', apiVersion: 'v1' },
    requestObject: body,
    requestReceivedTimestamp: '2026-01-01T00:00:00.000000Z',
  });
});

test("the cluster's own components and the contents of Secrets are left out", async () => {
  const { api, events } = server();
  const create = (resource: string, user: typeof jane) =>
    api.request({
      verb: 'create',
      group: '',
      version: 'v1',
      resource,
      namespace: 'default',
      user,
      body: { metadata: { name: 'a' } },
    });
  await create('configmaps', controller);
  await create('secrets', jane);
  expect(events).toHaveLength(1);
  expect(events[0]).not.toHaveProperty('requestObject');
});

describe('a request that is refused before its body is read', () => {
  const path = '/api/v1/namespaces/default/configmaps';
  const json = { 'content-type': 'application/json' };
  test.each<[name: string, code: number, method: string, path: string, headers: object, body?: string]>([
    ['an unknown format', 415, 'POST', path, { 'content-type': 'text/csv' }, 'a,b'],
    ['a patch without its kind', 415, 'PATCH', `${path}/a`, {}, '{}'],
    ['an answer that nobody can write', 406, 'GET', `${path}/a`, { accept: 'text/html' }],
    ['a broken body', 400, 'POST', path, json, '{'],
    ['a body beyond the limit', 413, 'POST', path, json, ' '.repeat(3 * 1024 * 1024 + 1)],
    ['a method that is not served', 405, 'POST', `${path}/a`, json, '{}'],
    ['a group that is not there', 404, 'GET', '/apis/nowhere.test/v1/things', {}],
  ])('%s: %i', async (_, code, method, path, headers, body) => {
    const { api, events, seen } = server();
    const send = (user: typeof jane) =>
      api.origin(user).fetch({ method, path, headers: { ...headers }, ...(body && { body: encode(body) }) });
    expect((await send(jane)).status).toBe(code);
    expect(seen()).toEqual([[expect.any(String), expect.any(String), path, code]]);
    expect(events[0]!.annotations).toMatchObject({ 'authorization.k8s.io/decision': 'allow' });
    // Who may not make the request at all hears that instead.
    expect((await send({ username: 'mallory', groups: [] })).status).toBe(403);
    expect(events[1]).toMatchObject({
      user: { username: 'mallory' },
      responseStatus: { code: 403, reason: 'Forbidden' },
      annotations: { 'authorization.k8s.io/decision': 'forbid' },
    });
    expect(events).toHaveLength(2);
  });
});

test('who comes later hears what was kept', async () => {
  const { api } = server();
  await api.request({ verb: 'list', group: '', version: 'v1', resource: 'pods', user: jane });
  const late: string[] = [];
  api.audit.watch(({ verb }) => late.push(verb));
  await api.request({ verb: 'list', group: '', version: 'v1', resource: 'nodes', user: jane });
  expect(late).toEqual(['list', 'list']);
});
