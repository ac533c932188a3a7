/**
 * CustomResourceDefinitions: names that follow from others, and the conditions that controllers of
 * apiextensions-apiserver report. Here a definition is served as soon as it is stored.
 */
import { timestamp } from '../../../../core/clock.ts';
import type { KubernetesObject } from '../../../api/object.ts';
import type { RequestContext, Strategy } from '../strategy.ts';

export const customresourcedefinitions: Strategy = {
  generation: true,
  conditionalUpdate: true,
  prepareForCreate(draft, context) {
    complete(draft);
    draft.status = established(draft, context);
  },
  prepareForUpdate(draft) {
    complete(draft);
  },
};

function complete(draft: KubernetesObject): void {
  const { names } = draft.spec;
  draft.spec = {
    ...draft.spec,
    conversion: draft.spec.conversion ?? { strategy: 'None' },
    names: {
      ...names,
      listKind: names.listKind ?? `${names.kind}List`,
      singular: names.singular ?? names.kind.toLowerCase(),
    },
  };
}

function established({ spec }: KubernetesObject, { clock }: RequestContext): object {
  const lastTransitionTime = timestamp(clock.now());
  const condition = (type: string, reason: string, message: string) => ({
    lastTransitionTime,
    message,
    reason,
    status: 'True',
    type,
  });
  const stored = spec.versions.filter(({ storage }: { storage: boolean }) => storage);
  return {
    acceptedNames: spec.names,
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    storedVersions: stored.map(({ name }: { name: string }) => name),
  };
}
