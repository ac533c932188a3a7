/**
 * Volumes: a pod goes where its bound volumes are, or where volumes can be found or made for its claims
 * (`VolumeBinding`). Storage capacity of CSI drivers is left out.
 */
import {
  claimsOf,
  findVolume,
  isFullyBound,
  isReachable,
  SELECTED_NODE,
  storageClassOf,
} from '../../api/volume-claim.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../client/kinds.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Attempt, Listers, Plugin } from '../plugin.ts';

const ELSEWHERE = { reasons: ["node(s) didn't match PersistentVolume's node affinity"], resolvable: false };
const NONE_TO_BIND = {
  reasons: ["node(s) didn't find available persistent volumes to bind"],
  resolvable: false,
};
const NO_VOLUME = {
  reasons: ['node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'],
  resolvable: false,
};
const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

export const volumeBinding: Plugin = {
  name: 'VolumeBinding',
  events: ['VolumesChanged', 'NodeAdded', 'NodeUpdated'],

  preFilter: ({ pod, listers }) => {
    let immediate = false;
    for (const { key, name, ephemeral } of claimsOf(pod)) {
      const claim = listers.claims.get(key);
      if (!claim) {
        return ephemeral
          ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
          : `persistentvolumeclaim "${name}" not found`;
      }
      if (claim.status?.phase === 'Lost') {
        return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName}"`;
      }
      if (claim.metadata.deletionTimestamp !== undefined) {
        return `persistentvolumeclaim "${name}" is being deleted`;
      }
      if (!isFullyBound(claim) && !isDelayed(claim, listers)) immediate = true;
    }
    return immediate ? 'pod has unbound immediate PersistentVolumeClaims' : undefined;
  },

  filter: (attempt) => {
    const { pod, listers } = attempt;
    const claims = claimsOf(pod).flatMap(({ key }) => listers.claims.get(key) ?? []);
    if (claims.length === 0) return undefined;
    return (info) => {
      for (const claim of claims) {
        if (!isFullyBound(claim)) continue;
        const volume = listers.volumes.get(claim.spec.volumeName!);
        if (!volume) return NO_VOLUME;
        if (!isReachable(volume, info.node)) return ELSEWHERE;
      }
      return planVolumes(attempt, info) ? undefined : NONE_TO_BIND;
    };
  },
};

function isDelayed(claim: PersistentVolumeClaim, { storageClasses }: Listers): boolean {
  return storageClasses.get(storageClassOf(claim))?.volumeBindingMode === 'WaitForFirstConsumer';
}

/** How the claims of a pod that have waited for it are served on a node. */
export interface VolumePlan {
  bind: { claim: PersistentVolumeClaim; volume: PersistentVolume }[];
  provision: PersistentVolumeClaim[];
}

/** The plan for the node; undefined when some claim cannot be served there. */
export function planVolumes({ pod, listers }: Attempt, { node }: NodeInfo): VolumePlan | undefined {
  const plan: VolumePlan = { bind: [], provision: [] };
  const taken = new Set<string>();
  for (const { key } of claimsOf(pod)) {
    const claim = listers.claims.get(key);
    if (!claim || isFullyBound(claim)) continue;
    const chosen = claim.metadata.annotations?.[SELECTED_NODE];
    if (chosen !== undefined && chosen !== node.metadata.name) return undefined;
    const volume = chosen === undefined && findVolume(claim, listers.volumes.list(), { node, except: taken });
    if (volume) {
      taken.add(volume.metadata.name!);
      plan.bind.push({ claim, volume });
      continue;
    }
    const storageClass = listers.storageClasses.get(storageClassOf(claim));
    if (!storageClass || storageClass.provisioner === NO_PROVISIONER) return undefined;
    if (!allowsTopology(storageClass.allowedTopologies, node.metadata.labels)) return undefined;
    plan.provision.push(claim);
  }
  return plan;
}

function allowsTopology(
  terms: { matchLabelExpressions?: { key: string; values: string[] }[] }[] | undefined,
  labels: Record<string, string> = {},
): boolean {
  if (!terms || terms.length === 0) return true;
  return terms.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(
      ({ key, values }) => labels[key] !== undefined && values.includes(labels[key]),
    ),
  );
}
