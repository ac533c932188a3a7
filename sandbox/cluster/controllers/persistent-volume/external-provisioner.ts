/**
 * What provisioners of volumes have in common (`sig-storage-lib-external-provisioner`): which claims are theirs, the
 * volume's name and object, the events, and that a released volume is deleted. What the storage is, each driver says.
 */
import { DisposableStore, type Disposable } from '../../../core/disposable.ts';
import type { Clock } from '../../../core/clock.ts';
import { keyOf } from '../../api/object.ts';
import { isStatus } from '../../api/status.ts';
import {
  claimReferenceTo,
  isFullyBound,
  PROVISIONED_BY,
  PROVISIONERS,
  SELECTED_NODE,
  storageClassOf,
} from '../../api/volume-claim.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { removeFinalizers } from '../../client/finalizers.ts';
import type { Informer } from '../../client/informer.ts';
import type { InformerFactory } from '../../client/informer-factory.ts';
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../client/kinds.ts';
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, STORAGE_CLASSES } from '../../client/resources.ts';
import { WorkQueue } from '../../client/work-queue.ts';

/** What is to be made. */
export interface ProvisionRequest {
  readonly claim: PersistentVolumeClaim;
  readonly storageClass: StorageClass;
  /** The node that the scheduler has chosen for the claim's first pod. */
  readonly selectedNode: string | undefined;
  /** `pvc-UID` */
  readonly volumeName: string;
}

/** Metadata and source of a volume that was made: what its object says besides. */
export interface ProvisionedVolume {
  annotations?: Record<string, string>;
  spec: PersistentVolume['spec'];
}

export interface VolumeDriver {
  /** As storage classes name it. */
  readonly name: string;
  /** Kept at its volumes until their storage is deleted. */
  readonly finalizer?: string;
  /** Makes the storage. Undefined: somebody else does. Throws the reason for which it cannot. */
  provision(request: ProvisionRequest): Promise<ProvisionedVolume | undefined>;
  /** Deletes the storage of a volume that nobody claims any more. */
  delete(volume: PersistentVolume): Promise<void>;
}

export interface ExternalProvisionerOptions {
  clock: Clock;
  informers: InformerFactory;
  client: Client;
  recorder: EventRecorder;
  driver: VolumeDriver;
  onError(key: string, error: unknown): void;
}

export class ExternalProvisioner implements Disposable {
  readonly #driver: VolumeDriver;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #classes: Informer<StorageClass>;
  readonly #resources = new DisposableStore();

  constructor({ clock, informers, client, recorder, driver, onError }: ExternalProvisionerOptions) {
    this.#driver = driver;
    this.#client = client;
    this.#recorder = recorder;
    this.#claims = informers.informer(PERSISTENT_VOLUME_CLAIMS);
    this.#volumes = informers.informer(PERSISTENT_VOLUMES);
    this.#classes = informers.informer(STORAGE_CLASSES);
    const queue = (reconcile: (key: string) => Promise<void>) =>
      this.#resources.add(new WorkQueue({ clock, reconcile, onError }));
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
    if (!claim || claim.metadata.deletionTimestamp !== undefined) return;
    if (isFullyBound(claim) || claim.spec.volumeName) return;
    const annotations = claim.metadata.annotations ?? {};
    if (PROVISIONERS.some((name) => annotations[name] !== this.#driver.name)) return;
    const className = storageClassOf(claim);
    const storageClass = this.#classes.get(className);
    const volumeName = `pvc-${claim.metadata.uid}`;
    if (!storageClass || this.#volumes.get(volumeName)) return;
    const selectedNode = annotations[SELECTED_NODE];
    if (storageClass.volumeBindingMode === 'WaitForFirstConsumer' && selectedNode === undefined) return;

    const { namespace, name } = claim.metadata;
    const begun = `External provisioner is provisioning volume for claim "${namespace}/${name}"`;
    this.#recorder.event(claim, 'Normal', 'Provisioning', begun);
    let made: ProvisionedVolume | undefined;
    try {
      made = await this.#driver.provision({ claim, storageClass, selectedNode, volumeName });
    } catch (error) {
      const message = `failed to provision volume with StorageClass "${className}": ${(error as Error).message}`;
      this.#recorder.event(claim, 'Warning', 'ProvisioningFailed', message);
      throw new Error(message, { cause: error });
    }
    if (!made) return;
    try {
      await this.#client.create(PERSISTENT_VOLUMES, this.#volume(claim, storageClass, volumeName, made));
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error;
    }
    const done = `Successfully provisioned volume ${volumeName}`;
    this.#recorder.event(claim, 'Normal', 'ProvisioningSucceeded', done);
  }

  #volume(
    claim: PersistentVolumeClaim,
    storageClass: StorageClass,
    name: string,
    { annotations, spec }: ProvisionedVolume,
  ): PersistentVolume {
    const { name: driver, finalizer } = this.#driver;
    return {
      metadata: {
        name,
        annotations: { [PROVISIONED_BY]: driver, ...annotations },
        ...(finalizer ? { finalizers: [finalizer] } : {}),
      },
      spec: {
        accessModes: claim.spec.accessModes!,
        capacity: { storage: claim.spec.resources!.requests!['storage']! },
        claimRef: claimReferenceTo(claim),
        persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
        storageClassName: storageClass.metadata.name!,
        volumeMode: claim.spec.volumeMode ?? 'Filesystem',
        ...(storageClass.mountOptions ? { mountOptions: storageClass.mountOptions } : {}),
        ...spec,
      },
    };
  }

  async #delete(key: string): Promise<void> {
    const volume = this.#volumes.get(key);
    if (volume?.metadata.annotations?.[PROVISIONED_BY] !== this.#driver.name) return;
    const { finalizer } = this.#driver;
    const deleting = volume.metadata.deletionTimestamp !== undefined;
    const kept = finalizer !== undefined && (volume.metadata.finalizers?.includes(finalizer) ?? false);
    if (volume.spec.persistentVolumeReclaimPolicy !== 'Delete') {
      // Nobody's storage goes with it: its object may.
      if (deleting && kept) await removeFinalizers(this.#client, PERSISTENT_VOLUMES, volume, finalizer);
      return;
    }
    if (volume.status?.phase !== 'Released' || (deleting && !kept)) return;
    try {
      await this.#driver.delete(volume);
    } catch (error) {
      this.#recorder.event(volume, 'Warning', 'VolumeFailedDelete', (error as Error).message);
      throw error;
    }
    if (kept) await removeFinalizers(this.#client, PERSISTENT_VOLUMES, volume, finalizer);
    if (deleting) return;
    try {
      await this.#client.delete(PERSISTENT_VOLUMES, volume.metadata);
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }
}
