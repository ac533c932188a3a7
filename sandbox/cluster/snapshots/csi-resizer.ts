/**
 * csi-resizer, the sidecar that grows a driver's volumes (kubernetes-csi/external-resizer v2), and the kubelets' part:
 * the file system grows once a pod has it mounted. A claim says how far it is in the states of
 * RecoverVolumeExpansionFailure. Left out: what cannot fail here (a driver that is short of room).
 */
import { timestamp, type Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { keyOf } from '../api/object.ts';
import { quantityValue } from '../api/quantity.ts';
import { claimsOf } from '../api/volume-claim.ts';
import type { Client } from '../client/client.ts';
import { EventRecorder } from '../client/event-recorder.ts';
import type { Informer } from '../client/informer.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimCondition,
  Pod,
} from '../client/kinds.ts';
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, PODS } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import { DRIVER, type HostPathDriver } from './hostpath-driver.ts';

/** At a volume while its file system is smaller than it. */
const PRE_RESIZE_CAPACITY = 'volume.alpha.kubernetes.io/pre-resize-capacity';
const WAITING = 'Waiting for user to (re-)start a pod to finish file system resize of volume on node.';
const RESIZE_CONDITIONS = ['Resizing', 'FileSystemResizePending'];

export interface CsiResizerOptions {
  clock: Clock;
  client: Client;
  informers: InformerFactory;
  driver: HostPathDriver;
  onError(key: string, error: unknown): void;
}

export class CsiResizer implements Disposable {
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #kubelets = new Map<string, EventRecorder>();
  readonly #driver: HostPathDriver;
  readonly #claims: Informer<PersistentVolumeClaim>;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #pods: Informer<Pod>;
  readonly #resources = new DisposableStore();

  constructor({ clock, client, informers, driver, onError }: CsiResizerOptions) {
    this.#clock = clock;
    this.#client = client;
    this.#driver = driver;
    const component = `external-resizer ${DRIVER}`;
    this.#recorder = this.#resources.add(new EventRecorder(client, clock, { component }));
    this.#claims = informers.informer(PERSISTENT_VOLUME_CLAIMS);
    this.#volumes = informers.informer(PERSISTENT_VOLUMES);
    this.#pods = informers.informer(PODS);
    const queue = this.#resources.add(
      new WorkQueue({ clock, reconcile: (key) => this.#resize(key), onError }),
    );
    const growing = (claim: PersistentVolumeClaim | undefined) => {
      if (claim && isGrowing(claim)) queue.add(keyOf(claim));
    };
    this.#resources.add(
      this.#claims.addHandler({ add: growing, update: (_before, after) => growing(after) }),
    );
    const started = (pod: Pod) => {
      if (pod.status?.phase === 'Running')
        for (const { key } of claimsOf(pod)) growing(this.#claims.get(key));
    };
    this.#resources.add(this.#pods.addHandler({ add: started, update: (_before, after) => started(after) }));
  }

  dispose(): void {
    this.#resources.dispose();
  }

  async #resize(key: string): Promise<void> {
    const claim = this.#claims.get(key);
    if (!claim || !isGrowing(claim)) return;
    const volume = this.#volumes.get(claim.spec.volumeName!);
    if (volume?.spec.csi?.driver !== DRIVER || volume.spec.claimRef?.uid !== claim.metadata.uid) return;
    const state = claim.status?.allocatedResourceStatuses?.['storage'];
    const isLarge =
      quantityValue(volume.spec.capacity!['storage']!) >=
      quantityValue(claim.spec.resources!.requests!['storage']!);
    if (isLarge && (state === 'NodeResizePending' || state === 'NodeResizeInProgress'))
      await this.#expandOnNode(claim, volume);
    else await this.#expandVolume(claim, volume);
  }

