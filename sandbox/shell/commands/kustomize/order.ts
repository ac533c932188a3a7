/** The order in which `kustomize build` prints (its "legacy" order): what others need first. */
import type { KubernetesObject } from '../../../cluster/api/object.ts';

const FIRST = [
  'Namespace', 'ResourceQuota', 'StorageClass', 'CustomResourceDefinition', 'ServiceAccount', 'PodSecurityPolicy',
  'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding', 'ConfigMap', 'Secret', 'Endpoints', 'Service',
  'LimitRange', 'PriorityClass', 'PersistentVolume', 'PersistentVolumeClaim', 'Deployment', 'StatefulSet',
  'CronJob', 'PodDisruptionBudget',
]; // prettier-ignore
const LAST = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

/** Group of an apiVersion; empty for the core group. */
export const groupOf = (apiVersion = ''): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';

function rank(kind: string): number {
  const first = FIRST.indexOf(kind);
  if (first >= 0) return first - FIRST.length;
  return LAST.indexOf(kind) + 1;
}

/** Text that orders resources of one rank. */
function sortKey({ apiVersion, kind, metadata }: KubernetesObject): string {
  const version = apiVersion?.split('/').at(-1) || '~V';
  return `${groupOf(apiVersion) || '~G'}_${version}_${kind}|${metadata.namespace || '~X'}|${metadata.name}`;
}

export function inLegacyOrder(objects: readonly KubernetesObject[]): KubernetesObject[] {
  const text = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return [...objects].sort((a, b) => rank(a.kind!) - rank(b.kind!) || text(sortKey(a), sortKey(b)));
}
