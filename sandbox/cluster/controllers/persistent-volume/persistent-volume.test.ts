import { afterEach, expect, test } from 'vitest';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../client/kinds.ts';
import {
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  STORAGE_CLASSES,
} from '../../client/resources.ts';
import { SimulatedCluster } from '../../simulated-cluster.ts';

let cluster: SimulatedCluster;
afterEach(() => {
  cluster.dispose();
});

async function start(...nodes: string[]): Promise<void> {
  cluster = new SimulatedCluster();
  await cluster.addNodes(...(nodes.length > 0 ? nodes : ['n1']));
  await cluster.events();
}

async function claim(name: string, spec: Partial<PersistentVolumeClaim['spec']> = {}): Promise<void> {
  await cluster.admin.create(PERSISTENT_VOLUME_CLAIMS, {
    metadata: { namespace: 'default', name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  });
  await cluster.settle();
}

async function volume(name: string, spec: Partial<PersistentVolume['spec']> = {}): Promise<void> {
  await cluster.admin.create(PERSISTENT_VOLUMES, {
    metadata: { name },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Gi' },
      persistentVolumeReclaimPolicy: 'Retain',
      hostPath: { path: '/data' },
      ...spec,
    },
  });
  await cluster.settle();
}

async function pod(name: string, ...claims: string[]): Promise<void> {
  const object: Pod = {
    metadata: { namespace: 'default', name },
    spec: {
      containers: [{ name: 'main', image: 'nginx:1' }],
      volumes: claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
    },
  };
  await cluster.admin.create(PODS, object);
  await cluster.settle();
}

const claims = async () =>
  (await cluster.admin.list(PERSISTENT_VOLUME_CLAIMS)).items.map(
    ({ metadata, spec, status }) =>
      `${metadata.name} ${status?.phase} ${(spec.volumeName ?? '-').replace(/^pvc-.*/, 'pvc-…')}`,
  );
const volumes = async () =>
  (await cluster.admin.list(PERSISTENT_VOLUMES)).items.map(
    ({ metadata, status }) => `${metadata.name!.replace(/^pvc-.*/, 'pvc-…')} ${status?.phase}`,
  );
const happened = async () =>
  (await cluster.events()).map((line) => line.replace(/^\d+s /, '').replace(/pvc-[0-9a-f-]{36}/g, 'pvc-…'));

test('a claim waits for its first pod, and is made a volume where the pod goes', async () => {
  await start('n1', 'n2');
  await claim('data');
  expect(await claims()).toEqual(['data Pending -']);
  expect(await happened()).toEqual([
    'PersistentVolumeClaim/data WaitForFirstConsumer: waiting for first consumer to be created before binding',
  ]);
  await pod('db', 'data');
  expect(await claims()).toEqual(['data Bound pvc-…']);
  const [made] = (await cluster.admin.list(PERSISTENT_VOLUMES)).items;
  const node = (await cluster.admin.get(PODS, { namespace: 'default', name: 'db' })).spec.nodeName!;
  const { uid } = (await cluster.admin.get(PERSISTENT_VOLUME_CLAIMS, { namespace: 'default', name: 'data' }))
    .metadata;
  expect(made).toMatchObject({
    metadata: {
      name: `pvc-${uid}`,
      annotations: {
        'pv.kubernetes.io/provisioned-by': 'rancher.io/local-path',
        'volume.kubernetes.io/selected-node': node,
      },
      finalizers: ['kubernetes.io/pv-protection'],
    },
    spec: {
      capacity: { storage: '1Gi' },
      claimRef: { kind: 'PersistentVolumeClaim', name: 'data', namespace: 'default', uid },
      hostPath: { path: `/var/local-path-provisioner/pvc-${uid}_default_data`, type: 'DirectoryOrCreate' },
      persistentVolumeReclaimPolicy: 'Delete',
      storageClassName: 'standard',
    },
    status: { phase: 'Bound' },
  });
  expect((await happened()).filter((line) => !line.includes('FailedScheduling'))).toEqual([
    expect.stringMatching(
      /^PersistentVolumeClaim\/data ExternalProvisioning: Waiting for a volume to be created/,
    ),
    'PersistentVolumeClaim/data Provisioning: External provisioner is provisioning volume for claim "default/data"',
    'PersistentVolumeClaim/data ProvisioningSucceeded: Successfully provisioned volume pvc-…',
    `Pod/db Scheduled: Successfully assigned default/db to ${node}`,
  ]);
});

