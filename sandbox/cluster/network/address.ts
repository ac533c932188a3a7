/** IPv4 addresses and blocks as numbers. Kubernetes' second address family is left out: clusters here have one. */

/** The address as an unsigned 32-bit number, or undefined when `text` is not dotted decimal. */
export function parseAddress(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!match) return undefined;
  let value = 0;
  for (let i = 1; i <= 4; i++) {
    const octet = Number(match[i]);
    if (octet > 255) return undefined;
    value = value * 256 + octet;
  }
  return value;
}

const formatAddress = (value: number): string =>
  [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');

export const isLoopback = (address: string): boolean => address.startsWith('127.');

/** A CIDR block: `10.244.1.0/24`. */
export class AddressBlock {
  readonly first: number;
  readonly size: number;

  /** Throws a `RangeError` for text that is no block. */
  constructor(text: string) {
    const [address = '', length = ''] = text.split('/');
    const base = parseAddress(address);
    const bits = Number(length);
    if (base === undefined || !/^\d+$/.test(length) || bits > 32)
      throw new RangeError(`${text}: not an IPv4 block such as 10.244.0.0/24`);
    this.size = 2 ** (32 - bits);
    this.first = base - (base % this.size);
  }

  contains(address: string): boolean {
    const value = parseAddress(address);
    return value !== undefined && value >= this.first && value < this.first + this.size;
  }
}

/**
 * Hands out a node's pod addresses as the `host-local` plugin does: round robin, so that an address is
 * reused as late as possible. Network, gateway (first) and broadcast addresses are never given.
 */
export class AddressPool {
  readonly block: AddressBlock;
  readonly #used = new Set<number>();
  #next: number;

  constructor(cidr: string) {
    this.block = new AddressBlock(cidr);
    this.#next = this.block.first + 2;
  }

  /** The address of the node's bridge, which pods have as their gateway. */
  get gateway(): string {
    return formatAddress(this.block.first + 1);
  }

  /** A free address, or `wanted` when that is free. Undefined: the block is exhausted. */
  allocate(wanted?: string): string | undefined {
    const asked = wanted === undefined ? undefined : parseAddress(wanted);
    if (asked !== undefined && this.block.contains(wanted!) && !this.#used.has(asked)) {
      this.#used.add(asked);
      return wanted;
    }
    const last = this.block.first + this.block.size - 2;
    for (let tried = this.block.first + 2; tried <= last; tried++) {
      const candidate = this.#next;
      this.#next = candidate === last ? this.block.first + 2 : candidate + 1;
      if (this.#used.has(candidate)) continue;
      this.#used.add(candidate);
      return formatAddress(candidate);
    }
    return undefined;
  }

  release(address: string): void {
    const value = parseAddress(address);
    if (value !== undefined) this.#used.delete(value);
  }
}
