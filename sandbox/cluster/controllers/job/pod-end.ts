/** How a Job's pod has ended, as far as the Job is concerned. */
import type { Job, Pod } from '../../client/kinds.ts';
import { findCondition } from '../conditions.ts';

/** The finalizer of pods whose end has not been counted. */
export const TRACKING = 'batch.kubernetes.io/job-tracking';

/** Whether the pod has failed. One that is being deleted has, unless only real failures are replaced. */
export function isPodFailed({ spec }: Job, { metadata, status }: Pod): boolean {
  if (status?.phase === 'Failed') return true;
  if (status?.phase === 'Succeeded' || spec.podReplacementPolicy === 'Failed') return false;
  return metadata.deletionTimestamp !== undefined;
}

/** When the pod ended (epoch ms), as well as its status tells. */
export function finishedAtMs({ metadata, status }: Pod): number {
  let finished = 0;
  for (const { state } of status?.containerStatuses ?? []) {
    const at = state?.terminated?.finishedAt;
    if (at) finished = Math.max(finished, Date.parse(at));
  }
  if (finished > 0) return finished;
  const ready = findCondition(status?.conditions, 'Ready');
  const at = (ready?.status === 'False' && ready.lastTransitionTime) || metadata.deletionTimestamp;
  return Date.parse(at || metadata.creationTimestamp!);
}