test('a second pod of the claim goes to the node of its volume', async () => {
  await start('n1', 'n2', 'n3');
  await claim('data');
  for (const name of ['a', 'b', 'c']) await pod(name, 'data');
  const nodes = (await cluster.pods()).map((line) => line.split(' ')[1]);
  expect(new Set(nodes).size).toBe(1);
});

test('a used claim outlives its deletion until the pod is gone; its volume goes with it', async () => {
  await start();
  await claim('data');
  await pod('db', 'data');
  await cluster.admin.delete(PERSISTENT_VOLUME_CLAIMS, { namespace: 'default', name: 'data' });
  await cluster.settle();
  expect(await claims()).toEqual(['data Bound pvc-…']);
  await cluster.admin.delete(PODS, { namespace: 'default', name: 'db' });
  await cluster.settle();
  expect(await claims()).toEqual([]);
  expect(await volumes()).toEqual([]);
});

test('a retained volume is Released, and Available once nobody is named in it', async () => {
  await start();
  await volume('disk', { storageClassName: 'manual' });
  expect(await volumes()).toEqual(['disk Available']);
  await claim('data', { storageClassName: 'manual' });
  expect(await claims()).toEqual(['data Bound disk']);
  await cluster.admin.delete(PERSISTENT_VOLUME_CLAIMS, { namespace: 'default', name: 'data' });
  await cluster.settle();
  expect(await volumes()).toEqual(['disk Released']);
  await claim('other', { storageClassName: 'manual' });
  expect(await claims()).toEqual(['other Pending -']);
  await cluster.admin.patch(PERSISTENT_VOLUMES, { name: 'disk' }, 'application/merge-patch+json', {
    spec: { claimRef: null },
  });
  await cluster.settle();
  expect(await claims()).toEqual(['other Bound disk']);
});

test('the smallest volume that fits, and none of another class or mode', async () => {
  await start();
  const manual = { storageClassName: 'manual' };
  await volume('small', { ...manual, capacity: { storage: '500Mi' } });
  await volume('large', { ...manual, capacity: { storage: '5Gi' } });
  await volume('middle', { ...manual, capacity: { storage: '2Gi' } });
  await volume('shared', { ...manual, accessModes: ['ReadOnlyMany'] });
  await volume('classless', {});
  await claim('data', manual);
  await claim('more', manual);
  await claim('third', manual);
  expect(await claims()).toEqual(['data Bound middle', 'more Bound large', 'third Pending -']);
});

test('a volume that names its claim waits for it', async () => {
  await start();
  await volume('mine', { storageClassName: 'manual', claimRef: { namespace: 'default', name: 'data' } });
  await claim('other', { storageClassName: 'manual' });
  await claim('data', { storageClassName: 'manual' });
  expect(await claims()).toEqual(['data Bound mine', 'other Pending -']);
  expect(await volumes()).toEqual(['mine Bound']);
});

test('says why a claim stays unbound', async () => {
  await start();
  await claim('classless', { storageClassName: '' });
  await claim('typo', { storageClassName: 'nope' });
  expect(await happened()).toEqual([
    'PersistentVolumeClaim/classless FailedBinding: no persistent volumes available for this claim and no storage class is set',
    'PersistentVolumeClaim/typo ProvisioningFailed: storageclass.storage.k8s.io "nope" not found',
  ]);
  await cluster.admin.create(STORAGE_CLASSES, {
    metadata: { name: 'nope' },
    provisioner: 'rancher.io/local-path',
    volumeBindingMode: 'WaitForFirstConsumer',
  });
  await cluster.settle();
  await pod('db', 'typo');
  expect(await claims()).toEqual(['classless Pending -', 'typo Bound pvc-…']);
});

