/**
 * The ends of a Job's pods, each counted once: those in the status for good, those noted there by uid (or, of
 * Indexed Jobs, by index), and those that are new. A pod keeps its finalizer until its end is in the status.
 */
import type { Job, JobCondition, JobStatus, Pod } from '../../client/kinds.ts';
import { isPodTerminal } from '../pod.ts';
import { CompletionIndexes, isIndexed, validIndexOf } from './completion-indexes.ts';
import { failedIndexes, hasLimitPerIndex, podsToReplace } from './index-failures.ts';
import { finishedAtMs, isPodFailed, TRACKING } from './pod-end.ts';
import { meaningOfFailure } from './pod-failure-policy.ts';

export class Tally {
  readonly #job: Job;
  readonly #tracked: ReadonlyMap<string, Pod>;
  readonly #noted: { succeeded: string[]; failed: string[] };
  readonly #counted: { succeeded: number; failed: number };
  readonly #newlySucceeded: Pod[] = [];
  readonly #newlyFailed: Pod[] = [];
  /** Of Indexed Jobs. */
  readonly succeededIndexes: CompletionIndexes;
  /** Of Jobs with `backoffLimitPerIndex`. */
  readonly failedIndexes: CompletionIndexes | undefined;
  /** The last failed pod of each index that is still to be tried again: not counted until it is replaced. */
  readonly toReplace: ReadonlyMap<number, Pod>;
  readonly succeeded: number;
  /** Failures that count towards the back-off limit. */
  readonly failed: number;
  /** Why the job has failed by its pod failure policy. */
  readonly failJobMessage: string | undefined;

