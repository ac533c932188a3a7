import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../core/clock.ts';
import type { KubernetesObject } from '../api/object.ts';
import type { ApiRequest, ApiTransport } from '../api/request.ts';
import { Client } from '../client/client.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import { NetworkPolicies, type PolicyEnd } from './network-policy.ts';

/** An API that holds these objects, and nothing ever changes. */
class StillApi implements ApiTransport {
  readonly objects: Record<string, KubernetesObject[]>;
  constructor(objects: Record<string, KubernetesObject[]>) {
    this.objects = objects;
  }
  async request({ resource }: ApiRequest) {
    const items = this.objects[resource] ?? [];
    return { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '1' }, items };
  }
  watch() {
    return { dispose: () => undefined };
  }
}

const named = (namespace: string | undefined, name: string, labels: Record<string, string> = {}) => ({
  metadata: { namespace, name, uid: name, resourceVersion: '1', labels },
});

const PODS = [
  {
    ...named('shop', 'web', { app: 'web' }),
    spec: { containers: [{ name: 'web', ports: [{ name: 'http', containerPort: 8080 }] }] },
  },
  { ...named('shop', 'db', { app: 'db' }), spec: { containers: [{ name: 'db' }] } },
  { ...named('lab', 'probe', { app: 'web' }), spec: { containers: [{ name: 'probe' }] } },
];
const NAMESPACES = [named(undefined, 'shop', { team: 'shop' }), named(undefined, 'lab', { team: 'lab' })];

const end = (namespace: string, name: string, address: string): PolicyEnd => ({
  address,
  node: 'node-0',
  pod: { namespace, name },
});
const ENDS = {
  web: end('shop', 'web', '10.244.0.5'),
  db: end('shop', 'db', '10.244.0.6'),
  probe: end('lab', 'probe', '10.244.0.7'),
  node: { address: '172.18.0.2', node: 'node-0' },
  otherNode: { address: '172.18.0.3', node: 'node-1' },
  outside: { address: '203.0.113.9' },
  dns: {
    address: '10.244.0.2',
    pod: { namespace: 'kube-system', name: 'coredns', labels: { 'k8s-app': 'kube-dns' } },
  },
} satisfies Record<string, PolicyEnd>;

let clock: ManualClock;
beforeEach(() => {
  clock = new ManualClock();
});

async function policies(...specs: object[]): Promise<NetworkPolicies> {
  const objects = {
    pods: PODS,
    namespaces: NAMESPACES,
    networkpolicies: specs.map((spec, i) => ({ ...named('shop', `policy-${i}`), spec })),
  };
  const client = new Client(new StillApi(objects), { user: { username: '', groups: [] } });
  const informers = new InformerFactory(client, clock);
  const made = new NetworkPolicies(informers);
  informers.start();
  await informers.synced();
  return made;
}

const DENY_ALL = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] };
const ingress = (rule: object) => ({
  podSelector: { matchLabels: { app: 'db' } },
  policyTypes: ['Ingress'],
  ingress: [rule],
});
const egress = (rule: object) => ({
  podSelector: { matchLabels: { app: 'web' } },
  policyTypes: ['Egress'],
  egress: [rule],
});
const from = (...peers: object[]) => ingress({ from: peers });
type Way = [from: keyof typeof ENDS, to: keyof typeof ENDS, port: number, allowed: boolean];

test.each<[name: string, specs: object[], ways: Way[]]>([
  [
    'no policy: everything goes',
    [],
    [
      ['web', 'db', 5432, true],
      ['outside', 'web', 80, true],
    ],
  ],
  [
    'default deny: nothing goes in or out, but the node’s own probes',
    [DENY_ALL],
    [
      ['web', 'db', 5432, false],
      ['probe', 'db', 5432, false],
      ['web', 'probe', 80, false],
      ['node', 'db', 5432, true],
      ['otherNode', 'db', 5432, false],
    ],
  ],
  ['another namespace is not concerned', [DENY_ALL], [['outside', 'probe', 80, true]]],
  [
    'only ingress is denied where only that is said',
    [{ podSelector: {} }],
    [
      ['web', 'db', 5432, false],
      ['web', 'probe', 80, true],
    ],
  ],
  [
    'podSelector: of the policy’s namespace',
    [from({ podSelector: { matchLabels: { app: 'web' } } })],
    [
      ['web', 'db', 5432, true],
      ['probe', 'db', 5432, false],
      ['db', 'web', 80, true],
    ],
  ],
  [
    'namespaceSelector: every pod there',
    [from({ namespaceSelector: { matchLabels: { team: 'lab' } } })],
    [
      ['probe', 'db', 5432, true],
      ['web', 'db', 5432, false],
    ],
  ],
  [
    'both in one peer: both have to match',
    [
      from({
        namespaceSelector: { matchLabels: { team: 'lab' } },
        podSelector: { matchLabels: { app: 'db' } },
      }),
    ],
    [['probe', 'db', 5432, false]],
  ],
  [
    'ipBlock with exceptions',
    [
      from(
        { ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.8/32'] } },
        { ipBlock: { cidr: '172.18.0.0/16', except: ['172.18.0.3/32'] } },
      ),
    ],
    [
      ['outside', 'db', 5432, true],
      ['otherNode', 'db', 5432, false],
      ['web', 'db', 5432, false],
    ],
  ],
  [
    'ports: by number, by range',
    [ingress({ ports: [{ port: 5432 }, { port: 6000, endPort: 6010 }, { port: 7000, protocol: 'UDP' }] })],
    [
      ['web', 'db', 5432, true],
      ['web', 'db', 6005, true],
      ['web', 'db', 6011, false],
      ['web', 'db', 7000, false],
    ],
  ],
  [
    'a port by name is the one of the pod that is reached',
    [{ podSelector: { matchLabels: { app: 'web' } }, ingress: [{ ports: [{ port: 'http' }] }] }],
    [
      ['db', 'web', 8080, true],
      ['db', 'web', 80, false],
    ],
  ],
  [
    'egress: to whom',
    [egress({ to: [{ podSelector: { matchLabels: { app: 'db' } } }] })],
    [
      ['web', 'db', 5432, true],
      ['web', 'probe', 80, false],
      ['db', 'web', 80, true],
    ],
  ],
  [
    'policies add up',
    [DENY_ALL, from({ podSelector: {} }), egress({})],
    [
      ['web', 'db', 5432, true],
      ['db', 'web', 80, false],
    ],
  ],
])('%s', async (_name, specs, ways) => {
  const made = await policies(...specs);
  for (const [source, target, port, allowed] of ways)
    expect([source, target, port, made.allows(ENDS[source], ENDS[target], port)]).toEqual([
      source,
      target,
      port,
      allowed,
    ]);
});

test('names are asked for over UDP', async () => {
  const denied = await policies(DENY_ALL);
  expect(denied.allows(ENDS.web, ENDS.dns, 53, 'UDP')).toBe(false);
  const allowed = await policies(DENY_ALL, {
    podSelector: {},
    policyTypes: ['Egress'],
    egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }],
  });
  expect(allowed.allows(ENDS.web, ENDS.dns, 53, 'UDP')).toBe(true);
  expect(allowed.allows(ENDS.web, ENDS.dns, 53, 'TCP')).toBe(false);
});