test('local volumes are for one node', async () => {
  await start();
  await claim('shared', { accessModes: ['ReadWriteMany'] });
  await pod('a', 'shared');
  expect(await happened()).toContain(
    'PersistentVolumeClaim/shared ProvisioningFailed: failed to provision volume with StorageClass "standard": NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes',
  );
});

test('a claim whose volume was taken away is lost', async () => {
  await start();
  await volume('disk', { storageClassName: 'manual' });
  await claim('data', { storageClassName: 'manual' });
  await cluster.events();
  await cluster.admin.delete(PERSISTENT_VOLUMES, { name: 'disk' });
  await cluster.settle();
  expect(await volumes()).toEqual(['disk Bound']);
  await cluster.admin.patch(PERSISTENT_VOLUMES, { name: 'disk' }, 'application/merge-patch+json', {
    metadata: { finalizers: null },
  });
  await cluster.settle();
  expect(await claims()).toEqual(['data Lost disk']);
  expect(await happened()).toEqual([
    'PersistentVolumeClaim/data ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!',
  ]);
});

test('a volume that nobody can delete has failed', async () => {
  await start();
  await volume('disk', { storageClassName: 'manual', persistentVolumeReclaimPolicy: 'Delete' });
  await claim('data', { storageClassName: 'manual' });
  await cluster.events();
  await cluster.admin.delete(PERSISTENT_VOLUME_CLAIMS, { namespace: 'default', name: 'data' });
  await cluster.settle();
  expect(await volumes()).toEqual(['disk Failed']);
  expect(await happened()).toEqual([
    'PersistentVolume/disk VolumeFailedDelete: host_path deleter only supports /tmp/.+ but received provided /data',
  ]);
});

const whyNot = async (name: string) =>
  (await cluster.admin.get(PODS, { namespace: 'default', name })).status?.conditions?.find(
    ({ type }) => type === 'PodScheduled',
  )?.message;

test('pods say what is wrong with their claims', async () => {
  await start();
  await pod('noclaim', 'missing');
  expect(await whyNot('noclaim')).toBe(
    '0/1 nodes are available: persistentvolumeclaim "missing" not found. not found',
  );
  await claim('classless', { storageClassName: '' });
  await pod('unbound', 'classless');
  expect(await whyNot('unbound')).toBe(
    '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found',
  );
  const nodeAffinity = {
    required: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['elsewhere'] }] },
      ],
    },
  };
  await volume('far', { storageClassName: 'manual', nodeAffinity });
  await claim('far', { storageClassName: 'manual' });
  await pod('far', 'far');
  expect(await whyNot('far')).toBe(
    "0/1 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
  );
  await volume('here', {});
  await cluster.advance(2);
  expect(await whyNot('unbound')).toBeUndefined();
});

test('a pod that goes away stops waiting for its volumes', async () => {
  await start();
  await claim('shared', { accessModes: ['ReadWriteMany'] });
  await pod('a', 'shared');
  await cluster.admin.delete(PODS, { namespace: 'default', name: 'a' });
  await cluster.advance(700);
  expect(await cluster.pods()).toEqual([]);
  expect(cluster.errors.filter((line) => line.startsWith('scheduler'))).toEqual([]);
});

test('a generic ephemeral volume has a claim that comes and goes with its pod', async () => {
  await start();
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  await cluster.admin.create(PODS, {
    metadata: { namespace: 'default', name: 'a' },
    spec: {
      containers: [{ name: 'main', image: 'nginx:1' }],
      volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: { spec } } }],
    },
  });
  await cluster.advance(3);
  expect(await claims()).toEqual(['a-scratch Bound pvc-…']);
  expect(await cluster.pods()).toEqual(['a n1 Running']);
  await cluster.admin.delete(PODS, { namespace: 'default', name: 'a' });
  await cluster.settle();
  expect(await claims()).toEqual([]);
  expect(await volumes()).toEqual([]);
});
