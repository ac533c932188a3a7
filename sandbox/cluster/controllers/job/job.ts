/**
 * Jobs (`pkg/controller/job`): pods until enough have succeeded, or too many have failed. A pod's end is
 * counted once: the pod keeps a finalizer until it is noted in the status. Indexed Jobs make a pod an index, and
 * policies for success and failure may end a Job early. Left out: `managedBy` (the controller leaves such Jobs alone).
 */
import { timestamp, type Clock } from '../../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../../core/disposable.ts';
import { slice } from '../../../core/slice.ts';
import { selectorOf } from '../../api/labels.ts';
import { controllerOf, keyOf } from '../../api/object.ts';
import { isStatus } from '../../api/status.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { byController, byNamespace, type Informer } from '../../client/informer.ts';
import type { Job, JobCondition, JobStatus, Pod } from '../../client/kinds.ts';
import { JOBS, PODS } from '../../client/resources.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { claim } from '../claim.ts';
import { findCondition, withCondition } from '../conditions.ts';
import { resolveController, type ControllerContext } from '../controller.ts';
import { deepEqual } from '../../api/equality.ts';
import { Expectations } from '../expectations.ts';
import { isNamespaceTerminating, PodControl } from '../pod-control.ts';
import { isPodActive, isPodReady, isPodTerminating } from '../pod.ts';
import { isIndexed, validIndexOf } from './completion-indexes.ts';
import { failuresOfIndex, hasLimitPerIndex } from './index-failures.ts';
import { finishedAtMs, TRACKING } from './pod-end.ts';
import { podOfJob } from './job-pod.ts';
import { surplusPods } from './surplus-pods.ts';
import { metSuccessPolicy } from './success-policy.ts';
import { restartsOf, Tally } from './tally.ts';

