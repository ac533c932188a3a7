/**
 * Starts, restarts and stops the containers of one pod: computePodActions and startContainer of
 * pkg/kubelet/kuberuntime. What has to wait asks for a look at the pod when its time comes.
 */
import { formatDuration } from '../api/duration.ts';
import type { LifecycleHandler, Pod, Probe } from '../client/kinds.ts';
import { Backoff } from './backoff.ts';
import { ConfigError, ImageError, StartError } from './container-errors.ts';
import type { ContainerRecord } from './container-record.ts';
import type { ContainerStarter } from './container-starter.ts';
import { runHook } from './lifecycle-hook.ts';
import type { NodeContext } from './node-context.ts';
import type { PodSandbox } from './pod-sandbox.ts';
import type { PodTimers } from './pod-timers.ts';
import { podName, type ProbeTarget } from './probe.ts';
import { Prober } from './prober.ts';
import { stopContainer } from './stop-container.ts';

/** The kubelet notices an ended container when it lists them next (PLEG, once a second). */
export const RELIST_MS = 1_000;
/** A start is reported a little later: a program that fails at once is never seen running, as in life. */
const START_REPORT_MS = 100;
/** A sync that failed is tried again after this (`backOffPeriod`). */
export const SYNC_RETRY_MS = 10_000;
/** Up to this share of it is added to a retry, so that retries spread. */
const SYNC_RETRY_JITTER = 0.5;
const DEFAULT_GRACE_SECONDS = 30;

/** The pod whose containers are run. */
export interface RunningPod {
  readonly pod: Pod;
  readonly records: readonly ContainerRecord[];
  readonly sandbox: PodSandbox | undefined;
  /** It is being stopped: nothing is started any more. */
  readonly stopping: boolean;
  /** Looks at the pod, soon. */
  sync(): void;
  /** Reports its status. */
  publish(): void;
}

export class ContainerRunner {
  readonly #node: NodeContext;
  readonly #owner: RunningPod;
  readonly #starter: ContainerStarter;
  readonly #timers: PodTimers;
  readonly #backoff: Backoff;
  /** All init containers have done their part. */
  initialized: boolean;

  constructor(node: NodeContext, owner: RunningPod, starter: ContainerStarter, timers: PodTimers) {
    this.#node = node;
    this.#owner = owner;
    this.#starter = starter;
    this.#timers = timers;
    this.#backoff = new Backoff(node.clock);
    this.initialized = (owner.pod.spec.initContainers?.length ?? 0) === 0;
  }

  /** Starts what may start now: init containers in turn, then the others together; ephemeral ones at any time. */
  startDue(): void {
    const { records } = this.#owner;
    for (const record of records) if (record.kind === 'ephemeral') this.#ensure(record);
    if (!this.initialized) {
      for (const record of records) {
        if (record.kind === 'sidecar') {
          this.#ensure(record);
          if (!record.started) return;
        } else if (record.kind === 'init') {
          if (record.current && record.exitCode === 0) continue;
          this.#ensure(record);
          return;
        }
      }
      this.initialized = true;
    }
    for (const record of records)
      if (record.kind === 'main' || record.kind === 'sidecar') this.#ensure(record);
  }

  /** Whether a start is about to be reported. */
  get freshlyStarted(): boolean {
    const now = this.#node.clock.now();
    return this.#owner.records.some(({ up, current }) => up && now < current!.startedMs + START_REPORT_MS);
  }

  /** Whether a container that ended is started again: the pod's restartPolicy, or the container's own. */
  restarts(record: ContainerRecord, exitCode: number): boolean {
    if (record.kind === 'ephemeral') return false;
    if (record.kind === 'sidecar' || record.renewing) return true;
    const rule = record.spec.restartPolicyRules?.find(({ exitCodes }) => {
      if (!exitCodes) return false;
      const named = exitCodes.values?.includes(exitCode) ?? false;
      return exitCodes.operator === 'NotIn' ? !named : named;
    });
    if (rule?.action === 'Restart') return true;
    const policy = record.spec.restartPolicy ?? this.#owner.pod.spec.restartPolicy ?? 'Always';
    if (record.kind === 'init') return exitCode !== 0 && policy !== 'Never';
    return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
  }

  /** Whether every main container has ended for good, or an init container has failed for good. */
  get done(): boolean {
    for (const record of this.#owner.records) {
      if (record.kind === 'init') {
        const failed = record.exitCode !== undefined && record.exitCode !== 0 && !record.running;
        if (failed && !this.initialized && !this.restarts(record, record.exitCode!)) return true;
      } else if (record.kind === 'main') {
        const { exitCode } = record;
        if (record.running || record.starting || exitCode === undefined) return false;
        if (this.restarts(record, exitCode)) return false;
      }
    }
    return this.initialized;
  }

