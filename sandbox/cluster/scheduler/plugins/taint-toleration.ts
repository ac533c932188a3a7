/** Keeps pods off nodes with taints they do not tolerate, and prefers nodes with fewer of the softer ones. */
import { normalize, type Plugin } from '../plugin.ts';
import { DO_NOT_SCHEDULE, tolerates, untolerated } from '../../api/tolerations.ts';

const REJECTION = { reasons: ['node(s) had untolerated taint(s)'], resolvable: false };

export const taintToleration: Plugin = {
  name: 'TaintToleration',
  weight: 3,
  events: ['NodeAdded', 'NodeUpdated'],
  filter:
    ({ pod }) =>
    ({ node }) =>
      untolerated(node.spec.taints, pod.spec.tolerations, DO_NOT_SCHEDULE) ? REJECTION : undefined,
  score: ({ pod }, feasible) => {
    const tolerations = pod.spec.tolerations?.filter(
      ({ effect }) => !effect || effect === 'PreferNoSchedule',
    );
    const counts = feasible.map(
      ({ node }) =>
        node.spec.taints?.filter(
          (taint) =>
            taint.effect === 'PreferNoSchedule' && !tolerations?.some((each) => tolerates(each, taint)),
        ).length ?? 0,
    );
    return counts.some((count) => count > 0) ? normalize(counts, true) : undefined;
  },
};
