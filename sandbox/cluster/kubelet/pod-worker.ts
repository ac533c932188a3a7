/**
 * One pod on its node, from the moment it is bound until it is gone: SyncPod and SyncTerminatingPod of
 * pkg/kubelet, and computePodActions of kuberuntime. Every event (the pod changed, a container ended, a
 * timer) leads to a sync, which looks at everything and starts what is due; nothing polls.
 * Left out: cgroups, checkpoints, in-place resize, static pods, user namespaces.
 */
import { timestamp } from '../../core/clock.ts';
import type { Disposable } from '../../core/disposable.ts';
import { isStatus } from '../api/status.ts';
import type { Pod, PodStatus, Probe } from '../client/kinds.ts';
import { PODS } from '../client/resources.ts';
import { formatDuration } from '../api/duration.ts';
import type { PodNetwork } from '../network/cluster-network.ts';
import type { NetworkStack } from '../network/network-stack.ts';
import { Backoff } from './backoff.ts';
import { dnsConfigOf, hostAliases, hostsFile, resolvConf } from './container-files.ts';
import { ConfigError, ImageError, MountError, StartError } from './container-errors.ts';
import { ContainerEvents } from './container-events.ts';
import { ContainerRecord, type ContainerKind } from './container-record.ts';
import { ContainerStarter } from './container-starter.ts';
import type { PodPlace } from './downward-api.ts';
import { runHook } from './lifecycle-hook.ts';
import { stopContainer } from './stop-container.ts';
import type { NodeContext } from './node-context.ts';
import { podStatus } from './pod-status.ts';
import { podName, type ProbeTarget } from './probe.ts';
import { Prober } from './prober.ts';
import type { StatusSource } from './status-manager.ts';
import { PodVolumes, volumeReferences } from './pod-volumes.ts';

/** The kubelet notices an ended container when it lists them next (PLEG, once a second). */
const RELIST_MS = 1_000;
/** A start is reported a little later: a program that fails at once is never seen running, as in life. */
const START_REPORT_MS = 100;
/** A sync that failed is tried again after this (`backOffPeriod`). */
const SYNC_RETRY_MS = 10_000;
/** A volume that could not be mounted: 500 ms doubling to 2 min 2 s. */
const MOUNT_RETRY_MIN_MS = 500;
const MOUNT_RETRY_MAX_MS = 122_000;
const DEFAULT_GRACE_SECONDS = 30;
/** Up to this share of it is added to a retry, so that retries spread. */
const SYNC_RETRY_JITTER = 0.5;
/** Until ConfigMaps and Secrets that changed show in volumes: at most the kubelet's sync period of a minute. */
export const VOLUME_UPDATE_MS = 10_000;

export class PodWorker implements StatusSource {
  pod: Pod;
  readonly #node: NodeContext;
  readonly #records: ContainerRecord[] = [];
  readonly #backoff: Backoff;
  readonly #volumes: PodVolumes;
  readonly #starter: ContainerStarter;
  readonly #startTime: string;
  readonly #timers = new Set<Disposable>();
  #network: PodNetwork | undefined;
  #stack: NetworkStack | undefined;
  #mounted = false;
  #mountFailures = 0;
  #initialized: boolean;
  /** It will run no container any more. */
  /** Its network has been torn down, as the next look at the node tells. */
  #sandboxGone = false;
  #finished = false;
  /** Being stopped: resolves when its containers have ended. */
  #terminating: Promise<void> | undefined;
  #graceDueMs = Infinity;
  #gone = false;
  #halted = false;
  #failure: { reason: string; message: string } | undefined;
  #syncing = false;
  #again = false;
  #wakeAt: { dueMs: number; timer: Disposable } | undefined;
  readonly #onGone: () => void;

