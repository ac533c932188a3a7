/** A pod that names its node goes there or nowhere. */
import type { Plugin } from '../plugin.ts';

const REJECTION = { reasons: ["node(s) didn't match the requested node name"], resolvable: false };

export const nodeName: Plugin = {
  name: 'NodeName',
  events: ['NodeAdded'],
  filter: ({ pod }) => {
    const { nodeName: wanted } = pod.spec;
    return wanted ? (node) => (node.name === wanted ? undefined : REJECTION) : undefined;
  },
};
