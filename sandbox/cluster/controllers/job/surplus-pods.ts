/** Which of a Job's active pods are too many. */
import type { Job, Pod } from '../../client/kinds.ts';
import { rankForDeletion } from '../pod-ranking.ts';
import { isIndexed, validIndexOf } from './completion-indexes.ts';

/**
 * The pods to delete so that `wanted` are left: of Indexed Jobs those first that work on no index or on one that
 * another pod works on as well.
 */
export function surplusPods(job: Job, active: readonly Pod[], wanted: number, nowMs: number): Pod[] {
  const surplus = Math.max(0, active.length - wanted);
  const ranked = rankForDeletion(active, () => 0, nowMs);
  if (!isIndexed(job)) return ranked.slice(0, surplus);
  const kept = new Map<number, Pod>();
  const removed: Pod[] = [];
  for (const pod of ranked) {
    const index = validIndexOf(job, pod);
    if (index === undefined) {
      removed.push(pod);
      continue;
    }
    const other = kept.get(index);
    if (other) removed.push(other);
    kept.set(index, pod);
  }
  if (removed.length >= surplus) return removed;
  const left = ranked.filter((pod) => !removed.includes(pod));
  return [...removed, ...left.slice(0, surplus - removed.length)];
}
