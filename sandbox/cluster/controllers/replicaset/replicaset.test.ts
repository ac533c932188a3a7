import { afterEach, expect, test } from 'vitest';
import type { ReplicaSet } from '../../client/kinds.ts';
import { PODS, REPLICA_SETS } from '../../client/resources.ts';
import { SimulatedCluster } from '../../simulated-cluster.ts';

let cluster: SimulatedCluster;
afterEach(() => {
  cluster.dispose();
});

const SET = { namespace: 'default', name: 'web' };

const replicaSet = (replicas: number, spec: Partial<ReplicaSet['spec']> = {}): ReplicaSet => ({
  metadata: { ...SET },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web', tier: 'front' } },
      spec: { containers: [{ name: 'main', image: 'nginx:1' }] },
    },
    ...spec,
  },
});

async function start(replicas: number, spec: Partial<ReplicaSet['spec']> = {}): Promise<void> {
  cluster = new SimulatedCluster();
  await cluster.addNodes('n1', 'n2');
  await cluster.admin.create(REPLICA_SETS, replicaSet(replicas, spec));
  await cluster.settle();
}

const scale = async (replicas: number) => {
  await cluster.admin.patch(REPLICA_SETS, SET, 'application/merge-patch+json', { spec: { replicas } });
  await cluster.settle();
};
const status = async () => (await cluster.admin.get(REPLICA_SETS, SET)).status;
const podNames = async () => (await cluster.pods()).map((line) => line.split(' ')[0]!);

test('makes as many pods as wanted and counts them', async () => {
  await start(3);
  expect(await status()).toEqual({
    replicas: 3,
    fullyLabeledReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    terminatingReplicas: 0,
    observedGeneration: 1,
  });
  const [pod] = (await cluster.admin.list(PODS)).items;
  expect(pod!.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  expect(pod!.metadata.ownerReferences).toEqual([
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      name: 'web',
      uid: (await cluster.admin.get(REPLICA_SETS, SET)).metadata.uid,
      controller: true,
      blockOwnerDeletion: true,
    },
  ]);
  expect((await cluster.events()).filter((line) => line.includes('ReplicaSet/'))).toEqual(
    (await podNames()).map(() =>
      expect.stringMatching(/^0s ReplicaSet\/web SuccessfulCreate: Created pod: web-.{5}$/),
    ),
  );
});

test('replaces a pod that somebody deleted, and one that failed', async () => {
  await start(2);
  const [first, second] = await podNames();
  await cluster.admin.delete(PODS, { namespace: 'default', name: first });
  await cluster.settle();
  const failed = await cluster.admin.get(PODS, { namespace: 'default', name: second });
  await cluster.admin.updateStatus(PODS, { ...failed, status: { ...failed.status, phase: 'Failed' } });
  await cluster.settle();
  expect((await cluster.pods()).map((line) => line.split(' ')[2]).sort()).toEqual([
    'Failed',
    'Running',
    'Running',
  ]);
  expect(await status()).toMatchObject({ replicas: 2, readyReplicas: 2 });
});

test('when it scales down, what runs longest stays', async () => {
  await start(1);
  const [oldest] = await podNames();
  await cluster.advance(100);
  await scale(3);
  await cluster.advance(1);
  await scale(1);
  expect(await podNames()).toEqual([oldest]);
});

test('a pod with a low deletion cost goes first', async () => {
  await start(3);
  const [, cheap] = await podNames();
  await cluster.admin.patch(PODS, { namespace: 'default', name: cheap }, 'application/merge-patch+json', {
    metadata: { annotations: { 'controller.kubernetes.io/pod-deletion-cost': '-5' } },
  });
  await scale(2);
  expect(await podNames()).not.toContain(cheap);
});

test('adopts pods that match, and releases those that no longer do', async () => {
  cluster = new SimulatedCluster();
  await cluster.addNodes('n1');
  await cluster.admin.create(PODS, {
    metadata: { namespace: 'default', name: 'stray', labels: { app: 'web' } },
    spec: { containers: [{ name: 'main', image: 'nginx:1' }] },
  });
  await cluster.settle();
  await cluster.admin.create(REPLICA_SETS, replicaSet(2));
  await cluster.settle();
  expect((await podNames()).length).toBe(2);
  const stray = { namespace: 'default', name: 'stray' };
  expect((await cluster.admin.get(PODS, stray)).metadata.ownerReferences?.[0]?.name).toBe('web');

  await cluster.admin.patch(PODS, stray, 'application/merge-patch+json', {
    metadata: { labels: { app: 'other' } },
  });
  await cluster.settle();
  expect((await cluster.admin.get(PODS, stray)).metadata.ownerReferences).toBeUndefined();
  expect((await podNames()).length).toBe(3);
  expect(await status()).toMatchObject({ replicas: 2 });
});

test('minReadySeconds: ready is not yet available', async () => {
  await start(2, { minReadySeconds: 10 });
  expect(await status()).toMatchObject({ readyReplicas: 2 });
  expect((await status())?.availableReplicas).toBeUndefined();
  await cluster.advance(9);
  expect((await status())?.availableReplicas).toBeUndefined();
  await cluster.advance(1);
  expect(await status()).toMatchObject({ readyReplicas: 2, availableReplicas: 2 });
});
