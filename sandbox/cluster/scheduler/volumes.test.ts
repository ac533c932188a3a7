/** What volumes keep pods from: in the words of kube-scheduler 1.35, read off a real one. */
import { afterEach, expect, test } from 'vitest';
import type { PersistentVolume, Pod } from '../client/kinds.ts';
import {
  CSI_NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  PRIORITY_CLASSES,
} from '../client/resources.ts';
import { SimulatedCluster } from '../simulated-cluster.ts';

let cluster: SimulatedCluster;
afterEach(() => {
  cluster.dispose();
});

/** @param zones of each node, by its name; empty: it says none */
async function start(zones: Record<string, string>): Promise<void> {
  cluster = new SimulatedCluster();
  for (const [name, zone] of Object.entries(zones))
    await cluster.addNode(name, zone ? { labels: { 'topology.kubernetes.io/zone': zone } } : {});
  await cluster.events();
}

/** A volume and the claim of the same name that it is for. */
async function claimedVolume(
  name: string,
  spec: Partial<PersistentVolume['spec']>,
  labels?: Record<string, string>,
): Promise<void> {
  const storage = '1Gi';
  await cluster.admin.create(PERSISTENT_VOLUMES, {
    metadata: { name, ...(labels ? { labels } : {}) },
    spec: { accessModes: ['ReadWriteOnce'], capacity: { storage }, storageClassName: name, ...spec },
  });
  await claim(name, 'ReadWriteOnce', name);
}

async function claim(name: string, accessMode: string, storageClassName?: string): Promise<void> {
  await cluster.admin.create(PERSISTENT_VOLUME_CLAIMS, {
    metadata: { namespace: 'default', name },
    spec: {
      accessModes: [accessMode],
      resources: { requests: { storage: '1Gi' } },
      ...(storageClassName === undefined ? {} : { storageClassName }),
    },
  });
  await cluster.settle();
}

async function pod(name: string, claimName: string, spec: Partial<Pod['spec']> = {}): Promise<void> {
  await cluster.admin.create(PODS, {
    metadata: { namespace: 'default', name },
    spec: {
      containers: [{ name: 'main', image: 'nginx:1' }],
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName } }],
      ...spec,
    },
  });
  await cluster.settle();
}

const get = (name: string) => cluster.admin.get(PODS, { namespace: 'default', name });
const nodeOf = async (name: string) => (await get(name)).spec.nodeName;
const whyNot = async (name: string) =>
  (await get(name)).status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message;

const IN_USE =
  'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod';

test('a claim for one pod is refused to a second until the first is gone', async () => {
  await start({ n1: '', n2: '' });
  await claim('one', 'ReadWriteOncePod');
  // Both are there before the first is bound.
  const made = [pod('first', 'one'), pod('second', 'one')];
  await Promise.all(made);
  await cluster.settle();
  expect(await nodeOf('first')).toBeDefined();
  const refused = `0/2 nodes are available: 2 ${IN_USE}. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.`;
  expect(await whyNot('second')).toBe(refused);
  await cluster.admin.delete(PODS, { namespace: 'default', name: 'first' });
  await cluster.advance(3);
  expect(await nodeOf('second')).toBeDefined();
});

test('the pod that has the claim is made to go for one that is worth more', async () => {
  await start({ n1: '' });
  cluster.behaviour.stopMs = 2000;
  await cluster.admin.create(PRIORITY_CLASSES, { metadata: { name: 'high' }, value: 1000 });
  await claim('one', 'ReadWriteOncePod');
  await pod('low', 'one');
  await cluster.events();
  await pod('high', 'one', { priorityClassName: 'high' });
  expect(await whyNot('high')).toBe(`0/1 nodes are available: 1 ${IN_USE}.`);
  expect((await get('high')).status?.nominatedNodeName).toBe('n1');
  await cluster.advance(5);
  expect(await nodeOf('high')).toBe('n1');
  const { uid } = (await get('high')).metadata;
  expect((await cluster.events()).map((line) => line.replace(/^\d+s /, ''))).toEqual(
    expect.arrayContaining([
      `Pod/high FailedScheduling: 0/1 nodes are available: 1 ${IN_USE}.`,
      `Pod/low Preempted: Preempted by pod ${uid} on node n1`,
      'Pod/high Scheduled: Successfully assigned default/high to n1',
    ]),
  );
});

test('a volume of a zone is had there, and by nodes that say no zone', async () => {
  await start({ n1: 'venus', n2: 'mars', n3: 'mars' });
  const hostPath = { path: '/data' };
  const zone = 'topology.kubernetes.io/zone';
  await claimedVolume('mars', { hostPath }, { [zone]: 'mars' });
  await claimedVolume('both', { hostPath }, { 'failure-domain.beta.kubernetes.io/zone': 'pluto__venus' });
  await claimedVolume('nowhere', { hostPath }, { [zone]: 'pluto' });
  for (const name of ['mars', 'both', 'nowhere']) await pod(name, name);
  expect(['n2', 'n3']).toContain(await nodeOf('mars'));
  expect(await nodeOf('both')).toBe('n1');
  expect(await whyNot('nowhere')).toBe(
    '0/3 nodes are available: 3 node(s) had no available volume zone. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
  );
  await cluster.addNode('n4');
  await cluster.advance(2);
  expect(await nodeOf('nowhere')).toBe('n4');
});

test('a node takes as many volumes of a driver as its CSINode says', async () => {
  await start({ n1: '' });
  const driver = 'disks.example.com';
  const topologyKeys: string[] = [];
  await cluster.admin.create(CSI_NODES, {
    metadata: { name: 'n1' },
    spec: { drivers: [{ name: driver, nodeID: 'n1', topologyKeys, allocatable: { count: 1 } }] },
  });
  for (const name of ['a', 'b']) await claimedVolume(name, { csi: { driver, volumeHandle: name } });
  await pod('a', 'a');
  await pod('a-again', 'a');
  await pod('b', 'b');
  expect(await nodeOf('a')).toBe('n1');
  // A volume that is there already is none more.
  expect(await nodeOf('a-again')).toBe('n1');
  expect(await whyNot('b')).toBe(
    '0/1 nodes are available: 1 node(s) exceed max volume count. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
  );
  for (const name of ['a', 'a-again']) await cluster.admin.delete(PODS, { namespace: 'default', name });
  await cluster.advance(3);
  expect(await nodeOf('b')).toBe('n1');
});
