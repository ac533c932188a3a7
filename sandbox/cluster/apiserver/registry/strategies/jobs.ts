/** Jobs (`pkg/registry/batch`): selector and labels that tie a Job's pods to it. */
import type { Strategy } from '../strategy.ts';

export const jobs: Strategy = {
  generation: true,
  // As batch/v1 always did, and kubectl therefore never leaves it out.
  defaultPropagation: 'Orphan',
  prepareForCreate(draft) {
    if (draft.spec?.manualSelector) return;
    const { uid, name } = draft.metadata;
    const own = {
      'batch.kubernetes.io/controller-uid': uid!,
      'batch.kubernetes.io/job-name': name!,
      'controller-uid': uid!,
      'job-name': name!,
    };
    const template = draft.spec.template ?? {};
    const metadata = template.metadata ?? {};
    draft.metadata.labels ??= { ...metadata.labels, ...own };
    draft.spec = {
      ...draft.spec,
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
      template: { ...template, metadata: { ...metadata, labels: { ...metadata.labels, ...own } } },
    };
  },
};
