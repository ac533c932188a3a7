import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../core/clock.ts';
import { Random } from '../../../core/random.ts';
import type { ApiRequest, UserInfo } from '../../api/request.ts';
import { ApiServer } from '../api-server.ts';

const admin: UserInfo = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
const jane: UserInfo = { username: 'jane', groups: ['dev', 'system:authenticated'] };
const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1' };

function server() {
  const api = new ApiServer({ clock: new ManualClock(), random: new Random(1) });
  const send = (user: UserInfo, request: Partial<ApiRequest>) =>
    api.request({
      verb: 'get',
      group: '',
      version: 'v1',
      resource: 'pods',
      user,
      ...request,
    }) as Promise<any>;
  const grant = async (rules: object[], subject: object, namespace = 'default') => {
    const roleRef = { apiGroup: RBAC.group, kind: 'Role', name: 'r' };
    const create = { ...RBAC, verb: 'create' as const, namespace };
    await send(admin, { ...create, resource: 'roles', body: { metadata: { name: 'r' }, rules } });
    const body = { metadata: { name: 'rb' }, roleRef, subjects: [subject] };
    await send(admin, { ...create, resource: 'rolebindings', body });
  };
  return { api, send, grant };
}

describe('what nobody granted is forbidden, in the words of Kubernetes', () => {
  test.each<[string, Partial<ApiRequest>, string]>([
    [
      'a list in a namespace',
      { verb: 'list', namespace: 'default' },
      'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
    ],
    [
      'one object',
      { namespace: 'default', name: 'web' },
      'pods "web" is forbidden: User "jane" cannot get resource "pods" in API group "" in the namespace "default"',
    ],
    [
      'the whole cluster',
      { verb: 'list', resource: 'nodes' },
      'nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope',
    ],
    [
      'a subresource of another group',
      {
        verb: 'update',
        group: 'apps',
        resource: 'deployments',
        namespace: 'default',
        name: 'web',
        subresource: 'scale',
      },
      'deployments.apps "web" is forbidden: User "jane" cannot update resource "deployments/scale" in API group "apps" in the namespace "default"',
    ],
  ])('%s', async (_name, request, message) => {
    const { send } = server();
    await expect(send(jane, request)).rejects.toThrow(message);
  });
});

describe('what a binding grants is allowed', () => {
  const list = { verb: 'list' as const, namespace: 'default' };
  const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }];

  test.each([
    ['a user', { kind: 'User', name: 'jane' }],
    ['a group', { kind: 'Group', name: 'dev' }],
  ])('to %s', async (_name, subject) => {
    const { send, grant } = server();
    await grant(rules, subject);
    expect((await send(jane, list)).items).toEqual([]);
    await expect(send(jane, { ...list, namespace: 'kube-system' })).rejects.toThrow('is forbidden');
    await expect(send(jane, { ...list, verb: 'deletecollection' })).rejects.toThrow('is forbidden');
  });

  test('to a service account', async () => {
    const { send, grant } = server();
    await grant(rules, { kind: 'ServiceAccount', name: 'bot', namespace: 'default' });
    const bot = { username: 'system:serviceaccount:default:bot', groups: ['system:serviceaccounts'] };
    expect((await send(bot, list)).items).toEqual([]);
  });

  test('until the binding is gone', async () => {
    const { send, grant } = server();
    await grant(rules, { kind: 'User', name: 'jane' });
    await send(jane, list);
    await send(admin, {
      ...RBAC,
      verb: 'delete',
      resource: 'rolebindings',
      namespace: 'default',
      name: 'rb',
    });
    await expect(send(jane, list)).rejects.toThrow('is forbidden');
  });

  test('by name, and for every subresource of a kind', async () => {
    const { api, grant } = server();
    await grant(
      [
        { apiGroups: [''], resources: ['configmaps'], resourceNames: ['a'], verbs: ['get'] },
        { apiGroups: ['apps'], resources: ['*/scale'], verbs: ['*'] },
      ],
      { kind: 'User', name: 'jane' },
    );
    const may = (verb: string, group: string, resource: string, name?: string, subresource?: string) =>
      api.authorizer.authorize({ user: jane, verb, group, resource, name, subresource, namespace: 'default' })
        .allowed;
    expect(may('get', '', 'configmaps', 'a')).toBe(true);
    expect(may('get', '', 'configmaps', 'b')).toBe(false);
    expect(may('list', '', 'configmaps')).toBe(false);
    expect(may('patch', 'apps', 'deployments', 'web', 'scale')).toBe(true);
    expect(may('patch', 'apps', 'deployments', 'web')).toBe(false);
  });
});

test('reviews answer what a user may do', async () => {
  const { send, grant } = server();
  await grant([{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }], { kind: 'User', name: 'jane' });
  const ask = (verb: string) =>
    send(jane, {
      verb: 'create',
      group: 'authorization.k8s.io',
      resource: 'selfsubjectaccessreviews',
      body: { spec: { resourceAttributes: { verb, resource: 'pods', namespace: 'default' } } },
    });
  expect((await ask('list')).status).toEqual({
    allowed: true,
    reason: 'RBAC: allowed by RoleBinding "rb/default" of Role "r" to User "jane"',
  });
  expect((await ask('delete')).status).toEqual({ allowed: false });
});

test('a service account is known by the token it was given, until it expires', async () => {
  const clock = new ManualClock();
  const api = new ApiServer({ clock, random: new Random(1) });
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'bot', namespace: 'default', uid: 'u' },
  };
  api.store.put('serviceaccounts', 'default/bot', account, undefined);
  const { status } = (await api.request({
    verb: 'create',
    group: '',
    version: 'v1',
    resource: 'serviceaccounts',
    namespace: 'default',
    name: 'bot',
    subresource: 'token',
    user: admin,
    body: { spec: { expirationSeconds: 600 } },
  })) as any;
  expect(status.expirationTimestamp).toBe('2026-01-01T00:10:00Z');
  expect(api.tokens.authenticate(status.token)).toMatchObject({
    username: 'system:serviceaccount:default:bot',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
  });
  expect(api.tokens.authenticate(`${status.token}x`)).toBeUndefined();
  await clock.advance(600_000);
  expect(api.tokens.authenticate(status.token)).toBeUndefined();
});
