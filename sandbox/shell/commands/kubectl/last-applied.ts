/** The annotation in which client-side apply remembers what it was given (`kubectl/pkg/util/apply.go`). */
import { LAST_APPLIED } from '../../../cluster/api/last-applied.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { toCompactJson } from './printers/json.ts';

export { LAST_APPLIED } from '../../../cluster/api/last-applied.ts';

/** The object with the annotation set to the object without it. */
export function withLastApplied(object: KubernetesObject): KubernetesObject {
  const { [LAST_APPLIED]: _, ...annotations } = object.metadata.annotations ?? {};
  const bare = { ...object, metadata: { ...object.metadata, annotations } };
  const text = `${toCompactJson(bare)}\n`;
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...annotations, [LAST_APPLIED]: text } },
  };
}

/** What was applied last, or undefined. */
export function lastApplied(object: KubernetesObject): unknown {
  const text = object.metadata.annotations?.[LAST_APPLIED];
  return text === undefined ? undefined : JSON.parse(text);
}
