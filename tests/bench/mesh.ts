/**
 * A request through two sidecars against the same one without a mesh, and a thousand through a weighted route.
 *
 * Work of the cluster's programs is counted (`os/control-group.ts`) and takes that long on its clock: one of these
 * servers is busy for a millisecond a request and its proxy for 0.15 ms, however fast this machine is. So each pod has
 * a node to itself, and most of the wall time is still the two CPUs of a node; what our code costs is the CPU time.
 */
import { RealClock } from '../../sandbox/core/clock.ts';
import { readBody, type HttpRequest } from '../../sandbox/core/http.ts';
import { Random } from '../../sandbox/core/random.ts';
import { Client } from '../../sandbox/cluster/client/client.ts';
import type { Namespace, Pod, Service } from '../../sandbox/cluster/client/kinds.ts';
import { NAMESPACES, PODS, SERVICES } from '../../sandbox/cluster/client/resources.ts';
import { Cluster } from '../../sandbox/cluster/cluster.ts';
import {
  DESTINATION_RULES,
  VIRTUAL_SERVICES,
  type DestinationRule,
  type VirtualService,
} from '../../sandbox/cluster/mesh/istio-kinds.ts';
import type { Report } from './measurement.ts';
import { median } from './samples.ts';
import { pause, timed } from './stopwatch.ts';

type Timing = Awaited<ReturnType<typeof timed>>;

const ADMINISTRATOR = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
const REQUESTS = 1000;
/** Runs of each kind, one after the other in turn, so that what else the machine does meets both. */
const ROUNDS = 7;
/** Of the servers, by pod. Nine in ten requests are for v1: two share them. */
const SERVERS = { 'web-1': 'v1', 'web-2': 'v1', 'web-3': 'v2' };
/** One for each pod of a namespace, and the control plane's. */
const NODES = Object.keys(SERVERS).length + 2;
const REQUEST: HttpRequest = { method: 'GET', path: '/endpoint0', headers: {} };

export async function measure(report: Report): Promise<void> {
  const cluster = new Cluster({
    clock: new RealClock(),
    random: new Random(1),
    nodes: NODES,
    addons: ['mesh'],
  });
  await cluster.ready;
  const client = new Client(cluster.api, { user: ADMINISTRATOR });
  await lay(client, 'plain', {});
  await lay(client, 'meshed', { 'istio-injection': 'enabled' });
  await ready(client, 2 * (NODES - 1));
  await client.create(DESTINATION_RULES, SUBSETS);
  await client.create(VIRTUAL_SERVICES, WEIGHTED);
  await pause(100);

  const send = async (namespace: string) => {
    const stack = cluster.network.pod(namespace, 'caller')!;
    for (let i = 0; i < REQUESTS; i++) {
      const response = await stack.fetch('web', 80, REQUEST);
      if (response.status !== 200) throw new Error(`${namespace}: the Service answered ${response.status}`);
      await readBody(response);
    }
  };
  // Handshakes, and what the engine compiles.
  for (let warm = 0; warm < 3; warm++) for (const namespace of ['plain', 'meshed']) await send(namespace);
  const took: Record<string, Timing[]> = { plain: [], meshed: [] };
  for (let round = 0; round < ROUNDS; round++)
    for (const namespace of ['plain', 'meshed']) took[namespace]!.push(await timed(() => send(namespace)));
  const [plain, meshed] = [took['plain']!, took['meshed']!];
  const wall = (timings: readonly Timing[]) => median(timings.map(({ wallMs }) => wallMs));
  const cpu = (timings: readonly Timing[]) => median(timings.map(({ cpuMs }) => cpuMs));
  report({
    name: '1,000 requests through a weighted route of the mesh',
    value: wall(meshed),
    unit: 'ms',
    goal: 500,
    cpuMs: cpu(meshed),
    samples: meshed.map(({ wallMs }) => wallMs),
  });
  report({ name: '1,000 requests without a mesh', value: wall(plain), unit: 'ms', cpuMs: cpu(plain) });
  report({
    name: 'CPU that the mesh adds to a request',
    value: (cpu(meshed) / cpu(plain) - 1) * 100,
    unit: '%',
    goal: 30,
  });
  cluster.dispose();
}

async function lay(client: Client, name: string, labels: Record<string, string>): Promise<void> {
  const namespace: Namespace = { metadata: { name, labels }, spec: {} };
  await client.create(NAMESPACES, namespace);
  await pause(200);
  for (const [server, version] of Object.entries(SERVERS))
    await client.create(PODS, pod(name, server, 'web', version));
  await client.create(PODS, pod(name, 'caller', 'caller', 'v1'));
  const service: Service = {
    metadata: { namespace: name, name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 9876 }] },
  };
  await client.create(SERVICES, service);
}

const pod = (namespace: string, name: string, app: string, version: string): Pod => ({
  metadata: { namespace, name, labels: { app, version } },
  spec: {
    containers: [{ name: 'main', image: 'simpleservice:0.6.0' }],
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'DoNotSchedule',
        nodeTaintsPolicy: 'Honor',
        labelSelector: { matchExpressions: [{ key: 'version', operator: 'Exists' }] },
      },
    ],
  },
});

async function ready(client: Client, count: number): Promise<void> {
  for (;;) {
    const { items } = await client.list(PODS);
    const isReady = ({ metadata, status }: Pod) =>
      metadata.namespace !== 'istio-system' &&
      status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True');
    if (items.filter(isReady).length >= count) return;
    await pause(100);
  }
}

const SUBSETS: DestinationRule = {
  metadata: { namespace: 'meshed', name: 'web' },
  spec: {
    host: 'web',
    subsets: ['v1', 'v2'].map((version) => ({ name: version, labels: { version } })),
  },
};

const WEIGHTED: VirtualService = {
  metadata: { namespace: 'meshed', name: 'web' },
  spec: {
    hosts: ['web'],
    http: [
      {
        route: [
          { destination: { host: 'web', subset: 'v1' }, weight: 90 },
          { destination: { host: 'web', subset: 'v2' }, weight: 10 },
        ],
      },
    ],
  },
};
