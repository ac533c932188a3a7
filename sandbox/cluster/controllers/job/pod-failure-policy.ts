/** What the failure of a pod means for its Job by `podFailurePolicy` (`pod_failure_policy.go`). */
import type {
  Job,
  Pod,
  PodFailurePolicyOnExitCodesRequirement as ExitCodes,
  PodFailurePolicyOnPodConditionsPattern as ConditionPattern,
} from '../../client/kinds.ts';

export interface FailureMeaning {
  /** The action of the rule that matched; undefined when none did, and the failure counts. */
  action: 'Ignore' | 'Count' | 'FailJob' | 'FailIndex' | undefined;
  /** Whether it counts towards the back-off limit. */
  counts: boolean;
  /** Why the job has failed, for `FailJob`. */
  message?: string;
}

const COUNTS: FailureMeaning = { action: undefined, counts: true };

/** The meaning by the first rule that matches. */
export function meaningOfFailure({ spec }: Job, pod: Pod): FailureMeaning {
  const { namespace, name } = pod.metadata;
  for (const [at, rule] of (spec.podFailurePolicy?.rules ?? []).entries()) {
    let what: string;
    if (rule.onExitCodes) {
      const failed = failedContainer(pod, rule.onExitCodes);
      if (!failed) continue;
      what = `Container ${failed.name} for pod ${namespace}/${name} failed with exit code ${failed.exitCode}`;
    } else {
      const type = matchingCondition(pod, rule.onPodConditions ?? []);
      if (type === undefined) continue;
      what = `Pod ${namespace}/${name} has condition ${type}`;
    }
    const action = rule.action as NonNullable<FailureMeaning['action']>;
    if (action !== 'FailJob') return { action, counts: action !== 'Ignore' };
    return { action, counts: true, message: `${what} matching FailJob rule at index ${at}` };
  }
  return COUNTS;
}

function failedContainer({ status }: Pod, rule: ExitCodes): { name: string; exitCode: number } | undefined {
  for (const statuses of [status?.containerStatuses, status?.initContainerStatuses]) {
    for (const { name, state } of statuses ?? []) {
      const exitCode = state?.terminated?.exitCode ?? 0;
      if (exitCode === 0 || (rule.containerName !== undefined && rule.containerName !== name)) continue;
      if (rule.values.includes(exitCode) === (rule.operator === 'In')) return { name, exitCode };
    }
  }
  return undefined;
}

function matchingCondition({ status }: Pod, patterns: readonly ConditionPattern[]): string | undefined {
  return status?.conditions?.find((condition) =>
    patterns.some((each) => each.type === condition.type && (each.status ?? 'True') === condition.status),
  )?.type;
}
