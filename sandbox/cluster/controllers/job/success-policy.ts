/** Success policies of Indexed Jobs (`success_policy.go`): the job has succeeded before all its indexes have. */
import type { SuccessPolicy } from '../../client/kinds.ts';
import { CompletionIndexes } from './completion-indexes.ts';

/** The message of the first rule that holds; undefined when none does. */
export function metSuccessPolicy(
  policy: SuccessPolicy | undefined,
  completions: number,
  succeeded: CompletionIndexes,
): string | undefined {
  if (!policy || succeeded.size === 0) return undefined;
  const at = policy.rules.findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined)
      return succeededCount !== undefined && succeeded.size >= succeededCount;
    const required = CompletionIndexes.parse(succeededIndexes, completions);
    if (required.size === 0) return false;
    const done = required.overlap(succeeded);
    return done === required.size || (succeededCount !== undefined && done >= succeededCount);
  });
  return at < 0 ? undefined : `Matched rules at index ${at}`;
}
