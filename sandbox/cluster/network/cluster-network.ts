/**
 * The network of a cluster: nodes with their blocks of pod addresses, pods, Service addresses and names,
 * and the learner's machine outside. It models kindnet, kube-proxy and CoreDNS together. Who may reach
 * whom: everybody every node and node port; only the inside (nodes and pods) pods and Services, as far as
 * NetworkPolicies let them.
 */
import type { Clock } from '../../core/clock.ts';
import { toDisposable, type Disposable } from '../../core/disposable.ts';
import { Emitter, type Event } from '../../core/emitter.ts';
import type { HttpRequest, HttpResponse } from '../../core/http.ts';
import type { Random } from '../../core/random.ts';
import { NameNotFound, type NameAnswer } from '../../os/network.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { Informer } from '../client/informer.ts';
import type { Service } from '../client/kinds.ts';
import { SERVICES } from '../client/resources.ts';
import { AddressBlock, AddressPool } from './address.ts';
import { ClusterDns } from './cluster-dns.ts';
import { NetworkPolicies, type PolicyEnd } from './network-policy.ts';
import { NetworkStack, type NetworkStackInit, type Route, type Surroundings } from './network-stack.ts';
import { ServiceProxy, type Balanced } from './service-proxy.ts';
import { TrafficMeter } from './traffic.ts';

export interface ClusterNetworkOptions {
  clock: Clock;
  random: Random;
  /** Services and EndpointSlices are read from its informers. */
  informers: InformerFactory;
  /** Default `cluster.local`. */
  domain?: string;
  /** Where pod addresses come from, all nodes together; default `10.244.0.0/16`. */
  podBlock?: string;
  /** Default `10.96.0.0/16`. */
  serviceBlock?: string;
  /** Where nodes and the learner's machine are; default `172.18.0.0/16`, as in kind's Docker network. */
  nodeBlock?: string;
  /** Whether the learner's machine reaches pods and Services and resolves their names. On kind it does not. */
  learnerInCluster?: boolean;
}

/** A pod as far as the network needs to know it. */
export interface PodIdentity {
  namespace: string;
  name: string;
  uid: string;
  hostname: string;
  /** The address it had before (a restored cluster); taken again when it is free. */
  address?: string;
  resolver?: NetworkStackInit['resolver'];
  hosts?: NetworkStackInit['hosts'];
}

/** A node's part of the network. */
export interface NodeNetwork extends Disposable {
  readonly name: string;
  readonly address: string;
  readonly podCIDR: string;
  /** The node's own namespace, which `hostNetwork` pods share. */
  readonly host: NetworkStack;
  /** A namespace of its own for a pod. Disposing it gives the address back. Throws when none is left. */
  setUp(pod: PodIdentity): PodNetwork;
}

export interface PodNetwork extends Disposable {
  readonly stack: NetworkStack;
  readonly address: string;
}

export interface AttachedPod {
  namespace: string;
  name: string;
  stack: NetworkStack;
}

/** A workload's place in the network. */
export interface Place {
  namespace: string;
  /** A pod by name; otherwise the request comes from a place of its own inside the cluster. */
  pod?: string;
}

/** One end of the cluster's network, for those who decide about connections. */
export interface Attachment {
  kind: 'pod' | 'node' | 'gateway' | 'outside';
  /** Of a pod. */
  namespace?: string;
  name?: string;
  node?: string;
  /** Of a node: the address that its own pods see it by. */
  gateway?: string;
}

/** Where names are asked for, as policies see it: a pod of CoreDNS. */
const NAME_SERVER: PolicyEnd = {
  address: '10.244.0.2',
  pod: { namespace: 'kube-system', name: 'coredns', labels: { 'k8s-app': 'kube-dns' } },
};
const DNS_PORT = 53;
/** A public service answers each such name with the address in it. */
const MAGIC_NAME = /(?:^|[.-])(\d+\.\d+\.\d+\.\d+)\.sslip\.io$/;
/** A corner of the nodes' block. */
const EXTERNAL_BLOCK = '172.18.255.0/24';

