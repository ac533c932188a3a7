/** Rows of claims, volumes and storage classes. */
import { age, type Cell, type CellsOf } from './table.ts';

const SHORT_MODES: Record<string, string> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function accessModes(modes: string[] | undefined): string {
  const given = new Set(modes);
  return Object.keys(SHORT_MODES)
    .filter((mode) => given.has(mode))
    .map((mode) => SHORT_MODES[mode])
    .join(',');
}

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

const className = (object: any): string =>
  object.metadata.annotations?.[CLASS_ANNOTATION] ?? object.spec?.storageClassName ?? '';

const claim: CellsOf = (object, context): Cell[] => {
  const { metadata, spec = {}, status = {} } = object;
  const bound = Boolean(spec.volumeName);
  return [
    metadata.name,
    metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? ''),
    spec.volumeName ?? '',
    bound ? (status.capacity?.storage ?? '0') : '',
    bound ? accessModes(status.accessModes) : '',
    className(object),
    spec.volumeAttributesClassName ?? '<unset>',
    age(object, context),
    spec.volumeMode ?? '<unset>',
  ];
};

const volume: CellsOf = (object, context): Cell[] => {
  const { metadata, spec = {}, status = {} } = object;
  return [
    metadata.name,
    spec.capacity?.storage ?? '0',
    accessModes(spec.accessModes),
    spec.persistentVolumeReclaimPolicy ?? '',
    metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? ''),
    spec.claimRef ? `${spec.claimRef.namespace}/${spec.claimRef.name}` : '',
    className(object),
    spec.volumeAttributesClassName ?? '<unset>',
    status.reason ?? '',
    age(object, context),
    spec.volumeMode ?? '<unset>',
  ];
};

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';

const storageClass: CellsOf = (object, context): Cell[] => {
  const { metadata } = object;
  const isDefault = metadata.annotations?.[DEFAULT_CLASS] === 'true';
  return [
    isDefault ? `${metadata.name} (default)` : metadata.name,
    object.provisioner,
    object.reclaimPolicy ?? 'Delete',
    object.volumeBindingMode ?? '<unset>',
    object.allowVolumeExpansion ?? false,
    age(object, context),
  ];
};

const csiNode: CellsOf = (object, context): Cell[] => [
  object.metadata.name,
  object.spec?.drivers?.length ?? 0,
  age(object, context),
];

export const storageCells: Record<string, CellsOf> = {
  '/persistentvolumeclaims': claim,
  '/persistentvolumes': volume,
  'storage.k8s.io/storageclasses': storageClass,
  'storage.k8s.io/csinodes': csiNode,
};
