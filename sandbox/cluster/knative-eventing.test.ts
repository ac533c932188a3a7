import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { decode, encode, EMPTY } from '../core/bytes.ts';
import { textResponse, type HttpRequest, type HttpResponse } from '../core/http.ts';
import { TerminalDriver } from './terminal-driver.ts';

vi.setConfig({ testTimeout: 40_000 });

let terminal: TerminalDriver;
let failures: string[];
beforeAll(() => TerminalDriver.load(), 60_000);
beforeEach(async () => {
  failures = [];
  terminal = new TerminalDriver({
    addons: ['knative'],
    onError: (component, key, error) => {
      if (component === 'knative') failures.push(`${key}: ${String(error)}`);
    },
  });
  await terminal.cluster.ready;
});
afterEach(() => terminal.dispose());

const output = (line: string) => terminal.output(line);
const apply = (yaml: string) => {
  terminal.write('m.yaml', yaml);
  return terminal.run('kubectl apply -f m.yaml');
};

interface Received {
  atMs: number;
  headers: Record<string, string>;
  body: string;
}

/** A machine beside the cluster that takes events, and what it has taken. */
function sink(
  name: string,
  answer: (request: HttpRequest) => HttpResponse = () => textResponse(200, ''),
): Received[] {
  const received: Received[] = [];
  const address = terminal.cluster.network.externalAddresses.allocate()!;
  const host = terminal.cluster.network.addHost({ addresses: [address], hostname: name }, { inside: true });
  host.listen(80, async (request) => {
    const { headers, body = EMPTY } = request;
    received.push({ atMs: terminal.clock.now(), headers, body: decode(body) });
    return answer(request);
  });
  return received;
}

const EVENT = {
  'ce-specversion': '1.0',
  'ce-id': '1',
  'ce-source': '/shop',
  'ce-type': 'order.placed',
  'content-type': 'application/json',
};

/** Posts to a broker from within the cluster; the status. */
async function post(
  headers: Record<string, string>,
  body = '{"item":"tea"}',
  path = '/default/default',
): Promise<number> {
  const { status } = await terminal.cluster.network.fetchService(
    { namespace: 'knative-eventing', service: 'broker-ingress', port: 80 },
    { method: 'POST', path, headers, body: encode(body) },
  );
  return status;
}

const BROKER = `apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: {name: default}
`;
const trigger = (name: string, uri: string, more = '') => `apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: ${name}}
spec:
  broker: default
  subscriber: {uri: '${uri}'}
${more}`;

async function deploy(...documents: string[]): Promise<void> {
  await apply([BROKER, ...documents].join('---\n'));
  await output('kubectl wait --for=condition=Ready broker,trigger --all --timeout 20s');
}

