import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../core/clock.ts';
import { Random } from '../../core/random.ts';
import type { KubernetesObject } from '../api/object.ts';
import type { ApiRequest, RequestOptions, Verb, WatchEvent } from '../api/request.ts';
import { ApiServer } from './api-server.ts';

const user = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
const RESOURCES: Record<string, [string, string]> = {
  deployments: ['apps', 'v1'],
  leases: ['coordination.k8s.io', 'v1'],
};

/** An API server with short ways to say a request. */
function cluster() {
  const clock = new ManualClock();
  const server = new ApiServer({ clock, random: new Random(1) });
  // The default service account, which a controller would make.
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace: 'default' },
  };
  server.store.put('serviceaccounts', 'default/default', account, undefined);
  const request = (verb: Verb, resource: string, rest: Partial<ApiRequest> = {}): ApiRequest => {
    const [group, version] = RESOURCES[resource] ?? ['', 'v1'];
    const namespace = ['namespaces', 'nodes'].includes(resource) ? undefined : 'default';
    return { verb, group, version, resource, namespace, user, ...rest };
  };
  const send = async (verb: Verb, resource: string, rest: Partial<ApiRequest> = {}) =>
    (await server.request(request(verb, resource, rest))) as KubernetesObject;
  const create = (resource: string, body: object) => send('create', resource, { body });
  const watch = (resource: string, options: RequestOptions = {}) => {
    const events: WatchEvent[] = [];
    const ends: (Error | undefined)[] = [];
    server.watch(
      request('watch', resource, { options }),
      (batch) => events.push(...batch),
      (error) => ends.push(error),
    );
    return { events, ends, seen: () => events.map(({ type, object }) => `${type} ${object.metadata.name}`) };
  };
  return { clock, server, send, create, watch };
}

const pod = (name: string, rest: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...rest },
  spec: { containers: [{ name: 'main', image: 'busybox:1' }] },
});
const configMap = (name: string, data: Record<string, string> = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('create', () => {
  test('fills in what the system knows', async () => {
    const { create } = cluster();
    const { metadata, status } = await create('pods', pod('a'));
    expect(metadata).toMatchObject({
      name: 'a',
      namespace: 'default',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
    });
    expect(metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
  });

  test('makes a name from generateName', async () => {
    const { create } = cluster();
    const { metadata } = await create('configmaps', { metadata: { generateName: 'web-' } });
    expect(metadata.name).toMatch(/^web-[a-z0-9]{5}$/);
  });

  test.each([
    {
      name: 'a name that is taken',
      requests: [configMap('a'), configMap('a')],
      want: 'configmaps "a" already exists',
    },
    {
      name: 'a resourceVersion',
      requests: [configMap('a', {}, { resourceVersion: '5' })],
      want: 'resourceVersion should not be set on objects to be created',
    },
    {
      name: 'another namespace than the one of the URL',
      requests: [configMap('a', {}, { namespace: 'kube-system' })],
      want: 'the namespace of the provided object does not match the namespace sent on the request',
    },
  ])('refuses $name', async ({ requests, want }) => {
    const { create } = cluster();
    const last = requests.pop()!;
    for (const each of requests) await create('configmaps', each);
    await expect(create('configmaps', last)).rejects.toThrow(want);
  });
});

describe('update', () => {
  test('counts generations for spec changes only', async () => {
    const { create, send } = cluster();
    const template = { metadata: { labels: { app: 'web' } }, spec: pod('a').spec };
    const spec = { replicas: 1, selector: { matchLabels: { app: 'web' } }, template };
    const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec };
    const created = await create('deployments', body);
    const put = (object: KubernetesObject, subresource?: string) =>
      send('update', 'deployments', { name: 'web', body: object, subresource });
    const scaled = await put({ ...created, spec: { ...created.spec, replicas: 2 } });
    expect(scaled.metadata.generation).toBe(2);
    const reported = await put({ ...scaled, spec: {}, status: { replicas: 2 } }, 'status');
    expect(reported.metadata.generation).toBe(2);
    expect(reported.spec).toBe(scaled.spec);
    expect(reported.status).toEqual({ replicas: 2 });
  });

  test('a write that changes nothing keeps the revision', async () => {
    const { create, send, server } = cluster();
    const created = await create('configmaps', configMap('a', { x: '1' }));
    const { revision } = server.store;
    const again = await send('update', 'configmaps', { name: 'a', body: structuredClone(created) });
    expect(again).toBe(created);
    expect(server.store.revision).toBe(revision);
  });

  test('a write based on an old version is a conflict', async () => {
    const { create, send } = cluster();
    const first = await create('configmaps', configMap('a', { x: '1' }));
    await send('update', 'configmaps', { name: 'a', body: { ...first, data: { x: '2' } } });
    await expect(
      send('update', 'configmaps', { name: 'a', body: { ...first, data: { x: '3' } } }),
    ).rejects.toThrow(
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    );
  });

  test('a Lease has to say which version it replaces', async () => {
    const { create, send } = cluster();
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'a' } };
    await create('leases', lease);
    await expect(send('update', 'leases', { name: 'a', body: lease })).rejects.toThrow(
      'leases.coordination.k8s.io "a" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    );
  });
});

