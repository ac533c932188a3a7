/**
 * A claim that one pod alone may use is not given to a second (`VolumeRestrictions`). Real preemption may free such a
 * claim; here it is not tried.
 */
import { claimsOf } from '../../api/volume-claim.ts';
import type { Plugin } from '../plugin.ts';

const REJECTION = {
  reasons: ['node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode'],
  resolvable: false,
};

export const volumeRestrictions: Plugin = {
  name: 'VolumeRestrictions',
  events: ['PodRemoved', 'VolumesChanged'],
  filter: ({ pod, listers }) => {
    const taken = claimsOf(pod).some(({ key }) => {
      if (!listers.claims.get(key)?.spec.accessModes?.includes('ReadWriteOncePod')) return false;
      for (const other of listers.pods.indexed('claim', key)) {
        const { phase } = other.status ?? {};
        const uses = other.spec.nodeName && phase !== 'Succeeded' && phase !== 'Failed';
        if (uses && other.metadata.uid !== pod.metadata.uid) return true;
      }
      return false;
    });
    return taken ? () => REJECTION : undefined;
  },
};
