/**
 * Topology spread constraints: hard ones rule nodes out, soft ones rate them, and a pod that has none is
 * spread softly with its like over hosts and zones.
 */
import { Selector, selectorFromSet, selectorOf } from '../../api/labels.ts';
import { controllerOf } from '../../api/object.ts';
import type { Pod, TopologySpreadConstraint } from '../../client/kinds.ts';
import type { NodeInfo } from '../node-info.ts';
import { MAX_SCORE, type Attempt, type Plugin } from '../plugin.ts';
import { matchesRequired } from '../../api/node-selector.ts';
import { DO_NOT_SCHEDULE, untolerated } from '../../api/tolerations.ts';

const HOSTNAME = 'kubernetes.io/hostname';

/** The API's type with its selector ready and its defaults filled in. */
interface Constraint {
  maxSkew: number;
  topologyKey: string;
  minDomains: number;
  selector: Selector;
  honorAffinity: boolean;
  honorTaints: boolean;
}

/** `systemDefaultConstraints`. */
const DEFAULTS = [
  { topologyKey: HOSTNAME, maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5 },
];

const NO_LABEL = {
  reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"],
  resolvable: false,
};
const SKEWED = { reasons: ["node(s) didn't match pod topology spread constraints"], resolvable: true };

export const podTopologySpread: Plugin = {
  name: 'PodTopologySpread',
  weight: 2,
  events: ['PodAssigned', 'PodRelabeled', 'PodRemoved', 'NodeAdded', 'NodeUpdated'],

  filter: ({ pod, nodes }) => {
    const constraints = ownConstraints(pod, 'DoNotSchedule');
    if (constraints.length === 0) return undefined;
    const counts = constraints.map(() => new Map<string, number>());
    for (const info of nodes) {
      if (!hasTopologies(info, constraints)) continue;
      for (const [i, constraint] of constraints.entries()) {
        if (includes(constraint, pod, info)) count(counts[i]!, constraint, pod, info);
      }
    }
    const least = constraints.map(({ minDomains }, i) =>
      counts[i]!.size < minDomains ? 0 : Math.min(...counts[i]!.values()),
    );
    const self = constraints.map(({ selector }) => (selector.matches(pod.metadata.labels) ? 1 : 0));
    return ({ labels }) => {
      for (const [i, { topologyKey, maxSkew }] of constraints.entries()) {
        const value = labels[topologyKey];
        if (value === undefined) return NO_LABEL;
        if ((counts[i]!.get(value) ?? 0) + self[i]! - least[i]! > maxSkew) return SKEWED;
      }
      return undefined;
    };
  },

  score: (attempt, feasible) => {
    const { pod, nodes } = attempt;
    const own = (pod.spec.topologySpreadConstraints?.length ?? 0) > 0;
    const constraints = own ? ownConstraints(pod, 'ScheduleAnyway') : defaultConstraints(attempt);
    if (constraints.length === 0) return undefined;
    const rated = feasible.map((info) => !own || hasTopologies(info, constraints));
    const counts = constraints.map(() => new Map<string, number>());
    constraints.forEach(({ topologyKey }, c) => {
      // Each node is a topology of its own: its pods are counted when it is rated.
      if (topologyKey === HOSTNAME) return;
      feasible.forEach(({ labels }, i) => {
        if (rated[i]) counts[c]!.set(labels[topologyKey] ?? '', 0);
      });
    });
    const weights = constraints.map(({ topologyKey }, c) => {
      const size = topologyKey === HOSTNAME ? rated.filter(Boolean).length : counts[c]!.size;
      return Math.log(size + 2);
    });
    constraints.forEach((constraint, c) => {
      const topologies = counts[c]!;
      if (topologies.size === 0) return;
      for (const info of nodes) {
        if (own && !hasTopologies(info, constraints)) continue;
        if (!topologies.has(info.labels[constraint.topologyKey] ?? '')) continue;
        if (includes(constraint, pod, info)) count(topologies, constraint, pod, info);
      }
    });
    const costs = feasible.map(() => 0);
    constraints.forEach((constraint, c) => {
      const { topologyKey, maxSkew } = constraint;
      feasible.forEach((info, i) => {
        const value = info.labels[topologyKey];
        if (value === undefined || !rated[i]) return;
        const matching =
          topologyKey === HOSTNAME ? matchingPods(constraint, pod, info) : counts[c]!.get(value)!;
        costs[i]! += matching * weights[c]! + maxSkew - 1;
      });
    });
    return fromCosts(costs.map((cost, i) => (rated[i] ? Math.round(cost) : undefined)));
  },
};

