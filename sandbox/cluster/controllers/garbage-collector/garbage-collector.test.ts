import { afterEach, expect, test } from 'vitest';
import type { OwnerReference } from '../../api/object.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  PODS,
  REPLICA_SETS,
  SECRETS,
  type ResourceType,
} from '../../client/resources.ts';
import { deploymentOf, SimulatedCluster } from '../../simulated-cluster.ts';

let cluster: SimulatedCluster;
afterEach(() => {
  cluster.dispose();
});

async function start(stopMs = 0): Promise<void> {
  cluster = new SimulatedCluster({ stopMs });
  await cluster.addNodes('n1');
}

async function web(): Promise<void> {
  await start(3000);
  await cluster.admin.create(DEPLOYMENTS, deploymentOf('web', 2));
  await cluster.settle();
}

const WEB = { namespace: 'default', name: 'web' };

/** How many Deployments, ReplicaSets and pods there are. */
async function counts(): Promise<number[]> {
  const lists = ([DEPLOYMENTS, REPLICA_SETS, PODS] as ResourceType[]).map((type) => cluster.admin.list(type));
  return (await Promise.all(lists)).map(({ items }) => items.length);
}

test('in the background the owner goes first', async () => {
  await web();
  await cluster.admin.delete(DEPLOYMENTS, WEB);
  expect(await counts()).toEqual([0, 1, 2]);
  await cluster.settle();
  expect(await counts()).toEqual([0, 0, 2]);
  await cluster.advance(3);
  expect(await counts()).toEqual([0, 0, 0]);
});

test('in the foreground the owner goes last', async () => {
  await web();
  await cluster.admin.delete(DEPLOYMENTS, WEB, { propagationPolicy: 'Foreground' });
  await cluster.settle();
  expect(await counts()).toEqual([1, 1, 2]);
  const { metadata } = await cluster.admin.get(DEPLOYMENTS, WEB);
  expect(metadata.finalizers).toEqual(['foregroundDeletion']);
  await cluster.advance(3);
  expect(await counts()).toEqual([0, 0, 0]);
});

test('orphans stay and lose their owner', async () => {
  await web();
  await cluster.admin.delete(DEPLOYMENTS, WEB, { propagationPolicy: 'Orphan' });
  await cluster.advance(10);
  expect(await counts()).toEqual([0, 1, 2]);
  const [set] = (await cluster.admin.list(REPLICA_SETS)).items;
  expect(set!.metadata.ownerReferences).toBeUndefined();
});

const owner = (name: string, uid: string, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name,
  uid,
  ...more,
});

const configMap = async (name: string, ownerReferences: OwnerReference[] = []) =>
  (await cluster.admin.create(CONFIG_MAPS, { metadata: { namespace: 'default', name, ownerReferences } }))
    .metadata.uid!;

const names = async () =>
  (await cluster.admin.list(CONFIG_MAPS, { namespace: 'default' })).items
    .map(({ metadata }) => metadata.name!)
    .filter((name) => !name.startsWith('kube-'));

test('what names an owner that was never there is deleted', async () => {
  await start();
  await configMap('lost', [owner('nobody', '00000000-0000-0000-0000-000000000000')]);
  await cluster.settle();
  expect(await names()).toEqual([]);
});

test('an owner of the same name with another uid does not count', async () => {
  await start();
  await configMap('owner');
  await configMap('dependent', [owner('owner', '00000000-0000-0000-0000-000000000000')]);
  await cluster.settle();
  expect(await names()).toEqual(['owner']);
});

test('one of two owners is enough, and the other is struck off', async () => {
  await start();
  const [a, b] = [await configMap('a'), await configMap('b')];
  await configMap('dependent', [owner('a', a), owner('b', b)]);
  await cluster.settle();
  await cluster.admin.delete(CONFIG_MAPS, { namespace: 'default', name: 'a' });
  await cluster.settle();
  expect(await names()).toEqual(['b', 'dependent']);
  const { metadata } = await cluster.admin.get(CONFIG_MAPS, { namespace: 'default', name: 'dependent' });
  expect(metadata.ownerReferences).toEqual([owner('b', b)]);
  await cluster.admin.delete(CONFIG_MAPS, { namespace: 'default', name: 'b' });
  await cluster.settle();
  expect(await names()).toEqual([]);
});

test('owners that own each other go together', async () => {
  await start();
  const a = await configMap('a');
  const b = await configMap('b', [owner('a', a, { blockOwnerDeletion: true })]);
  await cluster.admin.patch(
    CONFIG_MAPS,
    { namespace: 'default', name: 'a' },
    'application/merge-patch+json',
    {
      metadata: { ownerReferences: [owner('b', b, { blockOwnerDeletion: true })] },
    },
  );
  await cluster.settle();
  await cluster.admin.delete(
    CONFIG_MAPS,
    { namespace: 'default', name: 'a' },
    { propagationPolicy: 'Foreground' },
  );
  await cluster.advance(60);
  expect(await names()).toEqual([]);
});

test('ownership reaches across resources', async () => {
  await start();
  const a = await configMap('a');
  await cluster.admin.create(SECRETS, {
    metadata: { namespace: 'default', name: 'dependent', ownerReferences: [owner('a', a)] },
  });
  await cluster.settle();
  await cluster.admin.delete(CONFIG_MAPS, { namespace: 'default', name: 'a' });
  await cluster.settle();
  expect((await cluster.admin.list(SECRETS, { namespace: 'default' })).items).toEqual([]);
});
