/** What is special about kinds, and what admission adds: through the API server, as a client meets it. */
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../core/clock.ts';
import { Random } from '../../../core/random.ts';
import type { KubernetesObject } from '../../api/object.ts';
import type { ApiRequest, Verb } from '../../api/request.ts';
import { ApiServer } from '../api-server.ts';

const user = { username: 'kubernetes-admin', groups: ['system:masters'] };
const GROUPS: Record<string, string> = {
  deployments: 'apps',
  jobs: 'batch',
  daemonsets: 'apps',
  priorityclasses: 'scheduling.k8s.io',
  poddisruptionbudgets: 'policy',
};
const CLUSTER_SCOPED = new Set(['nodes', 'namespaces', 'priorityclasses']);

function cluster() {
  const clock = new ManualClock();
  const server = new ApiServer({ clock, random: new Random(1) });
  const send = async (verb: Verb, resource: string, rest: Partial<ApiRequest> = {}) =>
    (await server.request({
      verb,
      group: GROUPS[resource] ?? '',
      version: 'v1',
      resource,
      namespace: CLUSTER_SCOPED.has(resource) ? undefined : 'default',
      user,
      ...rest,
    })) as KubernetesObject;
  const create = (resource: string, body: object, rest: Partial<ApiRequest> = {}) =>
    send('create', resource, { body, ...rest });
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace: 'default', uid: 'u' },
  };
  server.store.put('serviceaccounts', 'default/default', account, undefined);
  return { clock, server, send, create };
}

const pod = (name: string, spec: object = {}, metadata: object = {}) => ({
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'main', image: 'busybox:1' }], ...spec },
});
const template = { metadata: { labels: { app: 'a' } }, spec: pod('x').spec };

describe('a new pod', () => {
  test('gets an identity, tolerations and a priority', async () => {
    const { create } = cluster();
    const { spec } = await create('pods', pod('a'));
    expect(spec).toMatchObject({
      serviceAccountName: 'default',
      serviceAccount: 'default',
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
      tolerations: [
        {
          key: 'node.kubernetes.io/not-ready',
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: 300,
        },
        {
          key: 'node.kubernetes.io/unreachable',
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: 300,
        },
      ],
    });
    const [volume] = spec.volumes;
    expect(volume.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    expect(spec.containers[0].volumeMounts).toEqual([
      { name: volume.name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
    ]);
  });

  test.each<[string, object, string]>([
    [
      'an unknown service account',
      pod('a', { serviceAccountName: 'x' }),
      'pods "a" is forbidden: error looking up service account default/x: serviceaccount "x" not found',
    ],
    [
      'an unknown priority class',
      { ...pod('a', { priorityClassName: 'x' }), metadata: { generateName: 'a-' } },
      'pods "a-" is forbidden: no PriorityClass with name x was found',
    ],
    [
      'a priority of its own',
      pod('a', { priority: 5 }),
      'the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
    ],
  ])('may not have %s', async (_name, body, message) => {
    const { create } = cluster();
    await expect(create('pods', body)).rejects.toThrow(message);
  });

  test('belongs to a class of service by its resources', async () => {
    const { create } = cluster();
    const withResources = async (name: string, resources: object) =>
      (await create('pods', pod(name, { containers: [{ name: 'a', image: 'x', resources }] }))).status
        .qosClass;
    expect(await withResources('a', {})).toBe('BestEffort');
    expect(await withResources('b', { requests: { cpu: '1' } })).toBe('Burstable');
    expect(await withResources('c', { limits: { cpu: '1', memory: '1Gi' } })).toBe('Guaranteed');
  });

  test('is bound once, and its generation does not move', async () => {
    const { create, send } = cluster();
    await create('pods', pod('a'));
    const bind = (name: string) =>
      create(
        'pods',
        { metadata: { name: 'a' }, target: { kind: 'Node', name } },
        { name: 'a', subresource: 'binding' },
      );
    await bind('node-1');
    const bound = await send('get', 'pods', { name: 'a' });
    expect(bound.spec.nodeName).toBe('node-1');
    expect(bound.metadata.generation).toBe(1);
    expect(bound.status.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }]);
    await expect(bind('node-2')).rejects.toThrow(
      'Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "node-1"',
    );
  });

  test('is evicted unless a budget stands against it', async () => {
    const { create, send, server } = cluster();
    await create('pods', pod('a', {}, { labels: { app: 'a' } }));
    const { spec, metadata } = await send('get', 'pods', { name: 'a' });
    await send('update', 'pods', {
      name: 'a',
      subresource: 'status',
      body: { metadata, spec, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
    });
    const budget = await create('poddisruptionbudgets', {
      metadata: { name: 'b' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'a' } } },
    });
    const evict = () => create('pods', { metadata: { name: 'a' } }, { name: 'a', subresource: 'eviction' });
    const report = (disruptionsAllowed: number) =>
      send('update', 'poddisruptionbudgets', {
        name: 'b',
        subresource: 'status',
        body: {
          ...server.store.get('policy/poddisruptionbudgets', 'default/b')!,
          status: {
            disruptionsAllowed,
            currentHealthy: 1,
            desiredHealthy: 1,
            expectedPods: 1,
            observedGeneration: 1,
          },
        },
      });
    expect(budget.metadata.generation).toBe(1);
    await report(0);
    await expect(evict()).rejects.toThrow(
      "Cannot evict pod as it would violate the pod's disruption budget.",
    );
    await report(1);
    await evict();
    await expect(send('get', 'pods', { name: 'a' })).rejects.toThrow('not found');
    expect(server.store.get('policy/poddisruptionbudgets', 'default/b')!.status).toMatchObject({
      disruptionsAllowed: 0,
      disruptedPods: { a: '2026-01-01T00:00:00Z' },
    });
  });
});

