/** Conditions of the Gateway API's statuses. */
import { timestamp, type Clock } from '../../core/clock.ts';
import type { KubernetesObject } from '../api/object.ts';
import type { Condition } from './gateway-kinds.ts';

const MAX_MESSAGE = 32_768;

/** A condition of an object as it is now. */
export function conditionOf(
  { metadata }: KubernetesObject,
  type: string,
  holds: boolean,
  reason: string,
  message: string,
): Condition {
  return {
    type,
    status: holds ? 'True' : 'False',
    reason,
    message: message.slice(0, MAX_MESSAGE),
    observedGeneration: metadata.generation ?? 1,
  };
}

/** The times of last transitions stay where the status does. */
export function mergedConditions(
  before: readonly Condition[] | undefined,
  now: readonly Condition[],
  clock: Clock,
): Condition[] {
  return now.map((condition) => {
    const old = before?.find(({ type }) => type === condition.type);
    return {
      ...condition,
      lastTransitionTime:
        old?.status === condition.status && old.lastTransitionTime
          ? old.lastTransitionTime
          : timestamp(clock.now()),
    };
  });
}
