/**
 * How many volumes of a storage driver a node can have, as its CSINode says (`NodeVolumeLimits`). Left out: volumes that
 * are attached and used by no pod.
 */
import { claimsOf, storageClassOf } from '../../api/volume-claim.ts';
import type { Pod } from '../../client/kinds.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Listers, Plugin } from '../plugin.ts';

const FULL = { reasons: ['node(s) exceed max volume count'], resolvable: true };

export const nodeVolumeLimits: Plugin = {
  name: 'NodeVolumeLimits',
  events: ['PodRemoved', 'VolumesChanged', 'NodeAdded'],
  filter: ({ pod, listers }) => {
    const wanted = volumesOf(pod, listers);
    if (wanted.size === 0) return undefined;
    return (info) => {
      const limits = limitsOf(info, listers);
      if (limits.size === 0) return undefined;
      const there = new Map<string, string>();
      for (const other of info.pods())
        for (const [volume, driver] of volumesOf(other, listers)) there.set(volume, driver);
      for (const [driver, limit] of limits) {
        let more = 0;
        for (const [volume, of] of wanted) if (of === driver && !there.has(volume)) more++;
        let count = 0;
        for (const of of there.values()) if (of === driver) count++;
        if (more > 0 && count + more > limit) return FULL;
      }
      return undefined;
    };
  },
};

/** The volumes of drivers that a pod has or will be given, each with its driver. */
function volumesOf(pod: Pod, { claims, volumes, storageClasses }: Listers): Map<string, string> {
  const found = new Map<string, string>();
  for (const { key } of claimsOf(pod)) {
    const claim = claims.get(key);
    if (!claim) continue;
    const csi = claim.spec.volumeName ? volumes.get(claim.spec.volumeName)?.spec.csi : undefined;
    if (csi) found.set(`${csi.driver}/${csi.volumeHandle}`, csi.driver);
    else if (!claim.spec.volumeName) {
      const driver = storageClasses.get(storageClassOf(claim))?.provisioner;
      if (driver) found.set(`${driver}/${key}`, driver);
    }
  }
  return found;
}

/** The most volumes that the node takes, by driver. */
function limitsOf({ name }: NodeInfo, { csiNodes }: Listers): Map<string, number> {
  const limits = new Map<string, number>();
  for (const driver of csiNodes.get(name)?.spec.drivers ?? [])
    if (driver.allocatable?.count !== undefined) limits.set(driver.name, driver.allocatable.count);
  return limits;
}
