import { afterEach, expect, test } from 'vitest';
import type { DaemonSet, PodSpec } from '../client/kinds.ts';
import { DAEMON_SETS, NODES, PODS } from '../client/resources.ts';
import { SimulatedCluster } from '../simulated-cluster.ts';

let cluster: SimulatedCluster;
afterEach(() => {
  cluster.dispose();
});

const AGENT = { namespace: 'default', name: 'agent' };

async function start(pod: Partial<PodSpec> = {}, spec: Partial<DaemonSet['spec']> = {}): Promise<void> {
  cluster = new SimulatedCluster({ startMs: 1000, stopMs: 500 });
  await cluster.addNodes('n1', 'n2');
  await cluster.addNode('tainted', {
    spec: { taints: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }] },
  });
  await cluster.admin.create(DAEMON_SETS, {
    metadata: { ...AGENT },
    spec: {
      selector: { matchLabels: { app: 'agent' } },
      template: {
        metadata: { labels: { app: 'agent' } },
        spec: { containers: [{ name: 'main', image: 'agent:1' }], ...pod },
      },
      ...spec,
    },
  });
  await cluster.advance(2);
}

const nodes = async () => (await cluster.pods()).map((line) => line.split(' ')[1]).sort();
const status = async () => (await cluster.admin.get(DAEMON_SETS, AGENT)).status;

test('one pod on every node that it tolerates', async () => {
  await start();
  expect(await nodes()).toEqual(['n1', 'n2']);
  expect(await status()).toMatchObject({
    desiredNumberScheduled: 2,
    currentNumberScheduled: 2,
    numberReady: 2,
    numberAvailable: 2,
    updatedNumberScheduled: 2,
    numberMisscheduled: 0,
    observedGeneration: 1,
  });
});

test('tolerations and selectors decide which nodes', async () => {
  await start({
    tolerations: [{ operator: 'Exists' }],
    nodeSelector: { 'kubernetes.io/hostname': 'tainted' },
  });
  expect(await nodes()).toEqual(['tainted']);
});

test('a node that comes gets its pod, a cordon keeps none away', async () => {
  await start();
  await cluster.addNode('n3', { spec: { unschedulable: true } });
  await cluster.advance(2);
  expect(await nodes()).toEqual(['n1', 'n2', 'n3']);
});

test('a pod that was deleted, or that failed, is replaced', async () => {
  await start();
  const [first, second] = (await cluster.admin.list(PODS)).items;
  await cluster.admin.delete(PODS, first!.metadata);
  await cluster.admin.updateStatus(PODS, { ...second!, status: { ...second!.status, phase: 'Failed' } });
  await cluster.advance(5);
  expect(await nodes()).toEqual(['n1', 'n2']);
  expect((await status())?.numberReady).toBe(2);
  const { name } = second!.metadata;
  expect(await cluster.events()).toContainEqual(
    `2s DaemonSet/agent FailedDaemonPod: Found failed daemon pod default/${name} on node ${second!.spec.nodeName}, will try to kill it`,
  );
});

test('an update replaces one pod after the other', async () => {
  await start();
  await cluster.admin.patch(DAEMON_SETS, AGENT, 'application/merge-patch+json', {
    spec: { template: { spec: { containers: [{ name: 'main', image: 'agent:2' }] } } },
  });
  await cluster.advance(1);
  expect((await status())?.updatedNumberScheduled).toBe(1);
  await cluster.advance(10);
  expect(await status()).toMatchObject({ updatedNumberScheduled: 2, numberAvailable: 2 });
});

test('with surge a new pod is there before the old one goes', async () => {
  await start(
    {},
    { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
  );
  await cluster.events();
  await cluster.admin.patch(DAEMON_SETS, AGENT, 'application/merge-patch+json', {
    spec: { template: { metadata: { annotations: { v: '2' } } } },
  });
  let least = Infinity;
  for (let second = 0; second < 10; second++) {
    await cluster.advance(1);
    least = Math.min(least, (await status())!.numberAvailable ?? 0);
  }
  expect(least).toBe(2);
  expect(await status()).toMatchObject({ updatedNumberScheduled: 2, numberAvailable: 2 });
  const what = (await cluster.events()).filter((line) => line.includes('DaemonSet/agent'));
  expect(what.map((line) => line.replace(/^\d+s DaemonSet\/agent (\w+).*/, '$1'))).toEqual([
    'SuccessfulCreate',
    'SuccessfulDelete',
    'SuccessfulCreate',
    'SuccessfulDelete',
  ]);
});

test('a taint that does not execute leaves running daemons alone', async () => {
  await start();
  await cluster.admin.patch(NODES, { name: 'n1' }, 'application/merge-patch+json', {
    spec: { taints: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }] },
  });
  await cluster.advance(2);
  expect(await nodes()).toEqual(['n1', 'n2']);
  expect(await status()).toMatchObject({ desiredNumberScheduled: 1, numberMisscheduled: 1 });
});
