/** Random things that people do with volumes that can be copied: claims, clones, snapshots, groups of them, restores. */
import type { Random } from '../../../sandbox/core/random.ts';
import type { Disposable } from '../../../sandbox/core/disposable.ts';
import type { PersistentVolumeClaim } from '../../../sandbox/cluster/client/kinds.ts';
import { PERSISTENT_VOLUME_CLAIMS, PODS } from '../../../sandbox/cluster/client/resources.ts';
import { NodeDisk } from '../../../sandbox/cluster/kubelet/node-disk.ts';
import type { SimulatedCluster } from '../../../sandbox/cluster/simulated-cluster.ts';
import type { DriverNode } from '../../../sandbox/cluster/snapshots/hostpath-driver.ts';
import { installSnapshots } from '../../../sandbox/cluster/snapshots/install.ts';
import {
  VOLUME_GROUP_SNAPSHOTS,
  VOLUME_SNAPSHOTS,
  VOLUME_SNAPSHOT_CLASSES,
} from '../../../sandbox/cluster/snapshots/snapshot-kinds.ts';

const NAMESPACE = 'default';
const GIB = 'Gi';
const CLASSES = ['csi-hostpath-snapclass', 'keeps'];

export class SnapshotOperations {
  /** The nodes as the storage driver has them. */
  readonly nodes: ReadonlyMap<string, DriverNode>;
  readonly #cluster: SimulatedCluster;
  readonly #random: Random;

  constructor(cluster: SimulatedCluster, random: Random, nodeNames: readonly string[]) {
    this.#cluster = cluster;
    this.#random = random;
    this.nodes = new Map(
      nodeNames.map((name) => [
        name,
        { name, disk: new NodeDisk(cluster.clock), reachable: true, csiPlugins: new Map() },
      ]),
    );
  }

  /** Installs the add-on; nodes have to be there. */
  async install(random: Random): Promise<Disposable> {
    const { controlPlane, clock } = this.#cluster;
    const user = { username: 'system:snapshots', groups: ['system:masters', 'system:authenticated'] };
    const installed = await installSnapshots({
      clock,
      random,
      informers: controlPlane.informers,
      nodes: this.nodes,
      client: (userAgent) => controlPlane.client(user, userAgent),
      onError: (component, key, error) =>
        void this.#cluster.errors.push(`${component} ${key}: ${(error as Error).message}`),
    });
    await this.#cluster.admin.create(VOLUME_SNAPSHOT_CLASSES, {
      metadata: { name: CLASSES[1]! },
      driver: 'hostpath.csi.k8s.io',
      deletionPolicy: 'Retain',
    });
    return installed;
  }

  /** A claim, of nothing or of what is in another one or in a snapshot; more of one that is there; or its end. */
  async claim(): Promise<string> {
    const name = this.#name('csi');
    const what = this.#random.int(6);
    if (what === 0) {
      await this.#cluster.admin.delete(PERSISTENT_VOLUME_CLAIMS, { namespace: NAMESPACE, name });
      return `delete claim ${name}`;
    }
    const storage = `${1 + this.#random.int(2)}${GIB}`;
    if (what === 1) {
      await this.#cluster.admin.patch(
        PERSISTENT_VOLUME_CLAIMS,
        { namespace: NAMESPACE, name },
        'application/merge-patch+json',
        { spec: { resources: { requests: { storage } } } },
      );
      return `claim ${name} asks for ${storage}`;
    }
    const dataSource: PersistentVolumeClaim['spec']['dataSource'] =
      what === 2
        ? { kind: 'PersistentVolumeClaim', name: this.#name('csi') }
        : what === 3
          ? { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: this.#name('snap') }
          : undefined;
    await this.#cluster.admin.create(PERSISTENT_VOLUME_CLAIMS, {
      metadata: { namespace: NAMESPACE, name, labels: { group: 'csi' } },
      spec: {
        accessModes: [this.#random.int(3) === 0 ? 'ReadWriteOncePod' : 'ReadWriteOnce'],
        storageClassName: 'csi-hostpath-sc',
        resources: { requests: { storage } },
        ...(dataSource ? { dataSource } : {}),
      },
    });
    return `create claim ${name} of ${dataSource?.name ?? 'nothing'}`;
  }

  /** A pod that uses a claim. */
  async use(): Promise<string> {
    const claimName = this.#name('csi');
    const name = `uses-${claimName}-${this.#random.int(2)}`;
    await this.#cluster.admin.create(PODS, {
      metadata: { namespace: NAMESPACE, name },
      spec: {
        containers: [{ name: 'main', image: 'nginx:1' }],
        volumes: [{ name: 'disk', persistentVolumeClaim: { claimName } }],
      },
    });
    return `create pod ${name}`;
  }

  async snapshot(): Promise<string> {
    const name = this.#name('snap');
    if (this.#random.int(3) === 0) {
      await this.#cluster.admin.delete(VOLUME_SNAPSHOTS, { namespace: NAMESPACE, name });
      return `delete snapshot ${name}`;
    }
    const persistentVolumeClaimName = this.#name('csi');
    await this.#cluster.admin.create(VOLUME_SNAPSHOTS, {
      metadata: { namespace: NAMESPACE, name },
      spec: {
        volumeSnapshotClassName: CLASSES[this.#random.int(CLASSES.length)]!,
        source: { persistentVolumeClaimName },
      },
    });
    return `create snapshot ${name} of ${persistentVolumeClaimName}`;
  }

  async group(): Promise<string> {
    const name = 'all';
    if (this.#random.int(2) === 0) {
      await this.#cluster.admin.delete(VOLUME_GROUP_SNAPSHOTS, { namespace: NAMESPACE, name });
      return `delete group snapshot ${name}`;
    }
    await this.#cluster.admin.create(VOLUME_GROUP_SNAPSHOTS, {
      metadata: { namespace: NAMESPACE, name },
      spec: {
        volumeGroupSnapshotClassName: 'csi-hostpath-groupsnapclass',
        source: { selector: { matchLabels: { group: 'csi' } } },
      },
    });
    return `create group snapshot ${name}`;
  }

  #name(prefix: string): string {
    return `${prefix}-${this.#random.int(3)}`;
  }
}
