import { afterEach, expect, test } from 'vitest';
import { decode, encode } from '../../core/bytes.ts';
import type { PodSpec, Volume } from '../client/kinds.ts';
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, PODS } from '../client/resources.ts';
import { SimulatedNode, TEST_IMAGE } from '../simulated-node.ts';

let node: SimulatedNode;
afterEach(() => node.dispose());

const withVolume = (volume: Omit<Volume, 'name'>, mount = {}): Partial<PodSpec> => ({
  terminationGracePeriodSeconds: 1,
  containers: [
    {
      name: 'web',
      image: 'test:1',
      command: ['polite'],
      env: [{ name: 'WHO', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      volumeMounts: [{ name: 'data', mountPath: '/data', ...mount }],
    },
  ],
  volumes: [{ name: 'data', ...volume }],
});

const files = async (name = 'web') =>
  node.kubelet.pod((await node.pod(name)).metadata.uid!)!.container('web')!.current!.machine.files;

async function bind(path: string, hostPathType = ''): Promise<void> {
  await node.client.create(PERSISTENT_VOLUMES, {
    metadata: { name: 'pv' },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'standard',
      claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', name: 'claim', namespace: 'default' },
      hostPath: { path, type: hostPathType },
    },
  } as never);
  await node.client.create(PERSISTENT_VOLUME_CLAIMS, {
    metadata: { name: 'claim', namespace: 'default' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'standard',
      volumeName: 'pv',
      resources: { requests: { storage: '1Gi' } },
    },
  } as never);
  await node.client.patch(
    PERSISTENT_VOLUME_CLAIMS,
    { name: 'claim', namespace: 'default' },
    'application/merge-patch+json',
    { status: { phase: 'Bound' } },
    { subresource: 'status' },
  );
}

const CLAIM = { persistentVolumeClaim: { claimName: 'claim' } };

test('a claim is waited for, and what is written there outlives the pod and a reboot of the node', async () => {
  node = new SimulatedNode();
  await node.run(withVolume(CLAIM));
  expect((await node.events())[0]).toContain('persistentvolumeclaims "claim" not found');
  await bind('/var/local-path-provisioner/pv', 'DirectoryOrCreate');
  await node.pass(5);
  (await files()).writeFile('/data/x', encode('kept'));
  await node.client.delete(PODS, { namespace: 'default', name: 'web' });
  await node.pass(5);
  await node.run(withVolume(CLAIM), { name: 'next' });
  await node.pass(1);
  expect(decode((await files('next')).readFile('/data/x'))).toBe('kept');
  node.machine.stop();
  const started = node.machine.start();
  await node.pass(12);
  await started;
  expect(decode((await files('next')).readFile('/data/x'))).toBe('kept');
});

test('a directory of the node is copied on write', async () => {
  node = new SimulatedNode();
  const { disk } = node.machine;
  const owner = { uid: 'uid', name: 'volume' };
  disk.directory('/one', owner).writeFile('/x', encode('first'));
  disk.clone('/one', '/snapshot', owner);
  disk.directory('/one', owner).writeFile('/x', encode('second'));
  disk.clone('/snapshot', '/two', owner);
  disk.directory('/two', owner).writeFile('/y', encode('own'));
  expect(decode(disk.directory('/one', owner).readFile('/x'))).toBe('second');
  expect(decode(disk.directory('/two', owner).readFile('/x'))).toBe('first');
  expect(disk.directory('/snapshot', owner).readDirectory('/')).toEqual(['x']);
  disk.remove('/snapshot');
  expect(disk.has('/snapshot')).toBe(false);
  expect(() => disk.clone('/snapshot', '/three', owner)).toThrow('no directory /snapshot on this node');
});

test.each<{ name: string; volume: Omit<Volume, 'name'>; want: string }>([
  {
    name: 'hostPath',
    volume: { hostPath: { path: '/etc' } },
    want: 'MountVolume.SetUp failed for volume "data" : hostPath volumes are not allowed in this cluster: use an emptyDir or a PersistentVolumeClaim',
  },
  {
    name: 'nfs',
    volume: { nfs: { server: 'nfs.example', path: '/' } },
    want: 'MountVolume.SetUp failed for volume "data" : volumes of type nfs are not available in this cluster',
  },
  {
    name: 'a Secret that is not there',
    volume: { secret: { secretName: 'none' } },
    want: 'MountVolume.SetUp failed for volume "data" : secret "none" not found',
  },
])('$name is refused with its reason', async ({ volume, want }) => {
  node = new SimulatedNode();
  await node.run(withVolume(volume));
  expect((await node.events())[0]).toBe(`FailedMount: ${want}`);
  expect((await node.pod()).status!.phase).toBe('Pending');
});

test('an optional ConfigMap need not be there', async () => {
  node = new SimulatedNode();
  await node.run(withVolume({ configMap: { name: 'none', optional: true } }));
  expect((await files()).readDirectory('/data')).toEqual(expect.arrayContaining(['..data']));
});

test('an image as a volume, which nobody can write to', async () => {
  node = new SimulatedNode();
  await node.run(withVolume({ image: { reference: 'test:1', pullPolicy: 'IfNotPresent' } }));
  expect((await files()).readDirectory('/data')).toEqual(
    TEST_IMAGE.tree.root.entries.size > 0 ? ['bin', 'etc'] : [],
  );
  const written = await files();
  expect(() => written.writeFile('/data/x', encode(''))).toThrow('Read-only file system');
});

test('subPathExpr takes a directory by the environment; the others do not see it', async () => {
  node = new SimulatedNode();
  await node.run(withVolume({ emptyDir: {} }, { subPathExpr: '$(WHO)-files' }));
  (await files()).writeFile('/data/x', encode('y'));
  const { mounted } = node.kubelet.pod((await node.pod()).metadata.uid!)!.volumes;
  expect(mounted.get('data')!.files.readDirectory('/web-files')).toEqual(['x']);
});

test('a token is replaced when a fifth of its life is left', async () => {
  node = new SimulatedNode();
  await node.run(
    withVolume({
      projected: { sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 600 } }] },
    }),
  );
  const token = async () => decode((await files()).readFile('/data/token'));
  const first = await token();
  await node.pass(470);
  expect(await token()).toBe(first);
  await node.pass(20);
  expect(await token()).not.toBe(first);
});

test('labels in a downward API volume follow at once', async () => {
  node = new SimulatedNode();
  await node.run(
    withVolume({ downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } }),
    { labels: { tier: 'one' } },
  );
  await node.client.patch(PODS, { namespace: 'default', name: 'web' }, 'application/merge-patch+json', {
    metadata: { labels: { tier: 'two' } },
  });
  await node.pass(2);
  expect(decode((await files()).readFile('/data/labels'))).toBe('tier="two"');
});
