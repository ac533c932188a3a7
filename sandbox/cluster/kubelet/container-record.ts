/** What the kubelet remembers of one container of a pod, across its restarts. */
import { timestamp } from '../../core/clock.ts';
import type {
  Container as ContainerSpec,
  ContainerState,
  ContainerStatus,
  EphemeralContainer,
  Pod,
  ResourceRequirements,
} from '../client/kinds.ts';
import type { ContainerEvents } from './container-events.ts';
import type { Container } from './container.ts';
import type { Prober } from './prober.ts';

/** `sidecar`: an init container with `restartPolicy: Always`. */
export type ContainerKind = 'init' | 'sidecar' | 'main' | 'ephemeral';

export class ContainerRecord {
  readonly kind: ContainerKind;
  spec: ContainerSpec;
  readonly events: ContainerEvents;
  /** The newest attempt, running or not. */
  current: Container | undefined;
  previous: Container | undefined;
  restartCount = 0;
  /** Why no attempt runs, where that is not the last one's exit. */
  waiting: { reason: string; message?: string } | undefined;
  /**
   * How the last try to start it went. A pod's status is made before what is tried next, so this is what
   * `waiting` says from the next try on.
   */
  outcome: { reason: string; message?: string } | undefined;
  /** The pod has ended, and there was never an attempt. */
  lost = false;
  /** What the node has set aside for it: what it asked for, unless a resize waits. */
  resources: ResourceRequirements | undefined;
  /** What the newest attempt runs with. */
  actuated: ResourceRequirements | undefined;
  /** It is restarted because its definition has changed: its image, or resources that ask for a restart. */
  renewing = false;
  /** A start is under way. */
  starting = false;
  /** It is being stopped: by a probe, or with its pod. */
  killing: Promise<void> | undefined;
  prober: Prober | undefined;
  /** Its postStart hook has ended well, or there is none. */
  hooked = false;
  /** Before it is due again, nothing is tried (epoch ms). */
  notBeforeMs = 0;
  /** How it stood before this kubelet's time: the node has been restarted since. */
  restored: ContainerState | undefined;

  constructor(kind: ContainerKind, spec: ContainerSpec | EphemeralContainer, events: ContainerEvents) {
    this.kind = kind;
    this.spec = spec;
    this.resources = spec.resources;
    this.events = events;
  }

  get running(): boolean {
    return this.current?.running === true;
  }

  /** Running, and past its postStart hook. */
  get up(): boolean {
    return this.running && this.hooked;
  }

  get started(): boolean {
    return this.up && this.prober?.started !== false;
  }

  get ready(): boolean {
    if (this.kind === 'init') return this.exitCode === 0;
    return this.up && !this.waiting && this.prober?.ready !== false;
  }

  /** Of the last attempt, when it has ended. */
  get exitCode(): number | undefined {
    return this.current ? this.current.exit?.exitCode : this.restored?.terminated?.exitCode;
  }

  /** When the last attempt ended (epoch ms). */
  get finishedMs(): number | undefined {
    return this.current?.exit?.finishedMs;
  }

  /** Takes over how the container stood when the node went down. */
  restore(status: ContainerStatus, now: string): void {
    const { running, terminated } = status.state ?? {};
    const last = terminated ?? status.lastState?.terminated;
    if (!status.containerID) return;
    this.restartCount = status.restartCount;
    this.restored = {
      terminated: running
        ? {
            containerID: status.containerID,
            exitCode: 255,
            finishedAt: now,
            reason: 'Unknown',
            startedAt: running.startedAt,
          }
        : (last ?? { containerID: status.containerID, exitCode: 255, finishedAt: now, reason: 'Unknown' }),
    };
  }

  /** Its part of the pod's status. `initializing`: init containers have not ended yet. */
  status(pod: Pod, initializing: boolean): ContainerStatus {
    const { spec, current, previous, waiting } = this;
    const ended = current?.exit ? terminatedState(current, spec) : undefined;
    let state: ContainerState;
    if (this.lost && !current && !this.restored) return lostStatus(spec, this.restartCount);
    let lastState: ContainerState = previous ? terminatedState(previous, spec) : (this.restored ?? {});
    if (waiting) {
      state = { waiting };
      if (ended) lastState = ended;
    } else if (ended) state = ended;
    else if (this.up) state = { running: { startedAt: timestamp(current!.startedMs) } };
    else if (this.restored && !current && this.restartCount === 0) {
      state = this.restored;
      lastState = {};
    } else {
      const pending = initializing || this.kind === 'init' || this.kind === 'sidecar';
      state = { waiting: { reason: pending && hasInit(pod) ? 'PodInitializing' : 'ContainerCreating' } };
    }
    const requests = this.resources?.requests;
    const made = current && (this.up || current.exit);
    const { uid, gid, groups = [gid] } = current?.init.user ?? { uid: 0, gid: 0 };
    return {
      ...(made && requests ? { allocatedResources: requests } : {}),
      ...(made ? { containerID: `containerd://${current.id}` } : {}),
      image: made ? (imageName(current) ?? spec.image!) : spec.image!,
      imageID: made ? imageId(current) : '',
      lastState,
      name: spec.name,
      ready: this.ready,
      ...(made ? { resources: this.actuated ?? {} } : {}),
      restartCount: this.restartCount,
      started: this.started,
      state,
      ...(made ? { user: { linux: { gid, supplementalGroups: [...groups], uid } } } : {}),
      ...(spec.volumeMounts?.length ? { volumeMounts: spec.volumeMounts.map(mountStatus) } : {}),
    };
  }
}

/** What is said of a container that a pod was to have and nobody ever saw. */
const lostStatus = ({ image = '', name }: ContainerSpec, restartCount: number): ContainerStatus => ({
  image,
  imageID: '',
  lastState: {},
  name,
  ready: false,
  restartCount,
  started: false,
  state: {
    terminated: {
      exitCode: 137,
      finishedAt: null as unknown as string,
      message: 'The container could not be located when the pod was terminated',
      reason: 'ContainerStatusUnknown',
      startedAt: null as unknown as string,
    },
  },
});

const hasInit = (pod: Pod): boolean => (pod.spec.initContainers?.length ?? 0) > 0;

/** `docker.io/library/busybox:1` */
const imageName = ({ init }: Container): string | undefined => [...init.image.tags][0];

/** The digest it was pulled by, or the id of an image that was loaded. */
const imageId = ({ init }: Container): string => [...init.image.digests][0] ?? init.image.image.id;

const mountStatus = ({ mountPath, name, readOnly }: NonNullable<ContainerSpec['volumeMounts']>[number]) => ({
  mountPath,
  name,
  ...(readOnly ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
});

function terminatedState(container: Container, spec: ContainerSpec): ContainerState {
  const exit = container.exit!;
  const message = exit.message ?? container.terminationMessage(spec.terminationMessagePolicy);
  return {
    terminated: {
      containerID: `containerd://${container.id}`,
      exitCode: exit.exitCode,
      finishedAt: timestamp(exit.finishedMs),
      ...(message ? { message } : {}),
      reason: exit.reason,
      startedAt: timestamp(container.startedMs),
    },
  };
}