  /** Stops a container whose definition has changed; it starts again at once, whatever the restart policy says. */
  renew(record: ContainerRecord, message: string): void {
    record.renewing = true;
    void this.stop(record, message, this.graceMs);
  }

  /** Stops a container and resolves when it has ended; asked again meanwhile, it answers the same. */
  stop(record: ContainerRecord, message: string, graceMs: number): Promise<void> {
    record.killing ??= stopContainer(record, this.#target(record), message, graceMs).finally(() => {
      record.killing = undefined;
      this.#owner.sync();
    });
    return record.killing;
  }

  /** How long containers have to end. */
  get graceMs(): number {
    const { metadata, spec } = this.#owner.pod;
    const seconds =
      metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    return seconds * 1000;
  }

  /** Starts a container unless it runs, has done its work, or has to wait. */
  #ensure(record: ContainerRecord): void {
    if (record.running || record.starting || record.killing) return;
    const now = this.#node.clock.now();
    if (record.notBeforeMs > now) return this.#timers.wakeIn(record.notBeforeMs - now);
    const { exitCode, finishedMs } = record;
    // In a new sandbox, as after a reboot, init containers have their work before them.
    const isUndone = record.kind === 'init' && !record.current;
    if (exitCode !== undefined && !isUndone) {
      if (!this.restarts(record, exitCode)) return;
      if (finishedMs !== undefined && !record.renewing) {
        if (now < finishedMs + RELIST_MS) return this.#timers.wakeIn(finishedMs + RELIST_MS - now);
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
    const pod = podName(this.#owner.pod);
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
    this.#timers.wakeIn(delayMs);
  }

  async #start(record: ContainerRecord): Promise<void> {
    const again = record.current !== undefined || record.restored !== undefined;
    try {
      if (record.outcome && record.waiting !== record.outcome) {
        record.waiting = record.outcome;
        this.#owner.publish();
        await this.#node.statuses.flushed(this.#owner.pod);
        if (this.#owner.stopping) return;
      }
      const { pod, sandbox } = this.#owner;
      const container = await this.#starter.create(pod, sandbox!, record, this.#processesFor(record));
      if (this.#owner.stopping) return;
      record.previous = record.current;
      record.current = container;
      if (again) record.restartCount++;
      record.waiting = undefined;
      record.outcome = undefined;
      record.hooked = false;
      record.actuated = record.resources;
      record.renewing = false;
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
      this.#timers.after(START_REPORT_MS, () => this.#owner.publish());
    } catch (error) {
      this.#startFailed(record, error);
    } finally {
      record.starting = false;
      this.#owner.sync();
    }
  }

  /** An ephemeral container sees the processes of the one it is to look into. */
  #processesFor({ spec }: ContainerRecord) {
    const { targetContainerName } = spec as { targetContainerName?: string };
    if (!targetContainerName) return undefined;
    const target = this.#owner.records.find((record) => record.spec.name === targetContainerName);
    return target?.running ? target.current!.machine.processTable : undefined;
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

  async #postStart(record: ContainerRecord, hook: LifecycleHandler, target: ProbeTarget): Promise<boolean> {
    try {
      await runHook(hook, target, Infinity);
      return true;
    } catch {
      if (!record.running) return false;
      record.events.record('Warning', 'FailedPostStartHook', 'PostStartHook failed');
      await this.stop(record, 'FailedPostStartHook', this.graceMs);
      return false;
    }
  }

  #target(record: ContainerRecord): ProbeTarget {
    const { clock, network } = this.#node;
    const { address } = this.#owner.sandbox!;
    return { spec: record.spec, container: record.current!, address, host: network.host, clock };
  }

  #prober(record: ContainerRecord, target: ProbeTarget): Prober {
    return new Prober({
      clock: this.#node.clock,
      events: record.events,
      target,
      onReady: () => this.#owner.publish(),
      onStarted: () => {
        this.#owner.publish();
        this.#owner.sync();
      },
      onFailed: (type, probe) => this.#probeFailed(record, type, probe),
    });
  }

  #probeFailed(record: ContainerRecord, type: string, probe: Probe): void {
    const graceMs =
      probe.terminationGracePeriodSeconds === undefined
        ? this.graceMs
        : probe.terminationGracePeriodSeconds * 1000;
    const message = `Container ${record.spec.name} failed ${type} probe, will be restarted`;
    void this.stop(record, message, graceMs);
  }

  #onExit(record: ContainerRecord): void {
    record.prober?.dispose();
    // Of a pod that is being stopped the end is reported once, when all of it has ended.
    if (!this.#owner.stopping) this.#owner.publish();
    this.#owner.sync();
  }
}