/** A pod is made anew 10 s after the first failure in a row, doubling to ten minutes. */
const BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 600_000;
/** At most so many pods are made in one go. */
const MAX_PODS_PER_SYNC = 500;

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
      this.#pods.addHandler(this.#expectations.podHandler((pod, observe) => this.#seen(pod, observe))),
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
    if (!job || isJobFinished(job) || isManagedElsewhere(job)) return;
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
    this.#noteFailures(job, tally);
    let { conditions = [], startTime } = job.status ?? {};
    if (!startTime && !job.spec.suspend) startTime = timestamp(nowMs);

    const active = pods.filter(isPodActive);
    let terminating = pods.filter(isPodTerminating).length;
    let running = active.length;
    let failure: unknown;
    let end = this.#end(job, tally, pods, startTime, nowMs);
    if (end) {
      const deleted = await this.#delete(job, active);
      running -= deleted;
      terminating += deleted;
    } else {
      const managed = this.#expectations.satisfied(key) && job.metadata.deletionTimestamp === undefined;
      if (managed) {
        try {
          const change = await this.#manage(job, tally, active, terminating, nowMs);
          running += change;
          if (change < 0) terminating -= change;
        } catch (error) {
          failure = error;
        }
      }
      const { completions } = job.spec;
      const enough = completions === undefined ? tally.succeeded > 0 : tally.succeeded >= completions;
      if (enough && running === 0) {
        const message = 'Reached expected number of succeeded pods';
        end = condition('SuccessCriteriaMet', 'CompletionsReached', message, nowMs);
      } else if (managed) {
        const before = conditions;
        conditions = this.#suspension(job, conditions, nowMs);
        if (job.spec.suspend) startTime = undefined;
        else if (conditions !== before) startTime = timestamp(nowMs);
      }
    }
    if (end) conditions = withCondition(conditions, end);
    const released = tally.note(end);
    const status = tally.status({
      conditions,
      startTime,
      running,
      terminating,
      ready: active.filter(isPodReady).length,
    });
    await this.#write(job, this.#finish(job, tally, status, nowMs));
    for (const pod of released) await this.#release(pod);
    if (failure !== undefined && !isNamespaceTerminating(failure)) throw failure;
  }

  /** Why the job has to end, if it has to. */
  #end(
    job: Job,
    tally: Tally,
    pods: readonly Pod[],
    startTime: string | undefined,
    nowMs: number,
  ): JobCondition | undefined {
    const { conditions } = job.status ?? {};
    const decided =
      findCondition(conditions, 'SuccessCriteriaMet') ?? findCondition(conditions, 'FailureTarget');
    if (decided?.status === 'True') return decided;
    const failed = (reason: string, message: string) => condition('FailureTarget', reason, message, nowMs);
    if (tally.failJobMessage !== undefined) return failed('PodFailurePolicy', tally.failJobMessage);
    const { backoffLimit = 6, completions = 0, maxFailedIndexes, successPolicy } = job.spec;
    const restarts = restartsOf(job, pods);
    if (tally.failed > backoffLimit || (restarts > 0 && restarts >= backoffLimit)) {
      return failed('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
    }
    if (this.#isPastDeadline(job, startTime, nowMs)) {
      return failed('DeadlineExceeded', 'Job was active longer than specified deadline');
    }
    const failedIndexes = tally.failedIndexes?.size ?? 0;
    if (maxFailedIndexes !== undefined && failedIndexes > maxFailedIndexes) {
      const message = 'Job has exceeded the specified maximal number of failed indexes';
      return failed('MaxFailedIndexesExceeded', message);
    }
    if (failedIndexes > 0 && failedIndexes + tally.succeededIndexes.size >= completions) {
      return failed('FailedIndexes', 'Job has failed indexes');
    }
    const met = metSuccessPolicy(successPolicy, completions, tally.succeededIndexes);
    return met === undefined ? undefined : condition('SuccessCriteriaMet', 'SuccessPolicy', met, nowMs);
  }

  /** Looks again when the deadline comes. */
  #isPastDeadline(job: Job, startTime: string | undefined, nowMs: number): boolean {
    const { activeDeadlineSeconds, suspend } = job.spec;
    if (activeDeadlineSeconds === undefined || suspend || !startTime) return false;
    const leftMs = Date.parse(startTime) + activeDeadlineSeconds * 1000 - nowMs;
    if (leftMs <= 0) return true;
    this.#queue.addAfter(keyOf(job), leftMs);
    return false;
  }

  /** Makes or deletes pods; answers by how many the active ones have changed. */
  async #manage(
    job: Job,
    tally: Tally,
    active: readonly Pod[],
    terminating: number,
    nowMs: number,
  ): Promise<number> {
    const { parallelism = 1, completions, suspend, podReplacementPolicy } = job.spec;
    let wanted: number;
    if (suspend) wanted = 0;
    else if (completions === undefined) wanted = tally.succeeded > 0 ? active.length : parallelism;
    else {
      const left = completions - tally.succeeded - (tally.failedIndexes?.size ?? 0);
      wanted = Math.min(parallelism, Math.max(0, left));
    }
    const surplus = suspend ? active : surplusPods(job, active, wanted, nowMs);
    if (surplus.length > 0) return -(await this.#delete(job, surplus));
    // Where only failed pods are replaced, one that is on its way out still has its place.
    const missing = wanted - active.length - (podReplacementPolicy === 'Failed' ? terminating : 0);
    if (missing <= 0) return 0;
    if (!isIndexed(job)) {
      if (this.#waits(job, this.#backoffLeft(job, nowMs))) return 0;
      return this.#create(
        job,
        Array.from({ length: missing }, () => undefined),
        tally,
      );
    }
    const busy = active.map((pod) => validIndexOf(job, pod) ?? -1).filter((index) => index >= 0);
    if (podReplacementPolicy === 'Failed') busy.push(...this.#terminatingIndexes(job));
    let indexes = tally.done.with(busy).missing(missing, completions!);
    if (hasLimitPerIndex(job)) indexes = this.#indexesWhoseTimeHasCome(job, indexes, tally, nowMs);
    else if (this.#waits(job, this.#backoffLeft(job, nowMs))) return 0;
    return this.#create(job, indexes, tally);
  }

  #terminatingIndexes(job: Job): number[] {
    return [...this.#pods.indexed('controller', job.metadata.uid!)]
      .filter(isPodTerminating)
      .map((pod) => validIndexOf(job, pod) ?? -1)
      .filter((index) => index >= 0);
  }

  /** Each index waits out a back-off of its own; the job is looked at again when the first is over. */
  #indexesWhoseTimeHasCome(job: Job, indexes: readonly number[], tally: Tally, nowMs: number): number[] {
    let soonest = Infinity;
    const due = indexes.filter((index) => {
      const replaced = tally.toReplace.get(index);
      if (!replaced) return true;
      const leftMs = finishedAtMs(replaced) + backoffMs(failuresOfIndex(replaced)) - nowMs;
      if (leftMs > 0) soonest = Math.min(soonest, leftMs);
      return leftMs <= 0;
    });
    if (soonest < Infinity) this.#queue.addAfter(keyOf(job), soonest);
    return due;
  }

  /** Whether there is something to wait for before pods are made; the job is looked at again after. */
  #waits(job: Job, leftMs: number): boolean {
    if (leftMs > 0) this.#queue.addAfter(keyOf(job), leftMs);
    return leftMs > 0;
  }

  /** A pod for each of `indexes`; the first that is refused (by a quota, say) is the last that is tried. */
  async #create(job: Job, indexes: readonly (number | undefined)[], tally: Tally): Promise<number> {
    const key = keyOf(job);
    const wanted = indexes.slice(0, MAX_PODS_PER_SYNC);
    this.#expectations.expect(key, wanted.length);
    for (const [made, index] of wanted.entries()) {
      const pause = slice();
      if (pause) await pause;
      const replaced = index === undefined ? undefined : tally.toReplace.get(index);
      try {
        await this.#podControl.create(podOfJob(job, index, replaced), job);
      } catch (error) {
        for (let left = made; left < wanted.length; left++) this.#expectations.creationObserved(key);
        throw error;
      }
    }
    return wanted.length;
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

  #noteFailures({ metadata }: Job, tally: Tally): void {
    for (const { failed, atMs } of tally.newEnds()) {
      if (!failed) this.#failures.delete(metadata.uid!);
      else {
        const { count } = this.#failures.get(metadata.uid!) ?? { count: 0 };
        this.#failures.set(metadata.uid!, { count: count + 1, atMs });
      }
    }
  }

  #backoffLeft({ metadata }: Job, nowMs: number): number {
    const failures = this.#failures.get(metadata.uid!);
    return failures ? failures.atMs + backoffMs(failures.count) - nowMs : 0;
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

/** How long to wait after so many failures in a row. */
const backoffMs = (failures: number) => Math.min(BACKOFF_MS * 2 ** (failures - 1), MAX_BACKOFF_MS);

function isManagedElsewhere({ spec }: Job): boolean {
  return spec.managedBy !== undefined && spec.managedBy !== 'kubernetes.io/job-controller';
}

function condition(type: string, reason: string, message: string, nowMs: number): JobCondition {
  const now = timestamp(nowMs);
  return { type, status: 'True', reason, message, lastProbeTime: now, lastTransitionTime: now };
}
