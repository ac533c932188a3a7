/** The objects that istioctl looks at: read from the cluster, or from files, and looked up by what the mesh calls them. */
import { StatusError } from '../../../cluster/api/status.ts';
import type { Api } from '../kubectl/api.ts';

/** A value as it comes, with the fields that are read. */
export interface MeshObject {
  kind: string;
  apiVersion?: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec?: any;
  status?: any;
  endpoints?: any[];
  ports?: any[];
  /** Where it stands, if it comes from a file. */
  origin?: { file: string; line: number; text: string };
}

const RESOURCES = {
  Namespace: '/api/v1/namespaces',
  Service: '/api/v1/services',
  Pod: '/api/v1/pods',
  Deployment: '/apis/apps/v1/deployments',
  EndpointSlice: '/apis/discovery.k8s.io/v1/endpointslices',
  VirtualService: '/apis/networking.istio.io/v1/virtualservices',
  DestinationRule: '/apis/networking.istio.io/v1/destinationrules',
  PeerAuthentication: '/apis/security.istio.io/v1/peerauthentications',
  AuthorizationPolicy: '/apis/security.istio.io/v1/authorizationpolicies',
} as const;

export type MeshKind = keyof typeof RESOURCES;

export const DOMAIN = 'svc.cluster.local';
export const ISTIO_NAMESPACE = 'istio-system';
export const PROXY = 'istio-proxy';

export class MeshObjects {
  readonly #byKind = new Map<string, Map<string, MeshObject>>();

  /** Reads kinds of all namespaces; one that the cluster does not have, or that may not be read, has no objects. */
  static async read(api: Api, kinds: readonly MeshKind[]): Promise<MeshObjects> {
    const objects = new MeshObjects();
    for (const kind of kinds)
      try {
        const list = await api.get<{ items: MeshObject[] }>(RESOURCES[kind]);
        for (const item of list.items) objects.add({ ...item, kind });
      } catch (error) {
        if (!(error instanceof StatusError && error.status.code === 404)) throw error;
      }
    return objects;
  }

  /** One of the same kind and name gives way. */
  add(object: MeshObject): void {
    let known = this.#byKind.get(object.kind);
    if (!known) this.#byKind.set(object.kind, (known = new Map()));
    known.set(`${object.metadata.namespace ?? ''}/${object.metadata.name}`, object);
  }

  all(kind: MeshKind): MeshObject[] {
    return [...(this.#byKind.get(kind)?.values() ?? [])];
  }

  get(kind: MeshKind, namespace: string, name: string): MeshObject | undefined {
    return this.#byKind.get(kind)?.get(`${namespace}/${name}`);
  }

  /** The Service that a host means, as seen from a namespace. */
  serviceAt(host: string, namespace: string): MeshObject | undefined {
    const [name = '', serviceNamespace = namespace] = fullHost(host, namespace).split('.');
    return this.get('Service', serviceNamespace, name);
  }
}

/** `web` and `web.shop` become `web.shop.svc.cluster.local`; other hosts stay. */
export function fullHost(host: string, namespace: string): string {
  if (host.includes('*')) return host;
  const parts = host.split('.');
  if (parts.length === 1) return `${host}.${namespace}.${DOMAIN}`;
  // Within the cluster; anything else is a host outside.
  if (parts.length === 2 || (parts.length === 3 && parts[2] === 'svc'))
    return `${parts[0]}.${parts[1]}.${DOMAIN}`;
  return host;
}

export const hasProxy = ({ spec }: MeshObject): boolean => proxyContainer(spec) !== undefined;

export function proxyContainer(spec: any): { name: string; image: string } | undefined {
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  return containers.find(({ name }: { name: string }) => name === PROXY);
}

/** `docker.io/istio/proxyv2:1.30.3` → `1.30.3` */
export const versionOfImage = (image: string): string => image.slice(image.lastIndexOf(':') + 1);

export const matchesLabels = (
  labels: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>>,
): boolean => Object.entries(wanted).every(([name, value]) => labels?.[name] === value);