describe('a service', () => {
  const service = (spec: object, name = 'web') => ({
    metadata: { name },
    spec: { ports: [{ port: 80 }], ...spec },
  });

  test('gets an address in the upper band of the range, and keeps it', async () => {
    const { create, send } = cluster();
    const { spec, metadata } = await create('services', service({ selector: { app: 'a' } }));
    expect(spec.clusterIP).toMatch(/^10\.96\.([1-9]|\d\d+)\.\d+$/);
    expect(spec).toMatchObject({
      clusterIPs: [spec.clusterIP],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    });
    const updated = await send('update', 'services', {
      name: 'web',
      body: {
        ...service({ selector: { app: 'b' } }),
        metadata: { name: 'web', resourceVersion: metadata.resourceVersion },
      },
    });
    expect(updated.spec.clusterIP).toBe(spec.clusterIP);
  });

  test.each<[string, object, string]>([
    [
      'an address that is taken',
      { clusterIP: '10.96.0.1' },
      'spec.clusterIPs: Invalid value: ["10.96.0.1"]: failed to allocate IP 10.96.0.1: provided IP is already allocated',
    ],
    [
      'an address of another network',
      { clusterIP: '10.0.0.1' },
      'failed to allocate IP 10.0.0.1: the provided network does not match the current range',
    ],
    [
      'a port outside the range',
      { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] },
      'spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    ],
  ])('may not have %s', async (_name, spec, message) => {
    const { create } = cluster();
    await expect(create('services', service(spec))).rejects.toThrow(message);
  });

  test('has node ports while its type says so', async () => {
    const { create, send } = cluster();
    const { spec, metadata } = await create('services', service({ type: 'NodePort' }));
    expect(spec.ports[0].nodePort).toBeGreaterThanOrEqual(30000);
    const body = { metadata, spec: { ...spec, type: 'ClusterIP' } };
    const updated = await send('update', 'services', { name: 'web', body });
    expect(updated.spec.ports[0]).not.toHaveProperty('nodePort');
  });

  test('without an address has none, and one outside the cluster neither', async () => {
    const { create } = cluster();
    expect((await create('services', service({ clusterIP: 'None' }))).spec.clusterIPs).toEqual(['None']);
    const external = {
      metadata: { name: 'db' },
      spec: { type: 'ExternalName', externalName: 'db.example.com' },
    };
    expect((await create('services', external)).spec).not.toHaveProperty('clusterIP');
  });
});

describe('workloads', () => {
  test('what a client says of the status of a new object does not count', async () => {
    const { create } = cluster();
    const spec = { replicas: 1, selector: { matchLabels: { app: 'a' } }, template };
    const { status } = await create('deployments', {
      metadata: { name: 'a' },
      spec,
      status: { replicas: 7 },
    });
    expect(status).toEqual({});
  });

  test('a scale is a view of the replicas', async () => {
    const { create, send } = cluster();
    const spec = { replicas: 1, selector: { matchLabels: { app: 'a' } }, template };
    await create('deployments', { metadata: { name: 'a' }, spec });
    const scaled = await send('patch', 'deployments', {
      name: 'a',
      subresource: 'scale',
      patchType: 'application/merge-patch+json',
      body: { spec: { replicas: 4 } },
    });
    expect(scaled).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 4 },
      status: { replicas: 0, selector: 'app=a' },
    });
    const { metadata, spec: stored } = await send('get', 'deployments', { name: 'a' });
    expect([stored.replicas, metadata.generation]).toEqual([4, 2]);
  });

  test("a job's pods are known by the job's uid", async () => {
    const { create } = cluster();
    const podTemplate = { spec: { ...pod('x').spec, restartPolicy: 'Never' } };
    const { metadata, spec } = await create('jobs', {
      metadata: { name: 'a' },
      spec: { template: podTemplate },
    });
    expect(spec.selector.matchLabels).toEqual({ 'batch.kubernetes.io/controller-uid': metadata.uid });
    expect(spec.template.metadata.labels).toMatchObject({ 'job-name': 'a', 'controller-uid': metadata.uid });
  });
});

