/**
 * Jobs (`pkg/controller/job`): pods until enough have succeeded, or too many have failed. A pod's end is
 * counted once: the pod keeps a finalizer until its uid is noted in the status. Left out: Indexed jobs, pod
 * failure and success policies.
 */
import { timestamp, type Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { selectorOf } from '../api/labels.ts';
import { controllerOf, keyOf } from '../api/object.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import { byController, byNamespace, type Informer } from '../client/informer.ts';
import type { Job, JobCondition, JobStatus, Pod } from '../client/kinds.ts';
import { JOBS, PODS } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import { claim } from './claim.ts';
import { findCondition, withCondition } from './conditions.ts';
import { controllerReference, resolveController, type ControllerContext } from './controller.ts';
import { deepEqual } from './equality.ts';
import { Expectations } from './expectations.ts';
import { isNamespaceTerminating, PodControl, podFromTemplate } from './pod-control.ts';
import { rankForDeletion } from './pod-ranking.ts';
import { isPodActive, isPodReady, isPodTerminating } from './pod.ts';

const TRACKING = 'batch.kubernetes.io/job-tracking';
/** A pod is made anew 10 s after the first failure in a row, doubling to ten minutes. */
const BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 600_000;

export function startJobController(context: ControllerContext): Disposable {
  return new JobController(context);
}

/** Whether the job has ended, well or not. */
export function isJobFinished({ status }: Job): boolean {
  return isTrue(status, 'Complete') || isTrue(status, 'Failed');
}

const isTrue = (status: JobStatus | undefined, type: string) =>
  findCondition(status?.conditions, type)?.status === 'True';

class JobController implements Disposable {
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #podControl: PodControl;
  readonly #jobs: Informer<Job>;
  readonly #pods: Informer<Pod>;
  readonly #expectations: Expectations;
  /** Failures since the last success, with the time of the last, by the job's uid. */
  readonly #failures = new Map<string, { count: number; atMs: number }>();
  readonly #queue: WorkQueue;
  readonly #resources = new DisposableStore();

  constructor(context: ControllerContext) {
    this.#clock = context.clock;
    this.#client = context.client('job-controller');
    this.#recorder = context.recorder('job-controller', this.#client);
    this.#podControl = new PodControl(this.#client, this.#recorder);
    this.#expectations = new Expectations(context.clock);
    this.#pods = context.informers.informer(PODS);
    this.#pods.addIndex('controller', byController);
    this.#pods.addIndex('orphans', (pod) => (controllerOf(pod) ? [] : [pod.metadata.namespace!]));
    this.#jobs = context.informers.informer(JOBS);
    this.#jobs.addIndex('namespace', byNamespace);
    this.#queue = this.#resources.add(
      new WorkQueue({
        clock: context.clock,
        reconcile: (key) => this.#reconcile(key),
        onError: (key, error) => context.onError('job', key, error),
      }),
    );
    this.#resources.add(
      this.#jobs.addHandler({
        add: (job) => this.#queue.add(keyOf(job)),
        update: (_before, job) => this.#queue.add(keyOf(job)),
        delete: (job) => {
          this.#expectations.forget(keyOf(job));
          this.#failures.delete(job.metadata.uid!);
          // Pods that nobody counts any more must not wait for it.
          for (const pod of this.#pods.indexed('controller', job.metadata.uid!)) void this.#release(pod);
        },
      }),
    );
    this.#resources.add(
      this.#pods.addHandler({
        add: (pod) => this.#seen(pod, (key) => this.#expectations.creationObserved(key)),
        update: (_before, pod) =>
          this.#seen(pod, (key) => {
            if (pod.metadata.deletionTimestamp) this.#expectations.deletionObserved(key, keyOf(pod));
          }),
        delete: (pod) => this.#seen(pod, (key) => this.#expectations.deletionObserved(key, keyOf(pod))),
      }),
    );
  }

  dispose(): void {
    this.#resources.dispose();
  }

  #seen(pod: Pod, observe: (key: string) => void): void {
    const controller = controllerOf(pod);
    const job = resolveController(this.#jobs, pod.metadata.namespace, controller);
    if (job) {
      observe(keyOf(job));
      this.#queue.add(keyOf(job));
    } else if (controller?.kind === 'Job') void this.#release(pod);
  }

  async #reconcile(key: string): Promise<void> {
    const job = this.#jobs.get(key);
    if (!job || isJobFinished(job)) return;
    const pods = await claim(
      {
        client: this.#client,
        ownerType: JOBS,
        owner: job,
        type: PODS,
        selector: selectorOf(job.spec.selector),
      },
      [
        ...this.#pods.indexed('controller', job.metadata.uid!),
        ...this.#pods.indexed('orphans', job.metadata.namespace!),
      ],
    );
    const nowMs = this.#clock.now();
    const tally = new Tally(job, pods);
    this.#noteFailures(job, tally, nowMs);
    let { conditions = [], startTime } = job.status ?? {};
    if (!startTime && !job.spec.suspend) startTime = timestamp(nowMs);

    const active = pods.filter(isPodActive);
    let terminating = pods.filter(isPodTerminating).length;
    let running = active.length;
    let failure: unknown;
    const verdict = this.#verdict(job, tally, startTime, nowMs);
    if (verdict) {
      conditions = withCondition(conditions, verdict);
      const deleted = await this.#delete(job, active);
      running -= deleted;
      terminating += deleted;
    } else if (this.#expectations.satisfied(key) && job.metadata.deletionTimestamp === undefined) {
      try {
        const change = await this.#manage(job, tally, active, nowMs);
        running += change;
        if (change < 0) terminating -= change;
      } catch (error) {
        failure = error;
      }
      conditions = this.#suspension(job, conditions, nowMs);
      if (job.spec.suspend) startTime = undefined;
      const { completions } = job.spec;
      const enough = completions === undefined ? tally.succeeded > 0 : tally.succeeded >= completions;
      if (enough && running === 0) {
        const message = 'Reached expected number of succeeded pods';
        conditions = withCondition(
          conditions,
          condition('SuccessCriteriaMet', 'CompletionsReached', message, nowMs),
        );
      }
    }
    const status = tally.status({
      conditions,
      startTime,
      running,
      terminating,
      ready: active.filter(isPodReady).length,
    });
    await this.#write(job, this.#finish(job, tally, status, nowMs));
    for (const pod of tally.noted(pods)) await this.#release(pod);
    if (failure !== undefined && !isNamespaceTerminating(failure)) throw failure;
  }

  /** Why the job has to end, if it has to. */
  #verdict(job: Job, tally: Tally, startTime: string | undefined, nowMs: number): JobCondition | undefined {
    const { conditions } = job.status ?? {};
    const decided =
      findCondition(conditions, 'SuccessCriteriaMet') ?? findCondition(conditions, 'FailureTarget');
    if (decided?.status === 'True') return decided;
    const { backoffLimit = 6, activeDeadlineSeconds, suspend } = job.spec;
    if (tally.failed > backoffLimit || tally.restarts > backoffLimit) {
      const message = 'Job has reached the specified backoff limit';
      return condition('FailureTarget', 'BackoffLimitExceeded', message, nowMs);
    }
    if (activeDeadlineSeconds === undefined || suspend || !startTime) return undefined;
    const leftMs = Date.parse(startTime) + activeDeadlineSeconds * 1000 - nowMs;
    if (leftMs > 0) {
      this.#queue.addAfter(keyOf(job), leftMs);
      return undefined;
    }
    const message = 'Job was active longer than specified deadline';
    return condition('FailureTarget', 'DeadlineExceeded', message, nowMs);
  }

  /** Makes or deletes pods; answers by how many the active ones have changed. */
  async #manage(job: Job, tally: Tally, active: readonly Pod[], nowMs: number): Promise<number> {
    const { parallelism = 1, completions, suspend } = job.spec;
    let wanted = parallelism;
    if (suspend) wanted = 0;
    else if (completions === undefined) wanted = tally.succeeded > 0 ? active.length : parallelism;
    else wanted = Math.min(parallelism, Math.max(0, completions - tally.succeeded));
    if (active.length > wanted) {
      const ranked = rankForDeletion(active, () => 0, nowMs);
      return -(await this.#delete(job, ranked.slice(0, active.length - wanted)));
    }
    const missing = wanted - active.length;
    if (missing === 0) return 0;
    const waitMs = this.#backoffLeft(job, nowMs);
    if (waitMs > 0) {
      this.#queue.addAfter(keyOf(job), waitMs);
      return 0;
    }
    return this.#create(job, missing);
  }

  async #create(job: Job, count: number): Promise<number> {
    const key = keyOf(job);
    const reference = controllerReference(JOBS, job);
    this.#expectations.expect(key, count);
    for (let made = 0; made < count; made++) {
      const pod = podFromTemplate(job.spec.template, job, reference);
      pod.metadata.finalizers = [...(pod.metadata.finalizers ?? []), TRACKING];
      try {
        await this.#podControl.create(pod, job);
      } catch (error) {
        for (let left = made; left < count; left++) this.#expectations.creationObserved(key);
        throw error;
      }
    }
    return count;
  }

  async #delete(job: Job, pods: readonly Pod[]): Promise<number> {
    const key = keyOf(job);
    if (pods.length === 0) return 0;
    this.#expectations.expect(key, 0, pods.map(keyOf));
    for (const pod of pods) {
      try {
        await this.#podControl.delete(pod, job);
      } catch (error) {
        this.#expectations.deletionObserved(key, keyOf(pod));
        if (!isStatus(error, 'NotFound')) throw error;
      }
    }
    return pods.length;
  }

  #noteFailures({ metadata }: Job, tally: Tally, nowMs: number): void {
    if (tally.newlySucceeded > 0) this.#failures.delete(metadata.uid!);
    if (tally.newlyFailed === 0) return;
    const { count } = this.#failures.get(metadata.uid!) ?? { count: 0 };
    this.#failures.set(metadata.uid!, { count: count + tally.newlyFailed, atMs: nowMs });
  }

  #backoffLeft({ metadata }: Job, nowMs: number): number {
    const failures = this.#failures.get(metadata.uid!);
    if (!failures) return 0;
    return failures.atMs + Math.min(BACKOFF_MS * 2 ** (failures.count - 1), MAX_BACKOFF_MS) - nowMs;
  }

  #suspension(job: Job, conditions: JobCondition[], nowMs: number): JobCondition[] {
    const current = findCondition(conditions, 'Suspended');
    const { suspend = false } = job.spec;
    if ((current?.status === 'True') === suspend) return conditions;
    this.#recorder.event(
      job,
      'Normal',
      suspend ? 'Suspended' : 'Resumed',
      suspend ? 'Job suspended' : 'Job resumed',
    );
    const [reason, message] = suspend ? ['JobSuspended', 'Job suspended'] : ['JobResumed', 'Job resumed'];
    return withCondition(conditions, {
      ...condition('Suspended', reason!, message!, nowMs),
      status: suspend ? 'True' : 'False',
    });
  }

  /** The job ends when all its pods have, and all are counted. */
  #finish(job: Job, tally: Tally, status: JobStatus, nowMs: number): JobStatus {
    const met = findCondition(status.conditions, 'SuccessCriteriaMet');
    const target = met ?? findCondition(status.conditions, 'FailureTarget');
    if (!target || tally.uncounted > 0 || status.active || status.terminating) return status;
    const { reason, message } = target;
    const conditions = withCondition(
      status.conditions!,
      condition(met ? 'Complete' : 'Failed', reason!, message!, nowMs),
    );
    if (met) this.#recorder.event(job, 'Normal', 'Completed', 'Job completed');
    else this.#recorder.event(job, 'Warning', reason!, message!);
    return { ...status, conditions, ...(met ? { completionTime: timestamp(nowMs) } : {}) };
  }

  async #write(job: Job, status: JobStatus): Promise<void> {
    if (deepEqual(job.status, status)) return;
    await this.#client.updateStatus(JOBS, { ...job, status });
  }

  /** The pod has been counted, or nobody will. */
  async #release(pod: Pod): Promise<void> {
    const { finalizers, uid } = pod.metadata;
    if (!finalizers?.includes(TRACKING)) return;
    const left = finalizers.filter((each) => each !== TRACKING);
    try {
      await this.#client.patch(PODS, pod.metadata, 'application/merge-patch+json', {
        metadata: { uid, finalizers: left.length > 0 ? left : null },
      });
    } catch (error) {
      if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) throw error;
    }
  }
}