export class ClusterNetwork implements Disposable {
  readonly dns: ClusterDns;
  readonly services: ServiceProxy;
  readonly traffic: TrafficMeter;
  /** The learner's machine. */
  readonly learner: NetworkStack;
  /** Where load balancers and gateways get their addresses, beside the nodes'. */
  readonly externalAddresses = new AddressPool(EXTERNAL_BLOCK);
  /** Tells of each pod that has just got its network, before anything runs in it. */
  readonly podAttached: Event<AttachedPod>;
  readonly #podAttached = new Emitter<AttachedPod>();
  readonly #services: Informer<Service>;
  readonly #policies: NetworkPolicies;
  readonly #surroundings: Surroundings;
  readonly #podBlock: AddressBlock;
  readonly #nodeBlock: AddressBlock;
  readonly #learnerInCluster: boolean;
  readonly #stacks = new Map<string, NetworkStack>();
  readonly #attachments = new WeakMap<NetworkStack, Attachment>();
  readonly #podStacks = new Map<string, NetworkStack>();
  readonly #names = new Map<string, string>();
  /** Nodes whose cable is out. */
  readonly #severed = new Set<string>();
  /** Where requests come from that no pod sends: the preview pane, checks, and node-less probes. */
  readonly #inside: NetworkStack;

