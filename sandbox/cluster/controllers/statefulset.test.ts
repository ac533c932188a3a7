import { afterEach, expect, test } from 'vitest';
import type { StatefulSet } from '../client/kinds.ts';
import { CONTROLLER_REVISIONS, PERSISTENT_VOLUME_CLAIMS, PODS, STATEFUL_SETS } from '../client/resources.ts';
import { SimulatedCluster } from '../simulated-cluster.ts';

let cluster: SimulatedCluster;
afterEach(() => {
  cluster.dispose();
});

const DB = { namespace: 'default', name: 'db' };

async function start(replicas: number, spec: Partial<StatefulSet['spec']> = {}): Promise<void> {
  cluster = new SimulatedCluster({ startMs: 1000, stopMs: 1000 });
  await cluster.addNodes('n1', 'n2');
  await cluster.admin.create(STATEFUL_SETS, {
    metadata: { ...DB },
    spec: {
      replicas,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: {
        metadata: { labels: { app: 'db' } },
        spec: { containers: [{ name: 'main', image: 'postgres:1' }] },
      },
      ...spec,
    },
  });
  await cluster.settle();
}

const change = async (spec: object) => {
  await cluster.admin.patch(STATEFUL_SETS, DB, 'application/merge-patch+json', { spec });
  await cluster.settle();
};
const names = async () => (await cluster.pods()).map((line) => line.split(' ')[0]);
const happened = async () =>
  (await cluster.events())
    .filter((line) => line.includes('StatefulSet/'))
    .map((line) => line.replace(' StatefulSet/db', ''));

test('pods are made one after the other, each when the one before is ready', async () => {
  await start(3);
  expect(await names()).toEqual(['db-0']);
  await cluster.advance(1);
  expect(await names()).toEqual(['db-0', 'db-1']);
  await cluster.advance(5);
  expect(await happened()).toEqual([
    '0s SuccessfulCreate: Create Pod db-0 in StatefulSet db successful',
    '1s SuccessfulCreate: Create Pod db-1 in StatefulSet db successful',
    '2s SuccessfulCreate: Create Pod db-2 in StatefulSet db successful',
  ]);
  const pod = await cluster.admin.get(PODS, { namespace: 'default', name: 'db-1' });
  expect(pod.spec).toMatchObject({ hostname: 'db-1', subdomain: 'db' });
  expect(pod.metadata.labels).toMatchObject({
    'statefulset.kubernetes.io/pod-name': 'db-1',
    'apps.kubernetes.io/pod-index': '1',
  });
});

test('Parallel makes all at once', async () => {
  await start(3, { podManagementPolicy: 'Parallel' });
  expect(await names()).toEqual(['db-0', 'db-1', 'db-2']);
});

test('the last go first, one at a time', async () => {
  await start(3);
  await cluster.advance(5);
  await happened();
  await change({ replicas: 1 });
  await cluster.advance(5);
  expect(await happened()).toEqual([
    '5s SuccessfulDelete: Delete Pod db-2 in StatefulSet db successful',
    '6s SuccessfulDelete: Delete Pod db-1 in StatefulSet db successful',
  ]);
  expect(await names()).toEqual(['db-0']);
});

test('a pod that was deleted comes back under its name', async () => {
  await start(2);
  await cluster.advance(5);
  const before = await cluster.admin.get(PODS, { namespace: 'default', name: 'db-0' });
  await cluster.admin.delete(PODS, { namespace: 'default', name: 'db-0' });
  await cluster.advance(5);
  const after = await cluster.admin.get(PODS, { namespace: 'default', name: 'db-0' });
  expect(after.metadata.uid).not.toBe(before.metadata.uid);
  expect(await names()).toEqual(['db-0', 'db-1']);
});

const setImage = (image: string) => change({ template: { spec: { containers: [{ name: 'main', image }] } } });
const images = async () =>
  (await cluster.admin.list(PODS)).items.map(({ spec }) => spec.containers[0]!.image);