function condition(type: string, reason: string, message: string, nowMs: number): JobCondition {
  const now = timestamp(nowMs);
  return { type, status: 'True', reason, message, lastProbeTime: now, lastTransitionTime: now };
}

/** The ends of a job's pods: those in the status for good, those noted there by uid, and those that are new. */
class Tally {
  readonly succeeded: number;
  readonly failed: number;
  readonly newlySucceeded: number;
  readonly newlyFailed: number;
  /** Restarts of containers in pods that restart them. */
  readonly restarts: number;
  readonly #noted: { succeeded: string[]; failed: string[] };
  readonly #counted: { succeeded: number; failed: number };
  readonly #before: JobStatus;

  constructor({ spec, status = {} }: Job, pods: readonly Pod[]) {
    this.#before = status;
    const tracked = new Map<string, Pod>();
    for (const pod of pods) {
      if (pod.metadata.finalizers?.includes(TRACKING)) tracked.set(pod.metadata.uid!, pod);
    }
    const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
    // A noted pod without the finalizer can be forgotten: it counts as a number from now on.
    const kept = {
      succeeded: succeeded.filter((uid) => tracked.has(uid)),
      failed: failed.filter((uid) => tracked.has(uid)),
    };
    this.#counted = {
      succeeded: (status.succeeded ?? 0) + succeeded.length - kept.succeeded.length,
      failed: (status.failed ?? 0) + failed.length - kept.failed.length,
    };
    const known = new Set([...succeeded, ...failed]);
    const fresh = [...tracked.values()].filter(({ metadata }) => !known.has(metadata.uid!));
    const ended = (phase: string) =>
      fresh
        .filter((pod) => endOf(pod, spec.podReplacementPolicy === 'Failed') === phase)
        .map(({ metadata }) => metadata.uid!);
    const [newlySucceeded, newlyFailed] = [ended('Succeeded'), ended('Failed')];
    this.newlySucceeded = newlySucceeded.length;
    this.newlyFailed = newlyFailed.length;
    this.#noted = {
      succeeded: [...kept.succeeded, ...newlySucceeded],
      failed: [...kept.failed, ...newlyFailed],
    };
    this.succeeded = this.#counted.succeeded + this.#noted.succeeded.length;
    this.failed = this.#counted.failed + this.#noted.failed.length;
    this.restarts =
      spec.template.spec?.restartPolicy === 'OnFailure'
        ? pods
            .filter(isPodActive)
            .flatMap((pod) => pod.status?.containerStatuses ?? [])
            .reduce((sum, { restartCount }) => sum + restartCount, 0)
        : 0;
  }

  get uncounted(): number {
    return this.#noted.succeeded.length + this.#noted.failed.length;
  }

  /** Pods whose end is in the status that is being written. */
  noted(pods: readonly Pod[]): Pod[] {
    const uids = new Set([...this.#noted.succeeded, ...this.#noted.failed]);
    return pods.filter(({ metadata }) => uids.has(metadata.uid!));
  }

  status(parts: {
    conditions: JobCondition[];
    startTime: string | undefined;
    running: number;
    terminating: number;
    ready: number;
  }): JobStatus {
    const { succeeded, failed } = this.#noted;
    const { completionTime } = this.#before;
    return {
      ...(parts.conditions.length > 0 ? { conditions: parts.conditions } : {}),
      ...(parts.startTime ? { startTime: parts.startTime } : {}),
      ...(completionTime ? { completionTime } : {}),
      ...(parts.running > 0 ? { active: parts.running } : {}),
      ...(this.#counted.succeeded > 0 ? { succeeded: this.#counted.succeeded } : {}),
      ...(this.#counted.failed > 0 ? { failed: this.#counted.failed } : {}),
      terminating: parts.terminating,
      ready: parts.ready,
      uncountedTerminatedPods: {
        ...(succeeded.length > 0 ? { succeeded } : {}),
        ...(failed.length > 0 ? { failed } : {}),
      },
    };
  }
}

/** How a pod has ended, for its job. One that is being deleted has failed, unless only real failures count. */
function endOf({ metadata, status }: Pod, onlyFailed: boolean): 'Succeeded' | 'Failed' | undefined {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return status.phase;
  return !onlyFailed && metadata.deletionTimestamp !== undefined ? 'Failed' : undefined;
}
