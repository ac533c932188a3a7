/** Which checks a Pod Security level is, and what they find (`policy/registry.go`). */
import { BASELINE } from './baseline.ts';
import type { LevelVersion } from './levels.ts';
import { RESTRICTED } from './restricted.ts';
import type { CheckedPod, Violation } from './violation.ts';

export interface Check {
  id: string;
  /** The minor version of the definition from which on it counts. */
  since: number;
  /** The check of `baseline` that it replaces. */
  overrides?: string;
  /** What is wrong by the definition of that minor version. */
  find(pod: CheckedPod, minor: number): Violation | undefined;
}

/** The definition that `latest`, and any later one, means. */
const NEWEST = 35;

/** What the level does not allow about the pod: `reason (detail), reason (detail)` is how it is said. */
export function violationsOf({ level, minor }: LevelVersion, pod: CheckedPod): Violation[] {
  if (level === 'privileged') return [];
  const version = Math.min(minor, NEWEST);
  return checksOf(level, version).flatMap((check) => check.find(pod, version) ?? []);
}

function checksOf(level: 'baseline' | 'restricted', minor: number): Check[] {
  const baseline = BASELINE.filter(({ since }) => since <= minor);
  if (level === 'baseline') return baseline;
  const restricted = RESTRICTED.filter(({ since }) => since <= minor);
  const overridden = restricted.map(({ overrides }) => overrides);
  return [...baseline.filter(({ id }) => !overridden.includes(id)), ...restricted];
}
