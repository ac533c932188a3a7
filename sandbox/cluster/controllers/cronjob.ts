/**
 * CronJobs (`pkg/controller/cronjob`): makes a Job at each time of the schedule, within the concurrency
 * policy and the starting deadline, and keeps so many finished ones.
 */
import { timestamp, type Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { controllerOf, keyOf } from '../api/object.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import { referenceTo, type EventRecorder } from '../client/event-recorder.ts';
import { byController, type Informer } from '../client/informer.ts';
import type { CronJob, CronJobStatus, Job, ObjectReference } from '../client/kinds.ts';
import { CRON_JOBS, JOBS } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import { findCondition } from './conditions.ts';
import { controllerReference, resolveController, type ControllerContext } from './controller.ts';
import { parseCronSchedule, timestampIn, type CronSchedule } from './cron-schedule.ts';
import { deepEqual } from '../api/equality.ts';
import { isJobFinished } from './job/job.ts';

const SCHEDULED_AT = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
/** More missed times than this are told of. */
const MANY_MISSED = 100;
/** A little after the scheduled second, as Kubernetes does, so that a clock's fractions do not matter. */
const SKEW_MS = 100;

export function startCronJobController(context: ControllerContext): Disposable {
  return new CronJobController(context);
}

class CronJobController implements Disposable {
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #cronJobs: Informer<CronJob>;
  readonly #jobs: Informer<Job>;
  readonly #queue: WorkQueue;
  readonly #resources = new DisposableStore();

  constructor(context: ControllerContext) {
    this.#clock = context.clock;
    this.#client = context.client('cronjob-controller');
    this.#recorder = context.recorder('cronjob-controller', this.#client);
    this.#queue = this.#resources.add(
      new WorkQueue({
        clock: context.clock,
        reconcile: (key) => this.#reconcile(key),
        onError: (key, error) => context.onError('cronjob', key, error),
      }),
    );
    this.#cronJobs = context.informers.informer(CRON_JOBS);
    this.#jobs = context.informers.informer(JOBS);
    this.#jobs.addIndex('controller', byController);
    this.#resources.add(
      this.#cronJobs.addHandler({
        add: (cronJob) => this.#queue.add(keyOf(cronJob)),
        update: (_before, cronJob) => this.#queue.add(keyOf(cronJob)),
      }),
    );
    const seen = (job: Job) => {
      const owner = resolveController(this.#cronJobs, job.metadata.namespace, controllerOf(job));
      if (owner) this.#queue.add(keyOf(owner));
    };
    this.#resources.add(
      this.#jobs.addHandler({ add: seen, update: (_before, job) => seen(job), delete: seen }),
    );
  }

  dispose(): void {
    this.#resources.dispose();
  }

  async #reconcile(key: string): Promise<void> {
    const cronJob = this.#cronJobs.get(key);
    if (!cronJob) return;
    const jobs = [...this.#jobs.indexed('controller', cronJob.metadata.uid!)];
    const status = await this.#observe(cronJob, jobs);
    let next = status;
    try {
      if (cronJob.metadata.deletionTimestamp === undefined && !cronJob.spec.suspend) {
        next = await this.#schedule(cronJob, status);
      }
    } finally {
      if (!deepEqual(cronJob.status ?? {}, next)) {
        await this.#client.updateStatus(CRON_JOBS, { ...cronJob, status: next });
      }
    }
    await this.#cleanUp(cronJob, jobs);
  }

  /** The status by what the jobs say now. */
  async #observe(cronJob: CronJob, jobs: readonly Job[]): Promise<CronJobStatus> {
    let active: ObjectReference[] = [...(cronJob.status?.active ?? [])];
    let { lastSuccessfulTime } = cronJob.status ?? {};
    for (const job of jobs) {
      if (!isJobFinished(job)) continue;
      const { uid, name } = job.metadata;
      const complete = findCondition(job.status?.conditions, 'Complete')?.status === 'True';
      if (active.some((reference) => reference.uid === uid)) {
        active = active.filter((reference) => reference.uid !== uid);
        const message = `Saw completed job: ${name}, condition: ${complete ? 'Complete' : 'Failed'}`;
        this.#recorder.event(cronJob, 'Normal', 'SawCompletedJob', message);
      }
      const { completionTime } = job.status!;
      if (complete && completionTime && completionTime > (lastSuccessfulTime ?? '')) {
        lastSuccessfulTime = completionTime;
      }
    }
    const present = new Set(jobs.map(({ metadata }) => metadata.uid));
    for (const reference of active) {
      if (present.has(reference.uid) || (await this.#exists(reference))) continue;
      active = active.filter(({ uid }) => uid !== reference.uid);
      this.#recorder.event(cronJob, 'Normal', 'MissingJob', `Active job went missing: ${reference.name}`);
    }
    const { lastScheduleTime } = cronJob.status ?? {};
    return {
      ...(active.length > 0 ? { active } : {}),
      ...(lastScheduleTime ? { lastScheduleTime } : {}),
      ...(lastSuccessfulTime ? { lastSuccessfulTime } : {}),
    };
  }

  async #exists(reference: ObjectReference): Promise<boolean> {
    try {
      await this.#client.get(JOBS, reference);
      return true;
    } catch (error) {
      if (isStatus(error, 'NotFound')) return false;
      throw error;
    }
  }

  /** Makes a job if its time has come, and comes back for the next one. */
  async #schedule(cronJob: CronJob, status: CronJobStatus): Promise<CronJobStatus> {
    const { schedule: text, timeZone, startingDeadlineSeconds, concurrencyPolicy } = cronJob.spec;
    let schedule: CronSchedule;
    try {
      schedule = parseCronSchedule(text, timeZone);
    } catch (error) {
      const message = `unparseable schedule: ${JSON.stringify(text)} : ${(error as Error).message}`;
      this.#recorder.event(cronJob, 'Warning', 'UnparseableSchedule', message);
      return status;
    }
    const nowMs = this.#clock.now();
    const dueMs = this.#mostRecent(cronJob, schedule, nowMs);
    const nextMs = schedule.next(nowMs);
    if (nextMs !== undefined) this.#queue.addAfter(keyOf(cronJob), nextMs - nowMs + SKEW_MS);
    if (dueMs === undefined || status.lastScheduleTime === timestamp(dueMs)) return status;
    if (startingDeadlineSeconds !== undefined && dueMs + startingDeadlineSeconds * 1000 < nowMs) {
      const time = new Date(dueMs).toUTCString().replace('GMT', '+0000');
      const message = `Missed scheduled time to start a job: ${time}`;
      this.#recorder.event(cronJob, 'Warning', 'MissSchedule', message);
      return status;
    }
    let { active = [] } = status;
    if (active.length > 0 && concurrencyPolicy === 'Forbid') {
      const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
      this.#recorder.event(cronJob, 'Normal', 'JobAlreadyActive', message);
      return status;
    }
    if (concurrencyPolicy === 'Replace') {
      for (const reference of active) await this.#deleteJob(cronJob, reference);
      active = [];
    }
    const job = await this.#createJob(cronJob, dueMs);
    const { resourceVersion, ...reference } = referenceTo(job);
    return {
      ...status,
      active: [...active, { ...reference, ...(resourceVersion ? { resourceVersion } : {}) }],
      lastScheduleTime: timestamp(dueMs),
    };
  }

  /** The last time of the schedule that has come since a job was made. */
  #mostRecent(cronJob: CronJob, schedule: CronSchedule, nowMs: number): number | undefined {
    const { metadata, status, spec } = cronJob;
    let fromMs = Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp!);
    if (spec.startingDeadlineSeconds !== undefined) {
      fromMs = Math.max(fromMs, nowMs - spec.startingDeadlineSeconds * 1000);
    }
    let recent: number | undefined;
    let missed = 0;
    for (let at = schedule.next(fromMs); at !== undefined && at <= nowMs; at = schedule.next(at)) {
      recent = at;
      missed++;
      if (missed === MANY_MISSED) {
        // From here on only the last matters: it is looked for in as long a time before now as these have taken.
        const skippedToMs = nowMs - (at - fromMs);
        if (skippedToMs > at) at = skippedToMs;
      }
    }
    if (missed > MANY_MISSED) {
      const message = `too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew`;
      this.#recorder.event(cronJob, 'Warning', 'TooManyMissedTimes', message);
    }
    return recent;
  }

  async #createJob(cronJob: CronJob, scheduledMs: number): Promise<Job> {
    const { metadata = {}, spec } = cronJob.spec.jobTemplate;
    const name = `${cronJob.metadata.name}-${Math.floor(scheduledMs / 60_000)}`;
    const job: Job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name,
        namespace: cronJob.metadata.namespace,
        ...(metadata.labels ? { labels: metadata.labels } : {}),
        annotations: {
          ...metadata.annotations,
          [SCHEDULED_AT]: timestampIn(cronJob.spec.timeZone, scheduledMs),
        },
        ownerReferences: [controllerReference(CRON_JOBS, cronJob)],
      },
      spec: spec!,
    };
    try {
      const created = await this.#client.create(JOBS, job);
      this.#recorder.event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${name}`);
      return created;
    } catch (error) {
      if (isStatus(error, 'AlreadyExists')) return this.#client.get(JOBS, job.metadata);
      const message = `Error creating job: ${(error as Error).message}`;
      this.#recorder.event(cronJob, 'Warning', 'FailedCreate', message);
      throw error;
    }
  }

  async #deleteJob(cronJob: CronJob, { namespace, name }: ObjectReference): Promise<void> {
    try {
      await this.#client.delete(JOBS, { namespace, name }, { propagationPolicy: 'Background' });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
    this.#recorder.event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
  }

  /** Deletes the oldest finished jobs beyond the history limits. */
  async #cleanUp(cronJob: CronJob, jobs: readonly Job[]): Promise<void> {
    const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cronJob.spec;
    const ended = (type: string) =>
      jobs
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .filter((job) => findCondition(job.status?.conditions, type)?.status === 'True')
        .sort((a, b) => ((a.status?.startTime ?? '') < (b.status?.startTime ?? '') ? -1 : 1));
    const surplus = (list: Job[], limit: number) => list.slice(0, Math.max(0, list.length - limit));
    const old = [
      ...surplus(ended('Complete'), successfulJobsHistoryLimit),
      ...surplus(ended('Failed'), failedJobsHistoryLimit),
    ];
    for (const { metadata } of old) await this.#deleteJob(cronJob, metadata);
  }
}