describe('Knative Eventing', () => {
  test('a Broker has an address, a Trigger a subscriber', async () => {
    sink('orders');
    await deploy(trigger('orders', 'http://orders/'));
    expect(await output('kubectl get broker default --no-headers')).toMatch(
      /^default +http:\/\/broker-ingress\.knative-eventing\.svc\.cluster\.local\/default\/default +\S+ +True/,
    );
    expect(await output('kubectl get trigger orders --no-headers')).toMatch(
      /^orders +default +http:\/\/orders\/ +\S+ +True/,
    );
    const conditions = (of: string) =>
      output(`kubectl get ${of} -o jsonpath='{range .status.conditions[*]}{.type}={.status} {end}'`);
    expect(await conditions('broker default')).toBe(
      'Addressable=True DeadLetterSinkResolved=True EventPoliciesReady=True FilterReady=True IngressReady=True Ready=True TriggerChannelReady=True ',
    );
    expect(await conditions('trigger orders')).toBe(
      'BrokerReady=True DeadLetterSinkResolved=True DependencyReady=True OIDCIdentityCreated=True Ready=True SubscriberResolved=True SubscriptionReady=True ',
    );
    expect(failures).toEqual([]);
  });

  test('events reach those whose filter they pass, in binary mode', async () => {
    const orders = sink('orders');
    const all = sink('all');
    const tea = sink('tea');
    await deploy(
      trigger('orders', 'http://orders/in', '  filter: {attributes: {type: order.placed}}\n'),
      trigger('all', 'http://all/'),
      trigger(
        'tea',
        'http://tea/',
        '  filters: [{prefix: {type: order.}}, {not: {suffix: {type: gone}}}, {any: [{exact: {kind: tea}}, {all: [{exact: {kind: mate}}]}]}]\n',
      ),
    );
    expect(await post(EVENT)).toBe(202);
    const structured = {
      specversion: '1.0',
      id: '2',
      source: '/s',
      type: 'order.gone',
      kind: 'tea',
      data: { n: 1 },
    };
    expect(await post({ 'content-type': 'application/cloudevents+json' }, JSON.stringify(structured))).toBe(
      202,
    );
    expect(await post({ ...EVENT, 'ce-id': '3', 'ce-kind': 'mate' })).toBe(202);
    await terminal.pass(100);
    const ids = (received: Received[]) => received.map(({ headers }) => headers['ce-id']);
    expect(ids(orders)).toEqual(['1', '3']);
    expect(ids(all)).toEqual(['1', '2', '3']);
    expect(ids(tea)).toEqual(['3']);
    expect(orders[0]!.headers).toMatchObject({ ...EVENT, prefer: 'reply' });
    expect(orders[0]!.headers['ce-knativearrivaltime']).toMatch(/^\d{4}-/);
    expect(orders[0]!.body).toBe('{"item":"tea"}');
    expect(all[1]!).toMatchObject({
      body: '{"n":1}',
      headers: { 'content-type': 'application/json', 'ce-kind': 'tea' },
    });
  });

  test('a duplicate id is passed on: to handle it once is the subscriber’s', async () => {
    const all = sink('all');
    await deploy(trigger('all', 'http://all/'));
    for (let time = 0; time < 2; time++) expect(await post(EVENT)).toBe(202);
    await terminal.pass(100);
    expect(all).toHaveLength(2);
  });

  test.each([
    ['what is no event', {}, 400],
    ['an event without id', { ...EVENT, 'ce-id': '' }, 400],
    ['another version', { ...EVENT, 'ce-specversion': '0.3' }, 400],
    ['JSON that is none', { 'content-type': 'application/cloudevents+json' }, 400],
  ])('refuses %s', async (_, headers, status) => {
    await deploy();
    expect(await post(headers as Record<string, string>, 'x')).toBe(status);
  });

  test('knows its brokers', async () => {
    await deploy();
    expect(await post(EVENT, '{}', '/default/other')).toBe(404);
    expect(await post(EVENT, '{}', '/default')).toBe(400);
  });

  test.each([
    { policy: 'exponential', waits: [1000, 2000, 4000] },
    { policy: 'linear', waits: [0, 1000, 2000] },
  ])('tries again with $policy back-off, then tells the dead letter sink', async ({ policy, waits }) => {
    const broken = sink('broken', () => textResponse(500, 'no tea left'));
    const dead = sink('dead');
    await deploy(
      trigger(
        'orders',
        'http://broken/',
        `  delivery: {retry: 3, backoffPolicy: ${policy}, backoffDelay: PT1S, deadLetterSink: {uri: 'http://dead/letters'}}\n`,
      ),
    );
    expect(await output('kubectl get trigger orders -o jsonpath={.status.deadLetterSinkUri}')).toBe(
      'http://dead/letters',
    );
    expect(await post(EVENT)).toBe(202);
    await terminal.pass(10_000);
    expect(broken).toHaveLength(4);
    expect(broken.slice(1).map(({ atMs }, index) => atMs - broken[index]!.atMs)).toEqual(waits);
    expect(dead).toHaveLength(1);
    expect(dead[0]!.headers).toMatchObject({
      'ce-id': '1',
      'ce-knativeerrordest': 'http://broken/',
      'ce-knativeerrorcode': '500',
      'ce-knativeerrordata': btoa('no tea left'),
    });
    expect(dead[0]!.body).toBe('{"item":"tea"}');
  });

  test('does not try again what will not change', async () => {
    const strict = sink('strict', () => textResponse(422, ''));
    const dead = sink('dead');
    await deploy(
      trigger(
        'orders',
        'http://strict/',
        "  delivery: {retry: 3, backoffPolicy: linear, backoffDelay: PT1S, deadLetterSink: {uri: 'http://dead/'}}\n",
      ),
    );
    await post(EVENT);
    await terminal.pass(10_000);
    expect([strict.length, dead.length]).toEqual([1, 1]);
  });

  test('an answer goes back to the Broker', async () => {
    sink('kitchen', () => ({
      status: 200,
      headers: { ...EVENT, 'ce-id': 'a1', 'ce-type': 'order.ready' },
      body: encode('{"ready":true}'),
    }));
    const waiter = sink('waiter');
    await deploy(
      trigger('kitchen', 'http://kitchen/', '  filter: {attributes: {type: order.placed}}\n'),
      trigger('waiter', 'http://waiter/', '  filter: {attributes: {type: order.ready}}\n'),
    );
    await post(EVENT);
    await terminal.pass(100);
    expect(waiter).toHaveLength(1);
    expect(waiter[0]).toMatchObject({ headers: { 'ce-id': 'a1' }, body: '{"ready":true}' });
    expect(waiter[0]!.headers['ce-knativebrokerttl']).toBeUndefined();
  });

  test('an event that answers itself ends some time', async () => {
    const loop = sink('loop', ({ headers }) => ({ status: 200, headers: { ...headers }, body: EMPTY }));
    await deploy(trigger('loop', 'http://loop/'));
    await post(EVENT);
    await terminal.pass(1000);
    expect(loop).toHaveLength(255);
  });

  test('a Trigger waits for its Broker and its subscriber', async () => {
    await apply(`apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: orders}
spec:
  broker: default
  subscriber: {ref: {apiVersion: v1, kind: Service, name: orders}, uri: /in}
`);
    const why = () =>
      output(
        `kubectl get trigger orders -o jsonpath='{.status.conditions[?(@.type=="Ready")].reason}: {.status.conditions[?(@.type=="Ready")].message}'`,
      );
    expect(await why()).toBe('BrokerDoesNotExist: Broker "default" does not exist');
    await apply(BROKER);
    await terminal.pass(200);
    expect(await why()).toBe(
      `Unable to get the Subscriber's URI: failed to get object default/orders: services "orders" not found`,
    );
    await output('kubectl create service clusterip orders --tcp=80');
    await terminal.pass(200);
    expect(await output('kubectl get trigger orders -o jsonpath={.status.subscriberUri}')).toBe(
      'http://orders.default.svc.cluster.local/in',
    );
    await output('kubectl wait --for=condition=Ready trigger/orders --timeout 5s');
  });

  test.each([
    {
      name: 'a Trigger without subscriber, with a strange attribute',
      spec: '{broker: default, filter: {attributes: {Type: x}}, subscriber: {}}',
      want: 'expected at least one, got none: spec.subscriber.ref, spec.subscriber.uri\ninvalid key name "Type": spec.filter.attributes[Type]\nAttribute name must start with a letter and can only contain lowercase alphanumeric',
    },
    {
      name: 'a delay that is no ISO 8601 duration, a policy that is none',
      spec: "{broker: default, subscriber: {uri: 'http://x'}, delivery: {backoffDelay: 5s, backoffPolicy: random}}",
      want: 'invalid value: 5s: spec.delivery.backoffDelay\ninvalid value: random: spec.delivery.backoffPolicy',
    },
    {
      name: 'CESQL',
      spec: `{broker: default, subscriber: {uri: 'http://x'}, filters: [{cesql: "type = 'a'"}]}`,
      want: "invalid value: type = 'a': spec.filters[0].cesql\nCESQL is not available in this cluster: use exact, prefix, suffix, all, any and not",
    },
  ])('refuses $name', async ({ spec, want }) => {
    const { output: said, exitCode } = await apply(
      `apiVersion: eventing.knative.dev/v1\nkind: Trigger\nmetadata: {name: x}\nspec: ${spec}\n`,
    );
    expect(exitCode).toBe(1);
    expect(said).toContain(
      `admission webhook "validation.webhook.eventing.knative.dev" denied the request: validation failed: ${want}\n`,
    );
  });
});
