/**
 * The add-on `snapshots`: the CustomResourceDefinitions of the snapshot controller (v8.6; `definitions-8.6.json`, made
 * by `definitions.mjs`), its controllers, and a storage driver that can do it: hostpath.csi.k8s.io, with the
 * StorageClass `csi-hostpath-sc`, the VolumeSnapshotClass `csi-hostpath-snapclass` and the VolumeGroupSnapshotClass
 * `csi-hostpath-groupsnapclass`, as its own examples name them. The class `standard` stays what it is on kind:
 * local-path, which knows no snapshots.
 */
import type { Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import type { Random } from '../../core/random.ts';
import { isStatus } from '../api/status.ts';
import type { KubernetesObject } from '../api/object.ts';
import type { Client } from '../client/client.ts';
import { ensure } from '../client/ensure.ts';
import { EventRecorder } from '../client/event-recorder.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import {
  CSI_DRIVERS,
  CSI_NODES,
  CUSTOM_RESOURCE_DEFINITIONS,
  NODES,
  PERSISTENT_VOLUMES,
  STORAGE_CLASSES,
} from '../client/resources.ts';
import { ExternalProvisioner } from '../controllers/persistent-volume/external-provisioner.ts';
import { nodeOfVolume } from './claimed-volume.ts';
import { CsiProvisioner } from './csi-provisioner.ts';
import { CsiResizer } from './csi-resizer.ts';
import { CsiSnapshotter } from './csi-snapshotter.ts';
import definitions from './definitions-8.6.json' with { type: 'json' };
import { GroupSnapshotController } from './group-snapshot-controller.ts';
import { DRIVER, HostPathDriver, TOPOLOGY_KEY, type DriverNode } from './hostpath-driver.ts';
import { SnapshotController } from './snapshot-controller.ts';
import { VOLUME_GROUP_SNAPSHOT_CLASSES, VOLUME_SNAPSHOT_CLASSES } from './snapshot-kinds.ts';
import { quantityValue } from '../api/quantity.ts';

export interface SnapshotsOptions {
  clock: Clock;
  random: Random;
  informers: InformerFactory;
  /** The nodes by name. */
  nodes: ReadonlyMap<string, DriverNode>;
  /** A client with all rights whose writes are `userAgent`'s. */
  client(userAgent: string): Client;
  onError(component: string, key: string, error: unknown): void;
}

/** Puts what is not there yet, and starts the controllers. */
export async function installSnapshots(options: SnapshotsOptions): Promise<Disposable> {
  const { clock, random, informers, nodes } = options;
  const installer = options.client('kubectl');
  for (const definition of definitions as KubernetesObject[])
    await ensure(installer, CUSTOM_RESOURCE_DEFINITIONS, definition);
  await ensure(installer, CSI_DRIVERS, {
    metadata: { name: DRIVER },
    spec: {
      fsGroupPolicy: 'File',
      podInfoOnMount: true,
      volumeLifecycleModes: ['Persistent', 'Ephemeral'],
    },
  });
  await ensure(installer, STORAGE_CLASSES, {
    metadata: { name: 'csi-hostpath-sc' },
    provisioner: DRIVER,
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'Immediate',
    allowVolumeExpansion: true,
  });
  const snapshotClass = { driver: DRIVER, deletionPolicy: 'Delete' } as const;
  await ensure(installer, VOLUME_SNAPSHOT_CLASSES, {
    metadata: { name: 'csi-hostpath-snapclass' },
    ...snapshotClass,
  });
  await ensure(installer, VOLUME_GROUP_SNAPSHOT_CLASSES, {
    metadata: { name: 'csi-hostpath-groupsnapclass' },
    ...snapshotClass,
  });

  const resources = new DisposableStore();
  const driver = new HostPathDriver(clock, random, nodes);
  const volumes = informers.informer(PERSISTENT_VOLUMES);
  resources.add(
    volumes.addHandler({
      add: (volume) => {
        const { capacity, csi } = volume.spec;
        if (csi?.driver !== DRIVER) return;
        const sizeBytes = quantityValue(capacity?.['storage'] ?? 0);
        driver.keepVolume(csi.volumeHandle, nodeOfVolume(volume), sizeBytes, volume.metadata.uid!);
      },
    }),
  );
  const recorder = (component: string, client: Client) =>
    resources.add(new EventRecorder(client, clock, { component }));
  const controllerClient = options.client('snapshot-controller');
  const controller = {
    clock,
    informers,
    client: controllerClient,
    recorder: recorder('snapshot-controller', controllerClient),
    onError: (key: string, error: unknown) => options.onError('snapshot-controller', key, error),
  };
  resources.add(new SnapshotController(controller));
  resources.add(new GroupSnapshotController(controller));
  const snapshotter = options.client('csi-snapshotter');
  resources.add(
    new CsiSnapshotter({
      clock,
      informers,
      driver,
      client: snapshotter,
      recorder: recorder(`csi-snapshotter ${DRIVER}`, snapshotter),
      onError: (key, error) => options.onError('csi-snapshotter', key, error),
    }),
  );
  const provisioner = options.client('csi-provisioner');
  resources.add(
    new ExternalProvisioner({
      clock,
      informers,
      client: provisioner,
      recorder: recorder(`${DRIVER}_csi-hostpathplugin`, provisioner),
      driver: new CsiProvisioner({ clock, client: provisioner, informers, driver }),
      onError: (key, error) => options.onError('csi-provisioner', key, error),
    }),
  );
  resources.add(
    new CsiResizer({
      clock,
      informers,
      driver,
      client: options.client('csi-resizer'),
      onError: (key, error) => options.onError('csi-resizer', key, error),
    }),
  );
  for (const name of nodes.keys()) await register(options.client('kubelet'), name);
  return resources;
}

/** The plugin of a node tells its kubelet, which says so in the API. */
async function register(client: Client, name: string): Promise<void> {
  const labels = { [TOPOLOGY_KEY]: name };
  const node = await client.patch(NODES, { name }, 'application/merge-patch+json', { metadata: { labels } });
  const spec = { drivers: [{ name: DRIVER, nodeID: name, topologyKeys: [TOPOLOGY_KEY] }] };
  try {
    await client.patch(CSI_NODES, { name }, 'application/merge-patch+json', { spec });
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error;
    await client.create(CSI_NODES, {
      metadata: {
        name,
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: node.metadata.uid! }],
      },
      spec,
    });
  }
}
