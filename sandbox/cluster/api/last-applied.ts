/**
 * The annotation in which client-side apply remembers what it was given, as server-side apply knows it
 * (`apimachinery/pkg/util/managedfields/internal`, `lastappliedmanager.go` and `lastappliedupdater.go`): the
 * manager kubectl may take over what the annotation names, and keeps the annotation up to date.
 */
import { difference, type FieldSet, union } from './field-set.ts';
import type { KubernetesObject } from './object.ts';
import { sortedJson } from './sorted-json.ts';
import type { TypeInfo } from './schema.ts';
import { compare, fieldSetOf, TypedValueError } from './typed-value.ts';

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** The only manager that goes on where client-side apply left off. */
const KUBECTL = 'kubectl';
/** `TotalAnnotationSizeLimitB`: what is longer is not remembered. */
const MAX_LENGTH = 256 * 1024;

/**
 * What client-side apply set and is still as it was set: what the manager kubectl owns without being listed. Nothing
 * for other managers, and for annotations of another version or that cannot be read.
 */
export function appliedBefore(live: KubernetesObject, manager: string, type: TypeInfo): FieldSet | undefined {
  const text = live.metadata.annotations?.[LAST_APPLIED];
  if (manager !== KUBECTL || !text) return undefined;
  try {
    const last = JSON.parse(text) as KubernetesObject;
    if (last.apiVersion !== live.apiVersion) return undefined;
    const { added, removed, modified } = compare(last, live, type);
    return difference(fieldSetOf(last, type), union(union(added, removed), modified));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypedValueError) return undefined;
    throw error;
  }
}

/** `merged` with its annotation, if it has one and the manager is kubectl, set to what was applied now. */
export function withSyncedAnnotation(
  merged: KubernetesObject,
  config: KubernetesObject,
  manager: string,
): KubernetesObject {
  const before = merged.metadata.annotations?.[LAST_APPLIED];
  if (manager !== KUBECTL || before === undefined) return merged;
  const text = `${sortedJson(withoutAnnotation(config))}\n`;
  const value = text.length > MAX_LENGTH ? '' : text;
  if (value === before) return merged;
  const annotations = { ...merged.metadata.annotations, [LAST_APPLIED]: value };
  return { ...merged, metadata: { ...merged.metadata, annotations } };
}

function withoutAnnotation(config: KubernetesObject): KubernetesObject {
  if (config.metadata.annotations?.[LAST_APPLIED] === undefined) return config;
  const { [LAST_APPLIED]: _, ...annotations } = config.metadata.annotations;
  return { ...config, metadata: { ...config.metadata, annotations } };
}
