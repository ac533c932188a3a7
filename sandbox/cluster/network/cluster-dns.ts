/**
 * Names of the cluster: CoreDNS' `kubernetes` plugin, as far as addresses go. Services, the endpoints of
 * headless ones (`publishNotReadyAddresses` included), their pods by hostname, pods by dashed address, and
 * ExternalName. Nothing outside the cluster is known: those names do not exist, as without an uplink.
 */
import type { InformerFactory } from '../client/informer-factory.ts';
import type { Informer } from '../client/informer.ts';
import type { EndpointSlice, Service } from '../client/kinds.ts';
import { ENDPOINT_SLICES, SERVICES } from '../client/resources.ts';
import { parseAddress } from './address.ts';
import { BY_SERVICE } from './service-proxy.ts';

/** A CNAME may lead to another; CoreDNS stops somewhere too. */
const MAX_ALIASES = 8;

export class ClusterDns {
  readonly domain: string;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;

  constructor(informers: InformerFactory, domain: string) {
    this.domain = domain;
    this.#services = informers.informer(SERVICES);
    this.#slices = informers.informer(ENDPOINT_SLICES);
  }

  /** Search path of a pod whose `dnsPolicy` is ClusterFirst. */
  searches(namespace: string): string[] {
    return [`${namespace}.svc.${this.domain}`, `svc.${this.domain}`, this.domain];
  }

  /** Addresses of a fully qualified name without its last dot; undefined: NXDOMAIN. */
  lookUp(name: string): string[] | undefined {
    let wanted = name.toLowerCase();
    for (let aliases = 0; aliases <= MAX_ALIASES; aliases++) {
      const found = this.#lookUpOnce(wanted);
      if (typeof found !== 'string') return found;
      wanted = found;
    }
    return undefined;
  }

  /** Addresses, or the name that it is an alias of. */
  #lookUpOnce(name: string): string[] | string | undefined {
    if (!name.endsWith(`.${this.domain}`)) return undefined;
    const labels = name.slice(0, -this.domain.length - 1).split('.');
    const kind = labels.at(-1);
    const namespace = labels.at(-2);
    if (!namespace) return undefined;
    if (kind === 'pod' && labels.length === 3) {
      const address = labels[0]!.replaceAll('-', '.');
      return parseAddress(address) === undefined ? undefined : [address];
    }
    if (kind !== 'svc') return undefined;
    const service = this.#services.get(`${namespace}/${labels.at(-3)}`);
    if (!service) return undefined;
    if (labels.length === 4) return this.#hosts(service, labels[0]!);
    if (labels.length !== 3) return undefined;
    if (service.spec.type === 'ExternalName') return service.spec.externalName?.replace(/\.$/, '');
    const address = service.spec.clusterIP;
    if (address && address !== 'None') return [address];
    return this.#hosts(service, undefined);
  }

  /** Endpoint addresses of a headless Service: all, or those of one hostname. None is NXDOMAIN. */
  #hosts(service: Service, hostname: string | undefined): string[] | undefined {
    if (service.spec.clusterIP !== 'None') return undefined;
    const { namespace, name } = service.metadata;
    const found: string[] = [];
    for (const slice of this.#slices.indexed(BY_SERVICE, `${namespace}/${name}`)) {
      for (const endpoint of slice.endpoints ?? []) {
        if (endpoint.conditions?.ready === false && !service.spec.publishNotReadyAddresses) continue;
        const own = endpoint.hostname ?? endpoint.addresses[0]!.replaceAll('.', '-');
        if (hostname === undefined || own === hostname) found.push(...endpoint.addresses);
      }
    }
    return found.length > 0 ? found : undefined;
  }
}
