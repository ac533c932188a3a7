import { afterEach, expect, test } from 'vitest';
import { timestamp } from '../../../core/clock.ts';
import type { HorizontalPodAutoscaler, Pod } from '../../client/kinds.ts';
import { DEPLOYMENTS, HORIZONTAL_POD_AUTOSCALERS, PODS, type ResourceType } from '../../client/resources.ts';
import { deploymentOf, SimulatedCluster } from '../../simulated-cluster.ts';

let cluster: SimulatedCluster;
afterEach(() => {
  cluster.dispose();
});

const NAME = { namespace: 'default', name: 'web' };
const definitions: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};
const podMetrics: ResourceType = {
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  resource: 'pods',
  kind: 'PodMetrics',
  namespaced: true,
};

/** A stored resource in the place of a metrics server: the autoscaler asks the API either way. */
const METRICS_DEFINITION = {
  metadata: {
    name: 'pods.metrics.k8s.io',
    annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes/metrics' },
  },
  spec: {
    group: 'metrics.k8s.io',
    scope: 'Namespaced',
    names: { plural: 'pods', singular: 'pod', kind: 'PodMetrics', listKind: 'PodMetricsList' },
    versions: [
      {
        name: 'v1beta1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    ],
  },
};

type Spec = Partial<HorizontalPodAutoscaler['spec']>;

const cpu = (averageUtilization: number): Spec['metrics'] => [
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } },
];

async function start(replicas: number, spec: Spec = {}, metricsServer = true): Promise<void> {
  cluster = new SimulatedCluster();
  await cluster.addNodes('n1');
  if (metricsServer) await cluster.admin.create(definitions, METRICS_DEFINITION);
  const containers = [{ name: 'main', image: 'nginx:1', resources: { requests: { cpu: '100m' } } }];
  await cluster.admin.create(DEPLOYMENTS, deploymentOf('web', replicas, { pod: { containers } }));
  // Old enough for their CPU to count.
  await cluster.advance(600);
  await cluster.admin.create(HORIZONTAL_POD_AUTOSCALERS, {
    metadata: { ...NAME },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      maxReplicas: 10,
      metrics: cpu(50),
      ...spec,
    },
  });
  await cluster.events();
}

/** Each of the pods has used that much CPU, except for the first `missing`, of which nothing is known. */
async function used(milli: number, missing = 0): Promise<void> {
  const pods = (await cluster.admin.list(PODS, { namespace: 'default' })).items;
  const now = timestamp(cluster.clock.now());
  for (const { metadata } of (await cluster.admin.list(podMetrics)).items) {
    await cluster.admin.delete(podMetrics, metadata);
  }
  for (const { metadata, status, ...pod } of pods.slice(missing)) {
    if (!status?.startTime) await markStarted({ metadata, status, ...pod } as Pod);
    await cluster.admin.create(podMetrics, {
      metadata: { namespace: 'default', name: metadata.name!, labels: metadata.labels! },
      timestamp: now,
      window: '15s',
      containers: [{ name: 'main', usage: { cpu: `${milli}m`, memory: '10Mi' } }],
    } as never);
  }
}

/** The simulated kubelet does not say when a pod started. */
const markStarted = (pod: Pod) =>
  cluster.admin.updateStatus(PODS, {
    ...pod,
    status: { ...pod.status, startTime: timestamp(cluster.clock.now() - 600_000) },
  });

