import { afterEach, expect, test } from 'vitest';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  NAMESPACES,
  PODS,
  SERVICE_ACCOUNTS,
  type ResourceType,
} from '../client/resources.ts';
import { isStatus } from '../api/status.ts';
import { deploymentOf, SimulatedCluster } from '../simulated-cluster.ts';

let cluster: SimulatedCluster;
afterEach(() => {
  cluster.dispose();
});

async function start(stopMs = 0): Promise<void> {
  cluster = new SimulatedCluster({ stopMs });
  await cluster.addNodes('n1');
  await cluster.admin.create(NAMESPACES, { metadata: { name: 'team' }, spec: {} });
  await cluster.settle();
}

async function phase(): Promise<string> {
  try {
    return (await cluster.admin.get(NAMESPACES, { name: 'team' })).status!.phase!;
  } catch (error) {
    if (isStatus(error, 'NotFound')) return 'gone';
    throw error;
  }
}

test('gets a default service account and the root certificate, and again when they are deleted', async () => {
  await start();
  const account = { namespace: 'team', name: 'default' };
  const certificate = { namespace: 'team', name: 'kube-root-ca.crt' };
  const { uid } = (await cluster.admin.get(SERVICE_ACCOUNTS, account)).metadata;
  await cluster.admin.get(CONFIG_MAPS, certificate);
  await cluster.admin.delete(SERVICE_ACCOUNTS, account);
  await cluster.admin.delete(CONFIG_MAPS, certificate);
  await cluster.settle();
  expect((await cluster.admin.get(SERVICE_ACCOUNTS, account)).metadata.uid).not.toBe(uid);
  await cluster.admin.get(CONFIG_MAPS, certificate);
});

test('takes five seconds to go when there is nothing to wait for', async () => {
  await start();
  await cluster.admin.delete(NAMESPACES, { name: 'team' });
  await cluster.advance(4);
  expect(await phase()).toBe('Terminating');
  await cluster.advance(2);
  expect(await phase()).toBe('gone');
});

test('everything in it goes, pods first', async () => {
  await start(8000);
  const deployment = deploymentOf('web', 2);
  await cluster.admin.create(DEPLOYMENTS, {
    ...deployment,
    metadata: { ...deployment.metadata, namespace: 'team' },
  });
  await cluster.settle();
  await cluster.admin.delete(NAMESPACES, { name: 'team' });
  await cluster.advance(6);
  expect((await cluster.admin.list(PODS, { namespace: 'team' })).items.length).toBe(2);
  expect((await cluster.admin.list(CONFIG_MAPS, { namespace: 'team' })).items.length).toBe(1);
  await cluster.advance(60);
  expect(await phase()).toBe('gone');
  for (const type of [PODS, DEPLOYMENTS, CONFIG_MAPS, SERVICE_ACCOUNTS] as ResourceType[]) {
    expect((await cluster.admin.list(type, { namespace: 'team' })).items).toEqual([]);
  }
});

test('a finalizer holds it back, and the conditions say which', async () => {
  await start();
  const held = { namespace: 'team', name: 'held' };
  await cluster.admin.create(CONFIG_MAPS, { metadata: { ...held, finalizers: ['example.com/hold'] } });
  await cluster.admin.delete(NAMESPACES, { name: 'team' });
  await cluster.advance(30);
  const { status } = await cluster.admin.get(NAMESPACES, { name: 'team' });
  expect(status!.conditions!.map(({ type, status, message }) => `${type}=${status}: ${message}`)).toEqual([
    'NamespaceDeletionDiscoveryFailure=False: All resources successfully discovered',
    'NamespaceDeletionGroupVersionParsingFailure=False: All legacy kube types successfully parsed',
    'NamespaceDeletionContentFailure=False: All content successfully deleted, may be waiting on finalization',
    'NamespaceContentRemaining=True: Some resources are remaining: configmaps. has 1 resource instances',
    'NamespaceFinalizersRemaining=True: Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
  ]);
  await cluster.admin.patch(CONFIG_MAPS, held, 'application/merge-patch+json', {
    metadata: { finalizers: null },
  });
  await cluster.advance(30);
  expect(await phase()).toBe('gone');
});
