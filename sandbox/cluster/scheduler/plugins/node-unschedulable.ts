/** Keeps pods off cordoned nodes, unless they tolerate it. */
import type { Plugin } from '../plugin.ts';
import { tolerates } from '../../api/tolerations.ts';

const TAINT = { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' };
const REJECTION = { reasons: ['node(s) were unschedulable'], resolvable: false };

export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  events: ['NodeAdded', 'NodeUpdated'],
  filter: ({ pod }) => {
    if (pod.spec.tolerations?.some((toleration) => tolerates(toleration, TAINT))) return undefined;
    return ({ node }) => (node.spec.unschedulable ? REJECTION : undefined);
  },
};
