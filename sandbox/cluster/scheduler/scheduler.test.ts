import { afterEach, expect, test } from 'vitest';
import type { Pod, PodSpec } from '../client/kinds.ts';
import { DEPLOYMENTS, NODES, PODS, PRIORITY_CLASSES } from '../client/resources.ts';
import { deploymentOf, SimulatedCluster } from '../simulated-cluster.ts';

let cluster: SimulatedCluster;
afterEach(() => {
  cluster.dispose();
});

function start(): SimulatedCluster {
  return (cluster = new SimulatedCluster());
}

const pod = (name: string, spec: Partial<PodSpec> = {}, labels: Record<string, string> = {}): Pod => ({
  metadata: { namespace: 'default', name, labels },
  spec: { containers: [{ name: 'main', image: 'nginx:1' }], ...spec },
});

const cpu = (amount: string): Partial<PodSpec> => ({
  containers: [{ name: 'main', image: 'nginx:1', resources: { requests: { cpu: amount } } }],
});

async function place(...pods: Pod[]): Promise<void> {
  for (const each of pods) await cluster.admin.create(PODS, each);
  await cluster.settle();
}

const nodeOf = async (name: string) =>
  (await cluster.admin.get(PODS, { namespace: 'default', name })).spec.nodeName;

async function whyNot(name: string): Promise<string | undefined> {
  const { status } = await cluster.admin.get(PODS, { namespace: 'default', name });
  return status!.conditions?.find(({ type }) => type === 'PodScheduled')?.message;
}

/** How many pods there are on each node. */
async function spread(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const line of await cluster.pods()) {
    const node = line.split(' ')[1]!;
    counts[node] = (counts[node] ?? 0) + 1;
  }
  return counts;
}

const NO_HELP = 'no new claims to deallocate, preemption: ';

test('binds a pod and says so', async () => {
  await start().addNodes('n1');
  await cluster.events();
  await place(pod('web'));
  expect(await nodeOf('web')).toBe('n1');
  expect(await cluster.events()).toEqual(['0s Pod/web Scheduled: Successfully assigned default/web to n1']);
});

const REFUSALS: {
  name: string;
  node: Parameters<SimulatedCluster['addNode']>[1];
  spec: Partial<PodSpec>;
  want: string;
}[] = [
  {
    name: 'more CPU than is left',
    node: { cpu: '1' },
    spec: cpu('900m'),
    want: `0/2 nodes are available: 2 Insufficient cpu. ${NO_HELP}0/2 nodes are available: 2 No preemption victims found for incoming pod.`,
  },
  {
    name: 'more CPU than there is',
    node: { cpu: '1' },
    spec: cpu('2'),
    want: `0/2 nodes are available: 2 Insufficient cpu. ${NO_HELP}0/2 nodes are available: 2 Preemption is not helpful for scheduling.`,
  },
  {
    name: 'a taint',
    node: { spec: { taints: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }] } },
    spec: {},
    want: `0/2 nodes are available: 2 node(s) had untolerated taint(s). ${NO_HELP}0/2 nodes are available: 2 Preemption is not helpful for scheduling.`,
  },
  {
    name: 'a cordon',
    node: { spec: { unschedulable: true } },
    spec: {},
    want: `0/2 nodes are available: 2 node(s) were unschedulable. ${NO_HELP}0/2 nodes are available: 2 Preemption is not helpful for scheduling.`,
  },
  {
    name: 'a node selector',
    node: {},
    spec: { nodeSelector: { disk: 'ssd' } },
    want: `0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. ${NO_HELP}0/2 nodes are available: 2 Preemption is not helpful for scheduling.`,
  },
];

test.each(REFUSALS)('refuses for $name', async ({ node, spec, want }) => {
  start();
  for (const name of ['n1', 'n2']) await cluster.addNode(name, node);
  if (node?.cpu === '1') {
    for (const name of ['n1', 'n2']) await place(pod(`on-${name}`, { ...cpu('500m'), nodeName: name }));
  }
  await cluster.events();
  await place(pod('web', spec));
  expect(await whyNot('web')).toBe(want);
  expect(await cluster.events()).toEqual([`0s Pod/web FailedScheduling: ${want}`]);
});

async function addPriorityClass(name: string, value: number, preemptionPolicy?: string): Promise<void> {
  await cluster.admin.create(PRIORITY_CLASSES, {
    metadata: { name },
    value,
    ...(preemptionPolicy ? { preemptionPolicy } : {}),
  });
}

test('a pod that must not preempt is told so', async () => {
  await start().addNodes('n1');
  await addPriorityClass('polite', 10, 'Never');
  await place(pod('web', { ...cpu('8'), priorityClassName: 'polite' }));
  expect(await whyNot('web')).toBe(
    `0/1 nodes are available: 1 Insufficient cpu. ${NO_HELP}not eligible due to preemptionPolicy=Never.`,
  );
});

test('without nodes', async () => {
  await start().settle();
  await place(pod('web'));
  expect(await whyNot('web')).toBe('no nodes available to schedule pods');
  await cluster.addNode('n1');
  await cluster.advance(2);
  expect(await nodeOf('web')).toBe('n1');
});

