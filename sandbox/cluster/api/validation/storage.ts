/** PersistentVolumeClaim, PersistentVolume and StorageClass. */
import { quantityMilliValue } from '../quantity.ts';
import { type FieldError, forbidden, invalid, notSupported, required } from './field-errors.ts';
import { IMMUTABLE, semanticEqual, validateLabelSelector } from './metadata.ts';
import { isDNS1123Subdomain, isQualifiedName } from './names.ts';
import type { KindValidation } from './validate.ts';
import { unifiedDiff } from './pod-diff.ts';
import { validateHostPath } from './volumes.ts';

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const VOLUME_MODES = ['Block', 'Filesystem'];

function validateAccessModes(modes: string[] | undefined, path: string, errors: FieldError[]): void {
  for (const mode of modes ?? [])
    if (!ACCESS_MODES.includes(mode)) errors.push(notSupported(path, mode, ACCESS_MODES));
  if (modes && modes.length > 1 && modes.includes('ReadWriteOncePod'))
    errors.push(forbidden(path, 'may not use ReadWriteOncePod with other access modes'));
}

function validatePositive(quantity: string, path: string, errors: FieldError[]): void {
  if (quantityMilliValue(quantity) <= 0) errors.push(invalid(path, quantity, 'must be greater than zero'));
}

export function validateClaimSpec(spec: any, path: string, errors: FieldError[]): void {
  if (!spec.accessModes?.length)
    errors.push(required(`${path}.accessModes`, 'at least 1 access mode is required'));
  validateLabelSelector(spec.selector, `${path}.selector`, errors);
  validateAccessModes(spec.accessModes, `${path}.accessModes`, errors);
  const storage = spec.resources?.requests?.storage;
  if (storage === undefined) errors.push(required(`${path}.resources[storage]`));
  else validatePositive(storage, `${path}.resources[storage]`, errors);
  if (spec.storageClassName)
    for (const message of isDNS1123Subdomain(spec.storageClassName))
      errors.push(invalid(`${path}.storageClassName`, spec.storageClassName, message));
  if (spec.volumeMode !== undefined && !VOLUME_MODES.includes(spec.volumeMode))
    errors.push(notSupported(`${path}.volumeMode`, spec.volumeMode, VOLUME_MODES));
}

const CLAIM_IMMUTABLE =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

function updateClaim(next: any, old: any, errors: FieldError[]): void {
  const before = old.spec;
  const expected = { ...next.spec };
  // Binding fills the name in once.
  if (!before.volumeName) expected.volumeName = before.volumeName;
  if (!before.storageClassName) expected.storageClassName = before.storageClassName;
  const wanted = next.spec.resources?.requests?.storage;
  const had = before.resources?.requests?.storage;
  const bound = old.status?.phase === 'Bound';
  if (bound) expected.resources = { ...expected.resources, requests: before.resources?.requests };
  if (!semanticEqual(expected, before)) {
    errors.push(forbidden('spec', `${CLAIM_IMMUTABLE}\n${claimDiff(expected, before)}`));
    return;
  }
  if (
    bound &&
    wanted !== undefined &&
    had !== undefined &&
    quantityMilliValue(wanted) < quantityMilliValue(had)
  )
    errors.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'));
}

const CLAIM_FIELDS = [
  ['AccessModes', 'accessModes'],
  ['Selector', 'selector'],
  ['Resources', 'resources'],
  ['VolumeName', 'volumeName'],
  ['StorageClassName', 'storageClassName'],
  ['VolumeMode', 'volumeMode'],
  ['DataSource', 'dataSource'],
  ['DataSourceRef', 'dataSourceRef'],
  ['VolumeAttributesClassName', 'volumeAttributesClassName'],
] as const;

/** As the internal type prints. */
function claimDiff(next: any, old: any): string {
  const lines = (spec: any) => {
    const shown: Record<string, unknown> = {};
    for (const [goName, name] of CLAIM_FIELDS) shown[goName] = spec[name] ?? null;
    shown.VolumeName ??= '';
    shown.Resources = { Limits: spec.resources?.limits ?? null, Requests: spec.resources?.requests ?? null };
    return JSON.stringify(shown, null, 1).split('\n');
  };
  return unifiedDiff(lines(old), lines(next));
}

