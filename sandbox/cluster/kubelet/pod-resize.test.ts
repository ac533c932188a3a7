import { afterEach, expect, test } from 'vitest';
import type { ResourceRequirements } from '../client/kinds.ts';
import { PODS } from '../client/resources.ts';
import { SimulatedNode } from '../simulated-node.ts';

let node: SimulatedNode;
afterEach(() => node.dispose());

const resources = (cpu: string, memory: string): ResourceRequirements => ({
  requests: { cpu, memory },
  limits: { cpu, memory },
});

async function start(): Promise<void> {
  node = new SimulatedNode();
  await node.run({
    containers: [
      {
        name: 'web',
        image: 'test:1',
        command: ['polite'],
        resources: resources('100m', '20Mi'),
        resizePolicy: [
          { resourceName: 'cpu', restartPolicy: 'NotRequired' },
          { resourceName: 'memory', restartPolicy: 'RestartContainer' },
        ],
      },
    ],
  });
  await node.pass(1);
}

async function resize(cpu: string, memory: string): Promise<void> {
  await node.client.patch(
    PODS,
    { namespace: 'default', name: 'web' },
    'application/strategic-merge-patch+json',
    { spec: { containers: [{ name: 'web', resources: resources(cpu, memory) }] } },
    { subresource: 'resize' },
  );
  await node.pass(2);
}

const group = async () =>
  node.kubelet.pod((await node.pod()).metadata.uid!)!.container('web')!.current!.init.controlGroup;

/** Conditions about the resize: `type reason: message`. */
const conditions = async () =>
  (await node.pod())
    .status!.conditions!.filter(({ type }) => type.startsWith('PodResize'))
    .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);

const details = (limits: string, error = '') =>
  `{"containers":[{"name":"web","resources":{"limits":${limits},"requests":${limits}}}],"generation":2${error}}`;

test('CPU is given without a restart', async () => {
  await start();
  await resize('300m', '20Mi');
  expect((await group()).cpuLimit).toBe(0.3);
  expect(await node.state()).toMatchObject({
    restartCount: 0,
    allocatedResources: { cpu: '300m', memory: '20Mi' },
    resources: resources('300m', '20Mi'),
  });
  expect(await conditions()).toEqual([]);
  const limits = '{"cpu":"300m","memory":"20Mi"}';
  expect((await node.events()).slice(-2)).toEqual([
    `ResizeStarted: Pod resize started: ${details(limits)}`,
    `ResizeCompleted: Pod resize completed: ${details(limits)}`,
  ]);
});

test('memory is given by a restart where the container asks for one', async () => {
  await start();
  await resize('100m', '40Mi');
  expect((await group()).memoryLimitBytes).toBe(40 * 1024 ** 2);
  expect(await node.state()).toMatchObject({
    restartCount: 1,
    ready: true,
    lastState: { terminated: { exitCode: 7 } },
    resources: resources('100m', '40Mi'),
  });
  const events = (await node.events()).map((event) => event.split(': ')[0]);
  expect(events).toEqual(['Pulled', 'Created', 'Started', 'ResizeStarted', 'Killing', 'ResizeCompleted']);
  expect(await node.events()).toContain('Killing: Container web resize requires restart');
});

test('what the node could never give is infeasible', async () => {
  await start();
  await resize('50', '20Mi');
  const message = "Node didn't have enough capacity: cpu, requested: 50000, capacity: 2000";
  expect(await conditions()).toEqual([`PodResizePending Infeasible: ${message}`]);
  expect(await node.state()).toMatchObject({ resources: resources('100m', '20Mi') });
  expect((await node.events()).at(-1)).toBe(
    `ResizeInfeasible: Pod resize Infeasible: ${details('{"cpu":"50","memory":"20Mi"}', `,"error":"${message}"`)}`,
  );
});

test('what others have is deferred until they go', async () => {
  await start();
  await node.client.create(PODS, {
    metadata: { name: 'other', namespace: 'default' },
    spec: {
      automountServiceAccountToken: false,
      nodeName: 'node-1',
      terminationGracePeriodSeconds: 1,
      containers: [
        { name: 'web', image: 'test:1', command: ['polite'], resources: { requests: { cpu: '1' } } },
      ],
    },
  } as never);
  await node.pass(1);
  await resize('1500m', '20Mi');
  expect(await conditions()).toEqual([
    "PodResizePending Deferred: Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000",
  ]);
  await node.client.delete(PODS, { namespace: 'default', name: 'other' });
  await node.pass(5);
  expect(await conditions()).toEqual([]);
  expect(await node.state()).toMatchObject({ resources: resources('1500m', '20Mi'), restartCount: 0 });
});