/** The lower the cost the better; a node that lacks a topology gets nothing. */
function fromCosts(costs: (number | undefined)[]): number[] {
  const known = costs.filter((cost) => cost !== undefined);
  const most = Math.max(...known);
  const least = Math.min(...known);
  return costs.map((cost) => {
    if (cost === undefined) return 0;
    return most === 0 ? MAX_SCORE : Math.trunc((MAX_SCORE * (most + least - cost)) / most);
  });
}

function ownConstraints(pod: Pod, action: string): Constraint[] {
  return (pod.spec.topologySpreadConstraints ?? [])
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action)
    .map((constraint) => ({
      maxSkew: constraint.maxSkew,
      topologyKey: constraint.topologyKey,
      minDomains: constraint.minDomains ?? 1,
      selector: selectorWithKeys(constraint, pod),
      honorAffinity: constraint.nodeAffinityPolicy !== 'Ignore',
      honorTaints: constraint.nodeTaintsPolicy === 'Honor',
    }));
}

/** `matchLabelKeys`: the pod's own values of these labels have to match too. */
function selectorWithKeys({ labelSelector, matchLabelKeys }: TopologySpreadConstraint, pod: Pod): Selector {
  const selector = selectorOf(labelSelector);
  const own = (matchLabelKeys ?? [])
    .filter((key) => pod.metadata.labels?.[key] !== undefined)
    .map((key) => [key, pod.metadata.labels![key]!]);
  if (own.length === 0 || selector.nothing) return selector;
  return new Selector([...selectorFromSet(Object.fromEntries(own)).requirements, ...selector.requirements]);
}

/** Pods that belong together by Services, and by the ReplicaSet or StatefulSet that controls them. */
function defaultConstraints({ pod, listers }: Attempt): Constraint[] {
  const selector = defaultSelector(pod, listers);
  if (selector.empty) return [];
  return DEFAULTS.map((each) => ({
    ...each,
    minDomains: 1,
    selector,
    honorAffinity: true,
    honorTaints: false,
  }));
}

function defaultSelector(pod: Pod, { services, replicaSets, statefulSets }: Attempt['listers']): Selector {
  const { namespace, labels } = pod.metadata;
  const requirements = [];
  for (const { spec } of services.indexed('namespace', namespace!)) {
    if (!spec.selector || Object.keys(spec.selector).length === 0) continue;
    const selector = selectorFromSet(spec.selector);
    if (selector.matches(labels)) requirements.push(...selector.requirements);
  }
  const controller = controllerOf(pod);
  const sets = controller?.kind === 'ReplicaSet' ? replicaSets : statefulSets;
  if (controller?.kind === 'ReplicaSet' || controller?.kind === 'StatefulSet') {
    const owner = sets.get(`${namespace}/${controller.name}`);
    if (owner) requirements.push(...selectorOf(owner.spec.selector).requirements);
  }
  return new Selector(requirements);
}

const hasTopologies = ({ labels }: NodeInfo, constraints: readonly Constraint[]) =>
  constraints.every(({ topologyKey }) => labels[topologyKey] !== undefined);

/** Whether the node counts for the constraint, though the pod may not be able to go there. */
function includes({ honorAffinity, honorTaints }: Constraint, pod: Pod, { node }: NodeInfo): boolean {
  if (honorAffinity && !matchesRequired(pod.spec, node)) return false;
  return !honorTaints || !untolerated(node.spec.taints, pod.spec.tolerations, DO_NOT_SCHEDULE);
}

function count(counts: Map<string, number>, constraint: Constraint, pod: Pod, info: NodeInfo): void {
  const value = info.labels[constraint.topologyKey] ?? '';
  counts.set(value, (counts.get(value) ?? 0) + matchingPods(constraint, pod, info));
}

function matchingPods({ selector }: Constraint, pod: Pod, info: NodeInfo): number {
  if (selector.empty) return 0;
  let matching = 0;
  for (const { namespace, labels, live } of info.groups.values()) {
    if (live > 0 && namespace === pod.metadata.namespace && selector.matches(labels)) matching += live;
  }
  return matching;
}
