import { afterEach, expect, test } from 'vitest';
import { encode } from '../../core/bytes.ts';
import { ManualClock } from '../../core/clock.ts';
import { Random } from '../../core/random.ts';
import { textResponse } from '../../core/http.ts';
import type { Program } from '../../os/machine.ts';
import { ApiServer } from '../apiserver/api-server.ts';
import { Client } from '../client/client.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import type { Pod, PodSpec } from '../client/kinds.ts';
import { CONFIG_MAPS, EVENTS, NODES, PODS } from '../client/resources.ts';
import { executable } from '../images/executable.ts';
import { Image } from '../images/image.ts';
import { tagNotFound } from '../images/image-store.ts';
import { Layer } from '../images/layer.ts';
import { ClusterNetwork } from '../network/cluster-network.ts';
import { Kubelet } from './kubelet.ts';
import { PodSource } from './pod-source.ts';

/** What the test image's binaries do. */
const PROGRAMS: Record<string, Program> = {
  sleep: (process) => process.sleep(Number(process.argv[1]) * 1000),
  fail: async (process) => {
    await process.print('about to fail\n');
    return Number(process.argv[1]);
  },
  cat: async (process) => {
    for (const path of process.argv.slice(1)) await process.print(process.readTextFile(path));
  },
  env: async (process) => {
    for (const [name, value] of Object.entries(process.environment))
      await process.print(`${name}=${value}\n`);
  },
  serve: async (process) => {
    const health = () => process.machine.files.readDirectory('/').includes('healthy');
    process.machine.network!.listen(Number(process.argv[1]), async () =>
      textResponse(health() ? 200 : 503, 'hello\n'),
    );
    await process.wait(new Promise(() => {}));
  },
  touch: async (process) => process.machine.files.writeFile(process.argv[1]!, encode('')),
  polite: async (process) => {
    await process.wait(new Promise<void>((resolve) => process.handlers.set('TERM', resolve)));
    return 7;
  },
};

const BIN = [
  { path: '/bin', kind: 'directory' as const },
  ...Object.keys(PROGRAMS).map((name) => ({
    path: `/bin/${name}`,
    kind: 'file' as const,
    mode: 0o755,
    contents: executable(name),
  })),
  { path: '/etc', kind: 'directory' as const },
  { path: '/etc/passwd', kind: 'file' as const, contents: encode('root:x:0:0:root:/root:/bin/sh\n') },
];
const IMAGE = new Image({ Cmd: ['sleep', '3600'] }, [new Layer(BIN, 'ADD bin', 0)]);

class TestNode {
  readonly clock = new ManualClock();
  readonly api: ApiServer;
  readonly client: Client;
  readonly network: ClusterNetwork;
  readonly kubelet: Kubelet;
  readonly informers: InformerFactory;

  constructor() {
    const { clock } = this;
    const random = new Random(1);
    this.api = new ApiServer({ clock, random });
    const account = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace: 'default' },
      automountServiceAccountToken: false,
    };
    this.api.store.put('serviceaccounts', 'default/default', account, undefined);
    this.client = new Client(this.api, { user: { username: 'admin', groups: ['system:masters'] } });
    this.informers = new InformerFactory(this.client, clock);
    this.network = new ClusterNetwork({ clock, random, informers: this.informers });
    this.kubelet = new Kubelet({
      nodeName: 'node-1',
      address: '172.18.0.2',
      podCIDR: '10.244.0.0/24',
      client: this.client,
      clock,
      random,
      informers: this.informers,
      pods: new PodSource(this.informers),
      network: this.network,
      registry: {
        resolve: (reference) =>
          reference.tag === 'slow' ? Promise.resolve(IMAGE) : Promise.reject(tagNotFound(reference)),
      },
      programs: new Map(Object.entries(PROGRAMS).map(([name, program]) => [name, () => program])),
      preloaded: new Map([['test:1', IMAGE]]),
    });
    this.informers.start();
  }

  /** Creates a pod that is bound to the node already, and runs for a moment. */
  async run(spec: Partial<PodSpec>, metadata: Pod['metadata'] = {}): Promise<void> {
    await this.kubelet.start();
    await this.client.create(PODS, {
      metadata: { name: 'web', namespace: 'default', ...metadata },
      spec: { automountServiceAccountToken: false, nodeName: 'node-1', containers: [], ...spec },
    });
    await this.pass(0);
  }

  /** Lets the clock go on, and everything that follows from it happen. */
  pass(seconds: number): Promise<void> {
    return this.clock.advance(seconds * 1000, async () => {
      for (let turn = 0; turn < 30; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
    });
  }

  async pod(name = 'web'): Promise<Pod> {
    return this.client.get(PODS, { namespace: 'default', name });
  }

  async state(name = 'web') {
    return (await this.pod(name)).status!.containerStatuses![0]!;
  }

  /** `reason: message` of the pod's events, oldest first, with `×count`. */
  async events(): Promise<string[]> {
    const { items } = await this.client.list(EVENTS, { namespace: 'default' });
    return items
      .filter(({ involvedObject }) => involvedObject.kind === 'Pod')
      .map(({ reason, message, count }) => `${reason}: ${message}${count! > 1 ? ` ×${count}` : ''}`);
  }

  async log(previous = false): Promise<string> {
    const record = this.kubelet.pod((await this.pod()).metadata.uid!)!.container('web')!;
    const container = previous ? record.previous! : record.current!;
    let out = '';
    for await (const bytes of container.log.read()) out += new TextDecoder().decode(bytes);
    return out;
  }
}

