/**
 * The interfaces of this network namespace and its routes, as `ip`, `ifconfig` and `route` show them: loopback, and
 * eth0 with the namespace's address. Only what is true here is told: no counters, no IPv6, no other end of the pair.
 */
import type { Process } from '../../os/process.ts';

export interface Interface {
  index: number;
  name: 'lo' | 'eth0';
  address: string;
  prefixLength: number;
  mac: string;
  mtu: number;
}

export interface Route {
  /** `default` or `10.244.0.0/24`. */
  destination: string;
  /** Undefined: the network itself. */
  gateway: string | undefined;
  source: string | undefined;
}

const POD_PREFIX = 24;
const MACHINE_PREFIX = 16;

export function interfacesOf({ machine }: Process): Interface[] {
  const lo: Interface = {
    index: 1,
    name: 'lo',
    address: '127.0.0.1',
    prefixLength: 8,
    mac: '00:00:00:00:00:00',
    mtu: 65_536,
  };
  const address = machine.network?.addresses[0];
  if (address === undefined || address === lo.address) return [lo];
  const bytes = address.split('.').map(Number);
  // As CNI plugins make it of the address.
  const mac = [0x0a, 0x58, ...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  return [lo, { index: 2, name: 'eth0', address, prefixLength: prefixOf(bytes), mac, mtu: 1500 }];
}

const prefixOf = ([first, second]: readonly number[]): number =>
  first === 10 && second === 244 ? POD_PREFIX : MACHINE_PREFIX;

/** A pod goes through its node for everything, as kind's ptp plugin sets it up; a machine reaches its network itself. */
export function routesOf(process: Process): Route[] {
  const eth0 = interfacesOf(process).find(({ name }) => name === 'eth0');
  if (!eth0) return [];
  const network = networkOf(eth0);
  const gateway = network.replace(/\d+$/, '1');
  const isPod = eth0.prefixLength === POD_PREFIX;
  return [
    { destination: 'default', gateway, source: undefined },
    {
      destination: `${network}/${eth0.prefixLength}`,
      gateway: isPod ? gateway : undefined,
      source: eth0.address,
    },
    ...(isPod ? [{ destination: gateway, gateway: undefined, source: eth0.address }] : []),
  ];
}

/** The first address of the interface's network. */
export const networkOf = ({ address, prefixLength }: Interface): string => masked(address, prefixLength, 0);

/** The last one. */
export const broadcastOf = ({ address, prefixLength }: Interface): string =>
  masked(address, prefixLength, 255);

/** `255.255.255.0`. */
export const maskOf = (prefixLength: number): string => masked('255.255.255.255', prefixLength, 0);

const masked = (address: string, prefixLength: number, rest: number): string =>
  address
    .split('.')
    .map((byte, i) => (i < prefixLength / 8 ? byte : String(rest)))
    .join('.');

/** `80 0.0.0.0`-like sockets that listen, the lowest port first. */
export const listenersOf = ({ machine }: Process): { port: number; address: string }[] =>
  machine.network?.listening?.() ?? [];
