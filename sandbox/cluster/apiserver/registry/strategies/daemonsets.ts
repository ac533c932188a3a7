/** DaemonSets (`pkg/registry/apps/daemonset`): the annotation that counts templates, from before generations. */
import type { Strategy } from '../strategy.ts';

const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

export const daemonsets: Strategy = {
  generation: true,
  prepareForCreate({ metadata }) {
    metadata.annotations = { ...metadata.annotations, [TEMPLATE_GENERATION]: '1' };
  },
  prepareForUpdate({ metadata, spec }, old) {
    const before = Number(old.metadata.annotations?.[TEMPLATE_GENERATION] ?? 1);
    const generation = spec.template === old.spec.template ? before : before + 1;
    metadata.annotations = { ...metadata.annotations, [TEMPLATE_GENERATION]: String(generation) };
  },
};
