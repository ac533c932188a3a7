/**
 * What all containers of a pod share: its network namespace with name, hosts and resolver, its control group, and
 * with `shareProcessNamespace` the table of processes, in which `/pause` is the first (RunPodSandbox of the CRI).
 */
import type { Disposable } from '../../core/disposable.ts';
import { ControlGroup } from '../../os/control-group.ts';
import { Machine, ProcessTable } from '../../os/machine.ts';
import { MemoryFileSystem } from '../../os/memory-file-system.ts';
import type { Pod } from '../client/kinds.ts';
import type { PodNetwork } from '../network/cluster-network.ts';
import type { NetworkStack } from '../network/network-stack.ts';
import { dnsConfigOf, hostAliases, hostsFile, resolvConf } from './container-files.ts';
import type { PodPlace } from './downward-api.ts';
import type { NodeContext } from './node-context.ts';
import { podLimits } from './resource-limits.ts';

/** `runAsUser` of the pause image. */
const PAUSE_USER = { uid: 65535, gid: 65535 };

export class PodSandbox implements Disposable {
  readonly stack: NetworkStack;
  readonly hostname: string;
  /** Contents of `/etc/hosts` and `/etc/resolv.conf`. */
  readonly hosts: string;
  readonly resolvConf: string;
  readonly place: PodPlace;
  /** What the containers use together. */
  readonly controlGroup: ControlGroup;
  /** Undefined: each container has its own. */
  readonly processes: ProcessTable | undefined;
  readonly #network: PodNetwork | undefined;
  readonly #pause: Machine | undefined;

  constructor(node: NodeContext, pod: Pod) {
    const { clock, random, network, clusterNetwork } = node;
    const { metadata, spec } = pod;
    const { namespace = '', name = '', uid = '' } = metadata;
    const hostname = hostnameOf(node, pod);
    const dns = dnsConfigOf(pod, {
      nameServer: node.clusterDNS,
      searches: clusterNetwork.dns.searches(namespace),
    });
    this.hostname = hostname;
    if (spec.hostNetwork) this.stack = network.host;
    else {
      const resolver = { searches: dns.searches, ndots: dns.ndots };
      this.#network = network.setUp({ namespace, name, uid, hostname, resolver, hosts: hostAliases(pod) });
      this.stack = this.#network.stack;
    }
    this.hosts = hostsFile(pod, this.stack.addresses[0]!, hostname, clusterNetwork.dns.domain);
    this.resolvConf = resolvConf(dns);
    this.place = placeOf(node, this.stack);
    this.controlGroup = new ControlGroup({ clock, parent: node.controlGroup, ...podLimits(pod) });
    if (spec.shareProcessNamespace) {
      this.processes = new ProcessTable();
      this.#pause = new Machine({
        hostname,
        files: new MemoryFileSystem({ clock }),
        clock,
        random,
        processTable: this.processes,
        findProgram: () => undefined,
        programNames: () => [],
      });
      this.#pause.spawn({
        argv: ['/pause'],
        program: (process) => process.wait(new Promise<void>(() => {})),
        files: [],
        user: PAUSE_USER,
      });
    }
  }

  /** The pod's address. */
  get address(): string {
    return this.stack.addresses[0]!;
  }

  /** Its network is taken down. */
  dispose(): void {
    this.#network?.dispose();
    for (const process of this.#pause?.processes.values() ?? []) {
      if (process.machine === this.#pause) process.signal('KILL');
    }
  }
}

/** What the downward API says of where a pod is, before and after it has a network. */
export function placeOf({ name, network }: NodeContext, stack: NetworkStack | undefined): PodPlace {
  return { podIP: stack?.addresses[0] ?? '', hostIP: network.address, nodeName: name };
}

function hostnameOf(node: NodeContext, { metadata, spec }: Pod): string {
  if (spec.hostnameOverride) return spec.hostnameOverride;
  if (spec.hostNetwork) return node.name;
  // A name of the kernel has 63 bytes at most.
  return (spec.hostname || metadata.name!).slice(0, 63).replace(/[-.]+$/, '');
}
