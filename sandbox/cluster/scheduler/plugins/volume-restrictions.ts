/** A claim that one pod alone may use is not given to a second (`VolumeRestrictions`); preemption may free it. */
import { claimsOf } from '../../api/volume-claim.ts';
import type { Plugin } from '../plugin.ts';

const REJECTION = {
  reasons: [
    'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
  ],
  resolvable: true,
};

export const volumeRestrictions: Plugin = {
  name: 'VolumeRestrictions',
  events: ['PodRemoved', 'VolumesChanged'],
  filter: ({ pod, nodes, listers }) => {
    for (const { key } of claimsOf(pod)) {
      if (!listers.claims.get(key)?.spec.accessModes?.includes('ReadWriteOncePod')) continue;
      for (const other of listers.pods.indexed('claim', key)) {
        if (other.metadata.uid === pod.metadata.uid) continue;
        // As the attempt has them: those that would have to go are not there, those just placed are.
        if (nodes.some((node) => node.hasPod(other))) return () => REJECTION;
      }
    }
    return undefined;
  },
};