const replicas = async () => (await cluster.admin.get(DEPLOYMENTS, NAME)).spec.replicas;
const status = async () => (await cluster.admin.get(HORIZONTAL_POD_AUTOSCALERS, NAME)).status!;
const conditions = async () =>
  ((await status()).conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason}`);
const happened = async () =>
  (await cluster.events())
    .filter((line) => line.includes('HorizontalPodAutoscaler'))
    .map((line) => line.replace(/^\d+s HorizontalPodAutoscaler\/web /, ''));

test('follows CPU up, and says why', async () => {
  await start(2);
  await used(100);
  await cluster.advance(16);
  expect(await replicas()).toBe(4);
  expect(await happened()).toEqual([
    'SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target',
  ]);
  expect(await status()).toMatchObject({
    currentReplicas: 2,
    desiredReplicas: 4,
    currentMetrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', current: { averageUtilization: 100, averageValue: '100m' } },
      },
    ],
  });
  expect(await conditions()).toEqual([
    'AbleToScale=True SucceededRescale',
    'ScalingActive=True ValidMetricFound',
    'ScalingLimited=False DesiredWithinRange',
  ]);
});

test('within the tolerance nothing changes', async () => {
  await start(2);
  await used(54);
  await cluster.advance(61);
  expect(await replicas()).toBe(2);
  expect(await conditions()).toContain('AbleToScale=True ReadyForNewScale');
});

test('a tolerance of its own', async () => {
  await start(2, { behavior: { scaleUp: { tolerance: '0.5' } } });
  await used(70);
  await cluster.advance(31);
  expect(await replicas()).toBe(2);
});

test('goes down five minutes after the last higher recommendation', async () => {
  await start(4);
  await used(50);
  await cluster.advance(16);
  await used(10);
  await cluster.advance(60);
  expect(await replicas()).toBe(4);
  expect(await conditions()).toContain('AbleToScale=True ScaleDownStabilized');
  await cluster.advance(300);
  expect(await replicas()).toBe(1);
  expect(await happened()).toEqual(['SuccessfulRescale: New size: 1; reason: All metrics below target']);
});

test('policies say how fast', async () => {
  await start(2, {
    behavior: {
      scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] },
      scaleDown: {
        stabilizationWindowSeconds: 0,
        policies: [{ type: 'Percent', value: 25, periodSeconds: 60 }],
      },
    },
  });
  await used(1000);
  await cluster.advance(16);
  expect(await replicas()).toBe(3);
  expect(await conditions()).toContain('ScalingLimited=True ScaleUpLimit');
  await cluster.advance(45);
  expect(await replicas()).toBe(3);
  await used(1000);
  await cluster.advance(30);
  expect(await replicas()).toBe(4);
  await used(1);
  await cluster.advance(16);
  expect(await replicas()).toBe(2);
  expect(await conditions()).toContain('ScalingLimited=True ScaleDownLimit');
});

test('no more than the maximum', async () => {
  await start(2, { maxReplicas: 3 });
  await used(1000);
  await cluster.advance(16);
  expect(await replicas()).toBe(3);
  expect(await conditions()).toContain('ScalingLimited=True TooManyReplicas');
});

test('bounds hold without any metric', async () => {
  await start(5, { maxReplicas: 3 }, false);
  await cluster.advance(16);
  expect(await replicas()).toBe(3);
  expect(await happened()).toEqual([
    'SuccessfulRescale: New size: 3; reason: Current number of replicas above Spec.MaxReplicas',
  ]);
});

test('a target of zero replicas is left alone', async () => {
  await start(0);
  await cluster.advance(31);
  expect(await replicas()).toBe(0);
  expect(await conditions()).toEqual([
    'AbleToScale=True SucceededGetScale',
    'ScalingActive=False ScalingDisabled',
  ]);
});

test('pods without a sample keep it from scaling down too far', async () => {
  await start(4, { behavior: { scaleDown: { stabilizationWindowSeconds: 0 } } });
  await used(10, 2);
  await cluster.advance(16);
  // Two at 10 % and two taken to be at 100 %: 55 % of what they request, within the tolerance of 50.
  expect(await replicas()).toBe(4);
});

test('without a metrics server it says what is missing', async () => {
  await start(2, {}, false);
  await cluster.advance(16);
  const missing =
    'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)';
  expect(await happened()).toEqual([
    `FailedGetResourceMetric: ${missing}`,
    `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${missing}`,
  ]);
  expect(await status()).toEqual({
    conditions: [
      expect.objectContaining({ type: 'AbleToScale', status: 'True', reason: 'SucceededGetScale' }),
      expect.objectContaining({
        type: 'ScalingActive',
        status: 'False',
        reason: 'FailedGetResourceMetric',
        message: `the HPA was unable to compute the replica count: ${missing}`,
      }),
    ],
    currentMetrics: [{ type: '' }],
    currentReplicas: 2,
    desiredReplicas: 0,
  });
});

test('metrics of pods and objects need the custom metrics API', async () => {
  await start(2, {
    metrics: [
      {
        type: 'Pods',
        pods: { metric: { name: 'rps' }, target: { type: 'AverageValue', averageValue: '10' } },
      },
      {
        type: 'Object',
        object: {
          metric: { name: 'qps' },
          describedObject: { apiVersion: 'v1', kind: 'Service', name: 'web' },
          target: { type: 'Value', value: '10' },
        },
      },
    ],
  });
  await cluster.advance(16);
  const none =
    'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered';
  expect((await happened()).slice(0, 2)).toEqual([
    `FailedGetPodsMetric: unable to get metric rps: ${none}`,
    `FailedGetObjectMetric: unable to get metric qps: Service on default web/${none}`,
  ]);
});

const queue = (target: { value?: string; averageValue?: string }): Spec['metrics'] => [
  {
    type: 'External',
    external: {
      metric: { name: 'queue', selector: { matchLabels: { of: 'orders' } } },
      target: { type: target.value === undefined ? 'AverageValue' : 'Value', ...target },
    },
  },
];
const SELECTOR =
  '&LabelSelector{MatchLabels:map[string]string{of: orders,},MatchExpressions:[]LabelSelectorRequirement{},}';

test.each([
  { target: { value: '5' }, which: 'external metric queue' },
  { target: { averageValue: '5' }, which: 'queue external metric' },
])('an external metric without an adapter that serves it: $target', async ({ target, which }) => {
  await start(2, { metrics: queue(target) });
  await cluster.advance(16);
  const what = `unable to get external metric default/queue/${SELECTOR}: unable to fetch metrics from external metrics API: the server could not find the requested resource (get queue.external.metrics.k8s.io)`;
  expect(await happened()).toEqual([
    `FailedGetExternalMetric: ${what}`,
    `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get queue external metric value: failed to get ${which}: ${what}`,
  ]);
  expect((await status()).conditions).toMatchObject([
    { type: 'AbleToScale', status: 'True', reason: 'SucceededGetScale' },
    {
      type: 'ScalingActive',
      status: 'False',
      reason: 'FailedGetExternalMetric',
      message: `the HPA was unable to compute the replica count: ${what}`,
    },
  ]);
});

test.each([
  { target: { value: '5' }, replicas: 8, current: { value: '20' } },
  { target: { averageValue: '5' }, replicas: 4, current: { averageValue: '10' } },
])('an external metric that an adapter serves: $target', async ({ target, replicas, current }) => {
  await start(2, { metrics: queue(target) });
  const group = 'external.metrics.k8s.io';
  const [version] = METRICS_DEFINITION.spec.versions;
  await cluster.admin.create(definitions, {
    metadata: { ...METRICS_DEFINITION.metadata, name: `queue.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'queue', kind: 'ExternalMetricValue' },
      versions: [version],
    },
  });
  await cluster.settle();
  const values: ResourceType = { ...podMetrics, group, resource: 'queue', kind: 'ExternalMetricValue' };
  for (const [name, value, of] of [
    ['a', '12', 'orders'],
    ['b', '8', 'orders'],
    ['c', '99', 'mail'],
  ])
    await cluster.admin.create(values, {
      metadata: { namespace: 'default', name: name!, labels: { of: of! } },
      metricName: 'queue',
      value,
    });
  await cluster.events();
  await cluster.advance(31);
  expect((await happened())[0]).toBe(
    `SuccessfulRescale: New size: 4; reason: external metric queue(${SELECTOR}) above target`,
  );
  // Where the value is not shared out it stays above its target, however many there are.
  expect((await cluster.admin.get(DEPLOYMENTS, NAME)).spec.replicas).toBe(replicas);
  const metric = { name: 'queue', selector: { matchLabels: { of: 'orders' } } };
  const seen = (await status()).currentMetrics;
  expect(seen).toMatchObject([{ type: 'External', external: { metric } }]);
  expect(Object.keys(seen![0]!.external!.current)).toEqual(Object.keys(current));
});

test('a target that is not there', async () => {
  await start(1, { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'nope' } });
  await cluster.advance(16);
  expect(await happened()).toEqual(['FailedGetScale: deployments.apps "nope" not found']);
  expect((await status()).conditions).toMatchObject([
    {
      type: 'AbleToScale',
      status: 'False',
      reason: 'FailedGetScale',
      message:
        'the HPA controller was unable to get the target\'s current scale: deployments.apps "nope" not found',
    },
  ]);
});

test('a pod without a request has no utilization', async () => {
  await start(1);
  await cluster.admin.patch(DEPLOYMENTS, NAME, 'application/strategic-merge-patch+json', {
    spec: { template: { spec: { containers: [{ name: 'main', resources: null }] } } },
  });
  await cluster.settle();
  await used(10);
  await cluster.advance(16);
  expect((await happened())[0]).toMatch(
    /^FailedGetResourceMetric: failed to get cpu utilization: missing request for cpu in container main of Pod web-/,
  );
});
