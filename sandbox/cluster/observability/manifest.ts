/** Puts the objects of an add-on, each where there is none of its name. */
import type { KubernetesObject } from '../api/object.ts';
import type { Client } from '../client/client.ts';
import { ensure } from '../client/ensure.ts';
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  CONFIG_MAPS,
  DEPLOYMENTS,
  NAMESPACES,
  SERVICE_ACCOUNTS,
  SERVICES,
  type ResourceType,
} from '../client/resources.ts';

const TYPES: readonly ResourceType[] = [
  NAMESPACES,
  SERVICE_ACCOUNTS,
  CONFIG_MAPS,
  CLUSTER_ROLES,
  CLUSTER_ROLE_BINDINGS,
  SERVICES,
  DEPLOYMENTS,
] as readonly ResourceType[];

/** An object with its kind. */
export type Manifest = KubernetesObject & { kind: string };

/** In order, so that what others need is there before them. */
export async function applyManifests(client: Client, manifests: readonly Manifest[]): Promise<void> {
  for (const manifest of manifests) {
    const type = TYPES.find(({ kind }) => kind === manifest.kind);
    if (!type)
      throw new Error(`an add-on has an object of kind ${manifest.kind}, which manifest.ts does not know`);
    await ensure(client, type, manifest);
  }
}

/** Where Istio has its control plane, and its samples their add-ons. */
export const NAMESPACE = 'istio-system';

export const namespaceManifest = (): Manifest => ({ kind: 'Namespace', metadata: { name: NAMESPACE } });
