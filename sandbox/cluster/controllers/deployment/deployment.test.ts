import { afterEach, expect, test } from 'vitest';
import type { Deployment } from '../../client/kinds.ts';
import { DEPLOYMENTS, REPLICA_SETS } from '../../client/resources.ts';
import { deploymentOf, SimulatedCluster, type SimulatedClusterOptions } from '../../simulated-cluster.ts';

let cluster: SimulatedCluster;
afterEach(() => {
  cluster.dispose();
});

async function start(options: SimulatedClusterOptions = {}): Promise<void> {
  cluster = new SimulatedCluster(options);
  await cluster.addNodes('n1', 'n2', 'n3');
  await cluster.events();
}

const WEB = { namespace: 'default', name: 'web' };

async function change(patch: object): Promise<void> {
  await cluster.admin.patch(DEPLOYMENTS, WEB, 'application/merge-patch+json', { spec: patch });
  await cluster.settle();
}

const setImage = (image: string) => change({ template: { spec: { containers: [{ name: 'main', image }] } } });

/** What happened to the Deployment, with the hashes of its ReplicaSets named by their revision. */
async function transcript(): Promise<string[]> {
  const { items } = await cluster.admin.list(REPLICA_SETS);
  const revisions = new Map(
    items.map(({ metadata }) => [
      metadata.name!,
      `#${metadata.annotations?.['deployment.kubernetes.io/revision']}`,
    ]),
  );
  const lines = (await cluster.events()).filter((line) => line.includes(' Deployment/'));
  return lines.map((line) => line.replace(/web-[a-z0-9]{7,10}\b/, (name) => revisions.get(name) ?? name));
}

async function status(): Promise<string> {
  const { status = {} } = await cluster.admin.get(DEPLOYMENTS, WEB);
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  const conditions = (status.conditions ?? []).map((c) => `${c.type}=${c.status}/${c.reason}`).sort();
  return `${replicas} ${updatedReplicas} ${readyReplicas} ${availableReplicas} ${conditions.join(' ')}`;
}

const sizes = async () =>
  (await cluster.admin.list(REPLICA_SETS)).items
    .map(
      ({ metadata, spec }) =>
        `${metadata.annotations!['deployment.kubernetes.io/revision']}:${spec.replicas}`,
    )
    .sort();

test('creates a ReplicaSet and becomes available', async () => {
  await start({ startMs: 2000 });
  await cluster.admin.create(DEPLOYMENTS, deploymentOf('web', 3));
  await cluster.settle();
  expect(await status()).toBe(
    '3 3 0 0 Available=False/MinimumReplicasUnavailable Progressing=True/ReplicaSetUpdated',
  );
  await cluster.advance(2);
  expect(await status()).toBe(
    '3 3 3 3 Available=True/MinimumReplicasAvailable Progressing=True/NewReplicaSetAvailable',
  );
  expect(await transcript()).toEqual([
    '0s Deployment/web ScalingReplicaSet: Scaled up replica set #1 from 0 to 3',
  ]);
  expect(cluster.errors).toEqual([]);
});

test('an update moves pods one by one within surge and availability', async () => {
  await start({ startMs: 1000, stopMs: 500 });
  await cluster.admin.create(DEPLOYMENTS, deploymentOf('web', 3));
  await cluster.advance(2);
  await transcript();
  await setImage('nginx:2');
  await cluster.advance(10);
  expect(await transcript()).toEqual([
    '2s Deployment/web ScalingReplicaSet: Scaled up replica set #2 from 0 to 1',
    '3s Deployment/web ScalingReplicaSet: Scaled down replica set #1 from 3 to 2',
    '3s Deployment/web ScalingReplicaSet: Scaled up replica set #2 from 1 to 2',
    '4s Deployment/web ScalingReplicaSet: Scaled down replica set #1 from 2 to 1',
    '4s Deployment/web ScalingReplicaSet: Scaled up replica set #2 from 2 to 3',
    '5s Deployment/web ScalingReplicaSet: Scaled down replica set #1 from 1 to 0',
  ]);
  expect(await sizes()).toEqual(['1:0', '2:3']);
});

