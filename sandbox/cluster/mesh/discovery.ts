/**
 * What proxies are told: Services with their endpoints, workloads by address, and the rules of the mesh. In life
 * istiod sends this to each proxy (xDS); here proxies ask, and what they were told holds until anything changes.
 */
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { Emitter, type Event } from '../../core/emitter.ts';
import type { KubernetesObject } from '../api/object.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { Informer } from '../client/informer.ts';
import type { EndpointSlice, Namespace, Pod, Service, ServicePort } from '../client/kinds.ts';
import { ENDPOINT_SLICES, NAMESPACES, PODS, SERVICES } from '../client/resources.ts';
import { HTTP_ROUTES, type BackendReference, type HTTPRoute } from '../gateway/gateway-kinds.ts';
import { BY_SERVICE } from '../network/service-proxy.ts';
import { Authorization } from './authorization.ts';
import { clusterPolicy, rulesFor, subsetLabels, type ClusterPolicy } from './destination-rule.ts';
import {
  AUTHORIZATION_POLICIES,
  DESTINATION_RULES,
  PEER_AUTHENTICATIONS,
  ROOT_NAMESPACE,
  VIRTUAL_SERVICES,
  type AuthorizationPolicy,
  type DestinationRule,
  type PeerAuthentication,
  type VirtualService,
} from './istio-kinds.ts';
import { mutualTlsMode, selects } from './peer-authentication.ts';
import { defaultRoute, type MeshRoute } from './route.ts';
import { parentsAt, serviceRoutes } from './service-route.ts';
import { isExported, isForSidecars, qualifiedHost, routesOf } from './virtual-service.ts';
import { workloadOf, type Workload } from './workload.ts';

/** Where a request can go. */
export interface Endpoint {
  address: string;
  port: number;
  /** Undefined: no pod that is known has the address. */
  workload: Workload | undefined;
}

/** A name that proxies have routes for. */
export interface VirtualHost {
  /** Fully qualified. */
  host: string;
  routes: readonly MeshRoute[];
  /** A port whose name or protocol says that it is no HTTP: no rules of requests hold there. */
  isOpaque: boolean;
}

const BY_ADDRESS = 'podIP';
const BY_ENDPOINT = 'endpoint';
const BY_HOST = 'host';
/** Of ports' names and `appProtocol`, those that are HTTP; without any a port is looked into. */
const HTTP_PROTOCOLS = ['http', 'http2', 'grpc', 'https', 'kubernetes.io/h2c', 'kubernetes.io/ws'];
const OPAQUE_PROTOCOLS = ['tcp', 'tls', 'mysql', 'mongo', 'redis', 'udp'];

export const SIDECAR_LABEL = 'security.istio.io/tlsMode';
export const DATAPLANE_LABEL = 'istio.io/dataplane-mode';
const AMBIENT = 'ambient';

export class Discovery implements Disposable {
  /** Counts changes: whoever keeps what it was told compares. */
  generation = 0;
  readonly domain: string;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #pods: Informer<Pod>;
  readonly #namespaces: Informer<Namespace>;
  readonly #virtualServices: Informer<VirtualService>;
  readonly #destinationRules: Informer<DestinationRule>;
  readonly #peerAuthentications: Informer<PeerAuthentication>;
  readonly #authorizationPolicies: Informer<AuthorizationPolicy>;
  readonly #httpRoutes: Informer<HTTPRoute>;
  readonly #workloads = new Map<string, Workload | undefined>();
  readonly #changes = new Emitter<void>();
  /** Anything has changed. */
  readonly onChange: Event<void> = this.#changes.event;
  readonly #resources = new DisposableStore();

