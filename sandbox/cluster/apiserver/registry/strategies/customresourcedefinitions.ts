/**
 * CustomResourceDefinitions: names that follow from others, the versions that were ever stored, and a
 * deletion that waits for the objects (apiextensions-apiserver `registry/customresourcedefinition`). What
 * the status says besides is written by `custom-resources.ts`.
 */
import { timestamp } from '../../../../core/clock.ts';
import type { KubernetesObject } from '../../../api/object.ts';
import { CLEANUP_FINALIZER, conditionOf, deletionPending } from '../../custom-resources/definition-status.ts';
import type { Strategy } from '../strategy.ts';

export const customresourcedefinitions: Strategy = {
  generation: true,
  conditionalUpdate: true,
  prepareForCreate(draft) {
    complete(draft);
    draft.status = withStoredVersion(draft, { conditions: null, acceptedNames: { plural: '', kind: '' } });
  },
  prepareForUpdate(draft, old) {
    complete(draft);
    draft.status = withStoredVersion(draft, old.status);
  },
  prepareForDelete(draft, { clock }) {
    // Objects of the kind are deleted first, and deletion is no change that anybody asked of the definition.
    delete draft.metadata.deletionGracePeriodSeconds;
    if (conditionOf(draft, 'Terminating')) return;
    if (draft.metadata.generation) draft.metadata.generation--;
    draft.metadata.finalizers = [...(draft.metadata.finalizers ?? []), CLEANUP_FINALIZER];
    draft.status = deletionPending(draft.status, timestamp(clock.now()));
  },
};

/** Defaults (`apis/apiextensions/v1/defaults.go`). */
function complete(draft: KubernetesObject): void {
  const { spec = {} } = draft;
  const { names = {} } = spec;
  const kind: string = names.kind ?? '';
  draft.spec = {
    ...spec,
    names: {
      ...names,
      singular: names.singular || kind.toLowerCase(),
      ...((names.listKind || kind) && { listKind: names.listKind || `${kind}List` }),
    },
    conversion: spec.conversion ?? { strategy: 'None' },
  };
}

/** The storage version is one of those that objects may be stored in. */
function withStoredVersion({ spec }: KubernetesObject, status: any): object {
  const stored: string[] = status?.storedVersions ?? [];
  const version = spec.versions?.find?.(({ storage }: { storage: boolean }) => storage)?.name;
  if (version === undefined || stored.includes(version)) return status ?? {};
  return { ...status, storedVersions: [...stored, version] };
}
