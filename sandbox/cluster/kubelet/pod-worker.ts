/**
 * One pod on its node, from the moment it is bound until it is gone: SyncPod and SyncTerminatingPod of
 * pkg/kubelet. Every event (the pod changed, a container ended, a timer) leads to a sync, which looks at
 * everything and starts what is due; nothing polls.
 * Left out: checkpoints, static pods, user namespaces.
 */
import { timestamp } from '../../core/clock.ts';
import { slice } from '../../core/slice.ts';
import { isStatus } from '../api/status.ts';
import type { Pod, PodCondition, PodStatus } from '../client/kinds.ts';
import { PODS } from '../client/resources.ts';
import type { NetworkStack } from '../network/network-stack.ts';
import { MountError } from './container-errors.ts';
import { ContainerEvents } from './container-events.ts';
import { ContainerRecord, type ContainerKind } from './container-record.ts';
import { ContainerRunner, RELIST_MS, SYNC_RETRY_MS, type RunningPod } from './container-runner.ts';
import { ContainerStarter } from './container-starter.ts';
import type { NodeContext } from './node-context.ts';
import { PodResize, type ResizablePod } from './pod-resize.ts';
import { requestsOf, type Requests } from './resource-requests.ts';
import { PodSandbox, placeOf } from './pod-sandbox.ts';
import { podStatus } from './pod-status.ts';
import { PodTimers } from './pod-timers.ts';
import { PodVolumes, volumeReferences } from './pod-volumes.ts';
import type { StatusSource } from './status-manager.ts';

/** A volume that could not be mounted: 500 ms doubling to 2 min 2 s. */
const MOUNT_RETRY_MIN_MS = 500;
const MOUNT_RETRY_MAX_MS = 122_000;
/** Every pod is looked at again after this (`syncFrequency`), up to half as much again later. */
const RESYNC_MS = 60_000;
const RESYNC_JITTER = 0.5;
/** A pod whose own labels have changed is looked at now. */
const RELABEL_MS = 1_000;

/** Why the kubelet itself ends a pod. */
interface PodFailure {
  reason: string;
  message: string;
  /** Said in the pod's conditions (`DisruptionTarget`). */
  condition?: Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>;
  /** Instead of the pod's own. */
  graceMs?: number;
}

/** Why a node does not take a pod. */
export interface Rejection {
  reason: string;
  message: string;
}

export class PodWorker implements StatusSource, RunningPod, ResizablePod {
  pod: Pod;
  readonly records: ContainerRecord[] = [];
  sandbox: PodSandbox | undefined;
  /** What the node has set aside for it: millicores and bytes. */
  allocated: Requests;
  readonly #node: NodeContext;
  readonly volumes: PodVolumes;
  readonly #timers: PodTimers;
  readonly #runner: ContainerRunner;
  readonly #resize: PodResize;
  readonly #startTime: string;
  readonly #onGone: () => void;
  #mounted = false;
  #mountFailures = 0;
  /** When the pod is looked at again without a reason, as far as that was needed yet (epoch ms). */
  #resyncMs: number;
  /** Its volumes are to be brought up to date then. */
  #outdated = false;
  /** Its network has been torn down, as the next look at the node tells. */
  #sandboxGone = false;
  /** It will run no container any more. */
  #finished = false;
  /** Being stopped: resolves when its containers have ended. */
  #terminating: Promise<void> | undefined;
  #graceDueMs = Infinity;
  #gone = false;
  #halted = false;
  #failure: PodFailure | undefined;
  #rejection: Rejection | undefined;
  #syncing = false;
  #again = false;

  /** @param onGone called when nothing of the pod is left on the node and in the API. */
  constructor(node: NodeContext, pod: Pod, onGone: () => void) {
    this.#node = node;
    this.pod = pod;
    this.#onGone = onGone;
    this.allocated = requestsOf(pod);
    this.#resyncMs = node.clock.now();
    this.#timers = new PodTimers(node.clock, () => this.sync());
    this.volumes = new PodVolumes({
      volumes: node.volumes,
      clock: node.clock,
      pod: () => this.pod,
      updateEvery: (periodMs) => this.#updateVolumesEvery(periodMs),
      evict: (message) => this.evict({ reason: 'Evicted', message, graceMs: 0 }),
    });
    const starter = new ContainerStarter(node, this.volumes);
    this.#runner = new ContainerRunner(node, this, starter, this.#timers);
    this.#resize = new PodResize(node, this, this.#runner);
    this.#startTime = pod.status?.startTime ?? timestamp(node.clock.now());
    for (const container of pod.spec.initContainers ?? [])
      this.#add(container.restartPolicy === 'Always' ? 'sidecar' : 'init', container, 'initContainers');
    for (const container of pod.spec.containers) this.#add('main', container, 'containers');
    this.#addEphemeral();
    this.#restore();
    const { phase } = pod.status ?? {};
    this.#finished = phase === 'Succeeded' || phase === 'Failed';
    this.#armDeadline();
  }

