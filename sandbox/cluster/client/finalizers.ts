/** What controllers do to `metadata.finalizers`. Both write the object as they know it: a conflict is the caller's. */
import type { KubernetesObject } from '../api/object.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from './client.ts';
import type { ResourceType } from './resources.ts';

/** Puts finalizers that are not there. Answers the object as it then is. */
export async function addFinalizers<T extends KubernetesObject>(
  client: Client,
  type: ResourceType<T>,
  object: T,
  ...finalizers: string[]
): Promise<T> {
  const { finalizers: there = [] } = object.metadata;
  const missing = finalizers.filter((each) => !there.includes(each));
  if (missing.length === 0) return object;
  return client.update(type, {
    ...object,
    metadata: { ...object.metadata, finalizers: [...there, ...missing] },
  });
}

/** Takes finalizers away that are there; an object that is gone is fine. Answers the object as it then is. */
export async function removeFinalizers<T extends KubernetesObject>(
  client: Client,
  type: ResourceType<T>,
  object: T,
  ...finalizers: string[]
): Promise<T> {
  const { finalizers: there = [], ...metadata } = object.metadata;
  const left = there.filter((each) => !finalizers.includes(each));
  if (left.length === there.length) return object;
  try {
    return await client.update(type, {
      ...object,
      metadata: left.length > 0 ? { ...metadata, finalizers: left } : metadata,
    });
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error;
    return object;
  }
}
