/** Namespaces (`pkg/registry/core/namespace`): they stay until `spec.finalizers` is empty. */
import type { Strategy } from '../strategy.ts';

export const namespaces: Strategy = {
  prepareForCreate(draft) {
    draft.status = { phase: 'Active' };
    const finalizers: string[] = draft.spec?.finalizers ?? [];
    if (!finalizers.includes('kubernetes')) {
      draft.spec = { ...draft.spec, finalizers: [...finalizers, 'kubernetes'] };
    }
    // What selectors of other kinds recognise the namespace by.
    draft.metadata.labels = { ...draft.metadata.labels, 'kubernetes.io/metadata.name': draft.metadata.name! };
  },
  prepareForUpdate(draft, old, { request }) {
    if (request.subresource !== 'finalize') draft.spec = { ...draft.spec, finalizers: old.spec?.finalizers };
    draft.metadata.labels = { ...draft.metadata.labels, 'kubernetes.io/metadata.name': draft.metadata.name! };
  },
  prepareForDelete(draft) {
    delete draft.metadata.deletionGracePeriodSeconds;
    draft.status = { ...draft.status, phase: 'Terminating' };
  },
  keeps: ({ spec }) => (spec?.finalizers?.length ?? 0) > 0,
};