const VOLUME_SOURCES = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
];
const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];

function createVolume(object: any, errors: FieldError[]): void {
  const { spec = {} } = object;
  if (!spec.accessModes?.length) errors.push(required('spec.accessModes'));
  validateAccessModes(spec.accessModes, 'spec.accessModes', errors);
  const capacity = spec.capacity ?? {};
  if (Object.keys(capacity).length === 0) errors.push(required('spec.capacity'));
  if (capacity.storage === undefined || Object.keys(capacity).length > 1) {
    const sorted = Object.fromEntries(Object.entries(capacity).sort(([a], [b]) => (a < b ? -1 : 1)));
    errors.push(notSupported('spec.capacity', spec.capacity ? sorted : null, ['storage']));
  }
  for (const name in capacity)
    if (name === 'storage') {
      const value = quantityMilliValue(capacity[name]) / 1000;
      if (value < 0)
        errors.push(invalid(`spec.capacity[${name}]`, value, 'must be a valid resource quantity'));
      validatePositive(capacity[name], `spec.capacity[${name}]`, errors);
    }
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy && !RECLAIM_POLICIES.includes(policy))
    errors.push(notSupported('spec.persistentVolumeReclaimPolicy', policy, RECLAIM_POLICIES));
  const sources = VOLUME_SOURCES.filter((name) => spec[name] !== undefined);
  if (sources.length === 0) errors.push(required('spec', 'must specify a volume type'));
  if (sources[0] === 'hostPath') validateHostPath(spec.hostPath, 'spec.hostPath', errors);
  for (const extra of sources.slice(1))
    errors.push(forbidden(`spec.${extra}`, 'may not specify more than 1 volume type'));
  if (spec.hostPath && !spec.hostPath.path) errors.push(required('spec.hostPath.path'));
  if (spec.volumeMode !== undefined && !VOLUME_MODES.includes(spec.volumeMode))
    errors.push(notSupported('spec.volumeMode', spec.volumeMode, VOLUME_MODES));
}

function updateVolume(next: any, old: any, errors: FieldError[]): void {
  for (const source of VOLUME_SOURCES)
    if (!semanticEqual(next.spec[source], old.spec[source])) {
      errors.push(
        forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation'),
      );
      break;
    }
}

function createStorageClass(object: any, errors: FieldError[]): void {
  if (!object.provisioner) errors.push(required('provisioner'));
  else
    for (const message of isQualifiedName(object.provisioner.toLowerCase()))
      errors.push(invalid('provisioner', object.provisioner, message));
  if (!['Delete', 'Retain'].includes(object.reclaimPolicy))
    errors.push(notSupported('reclaimPolicy', object.reclaimPolicy, ['Delete', 'Retain']));
  const mode = object.volumeBindingMode;
  if (!mode) errors.push(required('volumeBindingMode'));
  else if (!['Immediate', 'WaitForFirstConsumer'].includes(mode))
    errors.push(notSupported('volumeBindingMode', mode, ['Immediate', 'WaitForFirstConsumer']));
}

function updateStorageClass(next: any, old: any, errors: FieldError[]): void {
  for (const field of ['parameters', 'provisioner', 'reclaimPolicy'])
    if (!semanticEqual(next[field], old[field]))
      errors.push(forbidden(field, `updates to ${field} are forbidden.`));
  if (next.volumeBindingMode !== old.volumeBindingMode)
    errors.push(invalid('volumeBindingMode', next.volumeBindingMode, IMMUTABLE));
}

export const storageValidators: Record<string, KindValidation> = {
  '/PersistentVolumeClaim': {
    create: (object, errors) => validateClaimSpec(object.spec ?? {}, 'spec', errors),
    update: updateClaim,
  },
  '/PersistentVolume': { create: createVolume, update: updateVolume },
  'storage.k8s.io/StorageClass': { create: createStorageClass, update: updateStorageClass },
};