  /** @param onGone called when nothing of the pod is left on the node and in the API. */
  constructor(node: NodeContext, pod: Pod, onGone: () => void) {
    this.#node = node;
    this.pod = pod;
    this.#onGone = onGone;
    this.#backoff = new Backoff(node.clock);
    this.#volumes = new PodVolumes(node.volumes, (periodMs) => this.#updateVolumesEvery(periodMs));
    this.#starter = new ContainerStarter(node, this.#volumes.mounted);
    this.#startTime = pod.status?.startTime ?? timestamp(node.clock.now());
    this.#initialized = (pod.spec.initContainers?.length ?? 0) === 0;
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
    return this.#records.find(({ spec }) => spec.name === name);
  }

  /** The pod's network namespace, once it has one. */
  get stack(): NetworkStack | undefined {
    return this.#stack;
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
      for (const record of this.#records) {
        const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
        record.spec = all.find(({ name }) => name === record.spec.name) ?? record.spec;
      }
      this.#addEphemeral();
      this.#armDeadline();
    }
    if (relabelled && this.#mounted) this.#after(VOLUME_UPDATE_MS, () => void this.updateVolumes());
    // Most updates are the kubelet's own reports coming back.
    if (changed || deleting || gates) this.sync();
  }

  /** The API has the pod no more. */
  removed(): void {
    this.#gone = true;
    this.sync();
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

  /** ConfigMaps, Secrets or the pod's labels have changed, or a token grows old: volumes follow. */
  async updateVolumes(): Promise<void> {
    const failures = await this.#volumes.update(this.pod, this.#place());
    for (const failure of failures) this.#event('Warning', 'FailedMount', mountFailure(failure));
  }

  /** The power goes off: everything stops where it is, nothing is reported. */
  halt(): void {
    this.#halted = true;
    for (const timer of this.#timers) timer.dispose();
    this.#timers.clear();
    this.#syncing = true;
    for (const record of this.#records) {
      record.prober?.dispose();
      if (record.current) record.current.onExit = undefined;
      record.current?.kill();
    }
    this.#network?.dispose();
  }

  async #run(): Promise<void> {
    await undefined;
    do {
      this.#again = false;
      try {
        await this.#sync();
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        this.#event('Warning', 'FailedSync', `error determining status: ${message}`);
        this.#wakeIn(SYNC_RETRY_MS);
      }
    } while (this.#again);
    this.#syncing = false;
  }

  async #sync(): Promise<void> {
    if (this.#gone || this.pod.metadata.deletionTimestamp || this.#failure) {
      this.#terminate();
      return;
    }
    if (this.#finished) return;
    if (!this.#mounted) this.#publish();
    if (!this.#mounted && !(await this.#mountVolumes())) return;
    const isNew = !this.#stack;
    if (isNew) this.#createSandbox();
    this.#startDue();
    // A pod's network and what its first containers came to are one report.
    const starts = isNew && this.#records.some(({ starting }) => starting);
    if (!starts && !this.#freshlyStarted()) this.#publish();
    if (this.#isDone()) this.#terminate();
  }

  // ---- starting

  /** Mounts what containers use. Answers whether all of it is there. */
  async #mountVolumes(): Promise<boolean> {
    try {
      await this.#volumes.mount(this.pod, this.#place());
      this.#mounted = true;
    } catch (error) {
      if (!(error instanceof MountError)) throw error;
      this.#event('Warning', 'FailedMount', mountFailure(error));
      this.#wakeIn(Math.min(MOUNT_RETRY_MIN_MS * 2 ** this.#mountFailures++, MOUNT_RETRY_MAX_MS));
    }
    return this.#mounted;
  }

  #updateVolumesEvery(periodMs: number): void {
    this.#after(periodMs, () => {
      void this.updateVolumes();
      this.#updateVolumesEvery(periodMs);
    });
  }

  #createSandbox(): void {
    const { network, clusterNetwork } = this.#node;
    const { metadata, spec } = this.pod;
    if (spec.hostNetwork) this.#stack = network.host;
    else {
      const dns = this.#dns();
      this.#network = network.setUp({
        namespace: metadata.namespace!,
        name: metadata.name!,
        uid: metadata.uid!,
        hostname: this.#hostname,
        resolver: { searches: dns.searches, ndots: dns.ndots },
        hosts: hostAliases(this.pod),
      });
      this.#stack = this.#network.stack;
    }
    this.#starter.sandbox = {
      stack: this.#stack,
      hostname: this.#hostname,
      hosts: hostsFile(this.pod, this.#stack.addresses[0]!, this.#hostname, clusterNetwork.dns.domain),
      resolvConf: resolvConf(this.#dns()),
      place: this.#place(),
    };
  }

