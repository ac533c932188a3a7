/** A volume that says in its labels where it is can be had by pods of its zones and regions alone (`VolumeZone`). */
import { claimsOf } from '../../api/volume-claim.ts';
import type { Plugin } from '../plugin.ts';

const ELSEWHERE = { reasons: ['node(s) had no available volume zone'], resolvable: false };
/** The labels, with what older volumes are called instead. */
const TOPOLOGY: Readonly<Record<string, string>> = {
  'topology.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region': 'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
};
/** Between the zones of a volume that is in several. */
const SEPARATOR = '__';

export const volumeZone: Plugin = {
  name: 'VolumeZone',
  events: ['VolumesChanged', 'NodeAdded', 'NodeUpdated'],
  filter: ({ pod, listers }) => {
    const places: { key: string; values: readonly string[] }[] = [];
    for (const { key } of claimsOf(pod)) {
      const { volumeName } = listers.claims.get(key)?.spec ?? {};
      const labels = volumeName ? listers.volumes.get(volumeName)?.metadata.labels : undefined;
      for (const [label, value] of Object.entries(labels ?? {}))
        if (label in TOPOLOGY) places.push({ key: label, values: value.split(SEPARATOR) });
    }
    if (places.length === 0) return undefined;
    return ({ labels }) => {
      // A node that says nothing of where it is is in a cluster of one zone.
      if (!Object.keys(TOPOLOGY).some((key) => key in labels)) return undefined;
      const fits = places.every(({ key, values }) => values.includes(labels[key] ?? labels[TOPOLOGY[key]!]!));
      return fits ? undefined : ELSEWHERE;
    };
  },
};