  /** Names of the ConfigMaps and Secrets its volumes show: `configmaps/NAME`, `secrets/NAME`. */
  get volumeReferences(): ReadonlySet<string> {
    return volumeReferences(this.pod);
  }

  /** The record of a container, by name. */
  container(name: string): ContainerRecord | undefined {
    return this.records.find(({ spec }) => spec.name === name);
  }

  /** The pod's network namespace, once it has one. */
  get stack(): NetworkStack | undefined {
    return this.sandbox?.stack;
  }

  /** Bytes of it on the node's disk. */
  get diskBytes(): number {
    return this.volumes.usedBytes;
  }

  /** No container of it is started any more. */
  get stopping(): boolean {
    return this.#terminating !== undefined || this.#halted;
  }

  /** The kubelet is ending it. */
  get evicted(): boolean {
    return this.#failure !== undefined;
  }

  /** It runs no container any more, and will run none. */
  get finished(): boolean {
    return this.#finished;
  }

  /** The API has a newer version of the pod. */
  update(pod: Pod): void {
    const changed = pod.metadata.generation !== this.pod.metadata.generation;
    const deleting = pod.metadata.deletionTimestamp !== undefined;
    const relabelled =
      pod.metadata.labels !== this.pod.metadata.labels ||
      pod.metadata.annotations !== this.pod.metadata.annotations;
    const gates = (pod.spec.readinessGates?.length ?? 0) > 0;
    this.pod = pod;
    if (changed) {
      for (const record of this.records) {
        const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
        const { image } = record.spec;
        record.spec = all.find(({ name }) => name === record.spec.name) ?? record.spec;
        if (record.spec.image !== image && record.running && !deleting && !this.stopping)
          this.#runner.renew(record, `Container ${record.spec.name} definition changed, will be restarted`);
      }
      this.#addEphemeral();
      this.#armDeadline();
      if (!deleting && !this.#finished) this.#resize.check();
    }
    if (relabelled && this.#mounted) this.after(RELABEL_MS, () => void this.updateVolumes());
    // Most updates are the kubelet's own reports coming back.
    if (changed || deleting || gates) this.sync();
  }

  /** The API has the pod no more. */
  removed(): void {
    this.#gone = true;
    this.sync();
  }

  /** Another pod has gone: a resize that waits for room is tried again. */
  roomMade(): void {
    if (!this.#finished && !this.stopping) this.#resize.check();
  }

  /** The kubelet ends the pod; it stays in the API as Failed. */
  evict(failure: PodFailure): void {
    if (this.#finished || this.#failure) return;
    this.#failure = failure;
    this.event('Warning', failure.reason, failure.message.trimEnd());
    this.sync();
  }

  /** The kubelet does not take the pod (HandlePodAdditions): it never runs a container here. */
  reject({ reason, message }: Rejection): void {
    this.#rejection = { reason, message: `Pod was rejected: ${message}` };
    this.#finished = true;
    this.event('Warning', reason, message);
    this.publish();
  }

  /** Looks at everything, soon. */
  sync(): void {
    if (this.#syncing) {
      this.#again = true;
      return;
    }
    this.#syncing = true;
    void this.#run();
  }

  /** A ConfigMap or Secret that it shows has changed: its volumes follow when it is looked at again. */
  volumesOutdated(): void {
    if (this.#outdated || !this.#mounted) return;
    this.#outdated = true;
    const { clock, random } = this.#node;
    while (this.#resyncMs <= clock.now()) this.#resyncMs += RESYNC_MS * (1 + RESYNC_JITTER * random.next());
    this.after(this.#resyncMs - clock.now(), () => {
      this.#outdated = false;
      void this.updateVolumes();
    });
  }

  /** ConfigMaps, Secrets or the pod's labels have changed, or a token grows old: volumes follow. */
  async updateVolumes(): Promise<void> {
    const failures = await this.volumes.update(this.pod, placeOf(this.#node, this.stack));
    for (const failure of failures) this.event('Warning', 'FailedMount', mountFailure(failure));
  }

  /** The power goes off: everything stops where it is, nothing is reported. */
  halt(): void {
    this.#halted = true;
    this.#timers.dispose();
    this.#syncing = true;
    for (const record of this.records) {
      record.prober?.dispose();
      if (record.current) record.current.onExit = undefined;
      record.current?.kill();
    }
    this.sandbox?.dispose();
  }

  publish(): void {
    if (!this.#gone) this.#node.statuses.report(this);
  }

  event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#node.recorder.event(this.pod, type, reason, message);
  }

  after(delayMs: number, callback: () => void): void {
    this.#timers.after(delayMs, callback);
  }

  /** Its status now, for the report. */
  status(before: PodStatus): PodStatus {
    const { network, clock } = this.#node;
    if (this.#rejection)
      return {
        ...this.#rejection,
        observedGeneration: this.pod.metadata.generation,
        phase: 'Failed',
        qosClass: this.pod.status?.qosClass ?? before.qosClass,
        startTime: this.#startTime,
      };
    return podStatus({
      pod: this.pod,
      records: this.records,
      initialized: this.#runner.initialized,
      sandbox: this.sandbox !== undefined && !this.#sandboxGone,
      finished: this.#finished,
      podIP: this.sandbox?.address ?? (this.#finished ? before.podIP : undefined),
      hostIP: network.address,
      startTime: this.#startTime,
      failure: this.#failure,
      restarts: (record, exitCode) => this.#runner.restarts(record, exitCode),
      resize: this.#resize.conditions,
      before,
      now: timestamp(clock.now()),
    });
  }

  async #run(): Promise<void> {
    await slice();
    do {
      this.#again = false;
      try {
        await this.#sync();
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        this.event('Warning', 'FailedSync', `error determining status: ${message}`);
        this.#timers.wakeIn(SYNC_RETRY_MS);
      }
    } while (this.#again);
    this.#syncing = false;
  }

  async #sync(): Promise<void> {
    if (this.#halted) return;
    if (this.#gone || this.pod.metadata.deletionTimestamp || this.#failure) {
      this.#terminate();
      return;
    }
    if (this.#finished) return;
    if (!this.#mounted) this.publish();
    if (!this.#mounted && !(await this.#mountVolumes())) return;
    const isNew = !this.sandbox;
    if (isNew) {
      // A node's pods come in one batch: each step of one is followed by the same step of all the others.
      const pause = slice();
      if (pause) await pause;
      // What has changed meanwhile is looked at first.
      if (this.#halted || this.#again) return;
      this.#createSandbox();
    }
    this.#runner.startDue();
    this.#resize.settle();
    // A pod's network and what its first containers came to are one report.
    const starts = isNew && this.records.some(({ starting }) => starting);
    if (!starts && !this.#runner.freshlyStarted) this.publish();
    if (this.#runner.done) this.#terminate();
  }

  #createSandbox(): void {
    this.sandbox = new PodSandbox(this.#node, this.pod);
    const { controlGroup } = this.sandbox;
    this.volumes.countMemory(controlGroup);
    // Over the limit of the pod as a whole the kernel takes who has most.
    controlGroup.onOutOfMemory = () => {
      let most: ContainerRecord | undefined;
      const usedBy = (record: ContainerRecord) => record.current!.init.controlGroup.memoryBytes;
      for (const record of this.records)
        if (record.running && (!most || usedBy(record) > usedBy(most))) most = record;
      most?.current!.kill('OOMKilled');
    };
  }

  /** Mounts what containers use. Answers whether all of it is there. */
  async #mountVolumes(): Promise<boolean> {
    try {
      await this.volumes.mount(this.pod, placeOf(this.#node, this.stack));
      this.#mounted = true;
    } catch (error) {
      if (!(error instanceof MountError)) throw error;
      this.event('Warning', 'FailedMount', mountFailure(error));
      this.#timers.wakeIn(Math.min(MOUNT_RETRY_MIN_MS * 2 ** this.#mountFailures++, MOUNT_RETRY_MAX_MS));
    }
    return this.#mounted;
  }

  #updateVolumesEvery(periodMs: number): void {
    this.after(periodMs, () => {
      void this.updateVolumes();
      this.#updateVolumesEvery(periodMs);
    });
  }

  // ---- ending

  /** Stops what runs, reports the end, and takes the pod off the API when it is being deleted. */
  #terminate(): void {
    const graceMs = this.#failure?.graceMs ?? this.#runner.graceMs;
    const dueMs = this.#node.clock.now() + graceMs;
    const sooner = dueMs < this.#graceDueMs;
    this.#graceDueMs = Math.min(this.#graceDueMs, dueMs);
    if (this.#terminating) {
      if (this.#finished) void this.#takeOff();
      // Deleted again with less grace: what still runs has less.
      else if (sooner) this.after(graceMs, () => this.#killAll());
      return;
    }
    for (const record of this.records) {
      // What keeps a container from being started again no longer matters; how it ended does.
      record.waiting = undefined;
      if (record.exitCode === undefined) continue;
      if (this.pod.metadata.deletionTimestamp) record.previous = undefined;
    }
    if (this.pod.metadata.deletionTimestamp) this.publish();
    this.#terminating = this.#stopAll()
      .catch(() => {})
      .then(() => this.#tearDown())
      .then(() => this.#ended());
  }

  async #stopAll(): Promise<void> {
    const of = (...kinds: ContainerKind[]) =>
      this.records.filter((record) => kinds.includes(record.kind) && record.running);
    const stop = (record: ContainerRecord) =>
      this.#runner.stop(
        record,
        `Stopping container ${record.spec.name}`,
        Math.max(0, this.#graceDueMs - this.#node.clock.now()),
      );
    for (const record of this.records) record.prober?.dispose();
    await Promise.all(of('main', 'init', 'ephemeral').map(stop));
    // Sidecars serve the others to the end; the last to start is the first to go.
    for (const record of of('sidecar').reverse()) await stop(record);
  }

  #killAll(): void {
    for (const { current } of this.records) current?.kill();
  }

  /** Containers that never were get reports of their own: the network goes, and then they are missed. */
  async #tearDown(): Promise<void> {
    const { statuses } = this.#node;
    if (!this.pod.metadata.deletionTimestamp) return;
    await statuses.flushed(this.pod);
    if (this.records.every(({ exitCode }) => exitCode !== undefined)) return;
    this.#sandboxGone = true;
    this.publish();
    await statuses.flushed(this.pod);
  }

  #ended(): void {
    if (this.#halted) return;
    this.#finished = true;
    for (const record of this.records) {
      if (record.exitCode === undefined) record.lost = true;
      else record.waiting = undefined;
    }
    this.sandbox?.dispose();
    this.#timers.dispose();
    this.#sandboxGone = this.pod.metadata.deletionTimestamp !== undefined;
    this.publish();
    if (!this.#sandboxGone) {
      // The network goes when the end has been told.
      void this.#node.statuses.flushed(this.pod).then(() => {
        this.#sandboxGone = true;
        this.publish();
      });
    }
    void this.#takeOff();
  }

  /** Removes a pod that is being deleted from the API. */
  async #takeOff(): Promise<void> {
    const { client, statuses, images } = this.#node;
    if (!this.#gone) {
      if (!this.pod.metadata.deletionTimestamp) return;
      await statuses.flushed(this.pod);
      const { uid } = this.pod.metadata;
      try {
        await client.delete(PODS, this.pod.metadata, { gracePeriodSeconds: 0, preconditions: { uid } });
      } catch (error) {
        if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict'))
          return this.#timers.wakeIn(RELIST_MS);
      }
    }
    statuses.forget(this.pod);
    images.forget(this.pod);
    this.volumes.remove();
    this.#onGone();
  }

  // ---- the pod as a whole

  #add(kind: ContainerKind, container: ContainerRecord['spec'], field: string): void {
    const events = new ContainerEvents(
      this.#node.recorder,
      () => this.pod,
      `spec.${field}{${container.name}}`,
    );
    this.records.push(new ContainerRecord(kind, container, events));
  }

  #addEphemeral(): void {
    for (const container of this.pod.spec.ephemeralContainers ?? []) {
      if (!this.container(container.name)) this.#add('ephemeral', container, 'ephemeralContainers');
    }
  }

  /** A pod that ran before this kubelet did: the node has been restarted. */
  #restore(): void {
    const {
      containerStatuses = [],
      initContainerStatuses = [],
      ephemeralContainerStatuses = [],
    } = this.pod.status ?? {};
    const now = timestamp(this.#node.clock.now());
    for (const status of [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses])
      this.container(status.name)?.restore(status, now);
    if (containerStatuses.some(({ containerID }) => containerID) && !this.pod.metadata.deletionTimestamp)
      this.event('Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
  }

  #armDeadline(): void {
    const seconds = this.pod.spec.activeDeadlineSeconds;
    if (seconds === undefined || this.#finished) return;
    const dueMs = Date.parse(this.#startTime) + seconds * 1000;
    this.after(Math.max(0, dueMs - this.#node.clock.now()), () => {
      if (this.#finished || this.#terminating) return;
      const message = 'Pod was active on the node longer than the specified deadline';
      this.#failure = { reason: 'DeadlineExceeded', message };
      this.event('Normal', 'DeadlineExceeded', message);
      this.publish();
      this.sync();
    });
  }
}

const mountFailure = ({ volume, message }: MountError): string =>
  `MountVolume.SetUp failed for volume "${volume}" : ${message}`;
