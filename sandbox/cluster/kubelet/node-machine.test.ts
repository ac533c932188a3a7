import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../core/clock.ts';
import { readText } from '../../core/http.ts';
import { Random } from '../../core/random.ts';
import { COMMANDS } from '../../shell/commands/registry.ts';
import { Client } from '../client/client.ts';
import type { Pod } from '../client/kinds.ts';
import { DEPLOYMENTS, EVENTS, LEASES, NODES, PODS, SERVICES } from '../client/resources.ts';
import { Cluster } from '../cluster.ts';
import { PROGRAMS } from '../images/registry.ts';
import type { NodeMachine } from './node-machine.ts';

const ADMIN = { username: 'kubernetes-admin', groups: ['system:masters'] };

let clock: ManualClock;
let cluster: Cluster;
let client: Client;

const settle = async () => {
  for (let turn = 0; turn < 40; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
};
const pass = (seconds: number) => clock.advance(seconds * 1000, settle);

beforeEach(async () => {
  await Promise.all(['sh', 'sleep', 'echo'].map((name) => COMMANDS[name]!()));
  await PROGRAMS.get('busybox')!();
  clock = new ManualClock();
  cluster = new Cluster({ clock, random: new Random(3), nodes: 3 });
  client = new Client(cluster.api, { user: ADMIN });
  await pass(1);
  await cluster.ready;
  const labels = { app: 'web' };
  await client.create(DEPLOYMENTS, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: 'web',
              image: 'busybox:1',
              command: [
                'sh',
                '-c',
                'mkdir /www; echo hello > /www/index.html; exec httpd -f -p 8080 -h /www',
              ],
            },
          ],
        },
      },
    },
  } as never);
  await client.create(SERVICES, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
  } as never);
  await pass(5);
});
afterEach(() => cluster.dispose());

const pods = async (): Promise<Pod[]> => (await client.list(PODS, { namespace: 'default' })).items;

async function ready(node: string): Promise<string> {
  const { status } = await client.get(NODES, { name: node });
  return status!.conditions!.find(({ type }) => type === 'Ready')!.status!;
}

/** The worker that has a pod, and that pod. */
async function occupied(): Promise<{ machine: NodeMachine; pod: Pod }> {
  const pod = (await pods())[0]!;
  return { machine: cluster.nodes.get(pod.spec.nodeName!)!, pod };
}

const ask = async () =>
  readText(
    await cluster.network.fetchService(
      { namespace: 'default', service: 'web', port: 80 },
      { method: 'GET', path: '/', headers: {} },
    ),
  );

test('a node that is stopped becomes NotReady, is tainted, and its pods move', async () => {
  const { machine, pod } = await occupied();
  machine.stop();
  expect(machine.state).toBe('stopped');
  await pass(30);
  expect(await ready(machine.name)).toBe('True');
  await pass(30);
  expect(await ready(machine.name)).toBe('Unknown');
  const { spec } = await client.get(NODES, { name: machine.name });
  expect(spec.taints!.map(({ key, effect }) => `${key}:${effect}`)).toContain(
    'node.kubernetes.io/unreachable:NoExecute',
  );
  expect(await ask()).toBe('hello\n');
  const logs = cluster.api.nodeConnector!.logs(pod, 'web', {});
  await expect(logs).rejects.toThrow(
    `Get "https://${machine.address}:10250/containerLogs/default/${pod.metadata.name}/web": dial tcp ${machine.address}:10250: connect: no route to host`,
  );
  await pass(310);
  const now = await pods();
  expect(
    now.find(({ metadata }) => metadata.name === pod.metadata.name)!.metadata.deletionTimestamp,
  ).toBeDefined();
  const running = now.filter(
    ({ metadata, status }) => !metadata.deletionTimestamp && status!.phase === 'Running',
  );
  expect(running).toHaveLength(2);
  expect(running.every(({ spec: { nodeName } }) => nodeName !== machine.name)).toBe(true);
});

test('a node that is started again runs its pods as after a reboot', async () => {
  const { machine, pod } = await occupied();
  machine.stop();
  await pass(60);
  const started = machine.start();
  await pass(20);
  await started;
  expect(await ready(machine.name)).toBe('True');
  const { status, metadata } = (await pods()).find((each) => each.metadata.name === pod.metadata.name)!;
  expect(metadata.deletionTimestamp).toBeUndefined();
  expect(status!.containerStatuses![0]).toMatchObject({
    restartCount: 1,
    ready: true,
    lastState: { terminated: { exitCode: 255, reason: 'Unknown' } },
  });
  const { items } = await client.list(EVENTS, { namespace: 'default' });
  expect(items.map(({ reason }) => reason)).toEqual(expect.arrayContaining(['Rebooted', 'SandboxChanged']));
  expect(await ask()).toBe('hello\n');
});

test('a node that is cut off runs on, and takes up what has happened when it is back', async () => {
  const { machine, pod } = await occupied();
  const { podIP } = pod.status!;
  machine.cutOff();
  await pass(60);
  expect(await ready(machine.name)).toBe('Unknown');
  const worker = machine.kubelet!.pod(pod.metadata.uid!)!;
  expect(worker.container('web')!.running).toBe(true);
  const dialled = cluster.network.pod('default', (await pods())[1]!.metadata.name!)!.dial(podIP!, 8080);
  const outcome = expect(dialled).rejects.toThrow('timed out');
  await pass(130);
  await outcome;
  // Deleted meanwhile: the node does not know, and nobody may say that it is gone.
  await client.delete(PODS, pod.metadata);
  await pass(60);
  expect(worker.container('web')!.running).toBe(true);
  machine.reconnect();
  await pass(45);
  expect(await ready(machine.name)).toBe('True');
  expect((await pods()).map(({ metadata }) => metadata.name)).not.toContain(pod.metadata.name);
});

test('a node that is paused stands still', async () => {
  const { machine } = await occupied();
  const renewed = async () =>
    (await client.get(LEASES, { name: machine.name, namespace: 'kube-node-lease' })).spec.renewTime;
  machine.pause();
  const before = await renewed();
  await pass(25);
  expect(await renewed()).toBe(before);
  machine.unpause();
  await pass(12);
  expect(await renewed()).not.toBe(before);
  expect(await ready(machine.name)).toBe('True');
});
