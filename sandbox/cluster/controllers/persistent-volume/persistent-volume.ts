/**
 * The binder of claims and volumes (`pkg/controller/volume/persistentvolume`): finds a volume for a claim, or asks the
 * class's provisioner for one, and says in both what has become of them. Nothing here makes or deletes the storage
 * itself. Left out: in-tree plugins (what has no external provisioner cannot be deleted or made), recycling.
 */
import { timestamp, type Clock } from '../../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../../core/disposable.ts';
import { keyOf } from '../../api/object.ts';
import { isStatus } from '../../api/status.ts';
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  claimReferenceTo,
  claimsOf,
  findVolume,
  isReservedFor,
  mismatch,
  PROVISIONED_BY,
  PROVISIONERS,
  SELECTED_NODE,
  storageClassOf,
} from '../../api/volume-claim.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import type { Informer } from '../../client/informer.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../client/kinds.ts';
import {
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  STORAGE_CLASSES,
} from '../../client/resources.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { ControllerContext } from '../controller.ts';
import { deepEqual } from '../../api/equality.ts';

const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

export function startPersistentVolumeBinder(context: ControllerContext): Disposable {
  return new PersistentVolumeBinder(context);
}

class PersistentVolumeBinder implements Disposable {
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #classes: Informer<StorageClass>;
  readonly #pods: Informer<Pod>;
  readonly #claimQueue: WorkQueue;
  readonly #volumeQueue: WorkQueue;
  readonly #resources = new DisposableStore();