describe('delete', () => {
  test('a pod on a node is marked and waits for its kubelet', async () => {
    const { create, send } = cluster();
    await create('pods', pod('a'));
    await send('create', 'pods', {
      name: 'a',
      subresource: 'binding',
      body: { metadata: { name: 'a' }, target: { kind: 'Node', name: 'node-1' } },
    });
    const marked = await send('delete', 'pods', { name: 'a' });
    expect(marked.metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:30Z',
      deletionGracePeriodSeconds: 30,
    });
    await send('delete', 'pods', { name: 'a', options: { gracePeriodSeconds: 0 } });
    await expect(send('get', 'pods', { name: 'a' })).rejects.toThrow('pods "a" not found');
  });

  test('finalizers keep an object until the last one is gone', async () => {
    const { create, send } = cluster();
    const created = await create('configmaps', configMap('a', {}, { finalizers: ['example.com/x'] }));
    const marked = await send('delete', 'configmaps', { name: 'a' });
    expect(marked.metadata.deletionTimestamp).toBe('2026-01-01T00:00:00Z');
    await send('update', 'configmaps', { name: 'a', body: configMap('a') });
    await expect(send('get', 'configmaps', { name: 'a' })).rejects.toThrow('not found');
    expect(created.metadata.finalizers).toEqual(['example.com/x']);
  });

  test.each([
    ['Foreground', ['foregroundDeletion']],
    ['Orphan', ['orphan']],
  ] as const)('%s leaves a finalizer for the garbage collector', async (propagationPolicy, want) => {
    const { create, send } = cluster();
    await create('configmaps', configMap('a'));
    const marked = await send('delete', 'configmaps', { name: 'a', options: { propagationPolicy } });
    expect(marked.metadata.finalizers).toEqual(want);
  });

  test('preconditions hold', async () => {
    const { create, send } = cluster();
    const { metadata } = await create('configmaps', configMap('a'));
    await expect(
      send('delete', 'configmaps', { name: 'a', options: { preconditions: { uid: 'other' } } }),
    ).rejects.toThrow(
      `the UID in the precondition (other) does not match the UID in record (${metadata.uid}).`,
    );
  });

  test('a namespace terminates until its content is gone and it is finalized', async () => {
    const { create, send } = cluster();
    await create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } });
    const marked = await send('delete', 'namespaces', { name: 'n' });
    expect(marked.status).toEqual({ phase: 'Terminating' });
    await send('update', 'namespaces', {
      name: 'n',
      subresource: 'finalize',
      body: { ...marked, spec: { finalizers: [] } },
    });
    await expect(send('get', 'namespaces', { name: 'n' })).rejects.toThrow('namespaces "n" not found');
  });
});

