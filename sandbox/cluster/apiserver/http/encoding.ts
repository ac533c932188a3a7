/**
 * Objects as a server writes them: `kind` before `apiVersion`, metadata in the order of the Go struct,
 * items of a list without what its header says for all. Objects in the store know nothing of this.
 */
import { dump } from 'js-yaml';
import { encode } from '../../../core/bytes.ts';
import type { KubernetesObject, ManagedFieldsEntry, ObjectList, ObjectMeta } from '../../api/object.ts';
import type { Format } from './media-types.ts';

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

export interface EncodedBody {
  contentType: string;
  bytes: Uint8Array;
}

export function encodeBody(value: unknown, format: Format, pretty: boolean): EncodedBody {
  if (format === 'yaml') {
    const text = dump(JSON.parse(JSON.stringify(value)), { noRefs: true, lineWidth: -1, sortKeys: true });
    return { contentType: 'application/yaml', bytes: encode(text) };
  }
  const text = pretty ? JSON.stringify(value, undefined, 2) : `${JSON.stringify(value)}\n`;
  return { contentType: 'application/json', bytes: encode(text) };
}
