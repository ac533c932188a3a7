/** Node selectors and node affinity. */
import { normalize, type Plugin } from '../plugin.ts';
import { matchesRequired, matchesTerm } from '../../api/node-selector.ts';

const REJECTION = { reasons: ["node(s) didn't match Pod's node affinity/selector"], resolvable: false };

export const nodeAffinity: Plugin = {
  name: 'NodeAffinity',
  weight: 2,
  events: ['NodeAdded', 'NodeUpdated'],
  /** Terms that all name nodes, as those of DaemonSets do, leave only these. */
  nodeNames: (pod) => {
    const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (!required) return undefined;
    const names = new Set<string>();
    for (const { matchFields = [] } of required.nodeSelectorTerms) {
      const byName = matchFields.filter((each) => each.key === 'metadata.name' && each.operator === 'In');
      if (byName.length === 0) return undefined;
      for (const name of byName[0]!.values ?? []) {
        if (byName.every((each) => each.values?.includes(name))) names.add(name);
      }
    }
    return names;
  },
  filter: ({ pod }) => {
    const { affinity, nodeSelector } = pod.spec;
    if (!nodeSelector && !affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution) {
      return undefined;
    }
    return ({ node }) => (matchesRequired(pod.spec, node) ? undefined : REJECTION);
  },
  score: ({ pod }, feasible) => {
    const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
    if (!preferred?.length) return undefined;
    return normalize(
      feasible.map(({ node }) => {
        let score = 0;
        for (const { preference, weight } of preferred) {
          const empty = !preference.matchExpressions?.length && !preference.matchFields?.length;
          if (empty || matchesTerm(preference, node)) score += weight;
        }
        return score;
      }),
    );
  },
};