  constructor(informers: InformerFactory, domain: string) {
    this.domain = domain;
    this.#services = informers.informer(SERVICES);
    this.#slices = informers.informer(ENDPOINT_SLICES);
    this.#pods = informers.informer(PODS);
    this.#namespaces = informers.informer(NAMESPACES);
    this.#virtualServices = informers.informer(VIRTUAL_SERVICES);
    this.#destinationRules = informers.informer(DESTINATION_RULES);
    this.#peerAuthentications = informers.informer(PEER_AUTHENTICATIONS);
    this.#authorizationPolicies = informers.informer(AUTHORIZATION_POLICIES);
    this.#httpRoutes = informers.informer(HTTP_ROUTES);
    this.#pods.addIndex(BY_ADDRESS, ({ spec, status }) =>
      status?.podIP && !spec.hostNetwork && status.phase !== 'Succeeded' && status.phase !== 'Failed'
        ? [status.podIP]
        : [],
    );
    this.#slices.addIndex(BY_ENDPOINT, ({ endpoints }) =>
      (endpoints ?? []).flatMap(({ addresses }) => addresses[0] ?? []),
    );
    this.#virtualServices.addIndex(BY_HOST, ({ metadata, spec }) =>
      (spec?.hosts ?? []).map((host) => qualifiedHost(host, metadata.namespace!, domain)),
    );
    const changed = () => {
      this.generation++;
      this.#workloads.clear();
      this.#changes.fire();
    };
    for (const informer of [
      this.#services,
      this.#slices,
      this.#pods,
      this.#namespaces,
      this.#virtualServices,
      this.#destinationRules,
      this.#peerAuthentications,
      this.#authorizationPolicies,
      this.#httpRoutes,
    ])
      this.#resources.add(
        (informer as unknown as Informer).addHandler({ add: changed, update: changed, delete: changed }),
      );
  }

  dispose(): void {
    this.#resources.dispose();
  }

  /** Resolves when the rules that are there are known. */
  async synced(): Promise<void> {
    const informers = [
      this.#virtualServices,
      this.#destinationRules,
      this.#peerAuthentications,
      this.#authorizationPolicies,
      this.#httpRoutes,
    ];
    await Promise.all(informers.map(({ synced }) => synced));
  }

  /** The pod that has an address, as a workload. */
  workloadAt(address: string): Workload | undefined {
    if (this.#workloads.has(address)) return this.#workloads.get(address);
    let found: Workload | undefined;
    for (const pod of this.#pods.indexed(BY_ADDRESS, address)) found = workloadOf(pod);
    this.#workloads.set(address, found);
    return found;
  }

  pod(namespace: string, name: string): Pod | undefined {
    return this.#pods.get(`${namespace}/${name}`);
  }

  /** Whether pods of the namespace, or this one, are in the mesh without a container of their own. */
  isAmbient(namespace: string, labels: Readonly<Record<string, string>>): boolean {
    if (labels[SIDECAR_LABEL] !== undefined) return false;
    const mode =
      labels[DATAPLANE_LABEL] ?? this.#namespaces.get(namespace)?.metadata.labels?.[DATAPLANE_LABEL];
    return mode === AMBIENT;
  }

  /** Whether a workload understands mutual TLS. */
  isMember({ namespace, labels }: Workload): boolean {
    return labels[SIDECAR_LABEL] === 'istio' || this.isAmbient(namespace, labels);
  }

  /** What a client's requests for `hostname` go by; undefined: the mesh does not know it. */
  virtualHost(hostname: string, address: string, port: number, client: Workload): VirtualHost | undefined {
    const service = this.#serviceNamed(hostname, client.namespace) ?? this.#serviceAt(hostname, address);
    const servicePort = service?.spec.ports?.find((each) => each.port === port);
    if (service && servicePort) {
      const host = this.#hostOf(service);
      return {
        host,
        routes: this.#routes(host, port, service, client),
        isOpaque: isOpaque(servicePort),
      };
    }
    const routes = this.#virtualServiceRoutes(hostname, client);
    return routes && { host: hostname, routes, isOpaque: false };
  }

  /** The Service of a fully qualified name. */
  service(host: string): Service | undefined {
    const [name, namespace, ...rest] = host.split('.');
    return rest.join('.') === `svc.${this.domain}` ? this.#services.get(`${namespace}/${name}`) : undefined;
  }

  /** Ready endpoints of a Service's port; undefined: there is no such Service or port. */
  endpoints(host: string, port: number): Endpoint[] | undefined {
    const service = this.service(host);
    const servicePort = service?.spec.ports?.find((each) => each.port === port);
    if (!service || !servicePort) return undefined;
    const { namespace, name } = service.metadata;
    const found: Endpoint[] = [];
    for (const slice of this.#slices.indexed(BY_SERVICE, `${namespace}/${name}`)) {
      const target = slice.ports?.find((each) => (each.name ?? '') === (servicePort.name ?? ''))?.port;
      if (!target) continue;
      for (const { addresses, conditions } of slice.endpoints ?? [])
        if (conditions?.ready !== false)
          found.push({ address: addresses[0]!, port: target, workload: this.workloadAt(addresses[0]!) });
    }
    return found;
  }

  /** How a cluster is used by clients of a namespace; undefined: it has no such subset. */
  cluster(
    host: string,
    subset: string | undefined,
    port: number,
    namespace: string,
  ): (ClusterPolicy & { labels: Record<string, string> }) | undefined {
    const rules = rulesFor(this.#destinationRules.list(), host, namespace, this.domain);
    const labels = subset === undefined ? {} : subsetLabels(rules, subset);
    return labels && { ...clusterPolicy(rules, subset, port), labels };
  }

  /** Which connections a workload accepts at one of its ports. */
  mutualTls(workload: Workload, port: number): ReturnType<typeof mutualTlsMode> {
    return mutualTlsMode(this.#peerAuthentications.list(), workload, port);
  }

  /** Who may ask a workload. */
  authorization({ namespace, labels }: Workload): Authorization {
    return new Authorization(
      [...this.#authorizationPolicies.list()].filter(
        ({ metadata, spec }) =>
          (metadata.namespace === namespace || metadata.namespace === ROOT_NAMESPACE) &&
          selects(spec?.selector, labels),
      ),
    );
  }

  /** The Service that a server's port belongs to: the first by name, as a server cannot tell which was meant. */
  serviceOfEndpoint(address: string, port: number): string | undefined {
    const hosts: string[] = [];
    for (const { metadata, ports } of this.#slices.indexed(BY_ENDPOINT, address)) {
      const name = metadata.labels?.['kubernetes.io/service-name'];
      if (name && ports?.some((each) => each.port === port))
        hosts.push(`${name}.${metadata.namespace}.svc.${this.domain}`);
    }
    return hosts.sort()[0];
  }

  /** The workloads of a Service. */
  identitiesOf(host: string, port: number): Set<string> {
    return new Set((this.endpoints(host, port) ?? []).flatMap(({ workload }) => workload?.identity ?? []));
  }

  #hostOf({ metadata }: Service): string {
    return `${metadata.name}.${metadata.namespace}.svc.${this.domain}`;
  }

  /** By any of its names, as a pod of `namespace` writes them. */
  #serviceNamed(hostname: string, namespace: string): Service | undefined {
    const [name = '', second, third, ...rest] = hostname.split('.');
    if (third !== undefined && (third !== 'svc' || (rest.length > 0 && rest.join('.') !== this.domain)))
      return undefined;
    return this.#services.get(`${second ?? namespace}/${name}`);
  }

  /** A request by address: it is said in `hostname`. */
  #serviceAt(hostname: string, address: string): Service | undefined {
    if (hostname !== address) return undefined;
    for (const service of this.#services.list()) if (service.spec.clusterIP === address) return service;
    return undefined;
  }

  #routes(host: string, port: number, service: Service, client: Workload): readonly MeshRoute[] {
    const own = this.#virtualServiceRoutes(host, client);
    if (own) return own;
    const { namespace = '', name = '' } = service.metadata;
    const attached = [...this.#httpRoutes.list()].filter(
      (route) => parentsAt(route, { namespace, name, port }).length > 0,
    );
    const consumer = attached.filter(
      ({ metadata }) => metadata.namespace === client.namespace && metadata.namespace !== namespace,
    );
    const meant =
      consumer.length > 0 ? consumer : attached.filter(({ metadata }) => metadata.namespace === namespace);
    if (meant.length === 0) return [defaultRoute(host)];
    return serviceRoutes(meant, this.domain, (backend, from) => this.isUsable(backend, from));
  }

  /** Whether a rule may use a backend: a Service that is there. */
  isUsable({ group = '', kind = 'Service', name, namespace }: BackendReference, from: string): boolean {
    return (
      group === '' && kind === 'Service' && this.#services.get(`${namespace ?? from}/${name}`) !== undefined
    );
  }

  /** Of the oldest VirtualService for `host` that the client sees; undefined: there is none. */
  #virtualServiceRoutes(host: string, client: Workload): MeshRoute[] | undefined {
    const seen = [...this.#virtualServices.indexed(BY_HOST, host)].filter(
      (each) =>
        isForSidecars(each) &&
        isExported(each.spec?.exportTo, each.metadata.namespace!, client.namespace) &&
        each.spec?.http?.length,
    );
    const [oldest] = seen.sort(byAge);
    return oldest && routesOf(oldest, client, this.domain);
  }
}

/** Of two rules for one thing the older holds. */
function byAge(a: KubernetesObject, b: KubernetesObject): number {
  const [left, right] = [a, b].map(({ metadata }) => metadata.creationTimestamp ?? '');
  if (left !== right) return left! < right! ? -1 : 1;
  return a.metadata.name! < b.metadata.name! ? -1 : 1;
}

function isOpaque({ name = '', appProtocol }: ServicePort): boolean {
  const protocol = (appProtocol ?? name.split('-')[0] ?? '').toLowerCase();
  return !HTTP_PROTOCOLS.includes(protocol) && OPAQUE_PROTOCOLS.includes(protocol);
}