let node: TestNode;
afterEach(() => node.kubelet.dispose());

const conditions = (pod: Pod) =>
  Object.fromEntries(pod.status!.conditions!.map(({ type, status, reason }) => [type, reason ?? status]));

test('registers its node, Ready and with its images', async () => {
  node = new TestNode();
  await node.kubelet.start();
  const { status, spec } = await node.client.get(NODES, { name: 'node-1' });
  expect(spec.podCIDR).toBe('10.244.0.0/24');
  expect(status!.conditions!.map(({ type, status }) => `${type}=${status}`)).toEqual([
    'MemoryPressure=False',
    'DiskPressure=False',
    'PIDPressure=False',
    'Ready=True',
  ]);
  expect(status!.nodeInfo!.kubeletVersion).toBe('v1.35.4');
  expect(status!.images![0]!.names).toEqual(['docker.io/library/test:1']);
});

test('runs a pod', async () => {
  node = new TestNode();
  await node.run({ containers: [{ name: 'web', image: 'test:1' }] });
  const pod = await node.pod();
  expect(pod.status!.phase).toBe('Running');
  expect(pod.status!.podIP).toBe('10.244.0.2');
  expect(pod.status!.hostIP).toBe('172.18.0.2');
  expect(conditions(pod)).toEqual({
    PodReadyToStartContainers: 'True',
    Initialized: 'True',
    Ready: 'True',
    ContainersReady: 'True',
  });
  const status = pod.status!.containerStatuses![0]!;
  expect(status).toMatchObject({
    image: 'docker.io/library/test:1',
    imageID: IMAGE.id,
    lastState: {},
    ready: true,
    restartCount: 0,
    started: true,
    state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
    user: { linux: { uid: 0, gid: 0, supplementalGroups: [0] } },
  });
  expect(status.containerID).toMatch(/^containerd:\/\/[0-9a-f]{64}$/);
  expect(await node.events()).toEqual([
    'Pulled: Container image "test:1" already present on machine and can be accessed by the pod',
    'Created: Container created',
    'Started: Container started',
  ]);
});

test('a container that fails is restarted with a back-off', async () => {
  node = new TestNode();
  await node.run({ containers: [{ name: 'web', image: 'test:1', command: ['fail', '3'] }] });
  const { uid } = (await node.pod()).metadata;
  expect((await node.state()).state).toMatchObject({ terminated: { exitCode: 3, reason: 'Error' } });
  expect(await node.log()).toBe('about to fail\n');

  await node.pass(1);
  expect((await node.state()).restartCount).toBe(1);
  await node.pass(1);
  expect((await node.state()).state).toEqual({
    waiting: {
      reason: 'CrashLoopBackOff',
      message: `back-off 10s restarting failed container=web pod=web_default(${uid})`,
    },
  });
  expect((await node.state()).lastState).toMatchObject({ terminated: { exitCode: 3 } });
  const restarts: number[] = [];
  for (let seconds = 2; seconds < 800; seconds++) {
    const before = (await node.state()).restartCount;
    await node.pass(1);
    if ((await node.state()).restartCount > before) restarts.push(seconds + 1);
  }
  const gaps = restarts.map((at, i) => at - (restarts[i - 1] ?? 1));
  expect(gaps).toEqual([10, 20, 40, 80, 160, 300]);
  expect((await node.pod()).status!.phase).toBe('Running');
  const events = await node.events();
  const backOff = `BackOff: Back-off restarting failed container web in pod web_default(${uid})`;
  expect(events.some((event) => event.startsWith(backOff))).toBe(true);
});
