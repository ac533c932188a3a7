/**
 * The patch of client-side apply: from what was applied last, what shall be and what is. Kinds that kubectl's
 * scheme knows merge strategically (lists by their keys), all others as JSON.
 */
import { createThreeWayJsonMergePatch } from '../../../cluster/api/merge-patch.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { TypeRegistry } from '../../../cluster/api/schema.ts';
import { createThreeWayMergePatch } from '../../../cluster/api/strategic-merge-patch.ts';
import type { Mapping } from './discovery.ts';

export const STRATEGIC_MERGE = 'application/strategic-merge-patch+json';
export const JSON_MERGE = 'application/merge-patch+json';

/** An empty patch means that nothing is to be done. */
export function threeWayPatch(
  mapping: Mapping,
  original: unknown,
  modified: KubernetesObject,
  current: KubernetesObject,
): { patch: object; contentType: string } {
  const type = TypeRegistry.builtin().typeForKind(mapping.group, mapping.version, mapping.kind);
  if (type)
    return {
      patch: createThreeWayMergePatch(original ?? {}, modified, current, type),
      contentType: STRATEGIC_MERGE,
    };
  const patch = createThreeWayJsonMergePatch(original ?? {}, modified, current) as object;
  return { patch, contentType: JSON_MERGE };
}