  constructor(options: ClusterNetworkOptions) {
    const { informers, clock, random } = options;
    this.podAttached = this.#podAttached.event;
    this.dns = new ClusterDns(informers, options.domain ?? 'cluster.local');
    this.services = new ServiceProxy({ informers, clock, random });
    this.#services = informers.informer(SERVICES);
    this.#policies = new NetworkPolicies(informers);
    this.#podBlock = new AddressBlock(options.podBlock ?? '10.244.0.0/16');
    const nodeBlock = options.nodeBlock ?? '172.18.0.0/16';
    this.#nodeBlock = new AddressBlock(nodeBlock);
    this.#learnerInCluster = options.learnerInCluster ?? false;
    this.traffic = new TrafficMeter({
      clock,
      attachmentOf: (stack) => this.#attachments.get(stack),
      serviceAt: (address, port) => this.services.serviceAt(address, port),
    });
    this.#surroundings = {
      clock,
      random,
      traffic: this.traffic,
      route: (from, address, port) => this.#route(from, address, port),
      lookUp: (from, name) => this.#lookUp(from, name),
      query: (from, name, type) => this.#query(from, name, type),
    };
    // The first address of the block is the learner's: the gateway of the Docker network.
    const gateway = new AddressPool(nodeBlock).gateway;
    this.learner = this.#attach({ addresses: [gateway], hostname: 'slipway' }, { kind: 'outside' });
    this.#inside = new NetworkStack(this.#surroundings, {
      addresses: [gateway],
      hostname: 'slipway',
      resolver: { searches: [], ndots: 1 },
    });
    this.#attachments.set(this.#inside, { kind: 'node' });
  }

  /** Adds a node with the address other nodes and the learner's machine know it by. */
  addNode(node: { name: string; address: string; podCIDR: string }): NodeNetwork {
    const { name, address, podCIDR } = node;
    const pool = new AddressPool(podCIDR);
    const host = this.#attach(
      { addresses: [address], hostname: name },
      {
        kind: 'node',
        node: name,
        gateway: pool.gateway,
      },
    );
    return {
      name,
      address,
      podCIDR,
      host,
      setUp: (pod) => this.#setUp(pod, name, pool),
      dispose: () => this.#detach(host),
    };
  }

  /** Pulls a node's cable, until disposed: what is on it reaches only itself, and packets for it vanish. */
  sever(node: string): Disposable {
    this.#severed.add(node);
    return toDisposable(() => this.#severed.delete(node));
  }

  /**
   * A machine beside the cluster, e.g. one that serves an API. Its `hostname` resolves outside the cluster.
   * `inside`: it reaches pods and Services as nodes do; policies know it by its address alone.
   */
  addHost(init: NetworkStackInit, { inside = false }: { inside?: boolean } = {}): NetworkStack {
    this.#names.set(init.hostname, init.addresses[0]!);
    return this.#attach(init, { kind: inside ? 'gateway' : 'outside' });
  }

  /** Takes away what `addHost` added. */
  removeHost(host: NetworkStack): void {
    if (this.#names.get(host.hostname) === host.addresses[0]) this.#names.delete(host.hostname);
    this.#detach(host);
  }

  /** What is attached with `stack`. */
  attachmentOf(stack: NetworkStack): Attachment | undefined {
    return this.#attachments.get(stack);
  }

  /** The namespace of a running pod. */
  pod(namespace: string, name: string): NetworkStack | undefined {
    return this.#podStacks.get(`${namespace}/${name}`);
  }

  /** What has an address; undefined: nobody. */
  at(address: string): NetworkStack | undefined {
    return this.#stacks.get(address);
  }

  /**
   * Sends a request to a port of a Service (its number, as in the manifest), by its address, from inside
   * the cluster. Rejects as a client there would see it fail.
   */
  fetchService(
    target: { namespace: string; service: string; port: number },
    request: HttpRequest,
    from?: Place,
  ): Promise<HttpResponse> {
    const { namespace, service, port } = target;
    const name = `${service}.${namespace}.svc.${this.dns.domain}`;
    const found = this.#services.get(`${namespace}/${service}`);
    if (!found) return Promise.reject(new NameNotFound(name));
    // Who is behind an alias may serve many names: the short one says too little. Nor is it known elsewhere.
    const isElsewhere = from !== undefined && from.namespace !== namespace;
    const short = isElsewhere ? `${service}.${namespace}` : service;
    const host = found.spec.type === 'ExternalName' ? name : short;
    const stack = (from?.pod && this.pod(from.namespace, from.pod)) || this.#inside;
    const named = request.headers['host']
      ? request
      : { ...request, headers: { ...request.headers, host: port === 80 ? host : `${host}:${port}` } };
    return stack.fetch(name, port, named);
  }

  dispose(): void {
    this.services.dispose();
    for (const stack of this.#stacks.values()) stack.dispose();
    this.#stacks.clear();
  }

  #setUp(pod: PodIdentity, node: string, pool: AddressPool): PodNetwork {
    const address = pool.allocate(pod.address);
    if (address === undefined)
      throw new Error(
        `failed to setup network for sandbox: plugin type="ptp" failed (add): no IP addresses available in range set`,
      );
    const { namespace, name, hostname } = pod;
    const stack = this.#attach(
      {
        addresses: [address],
        hostname,
        resolver: pod.resolver ?? { searches: this.dns.searches(namespace), ndots: 5 },
        hosts: pod.hosts,
      },
      { kind: 'pod', namespace, name, node },
    );
    const key = `${namespace}/${name}`;
    this.#podStacks.set(key, stack);
    const { dispose } = toDisposable(() => {
      if (this.#podStacks.get(key) === stack) this.#podStacks.delete(key);
      this.#detach(stack);
      pool.release(address);
    });
    this.#podAttached.fire({ namespace, name, stack });
    return { stack, address, dispose };
  }

  #attach(init: NetworkStackInit, attachment: Attachment): NetworkStack {
    const stack = new NetworkStack(this.#surroundings, init);
    for (const address of init.addresses) this.#stacks.set(address, stack);
    this.#attachments.set(stack, attachment);
    return stack;
  }

  #detach(stack: NetworkStack): void {
    for (const address of stack.addresses) {
      if (this.#stacks.get(address) === stack) this.#stacks.delete(address);
    }
    stack.dispose();
  }

  #isInside(stack: NetworkStack): boolean {
    return this.#learnerInCluster || this.#attachments.get(stack)?.kind !== 'outside';
  }

  #route(from: NetworkStack, address: string, port: number): Route {
    const peer = from.addresses[0]!;
    const inside = this.#isInside(from);
    if (inside || this.services.isExternalAddress(address)) {
      const node = inside ? (this.#attachments.get(from)?.node ?? '') : undefined;
      const balanced = this.services.balance(address, port, { client: peer, node });
      if (balanced) return this.#toBackEnd(from, balanced, undefined);
      if (this.services.isServiceAddress(address)) return { kind: 'dropped' };
    }
    const stack = this.#stacks.get(address);
    const attachment = stack && this.#attachments.get(stack);
    if (attachment?.kind === 'node') {
      const balanced = this.services.balanceNodePort(port, { client: peer, node: attachment.node });
      if (balanced) return this.#toBackEnd(from, balanced, stack);
    }
    if (stack && (inside || attachment?.kind !== 'pod')) return this.#deliver(from, stack, port);
    return { kind: this.#nodeBlock.contains(address) ? 'unreachable' : 'dropped' };
  }

  /** @param via the node whose port was asked for: unless the source is kept, the packets go on in its name */
  #toBackEnd(from: NetworkStack, backEnd: NonNullable<Balanced>, via: NetworkStack | undefined): Route {
    if (backEnd === 'refused' || backEnd === 'dropped') return { kind: backEnd };
    const { address, port, keepsSource } = backEnd;
    if (via && this.#isSevered(this.#attachments.get(from), this.#attachments.get(via)))
      return { kind: 'dropped' };
    const stack = this.#stacks.get(address);
    if (stack) return this.#deliver(via && !keepsSource ? via : from, stack, port);
    return { kind: this.#podBlock.contains(address) ? 'dropped' : 'unreachable' };
  }

  /** A node's own packets reach its pods through the bridge, and carry its address. */
  #deliver(from: NetworkStack, stack: NetworkStack, port: number): Route {
    const sender = this.#attachments.get(from);
    const receiver = this.#attachments.get(stack);
    if (this.#isSevered(sender, receiver)) return { kind: 'dropped' };
    if (from !== stack && !this.#mayConnect(from, this.#endOf(stack), port)) return { kind: 'dropped' };
    const local = receiver?.kind === 'pod' && sender?.node === receiver.node;
    return { kind: 'stack', stack, port, peer: (local && sender?.gateway) || from.addresses[0]! };
  }

  #isSevered(sender: Attachment | undefined, receiver: Attachment | undefined): boolean {
    if (this.#severed.size === 0 || sender?.node === receiver?.node) return false;
    return this.#severed.has(sender?.node ?? '') || this.#severed.has(receiver?.node ?? '');
  }

  #mayConnect(from: NetworkStack, to: PolicyEnd, port: number, protocol: 'TCP' | 'UDP' = 'TCP'): boolean {
    return from === this.#inside || this.#policies.allows(this.#endOf(from), to, port, protocol);
  }

  #endOf(stack: NetworkStack): PolicyEnd {
    const { kind, node, namespace, name } = this.#attachments.get(stack)!;
    const pod = kind === 'pod' ? { namespace: namespace!, name: name! } : undefined;
    return { address: stack.addresses[0]!, node, pod };
  }

  #query(from: NetworkStack, name: string, type: string): NameAnswer | 'dropped' {
    const addresses = this.#lookUp(from, name);
    if (addresses === 'dropped') return 'dropped';
    if (this.#isInside(from)) {
      const answer = this.dns.answer(name, type);
      if (answer.code === 'NOERROR' || !addresses) return answer;
    }
    const records = type === 'A' ? (addresses ?? []) : [];
    return {
      code: addresses ? 'NOERROR' : 'NXDOMAIN',
      records: records.map((data) => ({ name: `${name}.`, type: 'A', ttlSeconds: 30, data })),
    };
  }

  #lookUp(from: NetworkStack, name: string): readonly string[] | 'dropped' | undefined {
    const isInside = this.#isInside(from);
    if (this.#severed.has(this.#attachments.get(from)?.node ?? '')) return 'dropped';
    if (isInside && !this.#mayConnect(from, NAME_SERVER, DNS_PORT, 'UDP')) return 'dropped';
    const found = isInside ? this.dns.lookUp(name) : undefined;
    if (found) return found;
    const address = this.#names.get(name) ?? MAGIC_NAME.exec(name)?.[1];
    return address === undefined ? undefined : [address];
  }
}
