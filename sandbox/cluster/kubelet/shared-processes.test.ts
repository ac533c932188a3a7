import { afterEach, expect, test } from 'vitest';
import { PODS } from '../client/resources.ts';
import { SimulatedNode } from '../simulated-node.ts';

let node: SimulatedNode;
afterEach(() => node.dispose());

test('containers that share processes see each other, with pause as the first', async () => {
  node = new SimulatedNode();
  await node.run({
    shareProcessNamespace: true,
    restartPolicy: 'Never',
    containers: [
      { name: 'stays', image: 'test:1', command: ['polite'] },
      { name: 'web', image: 'test:1', command: ['ps'] },
    ],
  });
  await node.pass(1);
  expect((await node.log()).split('\n').slice(0, 3)).toEqual(['1 /pause', '2 polite', '3 ps']);
  const [stays, web] = (await node.pod()).status!.containerStatuses!;
  // Its own end ends nobody else.
  expect(web!.state!.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
  expect(stays!.state!.running).toBeDefined();
});

test('an ephemeral container looks into the one it names, even before the others may start', async () => {
  node = new SimulatedNode();
  await node.run({
    initContainers: [{ name: 'first', image: 'test:1', command: ['sleep', '3600'] }],
    containers: [{ name: 'web', image: 'test:1' }],
  });
  await node.client.patch(
    PODS,
    { namespace: 'default', name: 'web' },
    'application/strategic-merge-patch+json',
    {
      spec: {
        ephemeralContainers: [
          { name: 'debugger', image: 'test:1', command: ['ps'], targetContainerName: 'first' },
        ],
      },
    },
    { subresource: 'ephemeralcontainers' },
  );
  await node.pass(2);
  expect(await node.log(false, 'debugger')).toBe('1 sleep 3600\n2 ps\n');
  const { ephemeralContainerStatuses, initContainerStatuses } = (await node.pod()).status!;
  expect(ephemeralContainerStatuses![0]!.state!.terminated).toMatchObject({ exitCode: 0 });
  expect(ephemeralContainerStatuses![0]!.restartCount).toBe(0);
  expect(initContainerStatuses![0]!.state!.running).toBeDefined();
});

test("a container's own rules restart it where the pod's policy would not", async () => {
  node = new SimulatedNode();
  await node.run({
    restartPolicy: 'Never',
    containers: [
      {
        name: 'web',
        image: 'test:1',
        command: ['fail', '42'],
        restartPolicy: 'Never',
        restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }],
      },
    ],
  });
  await node.pass(5);
  expect((await node.state()).restartCount).toBe(1);
  expect((await node.pod()).status!.phase).toBe('Running');
});
