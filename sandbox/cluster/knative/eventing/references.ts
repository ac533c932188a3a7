/** Objects that refer to others are looked at when those change (knative.dev/pkg/tracker). */
import { keyOf, type KubernetesObject } from '../../api/object.ts';
import type { Informer } from '../../client/informer.ts';
import { apiVersionOf, type ResourceType } from '../../client/resources.ts';
import type { Followed } from '../reconciler.ts';

/** @param referenced the keys (`referenceKey`) of what an object refers to */
export function followReferences<T extends KubernetesObject>(
  types: readonly ResourceType[],
  informer: Informer<T>,
  referenced: (object: T) => readonly (string | undefined)[],
): Followed[] {
  return types.map((type) => ({
    type,
    keys: (changed) => {
      const key = `${apiVersionOf(type)} ${type.kind} ${keyOf(changed)}`;
      return [...informer.list()].filter((each) => referenced(each).includes(key)).map(keyOf);
    },
  }));
}
