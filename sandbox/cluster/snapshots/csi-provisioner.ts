/**
 * csi-provisioner, the sidecar that makes and deletes a driver's volumes (kubernetes-csi/external-provisioner v6): from
 * nothing, from a snapshot, or as a clone of another claim's volume. Left out: storage capacity, secrets, volume
 * attributes, data sources in other namespaces, and the finalizer of a claim that is being cloned, which here is done
 * in one step.
 */
import type { Clock } from '../../core/clock.ts';
import { untolerated, DO_NOT_SCHEDULE } from '../api/tolerations.ts';
import { quantityValue } from '../api/quantity.ts';
import type { Client } from '../client/client.ts';
import type { Informer } from '../client/informer.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim, StorageClass } from '../client/kinds.ts';
import { NODES, PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from '../client/resources.ts';
import type {
  ProvisionedVolume,
  ProvisionRequest,
  VolumeDriver,
} from '../controllers/persistent-volume/external-provisioner.ts';
import { DRIVER, TOPOLOGY_KEY, type HostPathDriver, type VolumeSource } from './hostpath-driver.ts';
import { AS_SOURCE_FINALIZER, GROUP, VOLUME_SNAPSHOT_CONTENTS, VOLUME_SNAPSHOTS } from './snapshot-kinds.ts';

const SECRET_NAME = 'volume.kubernetes.io/provisioner-deletion-secret-name';
const SECRET_NAMESPACE = 'volume.kubernetes.io/provisioner-deletion-secret-namespace';
const IDENTITY = 'storage.kubernetes.io/csiProvisionerIdentity';
const UNBOUND = 'claim in dataSource not bound or invalid';

export interface CsiProvisionerOptions {
  clock: Clock;
  client: Client;
  informers: InformerFactory;
  driver: HostPathDriver;
}

export class CsiProvisioner implements VolumeDriver {
  readonly name = DRIVER;
  readonly finalizer = 'external-provisioner.volume.kubernetes.io/finalizer';
  readonly #client: Client;
  readonly #driver: HostPathDriver;
  readonly #nodes: Informer<Node>;
  readonly #identity: string;

  constructor({ clock, client, informers, driver }: CsiProvisionerOptions) {
    this.#client = client;
    this.#driver = driver;
    this.#nodes = informers.informer(NODES);
    this.#identity = `${clock.now()}-8081-${DRIVER}`;
  }

  async provision({
    claim,
    storageClass,
    selectedNode,
    volumeName,
  }: ProvisionRequest): Promise<ProvisionedVolume | undefined> {
    const { spec } = claim;
    const from = spec.dataSourceRef ?? spec.dataSource;
    let source: VolumeSource | undefined;
    if (from?.kind === 'VolumeSnapshot') {
      if (from.apiGroup !== GROUP)
        throw new Error(
          `the PVC source does not belong to the right APIGroup. Expected ${GROUP}, Got ${from.apiGroup ?? ''}`,
        );
      source = await naming(from, this.#snapshotSource(claim, storageClass, from.name));
    } else if (from?.kind === 'PersistentVolumeClaim') {
      source = await naming(from, this.#claimSource(claim, storageClass, from.name));
    } else if (from) return undefined;
    if (spec.selector) throw new Error('claim Selector is not supported');
    if (spec.volumeMode === 'Block')
      throw new Error('raw block volumes are not available in this cluster: use volumeMode Filesystem');

    const node = selectedNode ?? (source && this.#driver.nodeOf(source)) ?? this.#freestNode();
    const volumeHandle = this.#driver.createVolume(volumeName, node, requestedBytes(claim), source);
    return {
      annotations: { [SECRET_NAME]: '', [SECRET_NAMESPACE]: '' },
      spec: {
        csi: { driver: DRIVER, volumeHandle, volumeAttributes: { [IDENTITY]: this.#identity } },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: TOPOLOGY_KEY, operator: 'In', values: [node] }] },
            ],
          },
        },
      },
    };
  }

  async delete({ spec }: PersistentVolume): Promise<void> {
    this.#driver.deleteVolume(spec.csi!.volumeHandle);
  }

  async #snapshotSource(
    claim: PersistentVolumeClaim,
    storageClass: StorageClass,
    name: string,
  ): Promise<VolumeSource> {
    const { namespace } = claim.metadata;
    const snapshot = await this.#client.get(VOLUME_SNAPSHOTS, { namespace, name }).catch((error: unknown) => {
      throw new Error(`error getting snapshot ${name} from api server: ${(error as Error).message}`);
    });
    const { deletionTimestamp, finalizers } = snapshot.metadata;
    if (deletionTimestamp !== undefined && !finalizers?.includes(AS_SOURCE_FINALIZER))
      throw new Error(`snapshot ${name} is being deleted`);
    const { boundVolumeSnapshotContentName: contentName, readyToUse, restoreSize } = snapshot.status ?? {};
    if (!contentName) throw new Error(`snapshot ${name} not bound`);
    const content = await this.#client.get(VOLUME_SNAPSHOT_CONTENTS, { name: contentName }).catch(() => {
      throw new Error(`error getting snapshotcontent ${contentName} for snapshot ${name}`);
    });
    const { driver, volumeSnapshotRef } = content.spec!;
    if (volumeSnapshotRef.uid !== snapshot.metadata.uid)
      throw new Error(`snapshotcontent ${contentName} for snapshot ${name} is bound to a different snapshot`);
    if (driver !== storageClass.provisioner)
      throw new Error(
        `snapshotcontent ${contentName} for snapshot ${name} is not handled by CSI driver of StorageClass ${storageClass.metadata.name}`,
      );
    if (!readyToUse) throw new Error(`snapshot ${name} is not Ready`);
    const snapshotHandle = content.status?.snapshotHandle;
    if (!snapshotHandle) throw new Error(`snapshot handle ${name} is not available`);
    if (restoreSize !== undefined && requestedBytes(claim) < quantityValue(restoreSize))
      throw new Error(
        `requested volume size ${requestedBytes(claim)} is less than the size ${quantityValue(restoreSize)} for the source snapshot ${name}`,
      );
    return { snapshotHandle };
  }

  async #claimSource(
    claim: PersistentVolumeClaim,
    storageClass: StorageClass,
    name: string,
  ): Promise<VolumeSource> {
    const { namespace } = claim.metadata;
    const source = await this.#client
      .get(PERSISTENT_VOLUME_CLAIMS, { namespace, name })
      .catch((error: unknown) => {
        throw new Error(
          `error getting PVC ${name} (namespace "${namespace}") from api server: ${(error as Error).message}`,
        );
      });
    if (source.status?.phase !== 'Bound')
      throw new Error(
        `the PVC DataSource ${name} must have a status of Bound.  Got {${source.status?.phase} [] map[] [] map[] map[] <nil> nil}`,
      );
    if (source.metadata.deletionTimestamp !== undefined)
      throw new Error(`the PVC DataSource ${name} is currently being deleted`);
    if (requestedBytes(claim) < requestedBytes(source))
      throw new Error(
        `error, new PVC request must be greater than or equal in size to the specified PVC data source, requested ${requestedBytes(claim)} but source is ${requestedBytes(source)}`,
      );
    const volume = await this.#client.get(PERSISTENT_VOLUMES, { name: source.spec.volumeName! }).catch(() => {
      throw new Error(UNBOUND);
    });
    const { claimRef, csi } = volume.spec;
    const isBound = claimRef?.uid === source.metadata.uid && volume.status?.phase === 'Bound';
    if (csi?.driver !== storageClass.provisioner || !isBound) throw new Error(UNBOUND);
    return { volumeHandle: csi.volumeHandle };
  }

  /** Of the nodes that take pods the one with the fewest volumes. */
  #freestNode(): string {
    const open = [...this.#nodes.list()].filter(
      ({ spec }) => !spec.unschedulable && !untolerated(spec.taints ?? [], [], DO_NOT_SCHEDULE),
    );
    const [freest] = open
      .map(({ metadata }) => ({ name: metadata.name!, volumes: this.#driver.volumesOn(metadata.name!) }))
      .sort((a, b) => a.volumes - b.volumes || (a.name < b.name ? -1 : 1));
    if (!freest) throw new Error('error generating accessibility requirements: no available topology found');
    return freest.name;
  }
}

const requestedBytes = ({ spec }: PersistentVolumeClaim): number =>
  quantityValue(spec.resources?.requests?.['storage'] ?? 0);

/** Says in a failure which source it is about. */
async function naming<T>({ kind, name }: { kind: string; name: string }, found: Promise<T>): Promise<T> {
  try {
    return await found;
  } catch (error) {
    throw new Error(
      `error getting handle for DataSource Type ${kind} by Name ${name}: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