test('a host port is given once a node', async () => {
  await start().addNodes('n1', 'n2');
  const web: Partial<PodSpec> = {
    containers: [{ name: 'main', image: 'nginx:1', ports: [{ containerPort: 80, hostPort: 8080 }] }],
  };
  await place(pod('a', web), pod('b', web), pod('c', web));
  expect(await spread()).toEqual({ n1: 1, n2: 1, '-': 1 });
  expect(await whyNot('c')).toContain("2 node(s) didn't have free ports for the requested pod ports.");
});

test('spreads the pods of a Deployment over nodes', async () => {
  await start().addNodes('n1', 'n2', 'n3');
  await cluster.admin.create(DEPLOYMENTS, deploymentOf('web', 9));
  await cluster.settle();
  expect(await spread()).toEqual({ n1: 3, n2: 3, n3: 3 });
});

test('a hard topology spread constraint holds', async () => {
  start();
  for (const [name, zone] of [
    ['n1', 'a'],
    ['n2', 'a'],
    ['n3', 'b'],
  ] as const) {
    await cluster.addNode(name, { labels: { 'topology.kubernetes.io/zone': zone } });
  }
  const constraint = {
    maxSkew: 1,
    topologyKey: 'topology.kubernetes.io/zone',
    whenUnsatisfiable: 'DoNotSchedule',
    labelSelector: { matchLabels: { app: 'web' } },
  };
  await cluster.admin.create(
    DEPLOYMENTS,
    deploymentOf('web', 6, { pod: { topologySpreadConstraints: [constraint] } }),
  );
  await cluster.settle();
  const { n1 = 0, n2 = 0, n3 } = await spread();
  expect([n1 + n2, n3]).toEqual([3, 3]);
});

test('anti-affinity keeps one pod a node, and tells why the next has none', async () => {
  await start().addNodes('n1', 'n2');
  const affinity = {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'web' } } },
      ],
    },
  };
  for (const name of ['a', 'b', 'c']) await place(pod(name, { affinity }, { app: 'web' }));
  expect(await spread()).toEqual({ n1: 1, n2: 1, '-': 1 });
  expect(await whyNot('c')).toBe(
    `0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules. ${NO_HELP}0/2 nodes are available: 2 No preemption victims found for incoming pod.`,
  );
  // One without a rule of its own is kept out by the rule of the others.
  await place(pod('d', {}, { app: 'web' }));
  expect(await whyNot('d')).toContain("2 node(s) didn't satisfy existing pods anti-affinity rules.");
});

test('affinity brings pods together, the first of a kind included', async () => {
  await start().addNodes('n1', 'n2', 'n3');
  const affinity = {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'web' } } },
      ],
    },
  };
  for (const name of ['a', 'b', 'c']) await place(pod(name, { affinity }, { app: 'web' }));
  expect(Object.values(await spread())).toEqual([3]);
});

test('a pod that names its node by affinity waits for that node', async () => {
  await start().addNodes('n1', 'n2');
  const affinity = {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }],
      },
    },
  };
  await place(pod('web', { ...cpu('8'), affinity }));
  expect(await whyNot('web')).toBe(
    `0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't satisfy plugin(s) [NodeAffinity]. ${NO_HELP}0/2 nodes are available: 2 Preemption is not helpful for scheduling.`,
  );
});

test('higher priority goes first', async () => {
  await start().addNode('n1', { cpu: '1' });
  await addPriorityClass('high', 10);
  await cluster.admin.patch(NODES, { name: 'n1' }, 'application/merge-patch+json', {
    spec: { unschedulable: true },
  });
  await cluster.settle();
  await place(pod('low', cpu('800m')), pod('high', { ...cpu('800m'), priorityClassName: 'high' }));
  await cluster.admin.patch(NODES, { name: 'n1' }, 'application/merge-patch+json', {
    spec: { unschedulable: null },
  });
  await cluster.advance(2);
  expect([await nodeOf('low'), await nodeOf('high')]).toEqual([undefined, 'n1']);
});

test('a pod that did not fit is tried again when room is made, after its back-off', async () => {
  await start().addNode('n1', { cpu: '1' });
  await place(pod('first', cpu('800m')), pod('second', cpu('800m')));
  expect(await nodeOf('second')).toBeUndefined();
  await cluster.advance(100);
  expect(await nodeOf('second')).toBeUndefined();
  await cluster.admin.delete(PODS, { namespace: 'default', name: 'first' });
  await cluster.settle();
  expect(await nodeOf('second')).toBe('n1');
});

test('what cannot help is not tried', async () => {
  await start().addNode('n1', { cpu: '1' });
  await place(pod('big', cpu('4')), pod('other'));
  await cluster.events();
  await cluster.admin.delete(PODS, { namespace: 'default', name: 'other' });
  await cluster.advance(30);
  // The removal of a pod was worth one attempt; the quiet half minute none.
  expect(
    (await cluster.events()).filter((line) => line.includes('FailedScheduling')).length,
  ).toBeLessThanOrEqual(1);
});

test('pods of other schedulers, and gated ones, are left alone', async () => {
  await start().addNodes('n1');
  await place(
    pod('foreign', { schedulerName: 'mine' }),
    pod('gated', { schedulingGates: [{ name: 'example.com/wait' }] }),
  );
  expect([await nodeOf('foreign'), await nodeOf('gated')]).toEqual([undefined, undefined]);
  await cluster.admin.patch(PODS, { namespace: 'default', name: 'gated' }, 'application/merge-patch+json', {
    spec: { schedulingGates: null },
  });
  await cluster.settle();
  expect(await nodeOf('gated')).toBe('n1');
});
