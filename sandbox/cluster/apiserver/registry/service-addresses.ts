/**
 * The service CIDR and the node port range (`pkg/registry/core/service/{ipallocator,portallocator}`). What
 * is taken is read from the stored Services, so that nothing has to be repaired after a restore.
 */
import type { Random } from '../../../core/random.ts';
import type { KubernetesObject } from '../../api/object.ts';
import { isValidIP } from '../../api/validation/names.ts';
import type { Store } from '../storage/store.ts';

/** kubeadm's default, which kind has too. */
export const SERVICE_CIDR = '10.96.0.0/16';
const NETWORK = '10.96.';
/** The lower part of the range is left to addresses that somebody asks for (KEP-3070). */
const STATIC_BAND = 256;
const NODE_PORTS = { first: 30000, last: 32767 };
/** Random tries before the range is searched in order. */
const TRIES = 16;

export class ClusterAddresses {
  readonly #random: Random;
  #ips = new Set<string>(['10.96.0.0', '10.96.255.255']);
  #ports = new Set<number>();

  /** Addresses that Services other than `self` hold. */
  constructor(store: Store, random: Random, self: KubernetesObject) {
    this.#random = random;
    for (const { metadata, spec } of store.list('services')) {
      if (metadata.name === self.metadata.name && metadata.namespace === self.metadata.namespace) continue;
      if (spec.clusterIP) this.#ips.add(spec.clusterIP);
      for (const { nodePort } of spec.ports ?? []) if (nodePort) this.#ports.add(nodePort);
    }
  }

  nextClusterIP(): string {
    const size = 0x10000;
    const at = (index: number) => `${NETWORK}${index >> 8}.${index & 255}`;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const ip = at(STATIC_BAND + this.#random.int(size - STATIC_BAND - 1));
      if (!this.#ips.has(ip)) return ip;
    }
    for (let offset = 0; offset < size; offset++) {
      const ip = at((STATIC_BAND + offset) % size);
      if (!this.#ips.has(ip)) return ip;
    }
    throw new Error(`every address of ${SERVICE_CIDR} is taken`);
  }

  /** Why a Service cannot have the address it asks for. */
  problemWith(ip: string): string | undefined {
    // What is no address is told field by field.
    if (isValidIP(ip).length > 0) return undefined;
    if (!ip.startsWith(NETWORK))
      return `failed to allocate IP ${ip}: the provided network does not match the current range`;
    if (this.#ips.has(ip)) return `failed to allocate IP ${ip}: provided IP is already allocated`;
    return undefined;
  }

  nextNodePort(): number {
    const size = NODE_PORTS.last - NODE_PORTS.first + 1;
    const start = this.#random.int(size);
    for (let offset = 0; offset < size; offset++) {
      const port = NODE_PORTS.first + ((start + offset) % size);
      if (this.#ports.has(port)) continue;
      this.#ports.add(port);
      return port;
    }
    throw new Error('every node port is taken');
  }

  /** Takes a port that a Service asks for, or says why it cannot have it. */
  takeNodePort(port: number): string | undefined {
    if (port < NODE_PORTS.first || port > NODE_PORTS.last)
      return `provided port is not in the valid range. The range of valid ports is ${NODE_PORTS.first}-${NODE_PORTS.last}`;
    if (this.#ports.has(port)) return 'provided port is already allocated';
    this.#ports.add(port);
    return undefined;
  }
}
