/** PersistentVolume, PersistentVolumeClaim and StorageClass. */
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import type { Description } from './description.ts';

const MODES: Record<string, string> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

/** Each mode once, in the order of `GetAccessModesAsString`. */
const accessModes = (modes: readonly string[] = []) =>
  Object.keys(MODES)
    .filter((mode) => modes.includes(mode))
    .map((mode) => MODES[mode])
    .join(',');

const finalizers = (object: KubernetesObject) => `[${(object.metadata.finalizers ?? []).join(' ')}]`;
const phase = (object: KubernetesObject) =>
  object.metadata.deletionTimestamp ? 'Terminating' : (object.status?.phase ?? '');

export async function describePersistentVolumeClaim(
  description: Description,
  object: KubernetesObject,
): Promise<void> {
  const { metadata, spec, status = {} } = object;
  description.head(object);
  description.field('StorageClass', spec.storageClassName ?? '');
  description.field('Status', phase(object));
  description.field('Volume', spec.volumeName ?? '');
  description.metadata(object);
  description.field('Finalizers', finalizers(object));
  description.field('Capacity', spec.volumeName ? (status.capacity?.storage ?? '') : '');
  description.field('Access Modes', spec.volumeName ? accessModes(status.accessModes) : '');
  if (spec.volumeMode) description.field('VolumeMode', spec.volumeMode);
  if (spec.dataSource) {
    description.line(0, 'DataSource:');
    description.field('Kind', spec.dataSource.kind, 1);
    description.field('Name', spec.dataSource.name, 1);
  }
  const pods = await description.list(`/api/v1/namespaces/${metadata.namespace}/pods`, { limit: 500 });
  const users = pods.filter((pod) =>
    (pod.spec.volumes ?? []).some(
      (volume: { persistentVolumeClaim?: { claimName: string } }) =>
        volume.persistentVolumeClaim?.claimName === metadata.name,
    ),
  );
  if (users.length === 0) description.field('Used By', '<none>');
  users.forEach((pod, at) => description.line(0, `${at === 0 ? 'Used By:' : ''}\t${pod.metadata.name}`));
  await description.describeEvents(object);
}

export async function describePersistentVolume(
  description: Description,
  object: KubernetesObject,
): Promise<void> {
  const { spec, status = {} } = object;
  description.field('Name', object.metadata.name);
  description.metadata(object);
  description.field('Finalizers', finalizers(object));
  description.field('StorageClass', spec.storageClassName ?? '');
  description.field('Status', phase(object));
  const claim = spec.claimRef ? `${spec.claimRef.namespace}/${spec.claimRef.name}` : '';
  description.field('Claim', claim);
  description.field('Reclaim Policy', spec.persistentVolumeReclaimPolicy ?? '');
  description.field('Access Modes', accessModes(spec.accessModes));
  if (spec.volumeMode) description.field('VolumeMode', spec.volumeMode);
  description.field('Capacity', spec.capacity?.storage ?? '');
  describeNodeAffinity(description, spec.nodeAffinity);
  description.field('Message', status.message ?? '');
  description.line(0, 'Source:');
  describeSource(description, spec);
  await description.describeEvents(object);
}

function describeNodeAffinity(description: Description, affinity: any): void {
  const terms: any[] | undefined = affinity?.required?.nodeSelectorTerms;
  if (!affinity) return description.field('Node Affinity', '<none>');
  description.line(0, 'Node Affinity:\t');
  if (!terms) return description.field('Required Terms', '<none>', 1);
  description.line(1, 'Required Terms:\t');
  terms.forEach(({ matchExpressions = [] }, at) =>
    matchExpressions.forEach(({ key, operator, values = [] }: any, row: number) => {
      const text = `${key} ${operator.toLowerCase()}${values.length > 0 ? ` [${values.join(', ')}]` : ''}`;
      description.line(2, row === 0 ? `Term ${at}:\t${text}` : `\t${text}`);
    }),
  );
}

function describeSource(description: Description, spec: Record<string, any>): void {
  const { hostPath, local, nfs, csi } = spec;
  if (hostPath) {
    description.field('Type', 'HostPath (bare host directory volume)', 2);
    description.field('Path', hostPath.path, 2);
    description.field('HostPathType', hostPath.type ?? '', 2);
  } else if (local) {
    description.field('Type', 'LocalVolume (a persistent volume backed by local storage on a node)', 2);
    description.field('Path', local.path, 2);
  } else if (nfs) {
    description.field('Type', 'NFS (an NFS mount that lasts the lifetime of a pod)', 2);
    description.field('Server', nfs.server, 2);
    description.field('Path', nfs.path, 2);
    description.field('ReadOnly', Boolean(nfs.readOnly), 2);
  } else if (csi) {
    description.field('Type', 'CSI (a Container Storage Interface (CSI) volume source)', 2);
    description.field('Driver', csi.driver, 2);
    description.field('VolumeHandle', csi.volumeHandle, 2);
    description.field('ReadOnly', Boolean(csi.readOnly), 2);
  } else description.line(2, '<unknown>');
}

export async function describeStorageClass(
  description: Description,
  object: KubernetesObject,
): Promise<void> {
  const annotations = object.metadata.annotations ?? {};
  description.field('Name', object.metadata.name);
  const isDefault = annotations['storageclass.kubernetes.io/is-default-class'] === 'true';
  description.field('IsDefaultClass', isDefault ? 'Yes' : 'No');
  description.field('Annotations', pairs(annotations));
  description.field('Provisioner', object['provisioner']);
  description.field('Parameters', pairs(object['parameters']));
  description.field('AllowVolumeExpansion', goBool(object['allowVolumeExpansion']));
  const options: string[] = object['mountOptions'] ?? [];
  if (options.length === 0) description.field('MountOptions', '<none>');
  else description.field('MountOptions', options.join('\n  '));
  if (object['reclaimPolicy']) description.field('ReclaimPolicy', object['reclaimPolicy']);
  if (object['volumeBindingMode']) description.field('VolumeBindingMode', object['volumeBindingMode']);
  await description.describeEvents(object);
}

const goBool = (value: boolean | undefined) => (value === undefined ? '<unset>' : value ? 'True' : 'False');

const pairs = (values: Record<string, string> | undefined) =>
  Object.keys(values ?? {})
    .sort()
    .map((key) => `${key}=${values![key]}`)
    .join(',') || '<none>';
