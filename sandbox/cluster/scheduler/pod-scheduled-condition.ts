/** The condition PodScheduled of a pod that no node was found for. */
import { timestamp } from '../../core/clock.ts';
import type { Pod, PodCondition } from '../client/kinds.ts';

/** The condition to write, or undefined when the pod says so already. */
export function unschedulableCondition(
  pod: Pod,
  reason: 'Unschedulable' | 'SchedulerError',
  message: string,
  nowMs: number,
): PodCondition | undefined {
  const current = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  const observedGeneration = pod.metadata.generation;
  if (
    current?.status === 'False' &&
    current.reason === reason &&
    current.message === message &&
    current.observedGeneration === observedGeneration
  ) {
    return undefined;
  }
  return {
    type: 'PodScheduled',
    status: 'False',
    reason,
    message,
    ...(observedGeneration ? { observedGeneration } : {}),
    lastTransitionTime:
      current?.status === 'False' && current.lastTransitionTime
        ? current.lastTransitionTime
        : timestamp(nowMs),
  };
}