  #dns() {
    const { clusterNetwork, clusterDNS } = this.#node;
    return dnsConfigOf(this.pod, {
      nameServer: clusterDNS,
      searches: clusterNetwork.dns.searches(this.pod.metadata.namespace!),
    });
  }

  get #hostname(): string {
    const { metadata, spec } = this.pod;
    if (spec.hostNetwork) return this.#node.name;
    // A name of the kernel has 63 bytes at most.
    return (spec.hostname || metadata.name!).slice(0, 63).replace(/[-.]+$/, '');
  }

  /** Starts what may start now: init containers in turn, then the others together. */
  #startDue(): void {
    if (!this.#initialized) {
      for (const record of this.#records) {
        if (record.kind === 'sidecar') {
          this.#ensure(record);
          if (!record.started) return;
        } else if (record.kind === 'init') {
          if (record.current && record.exitCode === 0) continue;
          this.#ensure(record);
          return;
        }
      }
      this.#initialized = true;
    }
    for (const record of this.#records) if (record.kind !== 'init') this.#ensure(record);
  }

  /** Whether a start is about to be reported. */
  #freshlyStarted(): boolean {
    const now = this.#node.clock.now();
    return this.#records.some(({ up, current }) => up && now < current!.startedMs + START_REPORT_MS);
  }

  /** Starts a container unless it runs, has done its work, or has to wait. */
  #ensure(record: ContainerRecord): void {
    if (record.running || record.starting || record.killing) return;
    const { clock } = this.#node;
    const now = clock.now();
    if (record.notBeforeMs > now) return this.#wakeIn(record.notBeforeMs - now);
    const { exitCode, finishedMs } = record;
    if (exitCode !== undefined) {
      if (!this.#restarts(record, exitCode)) return;
      if (finishedMs !== undefined) {
        if (now < finishedMs + RELIST_MS) return this.#wakeIn(finishedMs + RELIST_MS - now);
        const key = record.spec.name;
        const remainingMs = this.#backoff.remainingMs(key, finishedMs);
        if (remainingMs > 0) return this.#holdBack(record, this.#backoff.delayMs(key), remainingMs);
        this.#backoff.next(key, finishedMs);
      }
    }
    record.starting = true;
    void this.#start(record);
  }

  #holdBack(record: ContainerRecord, delayMs: number, remainingMs: number): void {
    const container = record.spec.name;
    const pod = podName(this.pod);
    record.outcome = {
      message: `back-off ${formatDuration(delayMs)} restarting failed container=${container} pod=${pod}`,
      reason: 'CrashLoopBackOff',
    };
    // A container that never came to run is looked at once more, which brings the news at once.
    if (record.current?.exit?.reason === 'StartError') record.waiting = record.outcome;
    record.events.record(
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${container} in pod ${pod}`,
    );
    this.#tryAgain(record, remainingMs);
  }

  /** What went wrong is looked at again after a while, with jitter. */
  #tryAgain(record: ContainerRecord, afterMs = SYNC_RETRY_MS): void {
    const { clock, random } = this.#node;
    const delayMs = afterMs * (1 + random.next() * SYNC_RETRY_JITTER);
    record.notBeforeMs = clock.now() + delayMs;
    this.#wakeIn(delayMs);
  }

  /** Whether a container that ended is started again: the pod's restartPolicy, or the container's own. */
  #restarts(record: ContainerRecord, exitCode: number): boolean {
    if (record.kind === 'ephemeral') return false;
    if (record.kind === 'sidecar') return true;
    const rule = record.spec.restartPolicyRules?.find(({ exitCodes }) => {
      if (!exitCodes) return false;
      const named = exitCodes.values?.includes(exitCode) ?? false;
      return exitCodes.operator === 'NotIn' ? !named : named;
    });
    if (rule?.action === 'Restart') return true;
    const policy = record.spec.restartPolicy ?? this.pod.spec.restartPolicy ?? 'Always';
    if (record.kind === 'init') return exitCode !== 0 && policy !== 'Never';
    return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
  }

  async #start(record: ContainerRecord): Promise<void> {
    const again = record.current !== undefined || record.restored !== undefined;
    try {
      if (record.outcome && record.waiting !== record.outcome) {
        record.waiting = record.outcome;
        this.#publish();
        await this.#node.statuses.flushed(this.pod);
        if (this.#terminating) return;
      }
      const container = await this.#starter.create(this.pod, record);
      if (this.#terminating) return;
      record.previous = record.current;
      record.current = container;
      if (again) record.restartCount++;
      record.waiting = undefined;
      record.outcome = undefined;
      record.hooked = false;
      container.onExit = () => this.#onExit(record);
      try {
        await container.start();
      } catch (error) {
        if (!(error instanceof StartError)) throw error;
        container.failToStart(error.message);
        record.waiting = { message: error.message, reason: 'RunContainerError' };
        record.events.record('Warning', 'Failed', `Error: ${error.message}`);
        return;
      }
      record.events.record('Normal', 'Started', 'Container started');
      record.starting = false;
      const target = this.#target(record);
      record.prober = this.#prober(record, target);
      const hook = record.spec.lifecycle?.postStart;
      if (hook && !(await this.#postStart(record, hook, target))) return;
      record.hooked = true;
      if (!record.running) return;
      record.prober.start();
      this.#after(START_REPORT_MS, () => this.#publish());
    } catch (error) {
      this.#startFailed(record, error);
    } finally {
      record.starting = false;
      this.sync();
    }
  }

  #startFailed(record: ContainerRecord, error: unknown): void {
    const { clock } = this.#node;
    if (error instanceof ImageError) {
      const isFirst = record.outcome === undefined;
      record.outcome = { message: error.message, reason: error.reason };
      record.events.record('Warning', 'Failed', `Error: ${error.reason}`);
      if (!isFirst) return this.#tryAgain(record);
      record.waiting = record.outcome;
      record.notBeforeMs = clock.now() + RELIST_MS;
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    const reason = error instanceof ConfigError ? 'CreateContainerConfigError' : 'CreateContainerError';
    record.waiting = { message, reason };
    record.events.record('Warning', 'Failed', `Error: ${message}`);
    record.notBeforeMs = clock.now() + SYNC_RETRY_MS;
  }

  async #postStart(
    record: ContainerRecord,
    hook: NonNullable<NonNullable<ContainerRecord['spec']['lifecycle']>['postStart']>,
    target: ProbeTarget,
  ): Promise<boolean> {
    try {
      await runHook(hook, target, Infinity);
      return true;
    } catch {
      if (!record.running) return false;
      record.events.record('Warning', 'FailedPostStartHook', 'PostStartHook failed');
      await this.#stop(record, 'FailedPostStartHook', this.#graceMs());
      return false;
    }
  }

  #target(record: ContainerRecord): ProbeTarget {
    const { clock, network } = this.#node;
    const address = this.#stack!.addresses[0]!;
    return { spec: record.spec, container: record.current!, address, host: network.host, clock };
  }

  #prober(record: ContainerRecord, target: ProbeTarget): Prober {
    return new Prober({
      clock: this.#node.clock,
      events: record.events,
      target,
      onReady: () => this.#publish(),
      onStarted: () => {
        this.#publish();
        this.sync();
      },
      onFailed: (type, probe) => this.#probeFailed(record, type, probe),
    });
  }

  #probeFailed(record: ContainerRecord, type: string, probe: Probe): void {
    const graceMs =
      probe.terminationGracePeriodSeconds === undefined
        ? this.#graceMs()
        : probe.terminationGracePeriodSeconds * 1000;
    const message = `Container ${record.spec.name} failed ${type} probe, will be restarted`;
    void this.#stop(record, message, graceMs);
  }

  #onExit(record: ContainerRecord): void {
    record.prober?.dispose();
    // Of a pod that is being stopped the end is reported once, when all of it has ended.
    if (!this.#terminating) this.#publish();
    this.sync();
  }

  // ---- ending

  /** Whether every main container has ended for good, or an init container has failed for good. */
  #isDone(): boolean {
    for (const record of this.#records) {
      if (record.kind === 'init') {
        const failed = record.exitCode !== undefined && record.exitCode !== 0 && !record.running;
        if (failed && !this.#initialized && !this.#restarts(record, record.exitCode!)) return true;
      } else if (record.kind === 'main') {
        const { exitCode } = record;
        if (record.running || record.starting || exitCode === undefined) return false;
        if (this.#restarts(record, exitCode)) return false;
      }
    }
    return this.#initialized;
  }

  /** Stops what runs, reports the end, and takes the pod off the API when it is being deleted. */
  #terminate(): void {
    const dueMs = this.#node.clock.now() + this.#graceMs();
    const sooner = dueMs < this.#graceDueMs;
    this.#graceDueMs = Math.min(this.#graceDueMs, dueMs);
    if (this.#terminating) {
      if (this.#finished) void this.#takeOff();
      // Deleted again with less grace: what still runs has less.
      else if (sooner) this.#after(this.#graceMs(), () => this.#killAll());
      return;
    }
    for (const record of this.#records) {
      // What keeps a container from being started again no longer matters; how it ended does.
      record.waiting = undefined;
      if (record.exitCode === undefined) continue;
      if (this.pod.metadata.deletionTimestamp) record.previous = undefined;
    }
    if (this.pod.metadata.deletionTimestamp) this.#publish();
    this.#terminating = this.#stopAll()
      .catch(() => {})
      .then(() => this.#tearDown())
      .then(() => this.#ended());
  }

  /** Containers that never were get reports of their own: the network goes, and then they are missed. */
  async #tearDown(): Promise<void> {
    const { statuses } = this.#node;
    if (!this.pod.metadata.deletionTimestamp) return;
    await statuses.flushed(this.pod);
    if (this.#records.every(({ exitCode }) => exitCode !== undefined)) return;
    this.#sandboxGone = true;
    this.#publish();
    await statuses.flushed(this.pod);
  }

  async #stopAll(): Promise<void> {
    const of = (...kinds: ContainerKind[]) =>
      this.#records.filter((record) => kinds.includes(record.kind) && record.running);
    const message = (record: ContainerRecord) => `Stopping container ${record.spec.name}`;
    const graceMs = () => Math.max(0, this.#graceDueMs - this.#node.clock.now());
    for (const record of this.#records) record.prober?.dispose();
    await Promise.all(
      of('main', 'init', 'ephemeral').map((record) => this.#stop(record, message(record), graceMs())),
    );
    // Sidecars serve the others to the end; the last to start is the first to go.
    for (const record of of('sidecar').reverse()) await this.#stop(record, message(record), graceMs());
  }

  #killAll(): void {
    for (const { current } of this.#records) current?.kill();
  }

  #ended(): void {
    if (this.#halted) return;
    this.#finished = true;
    for (const record of this.#records) {
      if (record.exitCode === undefined) record.lost = true;
      else record.waiting = undefined;
    }
    this.#network?.dispose();
    for (const timer of this.#timers) timer.dispose();
    this.#timers.clear();
    this.#sandboxGone = this.pod.metadata.deletionTimestamp !== undefined;
    this.#publish();
    if (!this.#sandboxGone) {
      // The network goes when the end has been told.
      void this.#node.statuses.flushed(this.pod).then(() => {
        this.#sandboxGone = true;
        this.#publish();
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
        if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) return this.#wakeIn(RELIST_MS);
      }
    }
    statuses.forget(this.pod);
    images.forget(this.pod);
    this.#volumes.remove();
    this.#onGone();
  }

  /** Stops a container and resolves when it has ended; asked again meanwhile, it answers the same. */
  #stop(record: ContainerRecord, message: string, graceMs: number): Promise<void> {
    record.killing ??= stopContainer(record, this.#target(record), message, graceMs).finally(() => {
      record.killing = undefined;
      this.sync();
    });
    return record.killing;
  }

  #graceMs(): number {
    const { metadata, spec } = this.pod;
    const seconds =
      metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    return seconds * 1000;
  }

  // ---- the pod as a whole

  #add(kind: ContainerKind, container: ContainerRecord['spec'], field: string): void {
    const events = new ContainerEvents(
      this.#node.recorder,
      () => this.pod,
      `spec.${field}{${container.name}}`,
    );
    this.#records.push(new ContainerRecord(kind, container, events));
  }

  #addEphemeral(): void {
    for (const container of this.pod.spec.ephemeralContainers ?? []) {
      if (!this.container(container.name)) this.#add('ephemeral', container, 'ephemeralContainers');
    }
  }

  /** A pod that ran before this kubelet did: the node has been restarted. */
  #restore(): void {
    const { containerStatuses = [], initContainerStatuses = [] } = this.pod.status ?? {};
    const now = timestamp(this.#node.clock.now());
    for (const status of [...initContainerStatuses, ...containerStatuses])
      this.container(status.name)?.restore(status, now);
    if (containerStatuses.some(({ containerID }) => containerID) && !this.pod.metadata.deletionTimestamp)
      this.#event('Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
  }

  #armDeadline(): void {
    const seconds = this.pod.spec.activeDeadlineSeconds;
    if (seconds === undefined || this.#finished) return;
    const dueMs = Date.parse(this.#startTime) + seconds * 1000;
    this.#after(Math.max(0, dueMs - this.#node.clock.now()), () => {
      if (this.#finished || this.#terminating) return;
      const message = 'Pod was active on the node longer than the specified deadline';
      this.#failure = { reason: 'DeadlineExceeded', message };
      this.#event('Normal', 'DeadlineExceeded', message);
      this.#publish();
      this.sync();
    });
  }

  #publish(): void {
    if (!this.#gone) this.#node.statuses.report(this);
  }

  /** Its status now, for the report. */
  status(before: PodStatus): PodStatus {
    const { network, clock } = this.#node;
    return podStatus({
      pod: this.pod,
      records: this.#records,
      initialized: this.#initialized,
      sandbox: this.#stack !== undefined && !this.#sandboxGone,
      finished: this.#finished,
      podIP: this.#stack?.addresses[0] ?? (this.#finished ? before.podIP : undefined),
      hostIP: network.address,
      startTime: this.#startTime,
      failure: this.#failure,
      before,
      now: timestamp(clock.now()),
    });
  }

  #place(): PodPlace {
    const { name, network } = this.#node;
    return { podIP: this.#stack?.addresses[0] ?? '', hostIP: network.address, nodeName: name };
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#node.recorder.event(this.pod, type, reason, message);
  }

  /** Syncs after `delayMs`; of several such requests the earliest counts. */
  #wakeIn(delayMs: number): void {
    const dueMs = this.#node.clock.now() + delayMs;
    if (this.#wakeAt && this.#wakeAt.dueMs <= dueMs) return;
    if (this.#wakeAt) {
      this.#wakeAt.timer.dispose();
      this.#timers.delete(this.#wakeAt.timer);
    }
    const timer = this.#after(delayMs, () => {
      this.#wakeAt = undefined;
      this.sync();
    });
    this.#wakeAt = { dueMs, timer };
  }

  #after(delayMs: number, callback: () => void): Disposable {
    const timer = this.#node.clock.setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, delayMs);
    this.#timers.add(timer);
    return timer;
  }
}

const mountFailure = ({ volume, message }: MountError): string =>
  `MountVolume.SetUp failed for volume "${volume}" : ${message}`;
