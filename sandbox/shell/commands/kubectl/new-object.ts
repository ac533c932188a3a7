/**
 * An object as kubectl asks for it to be created (cli-runtime `Helper.Create`): whatever was printed with `-o yaml`
 * can be handed in again, because the version that it had is left out.
 */
import type { KubernetesObject } from '../../../cluster/api/object.ts';

export function asNew<Kind extends KubernetesObject>(object: Kind): Kind {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
