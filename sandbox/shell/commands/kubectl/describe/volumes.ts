/** Volumes of a pod. Sources of storage vendors, all long gone from Kubernetes, are shown as unknown. */
import type { Description } from './description.ts';

type Source = Record<string, any>;

export function describeVolumes(
  description: Description,
  volumes: readonly Source[] | undefined,
  space: string,
): void {
  if (!volumes?.length) return description.line(0, `${space}Volumes:\t<none>`);
  description.line(0, `${space}Volumes:`);
  for (const volume of volumes) {
    description.line(1, `${space ? ' ' : ''}${volume['name']}:`);
    const kind = Object.keys(SOURCES).find((name) => volume[name]);
    if (kind) SOURCES[kind]!(description, volume[kind]);
    else description.line(1, '<unknown>');
  }
}

const SOURCES: Record<string, (description: Description, source: Source) => void> = {
  hostPath: (description, { path, type }) => {
    description.field('Type', 'HostPath (bare host directory volume)', 2);
    description.field('Path', path, 2);
    description.field('HostPathType', type ?? '<none>', 2);
  },
  emptyDir: (description, { medium = '', sizeLimit }) => {
    description.field('Type', "EmptyDir (a temporary directory that shares a pod's lifetime)", 2);
    description.field('Medium', medium, 2);
    description.field('SizeLimit', sizeLimit && sizeLimit !== '0' ? sizeLimit : '<unset>', 2);
  },
  secret: (description, { secretName, optional }) => {
    description.field('Type', 'Secret (a volume populated by a Secret)', 2);
    description.field('SecretName', secretName, 2);
    description.field('Optional', Boolean(optional), 2);
  },
  configMap: (description, { name, optional }) => {
    description.field('Type', 'ConfigMap (a volume populated by a ConfigMap)', 2);
    description.field('Name', name, 2);
    description.field('Optional', Boolean(optional), 2);
  },
  nfs: (description, { server, path, readOnly }) => {
    description.field('Type', 'NFS (an NFS mount that lasts the lifetime of a pod)', 2);
    description.field('Server', server, 2);
    description.field('Path', path, 2);
    description.field('ReadOnly', Boolean(readOnly), 2);
  },
  persistentVolumeClaim: (description, { claimName, readOnly }) => {
    description.field(
      'Type',
      'PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)',
      2,
    );
    description.field('ClaimName', claimName, 2);
    description.field('ReadOnly', Boolean(readOnly), 2);
  },
  downwardAPI: (description, { items = [] }) => {
    description.field('Type', 'DownwardAPI (a volume populated by information about the pod)', 2);
    description.line(2, 'Items:');
    for (const { fieldRef, resourceFieldRef, path } of items) {
      if (fieldRef) description.line(3, `${fieldRef.fieldPath} -> ${path}`);
      if (resourceFieldRef) description.line(3, `${resourceFieldRef.resource} -> ${path}`);
    }
  },
  projected: (description, { sources = [] }) => {
    description.field('Type', 'Projected (a volume that contains injected data from multiple sources)', 2);
    for (const { secret, downwardAPI, configMap, serviceAccountToken } of sources) {
      if (secret) {
        description.field('SecretName', secret.name, 2);
        description.field('Optional', Boolean(secret.optional), 2);
      } else if (downwardAPI) description.field('DownwardAPI', true, 2);
      else if (configMap) {
        description.field('ConfigMapName', configMap.name, 2);
        description.field('Optional', Boolean(configMap.optional), 2);
      } else if (serviceAccountToken)
        description.field('TokenExpirationSeconds', serviceAccountToken.expirationSeconds, 2);
    }
  },
  image: (description, { reference, pullPolicy }) => {
    description.field('Type', 'Image (a container image or OCI artifact)', 2);
    description.field('Reference', reference, 2);
    description.field('PullPolicy', pullPolicy, 2);
  },
};
