/**
 * Ownership by label selector (`controller_ref_manager.go`): a controller adopts what matches and has no
 * controller, and releases what it controls and no longer matches.
 */
import { controllerOf, type KubernetesObject } from '../api/object.ts';
import type { Selector } from '../api/labels.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import type { ResourceType } from '../client/resources.ts';
import { controllerReference } from './controller.ts';

export interface Claimant<Owner extends KubernetesObject, T extends KubernetesObject> {
  client: Client;
  ownerType: ResourceType<Owner>;
  owner: Owner;
  type: ResourceType<T>;
  selector: Selector;
}

/** The members of `candidates` that belong to the owner after adopting and releasing. */
export async function claim<Owner extends KubernetesObject, T extends KubernetesObject>(
  claimant: Claimant<Owner, T>,
  candidates: Iterable<T>,
): Promise<T[]> {
  const { owner, selector } = claimant;
  const claimed: T[] = [];
  let mayAdopt: Promise<void> | undefined;
  let failure: unknown;
  for (const object of candidates) {
    const matches = selector.matches(object.metadata.labels);
    const controller = controllerOf(object);
    try {
      if (controller) {
        if (controller.uid !== owner.metadata.uid) continue;
        if (matches) claimed.push(object);
        else if (owner.metadata.deletionTimestamp === undefined) await release(claimant, object);
        continue;
      }
      if (!matches || owner.metadata.deletionTimestamp !== undefined) continue;
      if (object.metadata.deletionTimestamp !== undefined) continue;
      if (object.metadata.namespace !== owner.metadata.namespace) continue;
      await (mayAdopt ??= checkOwner(claimant));
      await adopt(claimant, object);
      claimed.push(object);
    } catch (error) {
      if (!isStatus(error, 'NotFound')) failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return claimed;
}

/** Asks the API itself, since the informer may be late: an owner that is going away adopts nothing. */
async function checkOwner<Owner extends KubernetesObject, T extends KubernetesObject>({
  client,
  ownerType,
  owner,
}: Claimant<Owner, T>): Promise<void> {
  const { namespace, name, uid } = owner.metadata;
  const fresh = await client.get(ownerType, owner.metadata);
  if (fresh.metadata.uid !== uid) {
    throw new Error(
      `original ${ownerType.kind} ${namespace}/${name} is gone: got uid ${fresh.metadata.uid}, wanted ${uid}`,
    );
  }
  const { deletionTimestamp } = fresh.metadata;
  if (deletionTimestamp !== undefined) {
    throw new Error(`${namespace}/${name} has just been deleted at ${deletionTimestamp}`);
  }
}

async function adopt<Owner extends KubernetesObject, T extends KubernetesObject>(
  { client, ownerType, owner, type }: Claimant<Owner, T>,
  object: T,
): Promise<void> {
  const ownerReferences = [controllerReference(ownerType, owner)];
  await client.patch(type, object.metadata, 'application/strategic-merge-patch+json', {
    metadata: { ownerReferences, uid: object.metadata.uid },
  });
}

/** A release of what is gone, or has no owners any more, is done already. */
async function release<Owner extends KubernetesObject, T extends KubernetesObject>(
  { client, owner, type }: Claimant<Owner, T>,
  object: T,
): Promise<void> {
  try {
    await client.patch(type, object.metadata, 'application/strategic-merge-patch+json', {
      metadata: {
        uid: object.metadata.uid,
        ownerReferences: [{ $patch: 'delete', uid: owner.metadata.uid }],
      },
    });
  } catch (error) {
    if (!isStatus(error, 'NotFound') && !isStatus(error, 'Invalid')) throw error;
  }
}