test('an update goes from the last to the first', async () => {
  await start(3);
  await cluster.advance(5);
  await happened();
  await setImage('postgres:2');
  await cluster.advance(2);
  expect(await images()).toEqual(['postgres:1', 'postgres:1', 'postgres:2']);
  await cluster.advance(20);
  expect(await images()).toEqual(['postgres:2', 'postgres:2', 'postgres:2']);
  const { status } = await cluster.admin.get(STATEFUL_SETS, DB);
  expect(status).toMatchObject({ replicas: 3, readyReplicas: 3, currentReplicas: 3, updatedReplicas: 3 });
  expect(status!.currentRevision).toBe(status!.updateRevision);
  expect((await cluster.admin.list(CONTROLLER_REVISIONS)).items.map(({ revision }) => revision)).toEqual(
    expect.arrayContaining([1, 2]),
  );
});

test('below the partition nothing is updated', async () => {
  await start(3, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } });
  await cluster.advance(5);
  await setImage('postgres:2');
  await cluster.advance(20);
  expect(await images()).toEqual(['postgres:1', 'postgres:1', 'postgres:2']);
});

test('each pod has its own claim, which outlives it', async () => {
  await start(2, {
    volumeClaimTemplates: [
      {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
    ],
  });
  await cluster.advance(5);
  const { spec } = await cluster.admin.get(PODS, { namespace: 'default', name: 'db-1' });
  expect(spec.volumes).toContainEqual({
    name: 'data',
    persistentVolumeClaim: { claimName: 'data-db-1' },
  });
  await change({ replicas: 0 });
  await cluster.advance(10);
  const claims = (await cluster.admin.list(PERSISTENT_VOLUME_CLAIMS)).items;
  expect(claims.map(({ metadata }) => metadata.name)).toEqual(['data-db-0', 'data-db-1']);
});

test.each([
  { whenDeleted: 'Retain', whenScaled: 'Retain', scaled: ['0', '1'], deleted: ['0', '1'] },
  { whenDeleted: 'Delete', whenScaled: 'Retain', scaled: ['0', '1'], deleted: [] },
  { whenDeleted: 'Retain', whenScaled: 'Delete', scaled: ['0'], deleted: ['0'] },
  { whenDeleted: 'Delete', whenScaled: 'Delete', scaled: ['0'], deleted: [] },
])(
  'claims when scaled: $whenScaled, when deleted: $whenDeleted',
  async ({ whenDeleted, whenScaled, scaled, deleted }) => {
    const resources = { requests: { storage: '1Gi' } };
    await start(2, {
      persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled },
      volumeClaimTemplates: [
        { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources } },
      ],
    });
    await cluster.advance(5);
    const left = async () =>
      (await cluster.admin.list(PERSISTENT_VOLUME_CLAIMS)).items.map(({ metadata }) =>
        metadata.name!.slice(-1),
      );
    expect(await left()).toEqual(['0', '1']);
    await change({ replicas: 1 });
    await cluster.advance(5);
    expect(await left()).toEqual(scaled);
    await cluster.admin.delete(STATEFUL_SETS, DB, { propagationPolicy: 'Background' });
    await cluster.advance(5);
    expect(await left()).toEqual(deleted);
  },
);

test('waits for a pod of its name that is not its own to go', async () => {
  await start(0);
  cluster.behaviour.stopMs = 5000;
  const pod = { namespace: 'default', name: 'db-0' };
  await cluster.admin.create(PODS, {
    metadata: pod,
    spec: { containers: [{ name: 'main', image: 'postgres:1' }] },
  });
  await cluster.settle();
  await cluster.admin.delete(PODS, pod);
  await change({ replicas: 1 });
  await cluster.advance(20);
  expect((await cluster.admin.get(PODS, pod)).metadata.ownerReferences).toHaveLength(1);
});