describe('list', () => {
  test('in chunks, each from the revision of the first', async () => {
    const { create, send } = cluster();
    for (const name of ['c', 'a', 'b']) await create('configmaps', configMap(name));
    const list = (options: RequestOptions) =>
      send('list', 'configmaps', { options }) as unknown as Promise<any>;
    const first = await list({ limit: 2 });
    expect(first.items.map((each: KubernetesObject) => each.metadata.name)).toEqual(['a', 'b']);
    expect(first.metadata.remainingItemCount).toBe(1);
    await send('delete', 'configmaps', { name: 'c' });
    const second = await list({ limit: 2, continue: first.metadata.continue });
    expect(second.items.map((each: KubernetesObject) => each.metadata.name)).toEqual(['c']);
    expect(second.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
  });

  test('selectors narrow it', async () => {
    const { create, send } = cluster();
    await create('configmaps', configMap('a', {}, { labels: { app: 'x' } }));
    await create('configmaps', configMap('b'));
    const names = async (options: RequestOptions) =>
      ((await send('list', 'configmaps', { options })) as any).items.map((each: any) => each.metadata.name);
    expect(await names({ labelSelector: 'app' })).toEqual(['a']);
    expect(await names({ labelSelector: '!app' })).toEqual(['b']);
    expect(await names({ fieldSelector: 'metadata.name=b' })).toEqual(['b']);
    await expect(names({ fieldSelector: 'data.x=1' })).rejects.toThrow('is not a known field selector');
  });
});

describe('watch', () => {
  test('starts with what is there and follows', async () => {
    const { create, send, watch } = cluster();
    await create('configmaps', configMap('a'));
    const { seen } = watch('configmaps');
    await create('configmaps', configMap('b'));
    await settle();
    await send('delete', 'configmaps', { name: 'a' });
    await settle();
    expect(seen()).toEqual(['ADDED a', 'ADDED b', 'DELETED a']);
  });

  test('resumes after a revision', async () => {
    const { create, watch } = cluster();
    const { metadata } = await create('configmaps', configMap('a'));
    await create('configmaps', configMap('b'));
    const { seen } = watch('configmaps', { resourceVersion: metadata.resourceVersion });
    await create('configmaps', configMap('c'));
    await settle();
    expect(seen()).toEqual(['ADDED b', 'ADDED c']);
  });

  test('an object that leaves the selection is deleted for the watch', async () => {
    const { create, send, watch } = cluster();
    await create('configmaps', configMap('a', { x: '1' }, { labels: { app: 'x' } }));
    const { seen, events } = watch('configmaps', { labelSelector: 'app=x' });
    await settle();
    const changed = configMap('a', { x: '2' }, { labels: { app: 'y' } });
    const updated = await send('update', 'configmaps', { name: 'a', body: changed });
    await send('update', 'configmaps', { name: 'a', body: configMap('a', {}, { labels: { app: 'x' } }) });
    await settle();
    expect(seen()).toEqual(['ADDED a', 'DELETED a', 'ADDED a']);
    expect(events[1]!.object.data).toEqual({ x: '1' });
    expect(events[1]!.object.metadata.resourceVersion).toBe(updated.metadata.resourceVersion);
  });

  test('a revision that is gone ends it with Expired', async () => {
    const { create, watch, server } = cluster();
    const { metadata } = await create('configmaps', configMap('a'));
    await create('configmaps', configMap('b'));
    server.store.compact();
    const { ends } = watch('configmaps', { resourceVersion: metadata.resourceVersion });
    await settle();
    expect(ends[0]!.message).toBe(
      `too old resource version: ${metadata.resourceVersion} (${server.store.revision})`,
    );
  });

  test('initial events end with an annotated bookmark', async () => {
    const { create, watch, server } = cluster();
    await create('configmaps', configMap('a'));
    const { events } = watch('configmaps', { sendInitialEvents: true, allowWatchBookmarks: true });
    await settle();
    expect(events.at(-1)).toEqual({
      type: 'BOOKMARK',
      object: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          resourceVersion: String(server.store.revision),
          annotations: { 'k8s.io/initial-events-end': 'true' },
        },
      },
    });
  });

  test('times out when asked to', async () => {
    const { clock, watch } = cluster();
    const { ends } = watch('configmaps', { timeoutSeconds: 10 });
    await clock.advance(9_000);
    expect(ends).toEqual([]);
    await clock.advance(1_000);
    expect(ends).toEqual([undefined]);
  });
});
