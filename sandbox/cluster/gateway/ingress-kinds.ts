/** The kinds of networking.k8s.io/v1 that the gateway serves. */
import type { KubernetesObject } from '../api/object.ts';
import type { ResourceType } from '../client/resources.ts';

export interface IngressBackend {
  service?: { name: string; port?: { name?: string; number?: number } };
}

export type Ingress = KubernetesObject<
  {
    ingressClassName?: string;
    defaultBackend?: IngressBackend;
    rules?: {
      host?: string;
      http?: { paths: { path?: string; pathType: string; backend: IngressBackend }[] };
    }[];
  },
  { loadBalancer?: { ingress?: { ip?: string }[] } }
>;

export type IngressClass = KubernetesObject<{ controller: string }>;

const GROUP = 'networking.k8s.io';

export const INGRESSES: ResourceType<Ingress> = Object.freeze({
  group: GROUP,
  version: 'v1',
  resource: 'ingresses',
  kind: 'Ingress',
  namespaced: true,
});

export const INGRESS_CLASSES: ResourceType<IngressClass> = Object.freeze({
  group: GROUP,
  version: 'v1',
  resource: 'ingressclasses',
  kind: 'IngressClass',
  namespaced: false,
});
