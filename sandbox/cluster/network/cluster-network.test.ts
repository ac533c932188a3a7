import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../core/clock.ts';
import { readText, textResponse, type HttpRequest } from '../../core/http.ts';
import { Random } from '../../core/random.ts';
import type { TrafficFlow } from '../../core/traffic.ts';
import type { KubernetesObject } from '../api/object.ts';
import type { ApiRequest, ApiTransport } from '../api/request.ts';
import { Client } from '../client/client.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import { ClusterNetwork, type NodeNetwork } from './cluster-network.ts';
import type { NetworkStack } from './network-stack.ts';

/** An API that holds these Services and EndpointSlices, and nothing ever changes. */
class StillApi implements ApiTransport {
  readonly objects: Record<string, KubernetesObject[]>;
  constructor(objects: Record<string, KubernetesObject[]>) {
    this.objects = objects;
  }
  async request({ resource }: ApiRequest) {
    return {
      apiVersion: 'v1',
      kind: 'List',
      metadata: { resourceVersion: '1' },
      items: this.objects[resource] ?? [],
    };
  }
  watch() {
    return { dispose: () => undefined };
  }
}

const service = (name: string, spec: object): KubernetesObject => ({
  metadata: { namespace: 'shop', name, uid: name, resourceVersion: '1' },
  spec,
});

const slice = (name: string, endpoints: object[], ports: object[]): KubernetesObject => ({
  metadata: {
    namespace: 'shop',
    name: `${name}-x`,
    uid: `${name}-x`,
    resourceVersion: '1',
    labels: { 'kubernetes.io/service-name': name },
  },
  addressType: 'IPv4',
  endpoints,
  ports,
});

const OBJECTS = {
  services: [
    service('web', {
      clusterIP: '10.96.0.20',
      ports: [{ name: 'http', port: 80, targetPort: 'www', nodePort: 30080 }],
      type: 'NodePort',
    }),
    service('sticky', { clusterIP: '10.96.0.21', ports: [{ port: 80 }], sessionAffinity: 'ClientIP' }),
    service('empty', { clusterIP: '10.96.0.22', ports: [{ port: 80 }] }),
    service('db', { clusterIP: 'None', ports: [{ port: 5432 }] }),
    service('old', { type: 'ExternalName', externalName: 'web.shop.svc.cluster.local.' }),
  ],
  endpointslices: [
    slice(
      'web',
      [
        { addresses: ['10.244.0.2'], conditions: { ready: true } },
        { addresses: ['10.244.1.2'], conditions: { ready: true } },
        { addresses: ['10.244.1.3'], conditions: { ready: false } },
      ],
      [{ name: 'http', port: 8080 }],
    ),
    slice('sticky', [{ addresses: ['10.244.0.2'] }, { addresses: ['10.244.1.2'] }], [{ port: 8080 }]),
    slice('empty', [], [{ port: 8080 }]),
    slice(
      'db',
      [
        { addresses: ['10.244.1.2'], hostname: 'db-0' },
        { addresses: ['10.244.1.3'], hostname: 'db-1' },
      ],
      [],
    ),
  ],
};

let clock: ManualClock;
let network: ClusterNetwork;
let nodes: NodeNetwork[];
let pods: NetworkStack[];

beforeEach(async () => {
  clock = new ManualClock();
  const informers = new InformerFactory(
    new Client(new StillApi(OBJECTS), { user: { username: '', groups: [] } }),
    clock,
  );
  network = new ClusterNetwork({ clock, random: new Random(1), informers });
  nodes = [0, 1].map((index) =>
    network.addNode({
      name: `node-${index}`,
      address: `172.18.0.${index + 2}`,
      podCIDR: `10.244.${index}.0/24`,
    }),
  );
  pods = [
    [0, 'a'],
    [1, 'b'],
    [1, 'c'],
  ].map(([node, name]) => {
    const pod = nodes[node as number]!.setUp({
      namespace: 'shop',
      name: name as string,
      uid: name as string,
      hostname: name as string,
    });
    pod.stack.listen(8080, async (_request, peer) => textResponse(200, `${name} sees ${peer.address}`));
    return pod.stack;
  });
  informers.start();
  await informers.synced();
});

