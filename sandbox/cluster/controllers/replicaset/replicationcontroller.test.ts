import { afterEach, expect, test } from 'vitest';
import { PODS, REPLICATION_CONTROLLERS } from '../../client/resources.ts';
import { SimulatedCluster } from '../../simulated-cluster.ts';

let cluster: SimulatedCluster;
afterEach(() => {
  cluster.dispose();
});

const NAME = { namespace: 'default', name: 'web' };

async function start(replicas: number): Promise<void> {
  cluster = new SimulatedCluster();
  await cluster.addNodes('n1');
  await cluster.admin.create(REPLICATION_CONTROLLERS, {
    metadata: { ...NAME },
    spec: {
      replicas,
      selector: { app: 'web' },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'main', image: 'nginx:1' }] },
      },
    },
  });
  await cluster.settle();
}

const status = async () => (await cluster.admin.get(REPLICATION_CONTROLLERS, NAME)).status;

test('keeps as many pods as it says, and counts them', async () => {
  await start(2);
  expect(await status()).toEqual({
    replicas: 2,
    fullyLabeledReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
    observedGeneration: 1,
  });
  const events = (await cluster.events()).filter((line) => line.includes('ReplicationController/web'));
  expect(events.map((line) => line.replace(/web-\w{5}/, 'web-…'))).toEqual([
    '0s ReplicationController/web SuccessfulCreate: Created pod: web-…',
    '0s ReplicationController/web SuccessfulCreate: Created pod: web-…',
  ]);
  await cluster.admin.patch(REPLICATION_CONTROLLERS, NAME, 'application/merge-patch+json', {
    spec: { replicas: 1 },
  });
  await cluster.settle();
  expect(await cluster.pods()).toHaveLength(1);
});

test('takes up a pod that matches, and lets one go that no longer does', async () => {
  await start(1);
  const [pod] = (await cluster.admin.list(PODS)).items;
  await cluster.admin.patch(PODS, pod!.metadata, 'application/merge-patch+json', {
    metadata: { labels: { app: 'other' } },
  });
  await cluster.settle();
  const { items } = await cluster.admin.list(PODS);
  expect(items.map(({ metadata }) => [metadata.labels!['app'], metadata.ownerReferences?.[0]?.kind])).toEqual(
    expect.arrayContaining([
      ['other', undefined],
      ['web', 'ReplicationController'],
    ]),
  );
  expect(items).toHaveLength(2);
});
