import { expect, test } from 'vitest';
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

test('who comes later hears what was kept', async () => {
  const { api } = server();
  await api.request({ verb: 'list', group: '', version: 'v1', resource: 'pods', user: jane });
  const late: string[] = [];
  api.audit.watch(({ verb }) => late.push(verb));
  await api.request({ verb: 'list', group: '', version: 'v1', resource: 'nodes', user: jane });
  expect(late).toEqual(['list', 'list']);
});
