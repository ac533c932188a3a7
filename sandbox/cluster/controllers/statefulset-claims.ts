/**
 * Who the claims of a StatefulSet's pods belong to (`persistentVolumeClaimRetentionPolicy`): the garbage collector
 * deletes them with their owner. Claims that are to go with the set belong to the set, those that are to go when it is
 * scaled down to the pod that has to go; claims that are to be retained belong to nobody.
 */
import type { OwnerReference } from '../api/object.ts';
import type { PersistentVolumeClaim, Pod, StatefulSet } from '../client/kinds.ts';
import { PODS, STATEFUL_SETS } from '../client/resources.ts';
import { controllerReference } from './controller.ts';
import { deepEqual } from '../api/equality.ts';

/** The references that the claim has to have; undefined when it has them. @param condemned scaled away. */
export function claimOwners(
  set: StatefulSet,
  pod: Pod,
  claim: PersistentVolumeClaim,
  condemned: boolean,
): OwnerReference[] | undefined {
  const { whenDeleted, whenScaled } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  const current = claim.metadata.ownerReferences ?? [];
  // References to another set or to a former pod of the name are whoever's they are.
  const others = current.filter(({ uid }) => uid !== set.metadata.uid && uid !== pod.metadata.uid);
  const wanted: OwnerReference[] = [];
  if (condemned && whenScaled === 'Delete') wanted.push(controllerReference(PODS, pod));
  else if (whenDeleted === 'Delete') wanted.push(controllerReference(STATEFUL_SETS, set));
  if (others.some(({ controller }) => controller) && wanted.length > 0) return undefined;
  const owners = [...others, ...wanted];
  return deepEqual(current, owners) ? undefined : owners;
}
