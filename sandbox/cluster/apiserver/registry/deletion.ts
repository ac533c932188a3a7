/**
 * How a delete's propagation policy becomes finalizers that the garbage collector acts on
 * (`deletionFinalizersForGarbageCollection` of the generic registry).
 */
import type { KubernetesObject } from '../../api/object.ts';
import type { Propagation } from './strategy.ts';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

/** The finalizers the object shall have; the same array when nothing changes. */
export function deletionFinalizers(
  object: KubernetesObject,
  asked: Propagation | undefined,
  preset: Propagation = 'Background',
): string[] | undefined {
  const { finalizers } = object.metadata;
  const had = (finalizer: string) => finalizers?.includes(finalizer) ?? false;
  // What an earlier request asked for holds until somebody asks for something else.
  const policy: Propagation = asked ?? (had(ORPHAN) ? 'Orphan' : had(FOREGROUND) ? 'Foreground' : preset);
  const orphan = policy === 'Orphan';
  const foreground = policy === 'Foreground';
  if (had(ORPHAN) === orphan && had(FOREGROUND) === foreground) return finalizers;
  const kept = (finalizers ?? []).filter((each) => each !== ORPHAN && each !== FOREGROUND);
  if (orphan) kept.push(ORPHAN);
  if (foreground) kept.push(FOREGROUND);
  return kept;
}