  /** What the driver's controller does. */
  async #expandVolume(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<void> {
    const size = claim.spec.resources!.requests!['storage']!;
    const { name } = volume.metadata;
    const begun = await this.#say(claim, 'ControllerResizeInProgress', size, [{ type: 'Resizing' }]);
    this.#recorder.event(claim, 'Normal', 'Resizing', `External resizer is resizing volume ${name}`);
    this.#driver.expandVolume(volume.spec.csi!.volumeHandle, quantityValue(size));
    await this.#client.patch(PERSISTENT_VOLUMES, { name: name! }, 'application/merge-patch+json', {
      metadata: { annotations: { [PRE_RESIZE_CAPACITY]: String(claim.status!.capacity!['storage']) } },
      spec: { capacity: { storage: size } },
    });
    await this.#say(begun, 'NodeResizePending', size, [
      { type: 'Resizing' },
      { type: 'FileSystemResizePending', message: WAITING },
    ]);
    const message = 'Require file system resize of volume on node';
    this.#recorder.event(claim, 'Normal', 'FileSystemResizeRequired', message);
  }

  /** What the kubelet of a node does that has the volume mounted. */
  async #expandOnNode(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<void> {
    let user: Pod | undefined;
    for (const pod of this.#pods.indexed('claim', keyOf(claim)))
      if (pod.spec.nodeName && pod.status?.phase === 'Running') user ??= pod;
    if (!user) return;
    const { conditions = [], allocatedResourceStatuses, ...status } = claim.status!;
    const { storage: _done, ...others } = allocatedResourceStatuses ?? {};
    const left = conditions.filter(({ type }) => !RESIZE_CONDITIONS.includes(type));
    await this.#client.updateStatus(PERSISTENT_VOLUME_CLAIMS, {
      ...claim,
      status: {
        ...status,
        ...(Object.keys(others).length > 0 ? { allocatedResourceStatuses: others } : {}),
        ...(left.length > 0 ? { conditions: left } : {}),
        capacity: { ...status.capacity, storage: volume.spec.capacity!['storage']! },
      },
    });
    const { name } = volume.metadata;
    const { nodeName } = user.spec;
    const kubelet = this.#kubelet(nodeName!);
    const message = `MountVolume.NodeExpandVolume succeeded for volume "${name}" ${nodeName}`;
    for (const object of [user, claim])
      kubelet.event(object, 'Normal', 'FileSystemResizeSuccessful', message);
    await this.#client.patch(PERSISTENT_VOLUMES, { name: name! }, 'application/merge-patch+json', {
      metadata: { annotations: { [PRE_RESIZE_CAPACITY]: null } },
    });
  }

  #say(
    claim: PersistentVolumeClaim,
    state: string,
    size: string | number,
    conditions: { type: string; message?: string }[],
  ): Promise<PersistentVolumeClaim> {
    const before = claim.status!.conditions ?? [];
    const lastTransitionTime = timestamp(this.#clock.now());
    const now: PersistentVolumeClaimCondition[] = conditions.map(({ type, message }) => ({
      ...(before.find((each) => each.type === type) ?? {
        lastProbeTime: null as unknown as string,
        lastTransitionTime,
        status: 'True',
        type,
      }),
      ...(message ? { message } : {}),
    }));
    return this.#client.updateStatus(PERSISTENT_VOLUME_CLAIMS, {
      ...claim,
      status: {
        ...claim.status,
        allocatedResourceStatuses: { ...claim.status!.allocatedResourceStatuses, storage: state },
        allocatedResources: { ...claim.status!.allocatedResources, storage: size },
        conditions: [...before.filter(({ type }) => !RESIZE_CONDITIONS.includes(type)), ...now],
      },
    });
  }

  #kubelet(host: string): EventRecorder {
    let recorder = this.#kubelets.get(host);
    if (!recorder) {
      recorder = this.#resources.add(
        new EventRecorder(this.#client, this.#clock, { component: 'kubelet', host }),
      );
      this.#kubelets.set(host, recorder);
    }
    return recorder;
  }
}

/** Whether a claim asks for more than it has. */
function isGrowing({ spec, status }: PersistentVolumeClaim): boolean {
  const [wanted, has] = [spec.resources?.requests?.['storage'], status?.capacity?.['storage']];
  if (status?.phase !== 'Bound' || wanted === undefined || has === undefined) return false;
  return quantityValue(wanted) > quantityValue(has);
}
