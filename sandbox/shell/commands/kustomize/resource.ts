/**
 * A resource on its way through kustomizations: the object, and the names by which patches and references
 * of earlier layers know it.
 */
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { groupOf } from './order.ts';

/** What a kustomization cannot do, in kustomize's words. */
export class KustomizeError extends Error {}

export interface Resource {
  object: KubernetesObject;
  /** Names that it had, oldest first; the last is the current one. Hash suffixes are added at the end. */
  names: string[];
  /** Namespaces that it had; empty for none. */
  namespaces: string[];
  /** Its name ends in a hash of its contents. */
  needsHash: boolean;
}

export function resourceOf(object: KubernetesObject, needsHash = false): Resource {
  const { name = '', namespace = '' } = object.metadata;
  return { object, names: [name], namespaces: [namespace], needsHash };
}

/** Gives it another name and remembers the old one. */
export function rename(resource: Resource, name: string): void {
  resource.object.metadata.name = name;
  if (resource.names.at(-1) !== name) resource.names.push(name);
}

const part = (text: string | undefined, none: string) => text || `[${none}]`;

/** `Deployment.v1.apps/web.[noNs]`, as messages name a resource. */
export function idOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const version = apiVersion?.split('/').at(-1);
  return `${kind}.${part(version, 'noVer')}.${part(groupOf(apiVersion), 'noGrp')}/${part(metadata?.name, 'noName')}.${part(metadata?.namespace, 'noNs')}`;
}

const CLUSTER_SCOPED = new Set([
  'APIService', 'CSIDriver', 'CSINode', 'CertificateSigningRequest', 'ClusterRole', 'ClusterRoleBinding',
  'CustomResourceDefinition', 'FlowSchema', 'IngressClass', 'MutatingWebhookConfiguration', 'Namespace', 'Node',
  'PersistentVolume', 'PriorityClass', 'PriorityLevelConfiguration', 'RuntimeClass', 'StorageClass',
  'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding', 'ValidatingWebhookConfiguration',
  'VolumeAttachment',
]); // prettier-ignore

/** Kinds that kustomize does not know are taken to live in namespaces. */
export const isNamespaced = (kind: string): boolean => !CLUSTER_SCOPED.has(kind);
