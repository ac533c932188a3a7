/**
 * Objects as a server writes them: `kind` before `apiVersion`, metadata in the order of the Go struct,
 * items of a list without what its header says for all. Objects in the store know nothing of this.
 */
import type { KubernetesObject, ManagedFieldsEntry, ObjectList, ObjectMeta } from '../../api/object.ts';

/** Asks for an object's managed fields, which the server computes only when somebody reads them. */
export type ManagedFieldsOf = (object: KubernetesObject) => readonly ManagedFieldsEntry[] | undefined;

const METADATA_ORDER = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
] as const;

/** The metadata as it is written. */
export function writtenMetadata(object: KubernetesObject, managedFieldsOf: ManagedFieldsOf): ObjectMeta {
  const { metadata } = object;
  const out: Record<string, unknown> = {};
  for (const field of METADATA_ORDER) if (metadata[field] !== undefined) out[field] = metadata[field];
  const managedFields = metadata.managedFields ?? managedFieldsOf(object);
  if (managedFields?.length) out.managedFields = managedFields;
  return out as ObjectMeta;
}

export function writtenObject(object: KubernetesObject, managedFieldsOf: ManagedFieldsOf): KubernetesObject {
  const { kind, apiVersion, metadata, ...rest } = object;
  // A Status or a review has metadata too, but not one of a stored object.
  if (!metadata?.uid) return { kind, apiVersion, metadata, ...rest } as KubernetesObject;
  return {
    kind,
    apiVersion,
    metadata: writtenMetadata(object, managedFieldsOf),
    ...rest,
  } as KubernetesObject;
}

/** `typed`: items of custom resources keep their kind, since they are written as they are stored. */
export function writtenList(list: ObjectList, managedFieldsOf: ManagedFieldsOf, typed: boolean): ObjectList {
  const { kind, apiVersion, metadata, items } = list;
  const written = items.map((item) => {
    const { kind: itemKind, apiVersion: itemVersion, ...rest } = writtenObject(item, managedFieldsOf);
    return typed ? { apiVersion: itemVersion, kind: itemKind, ...rest } : rest;
  });
  return { kind, apiVersion, metadata, items: written as KubernetesObject[] };
}

/** Characters that Go's encoder escapes, so that JSON may stand in HTML. */
const ESCAPED = /[<>&\u2028\u2029]/g;
const escape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** JSON as Go writes it. */
export function encodeJson(value: unknown, pretty = false): string {
  const text = JSON.stringify(value, undefined, pretty ? 2 : undefined);
  return text.replace(ESCAPED, escape);
}
