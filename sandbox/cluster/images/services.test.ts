import { expect, test } from 'vitest';
import { createService as createMehdb } from './mehdb/service.ts';
import { createService as createSimpleService } from './simpleservice/service.ts';
import { createService as createStockCon } from './stock-con/service.ts';
import { createService as createStockGen } from './stock-gen/service.ts';
import type { Service, ServiceHost, ServiceRequest } from './service.ts';

function testHost(environment: Record<string, string> = {}, hostname = 'web-0') {
  const files = new Map<string, string>();
  const slept: number[] = [];
  const peers = new Map<string, Service>();
  const host: ServiceHost = {
    environment,
    hostname,
    now: () => Date.UTC(2026, 0, 1),
    random: () => 0.5,
    sleep: async (delayMs) => void slept.push(delayMs),
    log: () => undefined,
    fetch: async (url, init) => {
      const { host: name, pathname } = new URL(url);
      const peer = peers.get(name);
      if (!peer) throw new Error(`${url}: Connection refused`);
      return peer.handle(request(pathname, init));
    },
    files: {
      read: (path) => files.get(path),
      write: (path, contents) => void files.set(path, contents),
      list: (path) =>
        [...files.keys()]
          .filter((file) => file.startsWith(`${path}/`))
          .map((file) => file.slice(path.length + 1)),
    },
  };
  return { host, files, slept, peers };
}

const request = (path: string, init: { method?: string; body?: string } = {}): ServiceRequest => ({
  method: init.method ?? 'GET',
  path,
  query: {},
  headers: { host: 'simple:9876' },
  body: init.body ?? '',
  from: '10.244.0.7',
});

test.each([
  ['/info', { host: 'simple:9876', version: '0.5.0', from: '10.244.0.7' }],
  ['/endpoint0', { host: 'simple:9876', version: '0.5.0', result: 'all is well' }],
  ['/health', { healthy: true }],
])('simpleservice answers %s', async (path, want) => {
  const { host } = testHost({ IMAGE_VERSION: '0.5.0' });
  const { status, body } = await createSimpleService(host).handle(request(path));
  expect(status).toBe(200);
  expect(JSON.parse(body)).toEqual(want);
});

test('simpleservice takes version, port and slowness from its environment', async () => {
  const { host, slept } = testHost({
    SIMPLE_SERVICE_VERSION: '0.9',
    PORT0: '8080',
    HEALTH_MIN: '1000',
    HEALTH_MAX: '3000',
  });
  const service = createSimpleService(host);
  expect(service.port).toBe(8080);
  expect(JSON.parse((await service.handle(request('/info'))).body).version).toBe('0.9');
  await service.handle(request('/health'));
  expect(slept).toEqual([2000]);
  expect((await service.handle(request('/nope'))).status).toBe(404);
});

test('stock-con averages what stock-gen says', async () => {
  const { host, peers } = testHost();
  const service = createStockCon(host);
  expect((await service.handle(request('/average/NYSE:KUBE'))).status).toBe(502);
  peers.set('stock-gen:9999', createStockGen(testHost().host));
  const { status, body } = await service.handle(request('/average/NYSE:KUBE'));
  expect(status).toBe(200);
  expect(JSON.parse(body)).toMatchObject({ symbol: 'NYSE:KUBE', avgvalue: 118.2 });
  expect((await service.handle(request('/average/NONE'))).status).toBe(404);
});

test('stock-con understands the variable that a Service called stockgen sets', () => {
  const asked: string[] = [];
  const { host } = testHost({ STOCKGEN_PORT: 'tcp://10.96.1.1:9999' });
  createStockCon({ ...host, log: (line) => asked.push(line) });
  expect(asked[0]).toContain('http://stock-gen:9999');
});

test('the leader of mehdb stores, a follower redirects and copies', async () => {
  const leader = testHost({}, 'mehdb-0');
  const leading = createMehdb(leader.host);
  expect(leading.work).toBeUndefined();
  expect((await leading.handle(request('/set/greeting', { method: 'PUT', body: 'hello' }))).status).toBe(200);
  expect((await leading.handle(request('/get/greeting'))).body).toBe('hello');
  expect((await leading.handle(request('/get/nope'))).status).toBe(404);

  const follower = testHost({}, 'mehdb-1');
  follower.peers.set('mehdb-0.mehdb:9876', {
    ...leading,
    handle: (asked) => leading.handle({ ...asked, query: { level: 'full' } }),
  });
  let rounds = 0;
  const following = createMehdb({
    ...follower.host,
    sleep: () => (++rounds === 2 ? Promise.reject(new Error('stop')) : Promise.resolve()),
  });
  const { status, headers } = await following.handle(request('/set/a', { method: 'PUT', body: 'b' }));
  expect([status, headers['location']]).toEqual([307, 'http://mehdb-0.mehdb:9876/set/a']);
  await expect(following.work!()).rejects.toThrow('stop');
  expect((await following.handle(request('/get/greeting'))).body).toBe('hello');
});