test('going back to an earlier template takes up its ReplicaSet under a new revision', async () => {
  await start();
  await cluster.admin.create(DEPLOYMENTS, deploymentOf('web', 2));
  await cluster.settle();
  await setImage('nginx:2');
  await setImage('nginx:1');
  expect(await sizes()).toEqual(['2:0', '3:2']);
  const { items } = await cluster.admin.list(REPLICA_SETS);
  const histories = items.map(
    ({ metadata }) => metadata.annotations!['deployment.kubernetes.io/revision-history'],
  );
  expect(histories.filter(Boolean)).toEqual(['1']);
  const { metadata } = await cluster.admin.get(DEPLOYMENTS, WEB);
  expect(metadata.annotations!['deployment.kubernetes.io/revision']).toBe('3');
});

test('Recreate waits for the last old pod before the first new one', async () => {
  await start({ stopMs: 3000 });
  await cluster.admin.create(DEPLOYMENTS, deploymentOf('web', 2, { strategy: { type: 'Recreate' } }));
  await cluster.settle();
  await transcript();
  await setImage('nginx:2');
  await cluster.advance(2);
  expect(await sizes()).toEqual(['1:0']);
  await cluster.advance(2);
  expect(await transcript()).toEqual([
    '0s Deployment/web ScalingReplicaSet: Scaled down replica set #1 from 2 to 0',
    '3s Deployment/web ScalingReplicaSet: Scaled up replica set #2 from 0 to 2',
  ]);
});

test('an update without progress fails after progressDeadlineSeconds', async () => {
  await start();
  await cluster.admin.create(DEPLOYMENTS, deploymentOf('web', 2, { progressDeadlineSeconds: 60 }));
  await cluster.settle();
  cluster.behaviour.startMs = Infinity;
  await setImage('nginx:broken');
  await cluster.advance(59);
  expect(await status()).toContain('Progressing=True/ReplicaSetUpdated');
  await cluster.advance(3);
  expect(await status()).toBe(
    '3 1 2 2 Available=True/MinimumReplicasAvailable Progressing=False/ProgressDeadlineExceeded',
  );
});

test('a paused Deployment follows its size, but not its template', async () => {
  await start();
  await cluster.admin.create(DEPLOYMENTS, deploymentOf('web', 2));
  await cluster.settle();
  await change({ paused: true });
  expect(await status()).toContain('Progressing=Unknown/DeploymentPaused');
  await setImage('nginx:2');
  await change({ replicas: 4 });
  expect(await sizes()).toEqual(['1:4']);
  await change({ paused: false });
  expect(await sizes()).toEqual(['1:0', '2:4']);
});

test('scaling in the middle of an update keeps the proportions', async () => {
  await start();
  const strategy: Deployment['spec']['strategy'] = {
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge: 3, maxUnavailable: 2 },
  };
  await cluster.admin.create(DEPLOYMENTS, deploymentOf('web', 10, { strategy }));
  await cluster.settle();
  cluster.behaviour.startMs = Infinity;
  await setImage('nginx:broken');
  expect(await sizes()).toEqual(['1:8', '2:5']);
  await change({ replicas: 15 });
  // The example of Kubernetes' documentation: 3 of 5 more go to the old, 2 to the new ReplicaSet.
  expect(await sizes()).toEqual(['1:11', '2:7']);
});

test('old ReplicaSets beyond revisionHistoryLimit are deleted', async () => {
  await start();
  await cluster.admin.create(DEPLOYMENTS, deploymentOf('web', 1, { revisionHistoryLimit: 1 }));
  await cluster.settle();
  for (const image of ['nginx:2', 'nginx:3', 'nginx:4']) await setImage(image);
  expect(await sizes()).toEqual(['3:0', '4:1']);
});

test('adopts a ReplicaSet that matches and has no controller', async () => {
  await start();
  await cluster.admin.create(DEPLOYMENTS, deploymentOf('web', 2));
  await cluster.settle();
  await cluster.admin.delete(DEPLOYMENTS, WEB, { propagationPolicy: 'Orphan' });
  await cluster.settle();
  const before = await cluster.pods();
  await cluster.admin.create(DEPLOYMENTS, deploymentOf('web', 2));
  await cluster.settle();
  expect(await cluster.pods()).toEqual(before);
  const { items } = await cluster.admin.list(REPLICA_SETS);
  expect(items.map(({ metadata }) => metadata.ownerReferences?.[0]?.kind)).toEqual(['Deployment']);
});
