/**
 * `backoffLimitPerIndex`: each index of an Indexed Job has failures of its own. How many there were stands on the
 * pod that replaces a failed one; so the last failed pod of an index keeps its finalizer until it is replaced.
 */
import type { Job, Pod } from '../../client/kinds.ts';
import { isPodActive } from '../pod.ts';
import { CompletionIndexes, validIndexOf } from './completion-indexes.ts';
import { isPodFailed, TRACKING } from './pod-end.ts';
import { meaningOfFailure } from './pod-failure-policy.ts';

const FAILURE_COUNT = 'batch.kubernetes.io/job-index-failure-count';
const IGNORED_FAILURE_COUNT = 'batch.kubernetes.io/job-index-ignored-failure-count';

const numberAt = ({ metadata }: Pod, annotation: string) => Number(metadata.annotations?.[annotation] ?? 0);
const absoluteFailures = (pod: Pod) => numberAt(pod, FAILURE_COUNT) + numberAt(pod, IGNORED_FAILURE_COUNT);

export function hasLimitPerIndex({ spec }: Job): boolean {
  return spec.completionMode === 'Indexed' && spec.backoffLimitPerIndex !== undefined;
}

/** The indexes that will not be tried again: those of the status, and those whose limit is passed now. */
export function failedIndexes(job: Job, pods: readonly Pod[]): CompletionIndexes {
  const { completions, backoffLimitPerIndex } = job.spec;
  const failed: number[] = [];
  for (const pod of pods) {
    const index = validIndexOf(job, pod);
    if (index === undefined || !pod.metadata.finalizers?.includes(TRACKING) || !isPodFailed(job, pod))
      continue;
    const { action, counts } = meaningOfFailure(job, pod);
    if (action === 'FailIndex' || (counts && numberAt(pod, FAILURE_COUNT) >= backoffLimitPerIndex!))
      failed.push(index);
  }
  return CompletionIndexes.parse(job.status?.failedIndexes, completions!).with(failed);
}

/** The last failed pod of each index that is still to be tried again. */
export function podsToReplace(job: Job, pods: readonly Pod[], done: CompletionIndexes): Map<number, Pod> {
  const busy = new Set<number>();
  for (const pod of pods) if (isPodActive(pod)) busy.add(validIndexOf(job, pod) ?? -1);
  const last = new Map<number, Pod>();
  for (const pod of pods) {
    const index = validIndexOf(job, pod);
    if (index === undefined || busy.has(index) || done.has(index)) continue;
    if (!pod.metadata.finalizers?.includes(TRACKING) || !isPodFailed(job, pod)) continue;
    const other = last.get(index);
    if (!other || absoluteFailures(other) <= absoluteFailures(pod)) last.set(index, pod);
  }
  return last;
}

/** The annotations that tell a new pod how often its index has failed. */
export function failureCountAnnotations(job: Job, replaced: Pod | undefined): Record<string, string> {
  let [failures, ignored] = [0, 0];
  if (replaced) {
    failures = numberAt(replaced, FAILURE_COUNT);
    ignored = numberAt(replaced, IGNORED_FAILURE_COUNT);
    if (meaningOfFailure(job, replaced).counts) failures++;
    else ignored++;
  }
  return {
    [FAILURE_COUNT]: String(failures),
    ...(ignored > 0 ? { [IGNORED_FAILURE_COUNT]: String(ignored) } : {}),
  };
}

/** How often the index of this failed pod has failed, the pod itself included. */
export function failuresOfIndex(replaced: Pod): number {
  return absoluteFailures(replaced) + 1;
}
