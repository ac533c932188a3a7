/**
 * Service addresses: kube-proxy in iptables mode. A virtual address stands for the ready endpoints of its
 * EndpointSlices, one of which each connection gets at random; a port without endpoints refuses, and an
 * address or port that no Service has swallows packets. Node ports answer on every node's address.
 * Addresses of load balancers answer everybody. With a traffic policy of Local only endpoints on the node at
 * hand are taken, and without any the packets vanish; else those that are hinted to be for its node, or for its zone,
 * where all of them carry hints. Left out: UDP and SCTP.
 */
import type { Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import type { Random } from '../../core/random.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { Informer } from '../client/informer.ts';
import type { EndpointHints, EndpointSlice, Node, Service, ServicePort } from '../client/kinds.ts';
import { ENDPOINT_SLICES, NODES, SERVICES } from '../client/resources.ts';

export interface BackEnd {
  address: string;
  port: number;
}

/**
 * What a Service makes of a connection: `dropped` where its traffic policy finds nobody on the node. Undefined: no
 * Service has that address and port.
 */
export type Balanced = (BackEnd & { keepsSource: boolean }) | 'refused' | 'dropped' | undefined;

/** Where a connection comes in. */
export interface Arrival {
  /** Address of the client. */
  client: string;
  /** The node that it comes from, or whose port it comes to; undefined: from outside. */
  node: string | undefined;
}

export interface ServiceProxyOptions {
  informers: InformerFactory;
  clock: Clock;
  random: Random;
}

const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
const ZONE_LABEL = 'topology.kubernetes.io/zone';
const AFFINITY_TIMEOUT_SECONDS = 10_800;

/** Slices by `namespace/service`. */
export const BY_SERVICE = 'service';

interface PlacedBackEnd extends BackEnd {
  node: string | undefined;
  hints: EndpointHints | undefined;
}

interface Frontend {
  service: Service;
  port: ServicePort;
}

interface Affinity {
  backEnd: BackEnd;
  usedMs: number;
}

export class ServiceProxy implements Disposable {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #slices: Informer<EndpointSlice>;
  readonly #nodes: Informer<Node>;
  readonly #byAddress = new Map<string, Map<number, Frontend>>();
  readonly #byNodePort = new Map<number, Frontend>();
  /** Addresses that a load balancer gave out. */
  readonly #external = new Set<string>();
  /** Per `uid/port`: the back end each client address is bound to (`sessionAffinity: ClientIP`). */
  readonly #affinity = new Map<string, Map<string, Affinity>>();
  readonly #resources = new DisposableStore();

  constructor({ informers, clock, random }: ServiceProxyOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#slices = informers.informer(ENDPOINT_SLICES);
    this.#nodes = informers.informer(NODES);
    this.#slices.addIndex(BY_SERVICE, ({ metadata }) => {
      const service = metadata.labels?.[SERVICE_NAME_LABEL];
      return service ? [`${metadata.namespace}/${service}`] : [];
    });
    this.#resources.add(
      informers.informer(SERVICES).addHandler({
        add: (service) => this.#add(service),
        update: (before, after) => {
          this.#remove(before);
          this.#add(after);
        },
        delete: (service) => {
          this.#remove(service);
          for (const port of service.spec.ports ?? []) this.#affinity.delete(affinityKey(service, port));
        },
      }),
    );
  }

  /** Whether `address` is some Service's. */
  isServiceAddress(address: string): boolean {
    return this.#byAddress.has(address);
  }

  /** `namespace/name` of the Service that has a port there. */
  serviceAt(address: string, port: number): string | undefined {
    const service = this.#byAddress.get(address)?.get(port)?.service;
    return service && `${service.metadata.namespace}/${service.metadata.name}`;
  }

  /** Whether `address` is a load balancer's: those outside the cluster reach it too. */
  isExternalAddress(address: string): boolean {
    return this.#external.has(address);
  }

  /** The back end for a connection to a Service's address. */
  balance(address: string, port: number, { client, node }: Arrival): Balanced {
    const frontend = this.#byAddress.get(address)?.get(port);
    if (!frontend) return undefined;
    const { externalTrafficPolicy, internalTrafficPolicy } = frontend.service.spec;
    // Within the cluster a load balancer's address is short cut: every node is at hand.
    if (this.#external.has(address))
      return this.#choose(
        frontend,
        client,
        { node, only: false },
        externalTrafficPolicy === 'Local' || node !== undefined,
      );
    return this.#choose(frontend, client, { node, only: internalTrafficPolicy === 'Local' }, true);
  }

  /** The back end for a connection to `port` of a node. */
  balanceNodePort(port: number, { client, node }: Arrival): Balanced {
    const frontend = this.#byNodePort.get(port);
    if (!frontend) return undefined;
    const isLocal = frontend.service.spec.externalTrafficPolicy === 'Local';
    return this.#choose(frontend, client, { node, only: isLocal }, isLocal);
  }

  dispose(): void {
    this.#resources.dispose();
  }

  /** @param only whether endpoints elsewhere do not count */
  #choose(
    frontend: Frontend,
    client: string,
    { node, only }: { node: string | undefined; only: boolean },
    keepsSource: boolean,
  ): Balanced {
    const all = this.#backEnds(frontend.service, frontend.port);
    if (all.length === 0) return 'refused';
    const backEnds = only ? all.filter((each) => each.node === node) : this.#close(all, node);
    if (backEnds.length === 0) return 'dropped';
    const { address, port } = this.#pick(frontend, client, backEnds);
    return { address, port, keepsSource };
  }

  /** Of the back ends those that are hinted to be for the node, or for its zone, if all of them carry such hints. */
  #close(backEnds: PlacedBackEnd[], node: string | undefined): PlacedBackEnd[] {
    if (node === undefined || !backEnds[0]!.hints) return backEnds;
    if (backEnds.every(({ hints }) => hints?.forNodes?.length)) {
      const here = backEnds.filter(({ hints }) => hints!.forNodes!.some(({ name }) => name === node));
      if (here.length > 0) return here;
    }
    if (!backEnds.every(({ hints }) => hints?.forZones?.length)) return backEnds;
    const zone = this.#nodes.get(node)?.metadata.labels?.[ZONE_LABEL];
    const near = backEnds.filter(({ hints }) => hints!.forZones!.some(({ name }) => name === zone));
    return near.length > 0 ? near : backEnds;
  }

  #pick({ service, port }: Frontend, client: string, backEnds: readonly BackEnd[]): BackEnd {
    if (service.spec.sessionAffinity !== 'ClientIP') return backEnds[this.#random.int(backEnds.length)]!;

    const key = affinityKey(service, port);
    let clients = this.#affinity.get(key);
    if (!clients) this.#affinity.set(key, (clients = new Map()));
    const now = this.#clock.now();
    const timeoutSeconds =
      service.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_TIMEOUT_SECONDS;
    const bound = clients.get(client);
    if (bound && now - bound.usedMs < timeoutSeconds * 1000) {
      const { address, port: backPort } = bound.backEnd;
      if (backEnds.some((backEnd) => backEnd.address === address && backEnd.port === backPort)) {
        bound.usedMs = now;
        return bound.backEnd;
      }
    }
    const backEnd = backEnds[this.#random.int(backEnds.length)]!;
    clients.set(client, { backEnd, usedMs: now });
    return backEnd;
  }

  /** Ready endpoints; when there is none, those that terminate and still serve. */
  #backEnds(service: Service, port: ServicePort): PlacedBackEnd[] {
    const ready: PlacedBackEnd[] = [];
    const serving: PlacedBackEnd[] = [];
    const { namespace, name } = service.metadata;
    for (const slice of this.#slices.indexed(BY_SERVICE, `${namespace}/${name}`)) {
      const target = slice.ports?.find((candidate) => (candidate.name ?? '') === (port.name ?? ''));
      if (!target?.port) continue;
      for (const { addresses, conditions, hints, nodeName } of slice.endpoints ?? []) {
        const backEnd = { address: addresses[0]!, port: target.port, node: nodeName, hints };
        if (conditions?.ready !== false) ready.push(backEnd);
        // Those that end are nobody's in particular.
        else if (conditions.serving && conditions.terminating) serving.push({ ...backEnd, hints: undefined });
      }
    }
    return ready.length > 0 ? ready : serving;
  }

  #add(service: Service): void {
    for (const address of addressesOf(service)) {
      let ports = this.#byAddress.get(address);
      if (!ports) this.#byAddress.set(address, (ports = new Map()));
      for (const port of service.spec.ports ?? []) {
        if (isTcp(port)) ports.set(port.port, { service, port });
      }
    }
    for (const address of loadBalancerAddresses(service)) this.#external.add(address);
    for (const port of service.spec.ports ?? []) {
      if (port.nodePort && isTcp(port)) this.#byNodePort.set(port.nodePort, { service, port });
    }
  }

  #remove(service: Service): void {
    for (const address of addressesOf(service)) {
      const ports = this.#byAddress.get(address);
      for (const port of service.spec.ports ?? []) {
        if (ports?.get(port.port)?.service.metadata.uid === service.metadata.uid) ports!.delete(port.port);
      }
      if (ports?.size === 0) this.#byAddress.delete(address);
    }
    for (const address of loadBalancerAddresses(service)) this.#external.delete(address);
    for (const { nodePort } of service.spec.ports ?? []) {
      if (nodePort && this.#byNodePort.get(nodePort)?.service.metadata.uid === service.metadata.uid)
        this.#byNodePort.delete(nodePort);
    }
  }
}

const isTcp = (port: ServicePort): boolean => (port.protocol ?? 'TCP') === 'TCP';

const affinityKey = (service: Service, port: ServicePort): string => `${service.metadata.uid}/${port.port}`;

/** Addresses that the proxy serves: none for headless and ExternalName Services. */
function addressesOf(service: Service): string[] {
  const { spec } = service;
  if (spec.type === 'ExternalName') return [];
  const own = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []);
  return [
    ...own.filter((address) => address !== 'None' && address !== ''),
    ...(spec.externalIPs ?? []),
    ...loadBalancerAddresses(service),
  ];
}

const loadBalancerAddresses = ({ spec, status }: Service): string[] =>
  spec.type === 'LoadBalancer' ? (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []) : [];
