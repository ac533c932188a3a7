/**
 * What the cluster holds of a manifest, so that it can be read beside what was written: without the server's own
 * bookkeeping, and with its fields in the order of the written ones.
 */
import { stringify } from 'yaml';
import type { KubernetesObject } from '../../../../sandbox/cluster/api/object.ts';
import { isObject } from '../../../../sandbox/cluster/api/json-object.ts';

const BOOKKEEPING = [
  'managedFields',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'selfLink',
];
const OWN_ANNOTATIONS = /^(kubectl\.kubernetes\.io\/last-applied-configuration|deployment\.kubernetes\.io\/)/;

/** @param listsIndented whether lists stand deeper than their field, as the learner writes them. */
export function heldManifest(held: KubernetesObject, written: unknown, listsIndented: boolean): string {
  const { status: _, ...rest } = held;
  const metadata: Record<string, unknown> = { ...held.metadata };
  for (const field of BOOKKEEPING) delete metadata[field];
  const annotations = Object.entries(held.metadata.annotations ?? {}).filter(
    ([key]) => !OWN_ANNOTATIONS.test(key),
  );
  if (annotations.length > 0) metadata['annotations'] = Object.fromEntries(annotations);
  else delete metadata['annotations'];
  return stringify(inOrderOf({ ...rest, metadata }, written), { indentSeq: listsIndented });
}

function inOrderOf(held: unknown, written: unknown): unknown {
  if (Array.isArray(held)) {
    const items = Array.isArray(written) ? written : [];
    return held.map((item, at) => inOrderOf(item, counterpart(item, items) ?? items[at]));
  }
  if (!isObject(held)) return held;
  const like = isObject(written) ? written : {};
  const keys = [
    ...Object.keys(like).filter((key) => key in held),
    ...Object.keys(held).filter((key) => !(key in like)),
  ];
  return Object.fromEntries(keys.map((key) => [key, inOrderOf(held[key], like[key])]));
}

/** The list item of the same name, as list maps have it. */
const counterpart = (item: unknown, items: unknown[]) =>
  isObject(item) && 'name' in item
    ? items.find((other) => isObject(other) && other['name'] === item['name'])
    : undefined;
