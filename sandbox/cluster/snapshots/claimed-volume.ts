/** Claims and their volumes, as those who take snapshots look at them. */
import type { ObjectMeta } from '../api/object.ts';
import { isReservedFor } from '../api/volume-claim.ts';
import type { Client } from '../client/client.ts';
import type { Informer } from '../client/informer.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../client/kinds.ts';
import { PERSISTENT_VOLUMES } from '../client/resources.ts';
import { TOPOLOGY_KEY } from './hostpath-driver.ts';
import { GROUP } from './snapshot-kinds.ts';

/** The volume that `claim` is bound to. Rejects with why there is none; `name` is the claim's. */
export async function boundVolumeOf(
  client: Client,
  claim: PersistentVolumeClaim | undefined,
  name: string,
): Promise<PersistentVolume> {
  if (!claim)
    throw new Error(
      `failed to retrieve PVC ${name} from the lister: "persistentvolumeclaim \\"${name}\\" not found"`,
    );
  const { volumeName } = claim.spec;
  if (claim.status?.phase !== 'Bound' || !volumeName)
    throw new Error(`the PVC ${name} is not yet bound to a PV, will not attempt to take a snapshot`);
  const volume = await client.get(PERSISTENT_VOLUMES, { name: volumeName }).catch((error: unknown) => {
    const why = JSON.stringify((error as Error).message);
    throw new Error(`failed to retrieve PV ${volumeName} from the API server: ${why}`);
  });
  if (!volume.spec.claimRef || !isReservedFor(volume, claim))
    throw new Error('claim in dataSource not bound or invalid');
  return volume;
}

/** Whether a claim waits for a volume that is to be made from that snapshot. */
export function isBeingRestored(
  claims: Informer<PersistentVolumeClaim>,
  { namespace, name }: ObjectMeta,
): boolean {
  for (const { spec, status } of claims.indexed('namespace', namespace!)) {
    const { kind, apiGroup, name: source } = spec.dataSource ?? {};
    const isSource = kind === 'VolumeSnapshot' && apiGroup === GROUP && source === name;
    if (isSource && status?.phase === 'Pending') return true;
  }
  return false;
}

/** The node that a volume of the driver is on. */
export function nodeOfVolume({ spec }: PersistentVolume): string | undefined {
  for (const { matchExpressions } of spec.nodeAffinity?.required?.nodeSelectorTerms ?? [])
    for (const { key, values } of matchExpressions ?? []) if (key === TOPOLOGY_KEY) return values?.[0];
  return undefined;
}
