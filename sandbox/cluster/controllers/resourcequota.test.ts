import { afterEach, expect, test } from 'vitest';
import type { ResourceQuota } from '../client/kinds.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  PERSISTENT_VOLUME_CLAIMS,
  PODS,
  RESOURCE_QUOTAS,
  SERVICES,
} from '../client/resources.ts';
import { deploymentOf, SimulatedCluster } from '../simulated-cluster.ts';

let cluster: SimulatedCluster;
afterEach(() => {
  cluster.dispose();
});

async function start(spec: ResourceQuota['spec']): Promise<void> {
  cluster = new SimulatedCluster();
  await cluster.addNodes('n1');
  await cluster.admin.create(RESOURCE_QUOTAS, { metadata: { namespace: 'default', name: 'all' }, spec });
  await cluster.settle();
}

const status = async () =>
  (await cluster.admin.get(RESOURCE_QUOTAS, { namespace: 'default', name: 'all' })).status;

const pod = (name: string, cpu?: string) => ({
  metadata: { namespace: 'default', name },
  spec: { containers: [{ name: 'c', image: 'nginx:1', ...(cpu && { resources: { requests: { cpu } } }) }] },
});

test('says what is used of what is limited, and nothing about what nobody serves', async () => {
  const hard = {
    pods: '5',
    'requests.cpu': '2',
    'limits.memory': '1Gi',
    configmaps: '9',
    services: '2',
    'services.nodeports': '2',
    'requests.storage': '5Gi',
    'standard.storageclass.storage.k8s.io/persistentvolumeclaims': '2',
    'count/deployments.apps': '2',
    'count/widgets.example.com': '3',
  };
  await start({ hard });
  const nothing = Object.fromEntries(
    Object.keys(hard)
      .filter((name) => !name.includes('widgets'))
      .map((name) => [name, '0']),
  );
  // The certificate that every namespace has, and the API's own Service.
  expect(await status()).toEqual({ hard, used: { ...nothing, configmaps: '1', services: '1' } });
  const containers = [
    {
      name: 'c',
      image: 'nginx:1',
      resources: { requests: { cpu: '250m' }, limits: { cpu: '1', memory: '64Mi' } },
    },
  ];
  await cluster.admin.create(DEPLOYMENTS, deploymentOf('web', 2, { pod: { containers } }));
  await cluster.admin.create(CONFIG_MAPS, { metadata: { namespace: 'default', name: 'mine' } });
  await cluster.admin.create(SERVICES, {
    metadata: { namespace: 'default', name: 'web' },
    spec: { type: 'NodePort', ports: [{ port: 80 }], selector: { app: 'web' } },
  });
  await cluster.admin.create(PERSISTENT_VOLUME_CLAIMS, {
    metadata: { namespace: 'default', name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });
  await cluster.settle();
  expect((await status())!.used).toEqual({
    pods: '2',
    'requests.cpu': '500m',
    'limits.memory': '128Mi',
    configmaps: '2',
    services: '2',
    'services.nodeports': '1',
    'requests.storage': '1Gi',
    'standard.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
    'count/deployments.apps': '1',
  });
  await cluster.admin.delete(
    DEPLOYMENTS,
    { namespace: 'default', name: 'web' },
    { propagationPolicy: 'Background' },
  );
  await cluster.settle();
  expect((await status())!.used).toMatchObject({
    pods: '0',
    'requests.cpu': '0',
    'count/deployments.apps': '0',
  });
});

test('a finished pod makes room', async () => {
  await start({ hard: { pods: '1' } });
  await cluster.admin.create(PODS, pod('a'));
  await cluster.settle();
  expect((await status())!.used).toEqual({ pods: '1' });
  await expect(cluster.admin.create(PODS, pod('b'))).rejects.toThrow('exceeded quota: all');
  const a = await cluster.admin.get(PODS, { namespace: 'default', name: 'a' });
  await cluster.admin.updateStatus(PODS, { ...a, status: { ...a.status, phase: 'Succeeded' } });
  await cluster.settle();
  expect((await status())!.used).toEqual({ pods: '0' });
  await cluster.admin.create(PODS, pod('b'));
});

test.each<{ name: string; spec: ResourceQuota['spec']; want: string }>([
  { name: 'pods that ask for nothing', spec: { scopes: ['BestEffort'] }, want: '1' },
  { name: 'pods that ask for something', spec: { scopes: ['NotBestEffort'] }, want: '2' },
  { name: 'pods with a deadline', spec: { scopes: ['Terminating'] }, want: '0' },
  {
    name: 'a priority class',
    spec: {
      scopeSelector: {
        matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['system-node-critical'] }],
      },
    },
    want: '0',
  },
])('counts $name', async ({ spec, want }) => {
  await start({ hard: { pods: '9' }, ...spec });
  await cluster.admin.create(PODS, pod('a'));
  await cluster.admin.create(PODS, pod('b', '10m'));
  await cluster.admin.create(PODS, pod('c', '20m'));
  await cluster.settle();
  expect((await status())!.used).toEqual({ pods: want });
});
