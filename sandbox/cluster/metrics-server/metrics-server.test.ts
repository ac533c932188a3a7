import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../core/clock.ts';
import { readText } from '../../core/http.ts';
import { Random } from '../../core/random.ts';
import { setSliceMs, SLICE_MS } from '../../core/slice.ts';
import { COMMANDS } from '../../shell/commands/registry.ts';
import type { KubernetesObject } from '../api/object.ts';
import { Client } from '../client/client.ts';
import { EVENTS, PODS, type ResourceType } from '../client/resources.ts';
import { Cluster } from '../cluster.ts';
import { PROGRAMS } from '../images/registry.ts';

const POD_METRICS: ResourceType = {
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  resource: 'pods',
  kind: 'PodMetrics',
  namespaced: true,
};
const NODE_METRICS: ResourceType = {
  ...POD_METRICS,
  resource: 'nodes',
  kind: 'NodeMetrics',
  namespaced: false,
};
const ADMIN = { username: 'kubernetes-admin', groups: ['system:masters'] };

let clock: ManualClock;
let cluster: Cluster;
let client: Client;

const pass = (seconds: number) =>
  clock.advance(seconds * 1000, async () => {
    for (let turn = 0; turn < 12; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  });

beforeEach(async () => {
  // How much a program gets done between two timers must not depend on this machine.
  setSliceMs(Infinity);
  await Promise.all(['sh', 'tail', 'sleep'].map((name) => COMMANDS[name]!()));
  await PROGRAMS.get('busybox')!();
  clock = new ManualClock();
  cluster = new Cluster({ clock, random: new Random(7), nodes: 2 });
  client = new Client(cluster.api, { user: ADMIN });
  await pass(1);
  await cluster.ready;
});
afterEach(() => {
  cluster.dispose();
  setSliceMs(SLICE_MS);
});

async function run(name: string, script: string, limits?: Record<string, string>): Promise<void> {
  await client.create(PODS, {
    metadata: { name, namespace: 'default', labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'main',
          image: 'busybox:1',
          command: ['sh', '-c', script],
          ...(limits ? { resources: { limits } } : {}),
        },
      ],
    },
  } as KubernetesObject as never);
  await pass(1);
}

async function usage(name: string): Promise<{ cpu: string; memory: string }> {
  const { containers } = await client.get(POD_METRICS, { namespace: 'default', name });
  return containers[0].usage;
}

const millicores = (quantity: string) =>
  quantity.endsWith('n')
    ? Number(quantity.slice(0, -1)) / 1e6
    : quantity.endsWith('u')
      ? Number(quantity.slice(0, -1)) / 1e3
      : quantity.endsWith('m')
        ? Number(quantity.slice(0, -1))
        : Number(quantity) * 1000;

test('an endless loop uses one CPU, a limit holds it, and idling is next to nothing', async () => {
  await run('busy', 'while true; do :; done');
  await run('held', 'while true; do :; done', { cpu: '150m' });
  await run('idle', 'sleep 3600');
  await pass(29);
  expect(millicores((await usage('busy')).cpu)).toBeCloseTo(1000, -1);
  expect(millicores((await usage('held')).cpu)).toBeCloseTo(150, -1);
  expect(millicores((await usage('idle')).cpu)).toBeLessThan(1);
  expect((await usage('idle')).memory).toMatch(/^\d+Ki$/);
}, 20_000);

test('metrics come with the second scrape, by namespace, label and name', async () => {
  await run('idle', 'sleep 3600');
  const names = async (options = {}) =>
    (await client.list(POD_METRICS, options)).items.map(({ metadata }) => metadata.name);
  expect(await names()).toEqual([]);
  await pass(30);
  expect(await names({ namespace: 'default', labelSelector: 'app=idle' })).toEqual(['idle']);
  expect(await names({ namespace: 'default', labelSelector: 'app=none' })).toEqual([]);
  expect(await names({ namespace: 'kube-system' })).toEqual([]);
  const { timestamp, window, metadata } = await client.get(POD_METRICS, {
    namespace: 'default',
    name: 'idle',
  });
  expect({ timestamp, window, labels: metadata.labels }).toEqual({
    timestamp: '2026-01-01T00:00:30Z',
    window: '15s',
    labels: { app: 'idle' },
  });
  await expect(client.get(POD_METRICS, { namespace: 'default', name: 'none' })).rejects.toThrow(
    'podmetrics.metrics.k8s.io "default/none" not found',
  );
});

test('a node that is off has no metrics', async () => {
  await pass(40);
  const names = async () => (await client.list(NODE_METRICS)).items.map(({ metadata }) => metadata.name);
  expect(await names()).toEqual(['slipway-control-plane', 'slipway-worker']);
  cluster.nodes.get('slipway-worker')!.stop();
  expect(await names()).toEqual(['slipway-control-plane']);
});

test('over its memory limit a container is killed, and restarted with a back-off', async () => {
  await run('hungry', 'sleep 2; tail /dev/zero', { memory: '8Mi' });
  await pass(2.5);
  const status = async () =>
    (await client.get(PODS, { namespace: 'default', name: 'hungry' })).status!.containerStatuses![0]!;
  expect((await status()).state!.terminated ?? (await status()).lastState!.terminated).toMatchObject({
    exitCode: 137,
    reason: 'OOMKilled',
  });
  await pass(6);
  expect((await status()).restartCount).toBe(1);
  const { items } = await client.list(EVENTS, { namespace: 'default' });
  expect(items.some(({ reason }) => reason === 'BackOff')).toBe(true);
});

test('the kubelet says the same to Prometheus', async () => {
  await run('busy', 'while true; do :; done', { cpu: '500m' });
  await pass(10);
  const page = async (path: string) => {
    const { spec } = await client.get(PODS, { namespace: 'default', name: 'busy' });
    const response = await cluster.api.origin(ADMIN).fetch({
      method: 'GET',
      path: `/api/v1/nodes/${spec.nodeName}/proxy${path}`,
      headers: {},
    });
    return `${response.status} ${await readText(response)}`;
  };
  expect(await page('/healthz')).toBe('200 ok');
  expect(await page('/nothing')).toContain('404');
  const cpu =
    /container_cpu_usage_seconds_total\{container="main",namespace="default",pod="busy"\} (\S+)/.exec(
      await page('/metrics/resource'),
    );
  expect(Number(cpu![1])).toBeGreaterThan(5);
  expect(Number(cpu![1])).toBeLessThan(6);
  expect(await page('/metrics/cadvisor')).toMatch(
    /container_cpu_cfs_throttled_periods_total\{container="main".*\} \d{2}/,
  );
  expect(await page('/stats/summary')).toMatch(/"usageNanoCores": (49|50)\d{7},/);
  expect(await page('/metrics')).toContain('kubelet_running_pods 1\n');
});