describe('a namespace', () => {
  test('takes nothing new while it goes', async () => {
    const { create, send } = cluster();
    await create('namespaces', { metadata: { name: 'n' } });
    await send('delete', 'namespaces', { name: 'n' });
    await expect(create('configmaps', { metadata: { name: 'a' } }, { namespace: 'n' })).rejects.toThrow(
      'configmaps "a" is forbidden: unable to create new content in namespace n because it is being terminated',
    );
  });

  test('with a quota refuses what goes over it', async () => {
    const { create } = cluster();
    await create('resourcequotas', {
      metadata: { name: 'q' },
      spec: { hard: { pods: '1', 'requests.cpu': '1' } },
    });
    await expect(create('pods', pod('a'))).rejects.toThrow(
      'pods "a" is forbidden: failed quota: q: must specify requests.cpu for: main',
    );
    const container = { name: 'main', image: 'x', resources: { requests: { cpu: '600m' } } };
    await create('pods', pod('a', { containers: [container] }));
    await expect(create('pods', pod('b', { containers: [container] }))).rejects.toThrow(
      'pods "b" is forbidden: exceeded quota: q, requested: pods=1,requests.cpu=600m, used: pods=1,requests.cpu=600m, limited: pods=1,requests.cpu=1',
    );
  });

  test('with limits gives containers defaults and holds them within bounds', async () => {
    const { create } = cluster();
    const limit = {
      type: 'Container',
      max: { cpu: '1' },
      default: { cpu: '500m' },
      defaultRequest: { cpu: '100m' },
    };
    await create('limitranges', { metadata: { name: 'l' }, spec: { limits: [limit] } });
    const { spec, metadata } = await create('pods', pod('a'));
    expect(spec.containers[0].resources).toEqual({ limits: { cpu: '500m' }, requests: { cpu: '100m' } });
    expect(metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: cpu request for container main; cpu limit for container main',
    });
    const greedy = { name: 'main', image: 'x', resources: { limits: { cpu: '2' } } };
    await expect(create('pods', pod('b', { containers: [greedy] }))).rejects.toThrow(
      'pods "b" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
    );
  });
});

test('an event written through one group is read through the other', async () => {
  const { send } = cluster();
  const body = {
    metadata: { name: 'e' },
    eventTime: '2026-01-01T00:00:00.000000Z',
    regarding: { kind: 'Pod', name: 'a', namespace: 'default' },
    note: 'Started',
    reason: 'Started',
    type: 'Normal',
    action: 'Start',
    reportingController: 'kubelet',
    reportingInstance: 'node-1',
  };
  await send('create', 'events', { group: 'events.k8s.io', body });
  const event = await send('get', 'events', { name: 'e' });
  expect(event).toMatchObject({
    apiVersion: 'v1',
    involvedObject: { kind: 'Pod', name: 'a' },
    message: 'Started',
    reportingComponent: 'kubelet',
  });
  const again = await send('get', 'events', { group: 'events.k8s.io', name: 'e' });
  expect(again).toMatchObject({ apiVersion: 'events.k8s.io/v1', regarding: { name: 'a' }, note: 'Started' });
});

test('a snapshot boots a server with the same objects and owners, and a rewind takes changes back', async () => {
  const { server, create, send, clock } = cluster();
  await create('configmaps', { metadata: { name: 'a' }, data: { x: '1' } }, { userAgent: 'kubectl/v1.35.4' });
  const { revision } = server.store;
  const copy = new ApiServer({ clock, random: new Random(2), snapshot: server.snapshot() });
  const object = copy.store.get('configmaps', 'default/a')!;
  expect(copy.managedFields.of(object)).toMatchObject([{ manager: 'kubectl', operation: 'Update' }]);
  expect(object.metadata).not.toHaveProperty('managedFields');
  expect(copy.store.revision).toBe(revision);

  await send('delete', 'configmaps', { name: 'a' });
  const ends: (Error | undefined)[] = [];
  server.watch(
    { verb: 'watch', group: '', version: 'v1', resource: 'configmaps', user },
    () => {},
    (error) => ends.push(error),
  );
  server.rewind(revision);
  expect((await send('get', 'configmaps', { name: 'a' })).data).toEqual({ x: '1' });
  expect(ends[0]!.message).toMatch(/^too old resource version/);
});
