/** Affinity and anti-affinity between pods, those of the pods that run already included. */
import { selectorOf, type Labels, type Selector } from '../../api/labels.ts';
import type { Affinity, PodAffinityTerm } from '../../client/kinds.ts';
import type { NodeInfo } from '../node-info.ts';
import { MAX_SCORE, type Attempt, type Plugin } from '../plugin.ts';

/** What a required affinity of a running pod counts for the incoming pod (`hardPodAffinityWeight`). */
const REQUIRED_WEIGHT = 1;

const NO_AFFINITY = { reasons: ["node(s) didn't match pod affinity rules"], resolvable: false };
const ANTI_AFFINITY = { reasons: ["node(s) didn't match pod anti-affinity rules"], resolvable: true };
const ANTI_AFFINITY_OF_EXISTING = {
  reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"],
  resolvable: true,
};

/** A pod as far as affinity goes. */
interface Subject {
  namespace: string;
  labels: Labels;
}

export const interPodAffinity: Plugin = {
  name: 'InterPodAffinity',
  weight: 2,
  events: ['PodAssigned', 'PodRelabeled', 'PodRemoved', 'NodeAdded', 'NodeUpdated'],

  filter: (attempt) => {
    const { pod, nodes } = attempt;
    const subject = subjectOf(attempt);
    const own = pod.spec.affinity;
    const affinity = termsOf(own, 'podAffinity', subject, attempt);
    const antiAffinity = termsOf(own, 'podAntiAffinity', subject, attempt);
    const near = new TopologyCounts();
    const avoided = new TopologyCounts();
    const avoiding = new TopologyCounts();
    for (const info of nodes) {
      for (const group of info.groups.values()) {
        if (affinity.length > 0 && affinity.every((term) => term.matches(group))) {
          for (const { key } of affinity) near.add(key, info, group.count);
        }
        for (const term of antiAffinity) if (term.matches(group)) avoided.add(term.key, info, group.count);
        if (!group.affinity?.podAntiAffinity) continue;
        for (const term of termsOf(group.affinity, 'podAntiAffinity', group, attempt)) {
          if (term.matches(subject)) avoiding.add(term.key, info, group.count);
        }
      }
    }
    if (affinity.length === 0 && antiAffinity.length === 0 && avoiding.empty) return undefined;
    // The first pod of a group that wants to be with its own kind may go anywhere.
    const first = near.empty && affinity.every((term) => term.matches(subject));
    return (info) => {
      if (affinity.some(({ key }) => info.labels[key] === undefined)) return NO_AFFINITY;
      if (!first && affinity.some(({ key }) => near.at(key, info) <= 0)) return NO_AFFINITY;
      if (antiAffinity.some(({ key }) => avoided.at(key, info) > 0)) return ANTI_AFFINITY;
      return avoiding.covers(info) ? ANTI_AFFINITY_OF_EXISTING : undefined;
    };
  },

  score: (attempt, feasible) => {
    const { pod, nodes } = attempt;
    const subject = subjectOf(attempt);
    const own = preferencesOf(pod.spec.affinity, subject, attempt);
    const totals = new TopologyCounts();
    for (const info of nodes) {
      for (const group of info.groups.values()) {
        for (const { term, weight } of own) {
          if (term.matches(group)) totals.add(term.key, info, weight * group.count);
        }
        if (!group.affinity) continue;
        for (const term of termsOf(group.affinity, 'podAffinity', group, attempt)) {
          if (term.matches(subject)) totals.add(term.key, info, REQUIRED_WEIGHT * group.count);
        }
        for (const { term, weight } of preferencesOf(group.affinity, group, attempt)) {
          if (term.matches(subject)) totals.add(term.key, info, weight * group.count);
        }
      }
    }
    if (totals.empty) return undefined;
    const sums = feasible.map((info) => totals.sum(info));
    const [least, most] = [Math.min(...sums), Math.max(...sums)];
    if (most === least) return undefined;
    return sums.map((sum) => Math.trunc((MAX_SCORE * (sum - least)) / (most - least)));
  },
};

const subjectOf = ({ pod }: Attempt): Subject => ({
  namespace: pod.metadata.namespace!,
  labels: pod.metadata.labels ?? {},
});

/** A term with its selectors ready; `subject` is whose term it is. */
class Term {
  readonly key: string;
  readonly #selector: Selector;
  readonly #namespaces: readonly string[];
  readonly #namespaceSelector: Selector | undefined;
  readonly #listers: Attempt['listers'];

  constructor(term: PodAffinityTerm, subject: Subject, listers: Attempt['listers']) {
    this.key = term.topologyKey;
    this.#selector = selectorOf(term.labelSelector);
    this.#namespaceSelector = term.namespaceSelector && selectorOf(term.namespaceSelector);
    const listed = term.namespaces ?? [];
    this.#namespaces = listed.length === 0 && !term.namespaceSelector ? [subject.namespace] : listed;
    this.#listers = listers;
  }

  matches({ namespace, labels }: Subject): boolean {
    if (!this.#selector.matches(labels)) return false;
    if (this.#namespaces.includes(namespace)) return true;
    return (
      this.#namespaceSelector?.matches(this.#listers.namespaces.get(namespace)?.metadata.labels) ?? false
    );
  }
}

function termsOf(
  affinity: Affinity | undefined,
  which: 'podAffinity' | 'podAntiAffinity',
  subject: Subject,
  { listers }: Attempt,
): Term[] {
  const terms = affinity?.[which]?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return terms.map((term) => new Term(term, subject, listers));
}

function preferencesOf(
  affinity: Affinity | undefined,
  subject: Subject,
  { listers }: Attempt,
): { term: Term; weight: number }[] {
  const weighted = (which: 'podAffinity' | 'podAntiAffinity', sign: number) =>
    (affinity?.[which]?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((each) => ({
      term: new Term(each.podAffinityTerm, subject, listers),
      weight: each.weight * sign,
    }));
  return [...weighted('podAffinity', 1), ...weighted('podAntiAffinity', -1)];
}

/** Numbers by topology: label key and value of nodes. */
class TopologyCounts {
  readonly #counts = new Map<string, Map<string, number>>();

  get empty(): boolean {
    return this.#counts.size === 0;
  }

  add(key: string, { labels }: NodeInfo, amount: number): void {
    const value = labels[key];
    if (value === undefined) return;
    let values = this.#counts.get(key);
    if (!values) this.#counts.set(key, (values = new Map()));
    values.set(value, (values.get(value) ?? 0) + amount);
  }

  at(key: string, { labels }: NodeInfo): number {
    const value = labels[key];
    return value === undefined ? 0 : (this.#counts.get(key)?.get(value) ?? 0);
  }

  /** Whether the node lies in any of the topologies. */
  covers(info: NodeInfo): boolean {
    return [...this.#counts.keys()].some((key) => this.at(key, info) > 0);
  }

  sum(info: NodeInfo): number {
    let sum = 0;
    for (const key of this.#counts.keys()) sum += this.at(key, info);
    return sum;
  }
}
