/**
 * What client-side apply owned becomes owned by server-side apply (`client-go/util/csaupgrade`): the fields of the
 * updater that wrote the last-applied annotation are added to those of the applier.
 */
import { union, type FieldSet } from '../../../../cluster/api/field-set.ts';
import { LAST_APPLIED } from '../../../../cluster/api/last-applied.ts';
import type { KubernetesObject, ManagedFieldsEntry } from '../../../../cluster/api/object.ts';

/** Whether a manager of the operation owns the annotation. */
export const ownsAnnotation = (entry: ManagedFieldsEntry, operation: 'Apply' | 'Update'): boolean =>
  entry.operation === operation &&
  (entry.fieldsV1 as FieldSet | undefined)?.['f:metadata']?.['f:annotations']?.[`f:${LAST_APPLIED}`] !==
    undefined;

/** The JSON patch that brings the fields over to `manager`; undefined when there is nothing to bring. */
export function upgradePatch({ metadata }: KubernetesObject, manager: string): unknown[] | undefined {
  const entries = metadata.managedFields ?? [];
  const names = new Set(
    entries.filter((entry) => ownsAnnotation(entry, 'Update')).map((entry) => entry.manager),
  );
  if (names.size === 0) return undefined;
  const isOld = (entry: ManagedFieldsEntry) =>
    names.has(entry.manager) && entry.operation === 'Update' && !entry.subresource;
  const isNew = (entry: ManagedFieldsEntry) =>
    entry.manager === manager && entry.operation === 'Apply' && !entry.subresource;
  let target = entries.find(isNew);
  const rest = entries.filter((entry) => entry !== target && !isOld(entry));
  for (const old of entries.filter(isOld)) {
    if (!target) target = { ...old, manager, operation: 'Apply' };
    else if (target.apiVersion === old.apiVersion)
      target = {
        ...target,
        fieldsV1: union(target.fieldsV1 as FieldSet, old.fieldsV1 as FieldSet) as Record<string, unknown>,
      };
  }
  if (!target) return undefined;
  return [
    { op: 'replace', path: '/metadata/managedFields', value: [target, ...rest] },
    { op: 'replace', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
  ];
}
