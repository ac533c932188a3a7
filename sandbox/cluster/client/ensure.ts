/** Objects that are put where there is none of their name, and left as they are where there is. */
import type { KubernetesObject } from '../api/object.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from './client.ts';
import type { ResourceType } from './resources.ts';

/** Resolves with whether it was not there. The API gets a copy of its own. */
export async function ensure<T extends KubernetesObject>(
  client: Client,
  type: ResourceType<T>,
  object: T,
): Promise<boolean> {
  try {
    await client.create(type, JSON.parse(JSON.stringify(object)) as T);
    return true;
  } catch (error) {
    if (!isStatus(error, 'AlreadyExists')) throw error;
    return false;
  }
}

/** Creates an object, or answers the one that is there. The API takes over what it is given. */
export async function createOrGet<T extends KubernetesObject>(
  client: Client,
  type: ResourceType<T>,
  object: T,
): Promise<T> {
  try {
    return await client.create(type, object);
  } catch (error) {
    if (!isStatus(error, 'AlreadyExists')) throw error;
    return client.get(type, object.metadata);
  }
}
