/**
 * NetworkPolicies: who may connect to whom, as kindnet holds to it. A pod that no policy selects for a
 * direction may everything in it; one that is selected may what any of its policies allows. Decided on the
 * packets behind Services, so ports are the pods' own. A node reaches its own pods always: probes come from
 * it. Left out: SCTP, and connections that stay open when a policy changes (each is one exchange here).
 */
import { selectorOf } from '../api/labels.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { Informer } from '../client/informer.ts';
import type { Namespace, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, Pod } from '../client/kinds.ts';
import { NAMESPACES, NETWORK_POLICIES, PODS } from '../client/resources.ts';
import { AddressBlock } from './address.ts';

/** One end of a connection. Without `pod` it is a node or somebody outside, known by the address alone. */
export interface PolicyEnd {
  address: string;
  /** The node it is on, or that it is. */
  node?: string | undefined;
  pod?: { namespace: string; name: string; labels?: Readonly<Record<string, string>> } | undefined;
}

export type Protocol = 'TCP' | 'UDP';

const BY_NAMESPACE = 'namespace';

export class NetworkPolicies {
  readonly #policies: Informer<NetworkPolicy>;
  readonly #pods: Informer<Pod>;
  readonly #namespaces: Informer<Namespace>;

  constructor(informers: InformerFactory) {
    this.#policies = informers.informer(NETWORK_POLICIES);
    this.#pods = informers.informer(PODS);
    this.#namespaces = informers.informer(NAMESPACES);
    this.#policies.addIndex(BY_NAMESPACE, ({ metadata }) => [metadata.namespace!]);
  }

  /** Whether `from` may connect to `port` of `to`. */
  allows(from: PolicyEnd, to: PolicyEnd, port: number, protocol: Protocol = 'TCP'): boolean {
    if (this.#policies.size === 0) return true;
    if (from.pod && !this.#egressAllowed(from, to, port, protocol)) return false;
    if (!to.pod || (!from.pod && from.node !== undefined && from.node === to.node)) return true;
    return this.#ingressAllowed(from, to, port, protocol);
  }

  #egressAllowed(from: PolicyEnd, to: PolicyEnd, port: number, protocol: Protocol): boolean {
    const policies = this.#of(from, 'Egress');
    if (policies.length === 0) return true;
    return policies.some(({ metadata, spec }) =>
      (spec.egress ?? []).some(
        (rule) =>
          this.#portMatches(rule.ports, to, port, protocol) &&
          this.#peerMatches(rule.to, to, metadata.namespace!),
      ),
    );
  }

  #ingressAllowed(from: PolicyEnd, to: PolicyEnd, port: number, protocol: Protocol): boolean {
    const policies = this.#of(to, 'Ingress');
    if (policies.length === 0) return true;
    return policies.some(({ metadata, spec }) =>
      (spec.ingress ?? []).some(
        (rule) =>
          this.#portMatches(rule.ports, to, port, protocol) &&
          this.#peerMatches(rule.from, from, metadata.namespace!),
      ),
    );
  }

  /** The policies that select a pod for a direction. */
  #of({ pod }: PolicyEnd, direction: 'Ingress' | 'Egress'): NetworkPolicy[] {
    const labels = this.#labelsOf(pod!);
    const found: NetworkPolicy[] = [];
    for (const policy of this.#policies.indexed(BY_NAMESPACE, pod!.namespace)) {
      const { policyTypes, podSelector, egress } = policy.spec;
      const types = policyTypes ?? (egress?.length ? ['Ingress', 'Egress'] : ['Ingress']);
      if (types.includes(direction) && selectorOf(podSelector ?? {}).matches(labels)) found.push(policy);
    }
    return found;
  }

  /** No ports stand for all. A name is looked up in the pod that is connected to. */
  #portMatches(
    ports: readonly NetworkPolicyPort[] | undefined,
    to: PolicyEnd,
    port: number,
    protocol: Protocol,
  ): boolean {
    if (!ports?.length) return true;
    return ports.some((wanted) => {
      if ((wanted.protocol ?? 'TCP') !== protocol) return false;
      if (wanted.port === undefined) return true;
      if (typeof wanted.port === 'number')
        return port >= wanted.port && port <= (wanted.endPort ?? wanted.port);
      return this.#namedPort(to, wanted.port, protocol) === port;
    });
  }

  #namedPort({ pod }: PolicyEnd, name: string, protocol: Protocol): number | undefined {
    if (!pod) return undefined;
    const found = this.#pods.get(`${pod.namespace}/${pod.name}`);
    for (const { ports = [] } of found?.spec.containers ?? [])
      for (const each of ports)
        if (each.name === name && (each.protocol ?? 'TCP') === protocol) return each.containerPort;
    return undefined;
  }

  /** No peers stand for everybody. */
  #peerMatches(peers: readonly NetworkPolicyPeer[] | undefined, end: PolicyEnd, namespace: string): boolean {
    if (!peers?.length) return true;
    return peers.some(({ ipBlock, namespaceSelector, podSelector }) => {
      if (ipBlock)
        return (
          new AddressBlock(ipBlock.cidr).contains(end.address) &&
          !ipBlock.except?.some((cidr) => new AddressBlock(cidr).contains(end.address))
        );
      if (!end.pod) return false;
      if (namespaceSelector) {
        const labels = this.#namespaces.get(end.pod.namespace)?.metadata.labels;
        if (!selectorOf(namespaceSelector).matches(labels)) return false;
      } else if (end.pod.namespace !== namespace) return false;
      return !podSelector || selectorOf(podSelector).matches(this.#labelsOf(end.pod));
    });
  }

  #labelsOf({ namespace, name, labels }: NonNullable<PolicyEnd['pod']>) {
    return labels ?? this.#pods.get(`${namespace}/${name}`)?.metadata.labels;
  }
}
