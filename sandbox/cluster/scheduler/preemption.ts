/**
 * Preemption (`DefaultPreemption`): for a pod that fits nowhere, the node where the least valuable pods have to go.
 * As upstream it looks at no more than a hundred nodes, and takes budgets into account without being bound by them.
 */
import { selectorOf } from '../api/labels.ts';
import type { Pod, PodDisruptionBudget } from '../client/kinds.ts';
import { fitMessage, type FitError } from './fit-error.ts';
import type { NodeInfo } from './node-info.ts';
import type { Attempt, Rejection } from './plugin.ts';
import { rejectionBy } from './profile.ts';

/** `minCandidateNodesAbsolute`, and a tenth of the nodes if that is more. */
const MIN_CANDIDATES = 100;

const NO_VICTIMS: Rejection = {
  reasons: ['No preemption victims found for incoming pod'],
  resolvable: false,
};
const NO_HELP: Rejection = { reasons: ['Preemption is not helpful for scheduling'], resolvable: false };
/** What the plugin for dynamic resources says first: it has nothing to free. */
const NO_CLAIMS = 'no new claims to deallocate';

export interface Preemption {
  node: NodeInfo;
  /** The most important first. */
  victims: Pod[];
}

interface Candidate extends Preemption {
  violations: number;
}

const priorityOf = ({ spec }: Pod) => spec.priority ?? 0;
const startOf = ({ status, metadata }: Pod) => status?.startTime ?? metadata.creationTimestamp ?? '';

/** Negative when `a` is worth more: of higher priority, or of the same and longer there. */
function byImportance(a: Pod, b: Pod): number {
  return priorityOf(b) - priorityOf(a) || (startOf(a) < startOf(b) ? -1 : startOf(a) > startOf(b) ? 1 : 0);
}

/** Whom to remove from where; or why nothing can be gained, as the pod is told. */
export function findPreemption(
  attempt: Attempt,
  { rejections }: FitError,
  budgets: Iterable<PodDisruptionBudget>,
): Preemption | string {
  const { pod, nodes } = attempt;
  if (pod.spec.preemptionPolicy === 'Never') {
    return `${NO_CLAIMS}, preemption: not eligible due to preemptionPolicy=Never.`;
  }
  const nominated = nodes.find(({ name }) => name === pod.status?.nominatedNodeName);
  if (nominated?.pods().some((other) => isLeaving(other) && priorityOf(other) < priorityOf(pod))) {
    return `${NO_CLAIMS}, preemption: not eligible due to a terminating pod on the nominated node.`;
  }
  const limit = Math.max(MIN_CANDIDATES, Math.floor(nodes.length / 10));
  const disruptable = [...budgets];
  const candidates: Candidate[] = [];
  const outcomes: Rejection[] = [];
  for (const [node, rejection] of rejections) {
    if (candidates.length >= limit) break;
    const found = rejection.resolvable ? victimsOn(node, attempt, disruptable) : NO_HELP;
    if ('victims' in found) candidates.push(found);
    else outcomes.push(found);
  }
  if (candidates.length === 0) {
    return `${NO_CLAIMS}, preemption: ${fitMessage(rejections.size, outcomes, undefined)}`;
  }
  return candidates.reduce((best, each) => (costsLess(each, best) ? each : best));
}

const isLeaving = ({ metadata }: Pod) => metadata.deletionTimestamp !== undefined;

/** The pods that have to go so that the node takes the pod: as few as possible of those that are worth less. */
function victimsOn(
  node: NodeInfo,
  attempt: Attempt,
  budgets: readonly PodDisruptionBudget[],
): Candidate | Rejection {
  const lower = [...node.pods()].filter((other) => priorityOf(other) < priorityOf(attempt.pod));
  if (lower.length === 0) return NO_VICTIMS;
  const emptied = node.hypothetical();
  for (const other of lower) emptied.removePod(other);
  const hypothetical: Attempt = {
    ...attempt,
    nodes: attempt.nodes.map((each) => (each === node ? emptied : each)),
  };
  const rejection = rejectionBy(hypothetical, emptied);
  if (rejection) return rejection;
  // Those that a budget protects are spared before the others, the important ones first.
  lower.sort(byImportance);
  const violating = violatingBudgets(lower, budgets);
  const victims: Pod[] = [];
  let violations = 0;
  for (const group of [
    lower.filter((each) => violating.has(each)),
    lower.filter((each) => !violating.has(each)),
  ]) {
    for (const other of group) {
      emptied.addPod(other);
      if (!rejectionBy(hypothetical, emptied)) continue;
      emptied.removePod(other);
      victims.push(other);
      if (violating.has(other)) violations++;
    }
  }
  return { node, victims: victims.sort(byImportance), violations };
}

/** The pods whose removal, in this order, would go beyond what their budgets allow. */
function violatingBudgets(pods: readonly Pod[], budgets: readonly PodDisruptionBudget[]): ReadonlySet<Pod> {
  const left = budgets.map((budget) => ({
    budget,
    selector: selectorOf(budget.spec.selector),
    allowed: budget.status?.disruptionsAllowed ?? 0,
  }));
  const violating = new Set<Pod>();
  for (const pod of pods) {
    const { namespace, name, labels } = pod.metadata;
    if (!labels) continue;
    for (const each of left) {
      const { metadata, status } = each.budget;
      if (metadata.namespace !== namespace || each.selector.empty || !each.selector.matches(labels)) continue;
      if (status?.disruptedPods?.[name!] !== undefined) continue;
      each.allowed--;
      if (each.allowed < 0) violating.add(pod);
    }
  }
  return violating;
}

/** Fewer violations, a less important first victim, less priority in sum, fewer victims, younger ones. */
function costsLess(a: Candidate, b: Candidate): boolean {
  const highest = ({ victims }: Candidate) => (victims[0] ? priorityOf(victims[0]) : -Infinity);
  const sum = ({ victims }: Candidate) =>
    victims.reduce((total, victim) => total + priorityOf(victim) + 2 ** 31, 0);
  const differences = [
    a.violations - b.violations,
    highest(a) === highest(b) ? 0 : highest(a) - highest(b),
    sum(a) - sum(b),
    a.victims.length - b.victims.length,
  ];
  for (const difference of differences) if (difference !== 0) return difference < 0;
  return earliestStart(a) > earliestStart(b);
}

/** When the first of the most important victims has started. */
function earliestStart({ victims }: Candidate): string {
  const most = victims[0] ? priorityOf(victims[0]) : 0;
  return victims
    .filter((victim) => priorityOf(victim) === most)
    .map(startOf)
    .reduce((first, each) => (each < first ? each : first), '~');
}
