/** The condition by which a pod says that it ends because of a disruption and not by itself. */
import type { Pod, PodCondition } from '../client/kinds.ts';
import { findCondition } from './conditions.ts';

/** @param now RFC 3339. */
export function disruptionTarget(pod: Pod, reason: string, message: string, now: string): PodCondition {
  const { generation } = pod.metadata;
  const current = findCondition(pod.status?.conditions, 'DisruptionTarget');
  return {
    type: 'DisruptionTarget',
    status: 'True',
    reason,
    message,
    lastTransitionTime: current?.status === 'True' ? current.lastTransitionTime : now,
    ...(generation ? { observedGeneration: generation } : {}),
  };
}