const GET: HttpRequest = { method: 'GET', path: '/', headers: {} };
const ask = async (from: NetworkStack, host: string, port: number) => {
  try {
    return await readText(await from.fetch(host, port, GET));
  } catch (error) {
    return (error as Error).message;
  }
};

test('addresses come from the node, in turn, and are used again late', () => {
  expect(pods.map(({ addresses }) => addresses[0])).toEqual(['10.244.0.2', '10.244.1.2', '10.244.1.3']);
  const identity = { namespace: 'shop', name: 'd', uid: 'd', hostname: 'd' };
  const first = nodes[0]!.setUp(identity);
  expect(first.address).toBe('10.244.0.3');
  first.dispose();
  expect(nodes[0]!.setUp(identity).address).toBe('10.244.0.4');
  expect(nodes[0]!.setUp({ ...identity, address: '10.244.0.9' }).address).toBe('10.244.0.9');
});

test.each([
  ['a pod by address', 1, '10.244.0.2', 8080, 'a sees 10.244.1.2'],
  ['itself by localhost', 0, 'localhost', 8080, 'a sees 127.0.0.1'],
  ['a port nobody listens on', 0, '10.244.1.2', 81, 'Connection refused'],
  ['a Service without endpoints', 0, 'empty', 80, 'Connection refused'],
  ['a name in its namespace', 2, 'web', 80, /^[ab] sees 10\.244\.1\.3$/],
  ['a name with namespace', 2, 'web.shop', 80, /^[ab] sees/],
  ['a full name', 2, 'web.shop.svc.cluster.local', 80, /^[ab] sees/],
  ['an alias', 2, 'old', 80, /^[ab] sees/],
  ['a stable name of a headless Service', 0, 'db-1.db', 8080, 'c sees 10.244.0.2'],
  ['a name that is not there', 0, 'nope', 80, 'Could not resolve host: nope'],
  ['a node port', 2, '172.18.0.2', 30080, /^[ab] sees/],
])('a pod asks %s', async (_name, from, host, port, want) => {
  const answer = await ask(pods[from]!, host, port);
  if (want instanceof RegExp) expect(answer).toMatch(want);
  else expect(answer).toBe(want);
});

test('ready endpoints share the load, by chance and evenly', async () => {
  const counts: Record<string, number> = {};
  for (let i = 0; i < 400; i++) {
    const [name = ''] = (await ask(pods[2]!, '10.96.0.20', 80)).split(' ');
    counts[name] = (counts[name] ?? 0) + 1;
  }
  expect(Object.keys(counts).sort()).toEqual(['a', 'b']);
  expect(Math.abs(counts['a']! - 200)).toBeLessThan(60);
});

test('ClientIP affinity keeps a client at its endpoint until it has been away', async () => {
  const first = await ask(pods[2]!, 'sticky', 80);
  for (let i = 0; i < 20; i++) expect(await ask(pods[2]!, 'sticky', 80)).toBe(first);
});

test.each([
  ['no Service has that address', '10.96.99.99', 80, 127, 'Connection timed out'],
  ['no Service has that port', '10.96.0.20', 81, 127, 'Connection timed out'],
  ['no pod has that address', '10.244.1.99', 80, 127, 'Connection timed out'],
  ['no node has that address', '172.18.0.99', 80, 4, 'No route to host'],
])('%s: nobody answers', async (_name, host, port, seconds, message) => {
  let answer: string | undefined;
  void ask(pods[0]!, host, port).then((text) => (answer = text));
  await clock.advance((seconds - 1) * 1000 - 100);
  expect(answer).toBeUndefined();
  await clock.advance(2000);
  expect(answer).toBe(message);
});

test('the learner reaches nodes and node ports, and neither pods nor Services nor their names', async () => {
  expect(await ask(network.learner, '172.18.0.3', 30080)).toMatch(
    /^[ab] sees (172\.18\.0\.3|10\.244\.1\.1)$/,
  );
  expect(await ask(network.learner, 'web.shop.svc.cluster.local', 80)).toMatch(/^Could not resolve/);
  for (const host of ['10.244.0.2', '10.96.0.20']) {
    const controller = new AbortController();
    const pending = network.learner.fetch(host, 80, { ...GET, signal: controller.signal });
    controller.abort(new Error('gave up'));
    await expect(pending).rejects.toThrow('gave up');
  }
});

