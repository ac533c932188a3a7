/**
 * One node with its kubelet and an API server, under a clock that tests move. Its image `test:1` has a few small
 * programs; pods are bound to the node by whoever makes them.
 */
import { decode, encode } from '../core/bytes.ts';
import { ManualClock } from '../core/clock.ts';
import type { Disposable } from '../core/disposable.ts';
import { textResponse } from '../core/http.ts';
import { Random } from '../core/random.ts';
import { macrotask, setSliceMs } from '../core/slice.ts';
import type { Program } from '../os/machine.ts';
import { ApiServer } from './apiserver/api-server.ts';
import { Client } from './client/client.ts';
import { InformerFactory } from './client/informer-factory.ts';
import type { Pod, PodSpec } from './client/kinds.ts';
import { EVENTS, PODS } from './client/resources.ts';
import { executable } from './images/executable.ts';
import { Image } from './images/image.ts';
import { tagNotFound } from './images/image-store.ts';
import { Layer } from './images/layer.ts';
import type { Kubelet } from './kubelet/kubelet.ts';
import { NodeMachine } from './kubelet/node-machine.ts';
import { PodSource } from './kubelet/pod-source.ts';
import { ClusterNetwork } from './network/cluster-network.ts';

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
  /** Takes so many MiB of memory, and keeps them. */
  eat: async (process) => {
    process.allocate(Number(process.argv[1]) * 1024 ** 2);
    await process.wait(new Promise(() => {}));
  },
  /** Writes a file of so many bytes, and stays. */
  fill: async (process) => {
    process.machine.files.writeFile(process.argv[1]!, new Uint8Array(Number(process.argv[2])));
    await process.wait(new Promise(() => {}));
  },
  ps: async (process) => {
    for (const { pid, argv } of process.machine.processes.values())
      await process.print(`${pid} ${argv.join(' ')}\n`);
  },
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
export const TEST_IMAGE = new Image({ Cmd: ['sleep', '3600'] }, [new Layer(BIN, 'ADD bin', 0)]);

/** Turns of the event loop after which everything that follows from a step of the clock has happened. */
const SETTLING_TURNS = 60;

export class SimulatedNode implements Disposable {
  readonly clock: ManualClock;
  readonly api: ApiServer;
  readonly client: Client;
  readonly network: ClusterNetwork;
  readonly machine: NodeMachine;
  readonly informers: InformerFactory;

  /**
   * @param snapshot what it boots from, a minute after the start of time
   * @param capacity of the node; default: the kubelet's
   */
  constructor(snapshot?: ReturnType<ApiServer['snapshot']>, capacity?: Record<string, string>) {
    // How much is done before `pass` looks again must not depend on this machine.
    setSliceMs(Infinity);
    const clock = new ManualClock(Date.UTC(2026, 0, 1, 0, snapshot ? 1 : 0));
    this.clock = clock;
    const random = new Random(1);
    this.api = new ApiServer({ clock, random, ...(snapshot ? { snapshot } : {}) });
    const account = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace: 'default' },
      automountServiceAccountToken: false,
    };
    if (!snapshot) this.api.store.put('serviceaccounts', 'default/default', account, undefined);
    this.client = new Client(this.api, { user: { username: 'admin', groups: ['system:masters'] } });
    this.informers = new InformerFactory(this.client, clock);
    this.network = new ClusterNetwork({ clock, random, informers: this.informers });
    this.machine = new NodeMachine({
      nodeName: 'node-1',
      address: '172.18.0.2',
      podCIDR: '10.244.0.0/24',
      transport: this.api,
      clock,
      random,
      informers: this.informers,
      pods: new PodSource(this.informers),
      network: this.network,
      registry: {
        resolve: (reference) =>
          reference.tag === 'slow' ? Promise.resolve(TEST_IMAGE) : Promise.reject(tagNotFound(reference)),
      },
      programs: new Map(Object.entries(PROGRAMS).map(([name, program]) => [name, () => program])),
      preloaded: new Map([['test:1', TEST_IMAGE]]),
      ...(capacity ? { capacity } : {}),
    });
    this.informers.start();
  }

  /** Of the running machine. */
  get kubelet(): Kubelet {
    return this.machine.kubelet!;
  }

  dispose(): void {
    this.machine.dispose();
    this.informers.dispose();
  }

  /** Creates a pod that is bound to the node already, and runs for a moment. */
  async run(spec: Partial<PodSpec>, metadata: Pod['metadata'] = {}): Promise<void> {
    await this.machine.boot();
    await this.client.create(PODS, {
      metadata: { name: 'web', namespace: 'default', ...metadata },
      spec: { automountServiceAccountToken: false, nodeName: 'node-1', containers: [], ...spec },
    });
    await this.pass(0.1);
  }

  /** Lets the clock go on, and everything that follows from it happen. */
  pass(seconds: number): Promise<void> {
    return this.clock.advance(seconds * 1000, async () => {
      for (let turn = 0; turn < SETTLING_TURNS; turn++) await macrotask();
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

  /** What a container has printed. */
  async log(previous = false, name = 'web'): Promise<string> {
    const record = this.kubelet.pod((await this.pod()).metadata.uid!)!.container(name)!;
    const container = previous ? record.previous! : record.current!;
    let out = '';
    for await (const bytes of container.log.read()) out += decode(bytes);
    return out;
  }
}
