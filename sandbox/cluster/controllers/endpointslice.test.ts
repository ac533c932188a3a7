import { afterEach, expect, test } from 'vitest';
import type { Service } from '../client/kinds.ts';
import { DEPLOYMENTS, ENDPOINTS, ENDPOINT_SLICES, PODS, SERVICES } from '../client/resources.ts';
import { deploymentOf, SimulatedCluster } from '../simulated-cluster.ts';

let cluster: SimulatedCluster;
afterEach(() => {
  cluster.dispose();
});

async function start(replicas: number, service: Partial<Service['spec']> = {}): Promise<void> {
  cluster = new SimulatedCluster();
  await cluster.addNodes('n1', 'n2');
  await cluster.admin.create(SERVICES, {
    metadata: { namespace: 'default', name: 'web', labels: { team: 'a' } },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }], ...service },
  });
  await cluster.settle();
  if (replicas === 0) return;
  await cluster.admin.create(DEPLOYMENTS, deploymentOf('web', replicas));
  await cluster.settle();
}

const slices = async () =>
  (await cluster.admin.list(ENDPOINT_SLICES, { labelSelector: 'kubernetes.io/service-name=web' })).items;

/** Endpoints of all slices as `ready serving terminating`, counted. */
async function conditions(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { endpoints } of await slices()) {
    for (const { conditions: c } of endpoints) {
      const words = [c?.ready && 'ready', c?.serving && 'serving', c?.terminating && 'terminating'];
      const key = words.filter(Boolean).join(' ') || 'not ready';
      counts[key] = (counts[key] ?? 0) + 1;
    }
  }
  return counts;
}

test('a Service without pods has an empty slice', async () => {
  await start(0);
  const [slice] = await slices();
  expect(slice).toMatchObject({
    metadata: {
      generateName: 'web-',
      labels: {
        team: 'a',
        'kubernetes.io/service-name': 'web',
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
    },
    addressType: 'IPv4',
  });
  expect([slice!.ports ?? [], slice!.endpoints ?? []]).toEqual([[], []]);
});

test('the first pods take over the empty slice', async () => {
  await start(0);
  const [empty] = await slices();
  await cluster.admin.create(DEPLOYMENTS, deploymentOf('web', 2));
  await cluster.settle();
  const [slice, ...others] = await slices();
  expect(others).toEqual([]);
  expect(slice!.metadata.name).toBe(empty!.metadata.name);
  expect(slice!.ports).toEqual([{ name: '', port: 8080, protocol: 'TCP' }]);
  expect(await conditions()).toEqual({ 'ready serving': 2 });
});

test('250 pods need three slices, and no pod is in two', async () => {
  await start(0);
  for (const name of ['n3', 'n4']) await cluster.addNode(name);
  await cluster.admin.create(DEPLOYMENTS, deploymentOf('web', 250));
  await cluster.settle();
  const sizes = (await slices()).map(({ endpoints }) => endpoints.length);
  expect(sizes.length).toBe(3);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
  const uids = (await slices()).flatMap(({ endpoints }) => endpoints.map(({ targetRef }) => targetRef!.uid));
  expect(new Set(uids).size).toBe(250);
  const endpoints = await cluster.admin.get(ENDPOINTS, { namespace: 'default', name: 'web' });
  expect(endpoints.subsets![0]!.addresses!.length).toBe(250);
});

test('a pod that goes away is terminating until it is gone', async () => {
  await start(2);
  cluster.behaviour.stopMs = 5000;
  await cluster.admin.patch(
    DEPLOYMENTS,
    { namespace: 'default', name: 'web' },
    'application/merge-patch+json',
    { spec: { replicas: 1 } },
  );
  await cluster.settle();
  expect(await conditions()).toEqual({ 'ready serving': 1, 'serving terminating': 1 });
  const endpoints = await cluster.admin.get(ENDPOINTS, { namespace: 'default', name: 'web' });
  expect(endpoints.subsets![0]!.addresses!.length).toBe(1);
  await cluster.advance(6);
  expect(await conditions()).toEqual({ 'ready serving': 1 });
});

test('pods that are not ready are listed apart', async () => {
  await start(0);
  await cluster.admin.create(DEPLOYMENTS, deploymentOf('web', 1));
  await cluster.settle();
  const [pod] = (await cluster.admin.list(PODS)).items;
  const ready = { type: 'Ready', status: 'False' };
  await cluster.admin.updateStatus(PODS, { ...pod!, status: { ...pod!.status, conditions: [ready] } });
  await cluster.settle();
  expect(await conditions()).toEqual({ 'not ready': 1 });
  const endpoints = await cluster.admin.get(ENDPOINTS, { namespace: 'default', name: 'web' });
  expect(endpoints.subsets).toEqual([
    {
      notReadyAddresses: [expect.objectContaining({ ip: pod!.status!.podIP })],
      ports: [{ port: 8080, protocol: 'TCP' }],
    },
  ]);
});

test('a port by name is looked up in each pod', async () => {
  await start(0, { ports: [{ name: 'web', port: 80, targetPort: 'http' }] });
  const containers = (containerPort: number) => [
    { name: 'main', image: 'nginx:1', ports: [{ name: 'http', containerPort }] },
  ];
  for (const [name, port] of [
    ['a', 8080],
    ['b', 9090],
    ['c', 8080],
  ] as const) {
    await cluster.admin.create(PODS, {
      metadata: { namespace: 'default', name, labels: { app: 'web' } },
      spec: { containers: containers(port) },
    });
  }
  await cluster.settle();
  const found = (await slices()).map(({ ports, endpoints }) => `${ports![0]!.port} x${endpoints.length}`);
  expect(found.sort()).toEqual(['8080 x2', '9090 x1']);
});

test('slices and endpoints go with their Service', async () => {
  await start(1);
  await cluster.admin.delete(SERVICES, { namespace: 'default', name: 'web' });
  await cluster.settle();
  expect(await slices()).toEqual([]);
  const names = (await cluster.admin.list(ENDPOINTS)).items.map(({ metadata }) => metadata.name);
  expect(names).not.toContain('web');
});