  constructor(context: ControllerContext) {
    this.#clock = context.clock;
    this.#client = context.client('persistent-volume-binder');
    this.#recorder = context.recorder('persistentvolume-controller', this.#client);
    const queue = (reconcile: (key: string) => Promise<void>) =>
      this.#resources.add(
        new WorkQueue({
          clock: context.clock,
          reconcile,
          onError: (key, error) => context.onError('persistent-volume-binder', key, error),
        }),
      );
    this.#claimQueue = queue((key) => this.#syncClaim(key));
    this.#volumeQueue = queue((key) => this.#syncVolume(key));
    const { informers } = context;
    this.#pods = informers.informer(PODS);
    this.#pods.addIndex('claim', (pod) => claimsOf(pod).map(({ key }) => key));
    this.#claims = informers.informer(PERSISTENT_VOLUME_CLAIMS);
    this.#volumes = informers.informer(PERSISTENT_VOLUMES);
    this.#classes = informers.informer(STORAGE_CLASSES);
    this.#resources.add(
      this.#claims.addHandler({
        add: (claim) => this.#claimQueue.add(keyOf(claim)),
        update: (before, claim) => {
          if (!isSame(before, claim)) this.#claimQueue.add(keyOf(claim));
        },
        delete: ({ spec }) => {
          if (spec.volumeName) this.#volumeQueue.add(spec.volumeName);
        },
      }),
    );
    const volumeSeen = (volume: PersistentVolume) => {
      this.#volumeQueue.add(keyOf(volume));
      if (volume.spec.claimRef) this.#claimQueue.add(keyOf({ metadata: volume.spec.claimRef }));
      else this.#lookAgain();
    };
    this.#resources.add(
      this.#volumes.addHandler({
        add: volumeSeen,
        update: (_before, volume) => volumeSeen(volume),
        delete: ({ spec }) => {
          if (spec.claimRef) this.#claimQueue.add(keyOf({ metadata: spec.claimRef }));
        },
      }),
    );
    this.#resources.add(this.#classes.addHandler({ add: () => this.#lookAgain() }));
  }

  dispose(): void {
    this.#resources.dispose();
  }

  /** A volume or a class has come: claims that wait may have waited for it. */
  #lookAgain(): void {
    for (const claim of this.#claims.list()) {
      if (claim.metadata.annotations?.[BIND_COMPLETED] === undefined) this.#claimQueue.add(keyOf(claim));
    }
  }

  async #syncClaim(key: string): Promise<void> {
    const claim = this.#claims.get(key);
    if (!claim) return;
    if (claim.metadata.annotations?.[BIND_COMPLETED] === undefined) await this.#syncUnbound(claim);
    else await this.#syncBound(claim);
  }

  async #syncUnbound(claim: PersistentVolumeClaim): Promise<void> {
    const { volumeName } = claim.spec;
    if (!volumeName) {
      const delayed = this.#isDelayed(claim);
      const volume = findVolume(claim, this.#volumes.list(), { delayed });
      if (volume) return this.#bind(volume, claim);
      return this.#setClaimPhase(await this.#findNone(claim, delayed), 'Pending');
    }
    const volume = this.#volumes.get(volumeName);
    if (!volume) return this.#setClaimPhase(claim, 'Pending');
    if (!volume.spec.claimRef) {
      const why = mismatch(volume, claim);
      if (why === undefined) return this.#bind(volume, claim);
      const message = `Cannot bind to requested volume "${volumeName}": ${why}`;
      this.#recorder.event(claim, 'Warning', 'VolumeMismatch', message);
      return this.#setClaimPhase(claim, 'Pending');
    }
    if (isReservedFor(volume, claim)) return this.#bind(volume, claim);
    if (claim.metadata.annotations?.[BOUND_BY_CONTROLLER] === undefined) {
      const message = `volume "${volumeName}" already bound to a different claim.`;
      this.#recorder.event(claim, 'Warning', 'FailedBinding', message);
    }
    return this.#setClaimPhase(claim, 'Pending');
  }

  /** Says what an unbound claim waits for, and asks for a volume where one can be made. Answers the claim as it then is. */
  async #findNone(claim: PersistentVolumeClaim, delayed: boolean): Promise<PersistentVolumeClaim> {
    if (delayed) {
      const pod = this.#podThatUses(claim);
      const [reason, message] = pod
        ? ['WaitForPodScheduled', `waiting for pod ${pod.metadata.name} to be scheduled`]
        : ['WaitForFirstConsumer', 'waiting for first consumer to be created before binding'];
      this.#recorder.event(claim, 'Normal', reason!, message!);
      return claim;
    }
    const className = storageClassOf(claim);
    if (className === '') {
      const message = 'no persistent volumes available for this claim and no storage class is set';
      this.#recorder.event(claim, 'Normal', 'FailedBinding', message);
      return claim;
    }
    const storageClass = this.#classes.get(className);
    if (!storageClass) {
      const message = `storageclass.storage.k8s.io "${className}" not found`;
      this.#recorder.event(claim, 'Warning', 'ProvisioningFailed', message);
      return claim;
    }
    const { provisioner } = storageClass;
    if (provisioner === NO_PROVISIONER) {
      const message = `storageclass "${className}" does not support dynamic provisioning`;
      this.#recorder.event(claim, 'Warning', 'ProvisioningFailed', message);
      return claim;
    }
    const annotations = claim.metadata.annotations ?? {};
    let asking = claim;
    if (PROVISIONERS.some((name) => annotations[name] !== provisioner)) {
      const named = Object.fromEntries(PROVISIONERS.map((name) => [name, provisioner]));
      asking = await this.#updateClaim({
        ...claim,
        metadata: { ...claim.metadata, annotations: { ...annotations, ...named } },
      });
    }
    const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
    this.#recorder.event(claim, 'Normal', 'ExternalProvisioning', message);
    return asking;
  }

  /** Whether the claim waits until a pod that uses it is given a node. */
  #isDelayed(claim: PersistentVolumeClaim): boolean {
    const storageClass = this.#classes.get(storageClassOf(claim));
    return (
      storageClass?.volumeBindingMode === 'WaitForFirstConsumer' &&
      claim.metadata.annotations?.[SELECTED_NODE] === undefined
    );
  }

  #podThatUses({ metadata }: PersistentVolumeClaim): Pod | undefined {
    for (const pod of this.#pods.indexed('namespace', metadata.namespace!)) {
      if (pod.spec.volumes?.some((each) => each.persistentVolumeClaim?.claimName === metadata.name))
        return pod;
    }
    return undefined;
  }

  async #syncBound(claim: PersistentVolumeClaim): Promise<void> {
    const { volumeName } = claim.spec;
    if (!volumeName) {
      const message = 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!';
      return this.#lose(claim, 'ClaimLost', message);
    }
    const volume = this.#volumes.get(volumeName);
    if (!volume) {
      if (!this.#volumes.hasSynced) return;
      return this.#lose(
        claim,
        'ClaimLost',
        'Bound claim has lost its PersistentVolume. Data on the volume is lost!',
      );
    }
    if (!volume.spec.claimRef || isReservedFor(volume, claim)) return this.#bind(volume, claim);
    const message = 'Two claims are bound to the same volume, this one is bound incorrectly';
    return this.#lose(claim, 'ClaimMisbound', message);
  }

  async #lose(claim: PersistentVolumeClaim, reason: string, message: string): Promise<void> {
    if (claim.status?.phase !== 'Lost') this.#recorder.event(claim, 'Warning', reason, message);
    await this.#setClaimPhase(claim, 'Lost');
  }

  /** Brings volume and claim together in four writes, each of which is only made if it is missing. */
  async #bind(volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<void> {
    const { uid } = claim.metadata;
    let bound = volume;
    if (volume.spec.claimRef?.uid !== uid) {
      const reserved = volume.spec.claimRef !== undefined;
      const claimRef = { ...volume.spec.claimRef, ...claimReferenceTo(claim) };
      const annotations = reserved
        ? volume.metadata.annotations
        : { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' };
      bound = await this.#client.update(PERSISTENT_VOLUMES, {
        ...volume,
        metadata: { ...volume.metadata, ...(annotations ? { annotations } : {}) },
        spec: { ...volume.spec, claimRef },
      });
    }
    await this.#setVolumePhase(bound, 'Bound');
    let complete = claim;
    const { annotations = {} } = claim.metadata;
    if (claim.spec.volumeName !== volume.metadata.name || annotations[BIND_COMPLETED] === undefined) {
      const byController: Record<string, string> = claim.spec.volumeName
        ? {}
        : { [BOUND_BY_CONTROLLER]: 'yes' };
      complete = await this.#updateClaim({
        ...claim,
        metadata: {
          ...claim.metadata,
          annotations: { ...annotations, ...byController, [BIND_COMPLETED]: 'yes' },
        },
        spec: { ...claim.spec, volumeName: volume.metadata.name! },
      });
    }
    await this.#setClaimPhase(complete, 'Bound', volume);
  }

  async #syncVolume(key: string): Promise<void> {
    const volume = this.#volumes.get(key);
    if (!volume) return;
    const { claimRef } = volume.spec;
    // One that is reserved by name alone waits for its claim.
    if (!claimRef?.uid) return this.#setVolumePhase(volume, 'Available');
    const claim = this.#claims.get(keyOf({ metadata: claimRef }));
    if (claim && claim.metadata.uid === claimRef.uid) {
      if (claim.spec.volumeName === volume.metadata.name) return this.#setVolumePhase(volume, 'Bound');
      if (!claim.spec.volumeName) return this.#claimQueue.add(keyOf(claim));
      return this.#free(volume);
    }
    if (!this.#claims.hasSynced || (claim === undefined && (await this.#exists(claimRef)))) return;
    const { phase } = volume.status ?? {};
    if (phase !== 'Released' && phase !== 'Failed') await this.#setVolumePhase(volume, 'Released');
    else await this.#reclaim(volume);
  }

  /** The informer of claims may be behind that of volumes; nothing is given up on a guess. */
  async #exists({
    namespace,
    name,
    uid,
  }: NonNullable<PersistentVolume['spec']['claimRef']>): Promise<boolean> {
    try {
      const claim = await this.#client.get(PERSISTENT_VOLUME_CLAIMS, { namespace: namespace!, name: name! });
      return claim.metadata.uid === uid;
    } catch (error) {
      if (isStatus(error, 'NotFound')) return false;
      throw error;
    }
  }

  /** The claim has found another volume. */
  async #free(volume: PersistentVolume): Promise<void> {
    const { annotations } = volume.metadata;
    const provisioned = annotations?.[PROVISIONED_BY] !== undefined;
    if (provisioned && volume.spec.persistentVolumeReclaimPolicy === 'Delete') {
      return this.#setVolumePhase(volume, 'Released');
    }
    if (annotations?.[BOUND_BY_CONTROLLER] === undefined) return;
    const { [BOUND_BY_CONTROLLER]: _, ...others } = annotations;
    const { claimRef: _claim, ...spec } = volume.spec;
    await this.#client.update(PERSISTENT_VOLUMES, {
      ...volume,
      metadata: { ...volume.metadata, annotations: others },
      spec,
    });
  }

  /** A released volume that is to be deleted is its provisioner's business; one without can only fail. */
  async #reclaim(volume: PersistentVolume): Promise<void> {
    if (volume.spec.persistentVolumeReclaimPolicy !== 'Delete') return;
    if (volume.metadata.annotations?.[PROVISIONED_BY] !== undefined) return;
    if (volume.status?.phase === 'Failed' || volume.metadata.deletionTimestamp !== undefined) return;
    const { name } = volume.metadata;
    const path = volume.spec.hostPath?.path;
    // The one plugin that the controller manager still has for it, for tests.
    if (path?.match(/^\/tmp\/./))
      return this.#tolerate(this.#client.delete(PERSISTENT_VOLUMES, volume.metadata));
    const message =
      path === undefined
        ? `error getting deleter volume plugin for volume "${name}": no volume plugin matched`
        : `host_path deleter only supports /tmp/.+ but received provided ${path}`;
    this.#recorder.event(volume, 'Warning', 'VolumeFailedDelete', message);
    await this.#setVolumePhase(volume, 'Failed', message);
  }

  async #setVolumePhase(volume: PersistentVolume, phase: string, message?: string): Promise<void> {
    if (volume.status?.phase === phase) return;
    const lastPhaseTransitionTime = timestamp(this.#clock.now());
    const status = { phase, ...(message ? { message } : {}), lastPhaseTransitionTime };
    await this.#tolerate(this.#client.updateStatus(PERSISTENT_VOLUMES, { ...volume, status }));
  }

  async #setClaimPhase(
    claim: PersistentVolumeClaim,
    phase: string,
    volume?: PersistentVolume,
  ): Promise<void> {
    const { accessModes: _modes, capacity, ...rest } = claim.status ?? {};
    const status: PersistentVolumeClaim['status'] = { ...rest, phase };
    if (volume) {
      const { spec } = volume;
      if (spec.accessModes) status.accessModes = spec.accessModes;
      // What the file system has grown to is what the kubelet says, once the claim is bound.
      status.capacity = claim.status?.phase === 'Bound' && capacity ? capacity : spec.capacity!;
    }
    if (deepEqual(claim.status, status)) return;
    await this.#tolerate(this.#client.updateStatus(PERSISTENT_VOLUME_CLAIMS, { ...claim, status }));
  }

  #updateClaim(claim: PersistentVolumeClaim): Promise<PersistentVolumeClaim> {
    return this.#client.update(PERSISTENT_VOLUME_CLAIMS, claim);
  }

  /** What was changed or deleted meanwhile is looked at again when the informer says so. */
  async #tolerate(write: Promise<unknown>): Promise<void> {
    try {
      await write;
    } catch (error) {
      if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) throw error;
    }
  }
}

/** Whether a change of a claim is none that the binder has to look at: it writes status and provisioner itself. */
function isSame(before: PersistentVolumeClaim, after: PersistentVolumeClaim): boolean {
  const asked = ({ metadata }: PersistentVolumeClaim) =>
    Object.entries(metadata.annotations ?? {}).filter(([name]) => !PROVISIONERS.includes(name));
  return deepEqual(before.spec, after.spec) && deepEqual(asked(before), asked(after));
}
