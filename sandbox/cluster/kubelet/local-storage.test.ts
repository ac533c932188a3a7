import { afterEach, expect, test } from 'vitest';
import type { PodSpec } from '../client/kinds.ts';
import { SimulatedNode } from '../simulated-node.ts';

let node: SimulatedNode;
afterEach(() => node.dispose());

test.each<{ name: string; spec: Partial<PodSpec>; want: string }>([
  {
    name: 'an emptyDir over its size limit',
    spec: {
      containers: [
        {
          name: 'web',
          image: 'test:1',
          command: ['fill', '/data/x', '5000000'],
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
      ],
      volumes: [{ name: 'data', emptyDir: { sizeLimit: '1Mi' } }],
    },
    want: 'Usage of EmptyDir volume "data" exceeds the limit "1Mi". ',
  },
  {
    name: 'what containers write, over their limits together',
    spec: {
      containers: [
        {
          name: 'web',
          image: 'test:1',
          command: ['fill', '/x', '5000000'],
          resources: { limits: { 'ephemeral-storage': '1Mi' } },
        },
      ],
    },
    want: 'Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ',
  },
  {
    name: 'one container over its own limit',
    spec: {
      containers: [
        {
          name: 'web',
          image: 'test:1',
          command: ['fill', '/x', '5000000'],
          resources: { limits: { 'ephemeral-storage': '1Mi' } },
        },
        { name: 'other', image: 'test:1', resources: { limits: { 'ephemeral-storage': '10Mi' } } },
      ],
    },
    want: 'Container web exceeded its local ephemeral storage limit "1Mi". ',
  },
])('$name ends the pod ten seconds later', async ({ spec, want }) => {
  node = new SimulatedNode();
  await node.run(spec);
  await node.pass(5);
  expect((await node.pod()).status!.phase).toBe('Running');
  await node.pass(8);
  const { status } = await node.pod();
  expect(status).toMatchObject({ phase: 'Failed', reason: 'Evicted', message: want });
  expect(status!.containerStatuses![0]!.state!.terminated!.exitCode).toBe(137);
  expect(await node.events()).toContain(`Evicted: ${want.trimEnd()}`);
});

test('a volume in memory counts as memory, and is full at its limit', async () => {
  node = new SimulatedNode();
  await node.run({
    containers: [
      {
        name: 'web',
        image: 'test:1',
        command: ['fill', '/data/x', '3000000'],
        resources: { limits: { memory: '8Mi', cpu: '1' } },
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      },
    ],
    volumes: [{ name: 'data', emptyDir: { medium: 'Memory', sizeLimit: '4Mi' } }],
  });
  await node.pass(1);
  const worker = node.kubelet.pod((await node.pod()).metadata.uid!)!;
  expect(worker.sandbox!.controlGroup.memoryBytes).toBeGreaterThan(3_000_000);
  const { files } = worker.container('web')!.current!.machine;
  expect(() => files.writeFile('/data/y', new Uint8Array(2_000_000))).toThrow('No space left on device');
});
