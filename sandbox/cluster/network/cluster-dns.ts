/**
 * Names of the cluster: CoreDNS' `kubernetes` plugin, with A, CNAME, SRV and PTR records. Services, the endpoints of
 * headless ones (`publishNotReadyAddresses` included), their pods by hostname, pods by dashed address, and
 * ExternalName. Nothing outside the cluster is known: those names do not exist, as without an uplink.
 */
import type { InformerFactory } from '../client/informer-factory.ts';
import type { Informer } from '../client/informer.ts';
import type { EndpointSlice, Service } from '../client/kinds.ts';
import { ENDPOINT_SLICES, SERVICES } from '../client/resources.ts';
import type { NameAnswer, NameRecord } from '../../os/network.ts';
import { parseAddress } from './address.ts';
import { BY_SERVICE } from './service-proxy.ts';

/** A CNAME may lead to another; CoreDNS stops somewhere too. */
const MAX_ALIASES = 8;
/** CoreDNS' default for the cluster's zone, in kubeadm's configuration. */
const TTL_SECONDS = 30;
const NXDOMAIN: NameAnswer = { code: 'NXDOMAIN', records: [] };

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

  /** All that the name server says about a name (without its last dot). */
  answer(name: string, type: string): NameAnswer {
    const wanted = name.toLowerCase();
    const record = (kind: NameRecord['type'], data: string, of = wanted): NameRecord => ({
      name: `${of}.`,
      type: kind,
      ttlSeconds: TTL_SECONDS,
      data,
    });
    const reverse = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(wanted);
    if (reverse) {
      const names = this.#namesOf(reverse.slice(1).reverse().join('.'));
      return names.length === 0
        ? NXDOMAIN
        : { code: 'NOERROR', records: type === 'PTR' ? names.map((each) => record('PTR', `${each}.`)) : [] };
    }
    const service = /^_([^.]+)\._(tcp|udp)\.(.+)$/.exec(wanted);
    if (service) {
      const targets = this.#servers(service[1]!, service[2]!.toUpperCase(), service[3]!);
      if (targets.length === 0) return NXDOMAIN;
      const weight = Math.floor(100 / targets.length);
      const records = targets.map(({ port, target }) => record('SRV', `0 ${weight} ${port} ${target}.`));
      return { code: 'NOERROR', records: type === 'SRV' ? records : [] };
    }
    const records: NameRecord[] = [];
    let current = wanted;
    for (let aliases = 0; aliases <= MAX_ALIASES; aliases++) {
      const found = this.#lookUpOnce(current);
      if (found === undefined) return records.length > 0 ? { code: 'NOERROR', records } : NXDOMAIN;
      if (typeof found !== 'string') {
        if (type === 'A') records.push(...found.map((address) => record('A', address, current)));
        break;
      }
      records.push(record('CNAME', `${found}.`, current));
      if (type === 'CNAME') break;
      current = found;
    }
    return { code: 'NOERROR', records };
  }

  /** Names of an address: of a Service, or of a pod by its hostname in a headless one. */
  #namesOf(address: string): string[] {
    const names: string[] = [];
    for (const { metadata, spec } of this.#services.list()) {
      const own = `${metadata.name}.${metadata.namespace}.svc.${this.domain}`;
      if (spec.clusterIP === address) names.push(own);
      if (spec.clusterIP !== 'None') continue;
      for (const slice of this.#slices.indexed(BY_SERVICE, `${metadata.namespace}/${metadata.name}`))
        for (const { addresses, hostname } of slice.endpoints ?? [])
          if (addresses[0] === address) names.push(`${hostname ?? address.replaceAll('.', '-')}.${own}`);
    }
    return names;
  }

  /** Where a named port of a Service is served. */
  #servers(portName: string, protocol: string, name: string): { port: number; target: string }[] {
    const suffix = `.svc.${this.domain}`;
    if (!name.endsWith(suffix)) return [];
    const [service, namespace, ...rest] = name.slice(0, -suffix.length).split('.');
    const found = rest.length === 0 ? this.#services.get(`${namespace}/${service}`) : undefined;
    const port = found?.spec.ports?.find(
      (each) => each.name === portName && (each.protocol ?? 'TCP') === protocol,
    );
    if (!found || !port) return [];
    if (found.spec.clusterIP !== 'None') return [{ port: port.port, target: name }];
    const targets: { port: number; target: string }[] = [];
    for (const slice of this.#slices.indexed(BY_SERVICE, `${namespace}/${service}`)) {
      const number = slice.ports?.find((each) => each.name === portName)?.port;
      if (number === undefined) continue;
      for (const { addresses, hostname, conditions } of slice.endpoints ?? [])
        if (conditions?.ready !== false || found.spec.publishNotReadyAddresses)
          targets.push({
            port: number,
            target: `${hostname ?? addresses[0]!.replaceAll('.', '-')}.${name}`,
          });
    }
    return targets;
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
