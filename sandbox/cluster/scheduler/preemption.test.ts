import { afterEach, expect, test } from 'vitest';
import type { Pod } from '../client/kinds.ts';
import { POD_DISRUPTION_BUDGETS, PODS, PRIORITY_CLASSES } from '../client/resources.ts';
import { SimulatedCluster } from '../simulated-cluster.ts';

let cluster: SimulatedCluster;
afterEach(() => {
  cluster.dispose();
});

async function start(nodes: Record<string, string>, stopMs = 0): Promise<void> {
  cluster = new SimulatedCluster({ stopMs });
  for (const [name, cpu] of Object.entries(nodes)) await cluster.addNode(name, { cpu });
  for (const [name, value] of Object.entries({ middle: 100, high: 1000 })) {
    await cluster.admin.create(PRIORITY_CLASSES, { metadata: { name }, value });
  }
  await cluster.events();
}

async function pod(name: string, cpu: string, spec: Partial<Pod['spec']> = {}, labels = {}): Promise<void> {
  await cluster.admin.create(PODS, {
    metadata: { namespace: 'default', name, labels },
    spec: { containers: [{ name: 'main', image: 'nginx:1', resources: { requests: { cpu } } }], ...spec },
  });
  await cluster.settle();
}

const high = { priorityClassName: 'high' };
const get = (name: string) => cluster.admin.get(PODS, { namespace: 'default', name });
const placed = async () => (await cluster.pods()).map((line) => line.split(' ').slice(0, 2).join(' '));

test('room is made for what is worth more', async () => {
  await start({ n1: '2' }, 3000);
  await pod('low-1', '1');
  await cluster.advance(5);
  await pod('low-2', '1');
  await cluster.events();
  await pod('high', '1', high);
  const waiting = await get('high');
  expect(waiting.status).toMatchObject({
    nominatedNodeName: 'n1',
    conditions: [
      {
        type: 'PodScheduled',
        reason: 'Unschedulable',
        message: '0/1 nodes are available: 1 Insufficient cpu.',
      },
    ],
  });
  // Of two that are worth the same the younger has to go.
  const victim = await get('low-2');
  expect(victim.metadata.deletionTimestamp).toBeDefined();
  expect(victim.status!.conditions).toContainEqual(
    expect.objectContaining({
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'PreemptionByScheduler',
      message: 'default-scheduler: preempting to accommodate a higher priority pod',
    }),
  );
  await cluster.advance(5);
  expect(await placed()).toEqual(['high n1', 'low-1 n1']);
  expect((await get('high')).status!.nominatedNodeName).toBeUndefined();
  expect((await cluster.events()).map((line) => line.replace(/^\d+s /, ''))).toEqual([
    'Pod/high FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu.',
    `Pod/low-2 Preempted: Preempted by pod ${waiting.metadata.uid} on node n1`,
    'Pod/high Scheduled: Successfully assigned default/high to n1',
  ]);
});

test('no more victims than needed, and those that are worth least', async () => {
  await start({ n1: '3' });
  await pod('middle', '1', { priorityClassName: 'middle' });
  await pod('low-1', '1');
  await pod('low-2', '1');
  await pod('high', '2', high);
  await cluster.advance(3);
  expect(await placed()).toEqual(['high n1', 'middle n1']);
});

test('the node where least is lost', async () => {
  await start({ n1: '1', n2: '2' });
  await pod('middle', '1', { priorityClassName: 'middle', nodeName: 'n1' });
  await pod('low-1', '1', { nodeName: 'n2' });
  await pod('low-2', '1', { nodeName: 'n2' });
  await pod('high', '1', high);
  await cluster.advance(3);
  expect((await get('high')).spec.nodeName).toBe('n2');
  expect((await get('middle')).metadata.deletionTimestamp).toBeUndefined();
});

test('a budget is spared where it can be', async () => {
  await start({ n1: '1', n2: '1' });
  await pod('guarded', '1', { nodeName: 'n1' }, { app: 'web' });
  await pod('free', '1', { nodeName: 'n2' });
  await cluster.admin.create(POD_DISRUPTION_BUDGETS, {
    metadata: { namespace: 'default', name: 'web' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
  });
  await cluster.settle();
  await pod('high', '1', high);
  await cluster.advance(3);
  expect(await placed()).toEqual(['guarded n1', 'high n2']);
});

test('the place of a pod that is waited for is not given away', async () => {
  await start({ n1: '1' }, 30_000);
  await pod('low', '1');
  await pod('high', '1', high);
  await cluster.advance(5);
  // It would fit once the victim is gone, before the other's back-off is over.
  await pod('late', '1');
  await cluster.advance(40);
  expect(await placed()).toEqual(['high n1', 'late -']);
});

test('equals are not removed', async () => {
  await start({ n1: '1' });
  await pod('first', '1', high);
  await pod('second', '1', high);
  await cluster.advance(5);
  expect(await placed()).toEqual(['first n1', 'second -']);
});
