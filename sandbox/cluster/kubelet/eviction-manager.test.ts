import { afterEach, expect, test } from 'vitest';
import type { PodSpec } from '../client/kinds.ts';
import { EVENTS, NODES, PODS, PRIORITY_CLASSES } from '../client/resources.ts';
import { SimulatedNode } from '../simulated-node.ts';

let node: SimulatedNode;
afterEach(() => node.dispose());

/** Of a node with 1 GiB, 310 MiB of which are the system's and 100 MiB nobody's. */
async function boot(): Promise<void> {
  node = new SimulatedNode(undefined, { cpu: '2', memory: '1Gi', pods: '110' });
  await node.machine.boot();
  await node.pass(1);
}

async function eat(
  name: string,
  mebibytes: number,
  request?: string,
  priorityClassName?: string,
): Promise<void> {
  const spec: PodSpec = {
    automountServiceAccountToken: false,
    nodeName: 'node-1',
    ...(priorityClassName ? { priorityClassName } : {}),
    containers: [
      {
        name: 'main',
        image: 'test:1',
        command: ['eat', String(mebibytes)],
        ...(request ? { resources: { requests: { memory: request } } } : {}),
      },
    ],
  };
  await node.client.create(PODS, { metadata: { name, namespace: 'default' }, spec } as never);
  await node.pass(2);
}

/** Phase and reason of every pod. */
async function pods(): Promise<Record<string, string>> {
  const { items } = await node.client.list(PODS, { namespace: 'default' });
  return Object.fromEntries(
    items.map(({ metadata, status }) => [metadata.name!, `${status!.phase} ${status!.reason ?? ''}`.trim()]),
  );
}

const pressure = async () =>
  (await node.client.get(NODES, { name: 'node-1' })).status!.conditions!.find(
    ({ type }) => type === 'MemoryPressure',
  )!;

test('the pod that is furthest over its request goes, and the node says that it is short', async () => {
  await boot();
  await eat('modest', 200, '250Mi');
  await eat('greedy', 300);
  expect(await pods()).toEqual({ modest: 'Running', greedy: 'Running' });
  await eat('late', 130, '100Mi');
  expect(await pods()).toEqual({ modest: 'Running', greedy: 'Failed Evicted', late: 'Running' });
  const { status } = await node.pod('greedy');
  expect(status!.message).toMatch(
    /^The node was low on resource: memory\. Threshold quantity: 100Mi, available: \S+\. Container main was using \d+Ki, request is 0, has larger consumption of memory\. $/,
  );
  expect(status!.conditions![0]).toMatchObject({
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'TerminationByKubelet',
    message: status!.message,
  });
  expect(status!.containerStatuses![0]!.state!.terminated).toMatchObject({ exitCode: 137, reason: 'Error' });
  expect(await pressure()).toMatchObject({
    status: 'True',
    reason: 'KubeletHasInsufficientMemory',
    message: 'kubelet has insufficient memory available',
  });
  const { items } = await node.client.list(EVENTS, { namespace: 'default' });
  expect(items.map(({ reason }) => reason)).toEqual(
    expect.arrayContaining(['EvictionThresholdMet', 'NodeHasInsufficientMemory', 'Evicted']),
  );
});

test('of two that are over, the one of lower priority goes first', async () => {
  await boot();
  await node.client.create(PRIORITY_CLASSES, { metadata: { name: 'high' }, value: 1000 } as never);
  await eat('dear', 350, undefined, 'high');
  await eat('cheap', 300);
  expect(await pods()).toEqual({ dear: 'Running', cheap: 'Failed Evicted' });
});

test('under pressure pods without requests are not taken; it passes five minutes after its cause', async () => {
  await boot();
  await eat('greedy', 700);
  expect(await pods()).toEqual({ greedy: 'Failed Evicted' });
  await eat('small', 1);
  expect(await pods()).toMatchObject({ small: 'Failed Evicted' });
  expect((await node.pod('small')).status!.message).toBe(
    'Pod was rejected: The node had condition: [MemoryPressure]. ',
  );
  await eat('asking', 1, '1Mi');
  expect(await pods()).toMatchObject({ asking: 'Running' });
  await node.pass(320);
  expect(await pressure()).toMatchObject({ status: 'False', reason: 'KubeletHasSufficientMemory' });
  await eat('again', 1);
  expect(await pods()).toMatchObject({ again: 'Running' });
});

test('a pod that does not fit is rejected', async () => {
  await boot();
  await eat('huge', 1, '2Gi');
  expect(await pods()).toEqual({ huge: 'Failed OutOfmemory' });
  expect((await node.pod('huge')).status).toEqual({
    message:
      "Pod was rejected: Node didn't have enough resource: memory, requested: 2147483648, used: 0, capacity: 1073741824",
    observedGeneration: 1,
    phase: 'Failed',
    qosClass: 'Burstable',
    reason: 'OutOfmemory',
    startTime: '2026-01-01T00:00:01Z',
  });
});