  constructor(job: Job, pods: readonly Pod[]) {
    this.#job = job;
    const { spec, status = {} } = job;
    const tracked = new Map<string, Pod>();
    for (const pod of pods) {
      if (pod.metadata.finalizers?.includes(TRACKING)) tracked.set(pod.metadata.uid!, pod);
    }
    this.#tracked = tracked;
    const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
    // A noted pod without the finalizer can be forgotten: it counts as a number from now on.
    const kept = (uids: readonly string[]) => uids.filter((uid) => tracked.has(uid));
    this.#noted = { succeeded: kept(succeeded), failed: kept(failed) };
    this.#counted = {
      succeeded: (status.succeeded ?? 0) + succeeded.length - this.#noted.succeeded.length,
      failed: (status.failed ?? 0) + failed.length - this.#noted.failed.length,
    };
    const known = new Set([...succeeded, ...failed]);
    const indexed = isIndexed(job);
    let failures = 0;
    for (const [uid, pod] of tracked) {
      if (known.has(uid) || (indexed && validIndexOf(job, pod) === undefined)) continue;
      if (pod.status?.phase === 'Succeeded') this.#newlySucceeded.push(pod);
      else if (isPodFailed(job, pod)) {
        this.#newlyFailed.push(pod);
        if (meaningOfFailure(job, pod).counts) failures++;
      }
    }
    this.succeededIndexes = CompletionIndexes.none;
    this.failedIndexes = undefined;
    this.toReplace = new Map();
    if (indexed) {
      this.succeededIndexes = CompletionIndexes.parse(status.completedIndexes, spec.completions!).with(
        this.#newlySucceeded.map((pod) => validIndexOf(job, pod)!),
      );
      if (hasLimitPerIndex(job)) {
        this.failedIndexes = failedIndexes(job, pods);
        this.toReplace = podsToReplace(job, pods, this.done);
      }
    }
    this.succeeded = indexed
      ? this.succeededIndexes.size
      : this.#counted.succeeded + this.#noted.succeeded.length + this.#newlySucceeded.length;
    this.failed = this.#counted.failed + this.#noted.failed.length + failures;
    this.failJobMessage = spec.podFailurePolicy && failJobMessage(job, pods);
  }

  /** Indexes that need no pod any more. */
  get done(): CompletionIndexes {
    const failed = this.failedIndexes?.intervals ?? [];
    const indexes = failed.flatMap(({ first, last }) =>
      Array.from({ length: last - first + 1 }, (_, i) => first + i),
    );
    return this.succeededIndexes.with(indexes);
  }

  /** Failures and successes that this look at the pods has brought, oldest first. */
  newEnds(): { failed: boolean; atMs: number }[] {
    const ends = [
      ...this.#newlySucceeded.map((pod) => ({ failed: false, atMs: finishedAtMs(pod) })),
      ...this.#newlyFailed.map((pod) => ({ failed: true, atMs: finishedAtMs(pod) })),
    ];
    return ends.sort((a, b) => a.atMs - b.atMs);
  }

  /**
   * Notes the new ends, so that `status` has them. Answers the pods whose end is then told; they need no
   * finalizer any more. When the job has ended every pod has: as failed, unless the job has succeeded.
   */
  note(end: JobCondition | undefined): Pod[] {
    const job = this.#job;
    const released: Pod[] = [];
    const delayed = new Set([...this.toReplace.values()].map(({ metadata }) => metadata.uid!));
    const all = end !== undefined || job.metadata.deletionTimestamp !== undefined;
    for (const [uid, pod] of this.#tracked) {
      const succeeded = pod.status?.phase === 'Succeeded';
      const failed = !succeeded && (isPodFailed(job, pod) || end?.type === 'FailureTarget');
      if (!succeeded && !failed && !all) continue;
      if (!all && delayed.has(uid)) continue;
      released.push(pod);
      if (this.#noted.failed.includes(uid) || this.#noted.succeeded.includes(uid)) continue;
      if (isIndexed(job) && validIndexOf(job, pod) === undefined) continue;
      if (succeeded) {
        if (!isIndexed(job)) this.#noted.succeeded.push(uid);
      } else if (failed && meaningOfFailure(job, pod).counts) this.#noted.failed.push(uid);
    }
    return released;
  }

  /** Ends that are in the status by uid alone. */
  get uncounted(): number {
    return this.#noted.succeeded.length + this.#noted.failed.length;
  }

  status(parts: {
    conditions: JobCondition[];
    startTime: string | undefined;
    running: number;
    terminating: number;
    ready: number;
  }): JobStatus {
    const { succeeded, failed } = this.#noted;
    const { completionTime } = this.#job.status ?? {};
    const total = isIndexed(this.#job) ? this.succeededIndexes.size : this.#counted.succeeded;
    const completed = this.succeededIndexes.toString();
    return {
      ...(parts.conditions.length > 0 ? { conditions: parts.conditions } : {}),
      ...(parts.startTime ? { startTime: parts.startTime } : {}),
      ...(completionTime ? { completionTime } : {}),
      ...(parts.running > 0 ? { active: parts.running } : {}),
      ...(total > 0 ? { succeeded: total } : {}),
      ...(this.#counted.failed > 0 ? { failed: this.#counted.failed } : {}),
      ...(completed ? { completedIndexes: completed } : {}),
      ...(this.failedIndexes ? { failedIndexes: this.failedIndexes.toString() } : {}),
      terminating: parts.terminating,
      ready: parts.ready,
      uncountedTerminatedPods: {
        ...(succeeded.length > 0 ? { succeeded } : {}),
        ...(failed.length > 0 ? { failed } : {}),
      },
    };
  }
}

function failJobMessage(job: Job, pods: readonly Pod[]): string | undefined {
  for (const pod of pods) {
    if (!isPodFailed(job, pod)) continue;
    const { message } = meaningOfFailure(job, pod);
    if (message !== undefined) return message;
  }
  return undefined;
}

/** Restarts of containers in pods that restart them; for the back-off limit of `restartPolicy: OnFailure`. */
export function restartsOf({ spec }: Job, pods: readonly Pod[]): number {
  if (spec.template.spec?.restartPolicy !== 'OnFailure') return 0;
  let restarts = 0;
  for (const pod of pods) {
    if (isPodTerminal(pod)) continue;
    for (const statuses of [pod.status?.initContainerStatuses, pod.status?.containerStatuses])
      for (const { restartCount } of statuses ?? []) restarts += restartCount;
  }
  return restarts;
}
