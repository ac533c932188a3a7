import { afterEach, expect, test } from 'vitest';
import { DEPLOYMENTS, NODES, PODS } from '../client/resources.ts';
import { deploymentOf, SimulatedCluster } from '../simulated-cluster.ts';

let cluster: SimulatedCluster;
afterEach(() => {
  cluster.dispose();
});

const TOLERATIONS = ['not-ready', 'unreachable'].map((state) => ({
  key: `node.kubernetes.io/${state}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
}));

async function start(): Promise<void> {
  cluster = new SimulatedCluster();
  await cluster.addNodes('n1', 'n2');
  await cluster.admin.create(DEPLOYMENTS, deploymentOf('web', 2, { pod: { tolerations: TOLERATIONS } }));
  await cluster.settle();
  await cluster.events();
}

const taints = async (name: string) =>
  ((await cluster.admin.get(NODES, { name })).spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);

test('a cordoned node is tainted, and no longer when it is uncordoned', async () => {
  await start();
  const cordon = async (unschedulable: boolean) => {
    await cluster.admin.patch(NODES, { name: 'n1' }, 'application/merge-patch+json', {
      spec: { unschedulable },
    });
    await cluster.settle();
  };
  await cordon(true);
  expect(await taints('n1')).toEqual(['node.kubernetes.io/unschedulable:NoSchedule']);
  await cordon(false);
  expect(await taints('n1')).toEqual([]);
});

test('a node that renews its lease stays ready', async () => {
  await start();
  await cluster.advance(600);
  expect(await taints('n1')).toEqual([]);
  expect(await cluster.events()).toEqual([]);
});

test('a silent node is unreachable after 50 s and loses its pods five minutes later', async () => {
  await start();
  const [lost] = (await cluster.pods()).filter((line) => line.includes(' n1 '));
  const pod = { namespace: 'default', name: lost!.split(' ')[0]! };
  cluster.silence('n1');
  await cluster.advance(49);
  expect(await taints('n1')).toEqual([]);
  await cluster.advance(2);
  expect(await taints('n1')).toEqual([
    'node.kubernetes.io/unreachable:NoSchedule',
    'node.kubernetes.io/unreachable:NoExecute',
  ]);
  const { status } = await cluster.admin.get(NODES, { name: 'n1' });
  expect(status!.conditions!.map(({ type, status, reason }) => `${type}=${status} ${reason}`)).toEqual([
    'Ready=Unknown NodeStatusUnknown',
    'MemoryPressure=Unknown NodeStatusNeverUpdated',
    'DiskPressure=Unknown NodeStatusNeverUpdated',
    'PIDPressure=Unknown NodeStatusNeverUpdated',
  ]);
  expect(await cluster.events()).toEqual([
    '50s Node/n1 NodeNotReady: Node n1 status is now: NodeNotReady',
    `50s Pod/${pod.name} NodeNotReady: Node is not ready`,
  ]);

  await cluster.advance(298);
  expect((await cluster.admin.get(PODS, pod)).metadata.deletionTimestamp).toBeUndefined();
  await cluster.advance(2);
  const evicted = await cluster.admin.get(PODS, pod);
  expect(evicted.metadata.deletionTimestamp).toBeDefined();
  expect(evicted.status!.conditions).toContainEqual(
    expect.objectContaining({
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
    }),
  );
  expect(await cluster.events()).toContainEqual(
    `350s Pod/${pod.name} TaintManagerEviction: Marking for deletion Pod default/${pod.name}`,
  );
  const running = (await cluster.pods()).filter((line) => line.endsWith(' n2 Running'));
  expect(running.length).toBe(2);
});

test('pods of a node that was removed are collected after 40 s', async () => {
  await start();
  cluster.silence('n1');
  await cluster.admin.delete(NODES, { name: 'n1' });
  await cluster.advance(39);
  expect((await cluster.pods()).filter((line) => line.includes(' n1 ')).length).toBe(1);
  await cluster.advance(2);
  expect((await cluster.pods()).map((line) => line.split(' ')[1])).toEqual(['n2', 'n2']);
});
