import { afterEach, expect, test, vi } from 'vitest';
import { ManualClock } from '../core/clock.ts';
import { readText } from '../core/http.ts';
import { Random } from '../core/random.ts';
import { macrotask } from '../core/slice.ts';
import { Client } from './client/client.ts';
import { CONFIG_MAPS, DEPLOYMENTS, NODES, PODS, SERVICES } from './client/resources.ts';
import { Cluster, type ClusterOptions } from './cluster.ts';
import { ROOT_CERTIFICATE } from './root-certificate.ts';
import { deploymentOf } from './simulated-cluster.ts';

/** Programs are loaded when first run, which takes real time: the one thing here that does. */
const LOADING = { timeout: 10_000 };
vi.setConfig({ testTimeout: 20_000 });

const clusters: Cluster[] = [];
afterEach(() => {
  for (const cluster of clusters.splice(0)) cluster.dispose();
});

function boot(options: Partial<ClusterOptions> = {}) {
  const clock = new ManualClock();
  const cluster = new Cluster({
    clock,
    random: new Random(1),
    nodes: 1,
    ...options,
  });
  clusters.push(cluster);
  const user = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
  const admin = new Client(cluster.api, { user, userAgent: 'kubectl/v1.35.4' });
  const settle = async () => {
    for (let quiet = 0, revision = -1; quiet < 20; quiet++) {
      if (cluster.api.store.revision !== revision) quiet = 0;
      revision = cluster.api.store.revision;
      await macrotask();
    }
  };
  return {
    cluster,
    clock,
    admin,
    advance: (seconds: number) => clock.advance(seconds * 1000, settle),
  };
}

type Booted = ReturnType<typeof boot>;

const phases = async ({ admin }: Booted) =>
  (await admin.list(PODS, { namespace: 'default' })).items.map(({ status }) => status?.phase);

test('every namespace has the certificate of the cluster’s authority', async () => {
  const own = boot();
  const given = boot({ rootCertificate: 'PEM' });
  for (const [{ admin, advance }, want] of [
    [own, ROOT_CERTIFICATE],
    [given, 'PEM'],
  ] as const) {
    await advance(1);
    const { data } = await admin.get(CONFIG_MAPS, { namespace: 'default', name: 'kube-root-ca.crt' });
    expect(data).toEqual({ 'ca.crt': want });
  }
});

test.each([
  { nodes: 1, names: ['slipway-control-plane'], tainted: [] },
  {
    nodes: 3,
    names: ['slipway-control-plane', 'slipway-worker', 'slipway-worker2'],
    tainted: ['slipway-control-plane'],
  },
])('boots with $nodes nodes that are Ready', async ({ nodes, names, tainted }) => {
  const { cluster, admin, advance } = boot({ nodes });
  await advance(1);
  await cluster.ready;
  const { items } = await admin.list(NODES);
  expect(items.map(({ metadata }) => metadata.name)).toEqual(names);
  for (const { status } of items) {
    expect(status!.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }));
  }
  const withTaint = items.filter(({ spec }) => spec.taints?.length);
  expect(withTaint.map(({ metadata }) => metadata.name)).toEqual(tainted);
});

const web = () => deploymentOf('web', 2, { pod: { terminationGracePeriodSeconds: 1 } });

test('a Deployment runs, and its Service answers', async () => {
  const booted = boot({ nodes: 2 });
  const { cluster, admin, advance } = booted;
  await advance(1);
  await admin.create(DEPLOYMENTS, web());
  await admin.create(SERVICES, {
    metadata: { namespace: 'default', name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  });
  await advance(10);
  await vi.waitFor(async () => {
    await advance(1);
    expect(await phases(booted)).toEqual(['Running', 'Running']);
  }, LOADING);
  const { status } = await admin.get(DEPLOYMENTS, { namespace: 'default', name: 'web' });
  expect(status).toMatchObject({ availableReplicas: 2, updatedReplicas: 2 });
  const target = { namespace: 'default', service: 'web', port: 80 };
  const response = await vi.waitFor(
    () => cluster.network.fetchService(target, { method: 'GET', path: '/', headers: {} }),
    LOADING,
  );
  expect(response.status).toBe(200);
  expect(await readText(response)).toContain('Welcome to nginx!');
});

test('a restored cluster is a rebooted one: the same objects, the programs anew', async () => {
  const before = boot();
  await before.advance(1);
  await before.admin.create(DEPLOYMENTS, web());
  await before.advance(10);
  await vi.waitFor(async () => {
    await before.advance(1);
    expect(await phases(before)).toEqual(['Running', 'Running']);
  }, LOADING);
  const uids = (await before.admin.list(PODS, { namespace: 'default' })).items.map((pod) => pod.metadata.uid);
  const snapshot = before.cluster.snapshot();
  before.cluster.dispose();

  const after = boot({ clock: before.clock, snapshot });
  const settle = async () => {
    for (let round = 0; round < 60; round++) await macrotask();
  };
  await before.clock.advance(40_000, settle);
  await after.cluster.ready;
  const pods = (await after.admin.list(PODS, { namespace: 'default' })).items;
  expect(pods.map(({ metadata }) => metadata.uid)).toEqual(uids);
  expect(pods.map(({ status }) => status?.phase)).toEqual(['Running', 'Running']);
  expect(Number(after.cluster.snapshot().revision)).toBeGreaterThan(snapshot.revision);
});