test('the preview reaches a Service from inside; what fails, fails as for a client there', async () => {
  const target = { namespace: 'shop', service: 'web', port: 80 };
  expect(await readText(await network.fetchService(target, GET))).toMatch(/^[ab] sees/);
  const from = { namespace: 'shop', pod: 'c' };
  expect(await readText(await network.fetchService(target, GET, from))).toMatch(/sees 10\.244\.1\.3$/);
  await expect(network.fetchService({ ...target, service: 'empty' }, GET)).rejects.toThrow(
    'Connection refused',
  );
  await expect(network.fetchService({ ...target, service: 'nope' }, GET)).rejects.toThrow(
    'Could not resolve host: nope.shop.svc.cluster.local',
  );
});

test('a node sees its own pods through the bridge', async () => {
  expect(await ask(nodes[0]!.host, '10.244.0.2', 8080)).toBe('a sees 10.244.0.1');
  expect(await ask(nodes[0]!.host, '10.244.1.2', 8080)).toBe('b sees 172.18.0.2');
});

test('a port is taken once; a listener that goes resets what is open', async () => {
  expect(() => pods[0]!.listen(8080, async () => textResponse(200, ''))).toThrow('Address already in use');
  const listener = pods[0]!.listen(9000, () => new Promise(() => {}));
  const pending = ask(pods[1]!, '10.244.0.2', 9000);
  await Promise.resolve();
  await Promise.resolve();
  listener.dispose();
  expect(await pending).toBe('Connection reset by peer');
  pods[0]!.listen(9001, async () => textResponse(200, 'mine'), '127.0.0.1');
  expect(await ask(pods[0]!, 'localhost', 9001)).toBe('mine');
  expect(await ask(pods[1]!, '10.244.0.2', 9001)).toBe('Connection refused');
});

test('a server that throws closes the connection', async () => {
  pods[0]!.listen(9002, () => Promise.reject(new Error('bug')));
  expect(await ask(pods[1]!, '10.244.0.2', 9002)).toBe('Connection reset by peer');
});

test('what flows is added up and told while somebody watches; what nodes send is not', async () => {
  const reports: (readonly TrafficFlow[])[] = [];
  const watching = network.traffic.watch((flows) => reports.push(flows));
  await ask(pods[0]!, 'web', 80);
  await ask(pods[0]!, 'web', 80);
  await ask(pods[2]!, 'empty', 80);
  await ask(nodes[0]!.host, '10.244.1.2', 8080);
  await network.fetchService({ namespace: 'shop', service: 'web', port: 80 }, GET);
  pods[0]!.listen(9000, async () => textResponse(503, 'busy'));
  await ask(pods[1]!, '10.244.0.2', 9000);
  expect(reports).toEqual([]);
  await clock.advance(250);
  expect(reports).toHaveLength(1);
  const told = reports[0]!.map(({ from, to, service, requests, failed }) => [
    from.kind === 'pod' ? from.name : from.kind,
    to?.kind === 'pod' ? to.name : to?.kind,
    service,
    requests,
    failed,
  ]);
  const fromA = told.filter(([from, , service]) => from === 'a' && service === 'shop/web');
  expect(fromA.reduce((sum, [, , , requests]) => sum + (requests as number), 0)).toBe(2);
  expect(told).toContainEqual(['c', undefined, 'shop/empty', 1, 1]);
  expect(told).toContainEqual(['b', 'a', undefined, 1, 1]);
  expect(told.filter(([from]) => from === 'outside')).toHaveLength(1);
  expect(told.some(([from]) => from === 'node')).toBe(false);
  await clock.advance(1000);
  expect(reports).toHaveLength(1);
  watching.dispose();
  await ask(pods[0]!, 'web', 80);
  expect(network.traffic.isWatched).toBe(false);
  expect(clock.next).toBeUndefined();
});
