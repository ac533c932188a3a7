/** Namespaces (`pkg/registry/core/namespace`): they stay until `spec.finalizers` is empty. */
import type { KubernetesObject } from '../../../api/object.ts';
import { invalid, invalidObject } from '../../../api/validation/field-errors.ts';
import { isQualifiedName } from '../../../api/validation/names.ts';
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
    if (request.subresource === 'finalize') checkFinalizers(draft);
    else draft.spec = { ...draft.spec, finalizers: old.spec?.finalizers };
    draft.metadata.labels = { ...draft.metadata.labels, 'kubernetes.io/metadata.name': draft.metadata.name! };
  },
  prepareForDelete(draft) {
    delete draft.metadata.deletionGracePeriodSeconds;
    draft.status = { ...draft.status, phase: 'Terminating' };
  },
  keeps: ({ spec }) => (spec?.finalizers?.length ?? 0) > 0,
};

/** `validateFinalizerName`: finalizers of others say whose they are. */
function checkFinalizers({ spec, metadata }: KubernetesObject): void {
  const errors = (spec?.finalizers ?? []).flatMap((name: string, index: number) => {
    const path = `spec.finalizers[${index}]`;
    const problems = isQualifiedName(name);
    if (problems.length > 0) return problems.map((problem) => invalid(path, name, problem));
    if (name.includes('/') || name === 'kubernetes') return [];
    return [invalid(path, name, 'name is neither a standard finalizer name nor is it fully qualified')];
  });
  if (errors.length > 0) throw invalidObject({ group: '', kind: 'Namespace' }, metadata.name!, errors);
}
