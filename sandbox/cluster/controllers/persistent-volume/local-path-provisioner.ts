/**
 * rancher.io/local-path, the provisioner that kind installs: a volume is a directory on the node that the scheduler
 * has chosen for the claim's first pod. On kind it is a Deployment in `local-path-storage`; here it is a controller,
 * since images of the cluster cannot write volumes. Left out: the class's parameters (`nodePath`, `pathPattern`).
 */
import { DisposableStore, type Disposable } from '../../../core/disposable.ts';
import { keyOf } from '../../api/object.ts';
import { isStatus } from '../../api/status.ts';
import {
  claimReferenceTo,
  isFullyBound,
  PROVISIONED_BY,
  SELECTED_NODE,
  storageClassOf,
} from '../../api/volume-claim.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import type { Informer } from '../../client/informer.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../client/kinds.ts';
import {
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  STORAGE_CLASSES,
} from '../../client/resources.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { ControllerContext } from '../controller.ts';
import { PROVISIONERS } from './persistent-volume.ts';

const PROVISIONER = 'rancher.io/local-path';
/** As the provisioner's image is configured on kind's nodes. */
const DIRECTORY = '/var/local-path-provisioner';
const ACCESS_MODES = new Set(['ReadWriteOnce', 'ReadWriteOncePod']);

export function startLocalPathProvisioner(context: ControllerContext): Disposable {
  return new LocalPathProvisioner(context);
}

class LocalPathProvisioner implements Disposable {
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #classes: Informer<StorageClass>;
  readonly #nodes: Informer<Node>;
  readonly #resources = new DisposableStore();

  constructor(context: ControllerContext) {
    this.#client = context.client('persistent-volume-binder');
    this.#recorder = context.recorder(`${PROVISIONER}_local-path-provisioner`, this.#client);
    const { informers } = context;
    this.#claims = informers.informer(PERSISTENT_VOLUME_CLAIMS);
    this.#volumes = informers.informer(PERSISTENT_VOLUMES);
    this.#classes = informers.informer(STORAGE_CLASSES);
    this.#nodes = informers.informer(NODES);
    const queue = (reconcile: (key: string) => Promise<void>) =>
      this.#resources.add(
        new WorkQueue({
          clock: context.clock,
          reconcile,
          onError: (key, error) => context.onError('local-path-provisioner', key, error),
        }),
      );
    const claims = queue((key) => this.#provision(key));
    const volumes = queue((key) => this.#delete(key));
    this.#resources.add(
      this.#claims.addHandler({
        add: (claim) => claims.add(keyOf(claim)),
        update: (_before, claim) => claims.add(keyOf(claim)),
      }),
    );
    this.#resources.add(
      this.#volumes.addHandler({
        add: (volume) => volumes.add(keyOf(volume)),
        update: (_before, volume) => volumes.add(keyOf(volume)),
      }),
    );
  }

  dispose(): void {
    this.#resources.dispose();
  }

  async #provision(key: string): Promise<void> {
    const claim = this.#claims.get(key);
    if (!claim || isFullyBound(claim) || claim.spec.volumeName) return;
    const annotations = claim.metadata.annotations ?? {};
    if (PROVISIONERS.some((name) => annotations[name] !== PROVISIONER)) return;
    const className = storageClassOf(claim);
    const storageClass = this.#classes.get(className);
    const name = `pvc-${claim.metadata.uid}`;
    if (!storageClass || this.#volumes.get(name)) return;
    const waits = storageClass.volumeBindingMode === 'WaitForFirstConsumer';
    if (waits && annotations[SELECTED_NODE] === undefined) return;

    const { namespace } = claim.metadata;
    const begun = `External provisioner is provisioning volume for claim "${namespace}/${claim.metadata.name}"`;
    this.#recorder.event(claim, 'Normal', 'Provisioning', begun);
    const refusal = this.#refusal(claim);
    if (refusal !== undefined) {
      const message = `failed to provision volume with StorageClass "${className}": ${refusal}`;
      this.#recorder.event(claim, 'Warning', 'ProvisioningFailed', message);
      throw new Error(message);
    }
    const volume = volumeFor(claim, storageClass, this.#nodes.get(annotations[SELECTED_NODE]!)!);
    try {
      await this.#client.create(PERSISTENT_VOLUMES, volume);
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error;
    }
    this.#recorder.event(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`);
  }

  /** Why no volume can be made for the claim. */
  #refusal({ metadata, spec }: PersistentVolumeClaim): string | undefined {
    const node = metadata.annotations?.[SELECTED_NODE];
    if (spec.selector) return 'claim.Spec.Selector is not supported';
    if (spec.dataSource ?? spec.dataSourceRef) return 'claim.Spec.DataSource is not supported';
    if (spec.accessModes?.some((mode) => !ACCESS_MODES.has(mode))) {
      return 'NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes';
    }
    if (node === undefined) return 'configuration error, no node was specified';
    return this.#nodes.get(node) ? undefined : `failed to get target node: nodes "${node}" not found`;
  }

  async #delete(key: string): Promise<void> {
    const volume = this.#volumes.get(key);
    if (volume?.status?.phase !== 'Released' || volume.metadata.deletionTimestamp !== undefined) return;
    if (volume.spec.persistentVolumeReclaimPolicy !== 'Delete') return;
    if (volume.metadata.annotations?.[PROVISIONED_BY] !== PROVISIONER) return;
    try {
      await this.#client.delete(PERSISTENT_VOLUMES, volume.metadata);
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }
}

function volumeFor(claim: PersistentVolumeClaim, storageClass: StorageClass, node: Node): PersistentVolume {
  const { namespace, name, uid } = claim.metadata;
  const volume = `pvc-${uid}`;
  const hostname = node.metadata.labels?.['kubernetes.io/hostname'] ?? node.metadata.name!;
  return {
    metadata: {
      name: volume,
      annotations: { [PROVISIONED_BY]: PROVISIONER, [SELECTED_NODE]: node.metadata.name! },
    },
    spec: {
      accessModes: claim.spec.accessModes!,
      capacity: { storage: claim.spec.resources!.requests!['storage']! },
      claimRef: claimReferenceTo(claim),
      hostPath: { path: `${DIRECTORY}/${volume}_${namespace}_${name}`, type: 'DirectoryOrCreate' },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [hostname] }] },
          ],
        },
      },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name!,
      volumeMode: claim.spec.volumeMode ?? 'Filesystem',
      ...(storageClass.mountOptions ? { mountOptions: storageClass.mountOptions } : {}),
    },
  };
}
