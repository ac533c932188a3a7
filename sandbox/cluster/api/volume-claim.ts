/**
 * Which volumes a claim can be bound to (`component-helpers/storage/volume`): the rules that the binder and the
 * scheduler share. Volume attributes classes are left out.
 */
import { selectorOf, type LabelSelector } from './labels.ts';
import { matchesNodeSelector, type NodeSelector, type SelectableNode } from './node-selector.ts';
import type { ObjectMeta } from './object.ts';
import { quantityValue } from './quantity.ts';

export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
/** Names the provisioner that is to make the claim's volume: the present annotation and the one before it. */
export const PROVISIONERS: readonly string[] = [
  'volume.beta.kubernetes.io/storage-provisioner',
  'volume.kubernetes.io/storage-provisioner',
];
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

interface ClaimReference {
  namespace?: string;
  name?: string;
  uid?: string;
}

export interface ClaimableVolume {
  metadata: ObjectMeta;
  spec?: {
    accessModes?: string[];
    capacity?: Record<string, string | number>;
    claimRef?: ClaimReference;
    nodeAffinity?: { required?: NodeSelector };
    storageClassName?: string;
    volumeMode?: string;
  };
  status?: { phase?: string };
}

export interface VolumeClaim {
  metadata: ObjectMeta;
  spec?: {
    accessModes?: string[];
    resources?: { requests?: Record<string, string | number> };
    selector?: LabelSelector;
    storageClassName?: string;
    volumeMode?: string;
    volumeName?: string;
  };
}

interface PodWithVolumes {
  metadata: ObjectMeta;
  spec: {
    volumes?: { name: string; persistentVolumeClaim?: { claimName: string }; ephemeral?: unknown }[];
  };
}

/** The claims that a pod's volumes name, generic ephemeral ones included. `key` as informers have it. */
export function claimsOf({
  metadata,
  spec,
}: PodWithVolumes): { key: string; name: string; ephemeral: boolean }[] {
  if (!spec.volumes) return NO_CLAIMS;
  const claims = [];
  for (const { name, persistentVolumeClaim, ephemeral } of spec.volumes) {
    const claim = persistentVolumeClaim?.claimName ?? (ephemeral ? `${metadata.name}-${name}` : undefined);
    if (claim === undefined) continue;
    claims.push({ key: `${metadata.namespace}/${claim}`, name: claim, ephemeral: !persistentVolumeClaim });
  }
  return claims;
}

const NO_CLAIMS: never[] = [];

/** The class that a claim or a volume names; empty when it names none. */
export function storageClassOf({ metadata, spec }: ClaimableVolume | VolumeClaim): string {
  return metadata.annotations?.[BETA_CLASS] ?? spec?.storageClassName ?? '';
}

/** What a volume that is set aside for the claim says in its `claimRef`. */
export function claimReferenceTo({ metadata }: VolumeClaim) {
  const { namespace, name, uid, resourceVersion } = metadata;
  return {
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    namespace: namespace!,
    name: name!,
    uid: uid!,
    resourceVersion: resourceVersion!,
  };
}

/** Whether the volume is set aside for that claim, by name and, once it is known, by uid. */
export function isReservedFor(volume: ClaimableVolume, { metadata }: VolumeClaim): boolean {
  const claimRef = volume.spec?.claimRef;
  return (
    claimRef !== undefined &&
    claimRef.name === metadata.name &&
    claimRef.namespace === metadata.namespace &&
    (!claimRef.uid || claimRef.uid === metadata.uid)
  );
}

/** Whether claim and volume have found each other. */
export const isFullyBound = ({ metadata, spec }: VolumeClaim): boolean =>
  !!spec?.volumeName && metadata.annotations?.[BIND_COMPLETED] !== undefined;

const requestedBytes = ({ spec }: VolumeClaim): number =>
  quantityValue(spec?.resources?.requests?.['storage'] ?? 0);

const capacityBytes = ({ spec }: ClaimableVolume) => quantityValue(spec?.capacity?.['storage'] ?? 0);

/** Whether pods on that node can have the volume. */
export function isReachable({ spec }: ClaimableVolume, node: SelectableNode): boolean {
  const required = spec?.nodeAffinity?.required;
  return !required || matchesNodeSelector(required, node);
}

/** Why a volume that a claim names cannot be its: a text, or undefined when it can. */
export function mismatch(volume: ClaimableVolume, claim: VolumeClaim): string | undefined {
  if (capacityBytes(volume) < requestedBytes(claim)) return 'requested PV is too small';
  if (storageClassOf(volume) !== storageClassOf(claim)) return 'storageClassName does not match';
  if (modeOf(volume) !== modeOf(claim)) return 'incompatible volumeMode';
  return hasAccessModes(volume, claim) ? undefined : 'incompatible accessMode';
}

const modeOf = ({ spec }: ClaimableVolume | VolumeClaim) => spec?.volumeMode ?? 'Filesystem';

function hasAccessModes(volume: ClaimableVolume, claim: VolumeClaim): boolean {
  return (claim.spec?.accessModes ?? []).every((mode) => volume.spec?.accessModes?.includes(mode));
}

export interface MatchOptions {
  /** The claim waits for its first consumer: only what is reserved for it counts. */
  delayed?: boolean;
  /** Where a pod wants the volume: others do not count, and neither do reserved ones that are elsewhere. */
  node?: SelectableNode;
  /** Names of volumes that are taken already. */
  except?: ReadonlySet<string>;
}

/** The volume reserved for the claim, or the smallest that fits. */
export function findVolume<V extends ClaimableVolume>(
  claim: VolumeClaim,
  volumes: Iterable<V>,
  { delayed = false, node, except }: MatchOptions = {},
): V | undefined {
  const selector = claim.spec?.selector && selectorOf(claim.spec.selector);
  const requested = requestedBytes(claim);
  let smallest: V | undefined;
  for (const volume of volumes) {
    const { name, labels, deletionTimestamp } = volume.metadata;
    if (deletionTimestamp !== undefined || except?.has(name!) || (node && !isReachable(volume, node)))
      continue;
    if (modeOf(volume) !== modeOf(claim) || capacityBytes(volume) < requested) continue;
    if (volume.spec?.claimRef) {
      if (isReservedFor(volume, claim)) return volume;
      continue;
    }
    if (delayed || volume.status?.phase !== 'Available') continue;
    if (storageClassOf(volume) !== storageClassOf(claim) || !hasAccessModes(volume, claim)) continue;
    if (selector && !selector.matches(labels)) continue;
    if (!smallest || isSmaller(volume, smallest)) smallest = volume;
  }
  return smallest;
}

/** Of equally large ones the first by name, so that the choice does not depend on the order of the list. */
function isSmaller(a: ClaimableVolume, b: ClaimableVolume): boolean {
  const difference = capacityBytes(a) - capacityBytes(b);
  return difference < 0 || (difference === 0 && a.metadata.name! < b.metadata.name!);
}
