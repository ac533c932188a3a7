/**
 * The kubelet of one node: registers it, runs the pods that are bound to it and reports about them. It
 * meets the rest of the cluster only through the API and the network.
 */
import type { Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import type { Random } from '../../core/random.ts';
import type { BatchTools } from '../../os/batch-tools.ts';
import type { Client } from '../client/client.ts';
import { EventRecorder } from '../client/event-recorder.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { Pod, Taint } from '../client/kinds.ts';
import { NODES, SERVICES } from '../client/resources.ts';
import type { ProgramTable } from '../images/executable.ts';
import type { NodeImages } from '../images/image-store.ts';
import type { ClusterNetwork, NodeNetwork } from '../network/cluster-network.ts';
import type { CsiPlugins } from './csi-plugin.ts';
import { Environment } from './environment.ts';
import { EvictionManager } from './eviction-manager.ts';
import { ImagePuller } from './image-puller.ts';
import { KubeletServer } from './kubelet-server.ts';
import type { NodeContext } from './node-context.ts';
import type { NodeDisk } from './node-disk.ts';
import { KUBELET_VERSION, NodeRegistration } from './node-registration.ts';
import { NodeUsage } from './node-usage.ts';
import type { PodSource } from './pod-source.ts';
import { PodWorker, type Rejection } from './pod-worker.ts';
import { ReferencedObjects } from './referenced-objects.ts';
import { lackOf, requestsOf, type Requests } from './resource-requests.ts';
import { sampleAt, type NodeSample } from './usage-sample.ts';
import { StatusManager } from './status-manager.ts';
import { Volumes } from './volumes.ts';

export interface KubeletOptions {
  nodeName: string;
  /** The node's own address: `172.18.0.2`. */
  address: string;
  /** Where its pods' addresses come from: `10.244.0.0/24`. */
  podCIDR: string;
  /** Anybody's: the kubelet acts as `system:node:NAME`. */
  client: Client;
  clock: Clock;
  random: Random;
  /** The process' informers of Services, ConfigMaps and Secrets. */
  informers: InformerFactory;
  /** One for all kubelets of the process. */
  pods: PodSource;
  network: ClusterNetwork;
  /** What is on the node already. */
  images: NodeImages;
  /** Where volumes are that outlive containers. */
  disk: NodeDisk;
  /** Storage drivers of the node. */
  csiPlugins: CsiPlugins;
  /** Of the machine: 32 hexadecimal digits. */
  machineID: string;
  /** What images' binaries run. */
  programs: ProgramTable;
  /** Where containers' tools run that cannot yield. */
  batch?: BatchTools | undefined;
  /** Default: 2 CPUs, 8 GiB, 110 pods. */
  capacity?: Record<string, string>;
  labels?: Record<string, string>;
  taints?: Taint[];
  /** Address of the cluster's DNS Service; default `10.96.0.10`. */
  clusterDNS?: string;
}

const DEFAULT_CAPACITY = {
  cpu: '2',
  'ephemeral-storage': '100Gi',
  memory: '8Gi',
  pods: '110',
};

export class Kubelet implements Disposable {
  readonly nodeName: string;
  readonly images: NodeImages;
  readonly usage: NodeUsage;
  readonly server: KubeletServer;
  readonly #options: KubeletOptions;
  readonly #node: NodeContext;
  readonly #network: NodeNetwork;
  readonly #registration: NodeRegistration;
  readonly #objects: ReferencedObjects;
  readonly #evictions: EvictionManager;
  readonly #workers = new Map<string, PodWorker>();
  #listening: Disposable | undefined;
  readonly #resources = new DisposableStore();

  constructor(options: KubeletOptions) {
    this.#options = options;
    const {
      nodeName,
      address,
      podCIDR,
      clock,
      random,
      informers,
      network,
      capacity = DEFAULT_CAPACITY,
    } = options;
    this.nodeName = nodeName;
    const client = options.client.as({
      user: { username: `system:node:${nodeName}`, groups: ['system:nodes', 'system:authenticated'] },
      userAgent: `kubelet/${KUBELET_VERSION} (linux/amd64) kubernetes`,
    });
    const recorder = new EventRecorder(client, clock, { component: 'kubelet', host: nodeName });
    this.images = options.images;
    this.usage = new NodeUsage(clock, capacity);
    this.#objects = new ReferencedObjects(client, informers);
    this.#network = network.addNode({ name: nodeName, address, podCIDR });
    this.images.network = this.#network.host;
    this.#registration = new NodeRegistration({
      client,
      clock,
      recorder,
      images: this.images,
      nodes: informers.informer(NODES),
      name: nodeName,
      address,
      podCIDR,
      capacity,
      labels: options.labels ?? {},
      taints: options.taints ?? [],
      machineID: options.machineID,
      bootID: random.uuid(),
    });
    this.#node = {
      name: nodeName,
      client,
      clock,
      random,
      recorder,
      statuses: new StatusManager(client, clock),
      images: new ImagePuller(clock, this.images, () => void this.#reportImages()),
      volumes: new Volumes({
        client,
        clock,
        random,
        objects: this.#objects,
        allocatable: capacity,
        disk: options.disk,
        csiPlugins: options.csiPlugins,
      }),
      environment: new Environment({
        objects: this.#objects,
        services: informers.informer(SERVICES),
        allocatable: capacity,
        onInvalidNames: () => undefined,
      }),
      controlGroup: this.usage.pods,
      allocatable: capacity,
      allocated: (exceptUid) => this.#allocated(exceptUid),
      programs: options.programs,
      batch: options.batch,
      clusterNetwork: network,
      network: this.#network,
      clusterDNS: options.clusterDNS ?? '10.96.0.10',
    };
    this.#resources.add(recorder);
    this.#resources.add(this.#registration);
    this.#resources.add(this.#node.statuses);
    this.#evictions = this.#resources.add(
      new EvictionManager({
        clock,
        recorder,
        registration: this.#registration,
        usage: this.usage,
        workers: () => this.#workers.values(),
      }),
    );
    this.server = this.#resources.add(
      new KubeletServer({
        nodeName,
        clock,
        client,
        host: this.#network.host,
        usage: this.usage,
        workers: () => this.#workers.values(),
      }),
    );
  }

  /** Registers the node, then runs what is bound to it. Resolves when the node is Ready. */
  async start(): Promise<void> {
    await this.#registration.start();
    if (this.#resources.disposed) return;
    await this.#options.pods.synced;
    this.#resources.add(this.#follow('configmaps', this.#objects.configMaps));
    this.#resources.add(this.#follow('secrets', this.#objects.secrets));
    this.connect(true);
  }

  /** The API can be reached, or not: what happens there is heard of, or not. */
  connect(connected: boolean): void {
    this.#node.statuses.pause(!connected);
    this.#listening?.dispose();
    this.#listening = undefined;
    if (!connected || this.#resources.disposed) return;
    const { pods } = this.#options;
    // What has gone meanwhile.
    const present = new Set(pods.ofNode(this.nodeName).map(({ metadata }) => metadata.uid));
    for (const [uid, worker] of this.#workers) if (!present.has(uid)) worker.removed();
    this.#listening = pods.listen(this.nodeName, {
      updated: (pod) => this.#updated(pod),
      removed: (pod) => this.#workers.get(pod.metadata.uid!)?.removed(),
    });
    for (const worker of this.#workers.values()) worker.volumesOutdated();
  }

  /** The worker of a pod that is here. */
  pod(uid: string): PodWorker | undefined {
    return this.#workers.get(uid);
  }

  /** What the node used at a beat of the last two minutes. */
  sampleAt(beatMs: number): NodeSample {
    return sampleAt(beatMs, this.usage, this.#workers.values());
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  /** The node's own network namespace. */
  get host(): NodeNetwork['host'] {
    return this.#network.host;
  }

  /** The power goes off: containers end at once and nothing is reported any more. */
  dispose(): void {
    this.#resources.dispose();
    this.#listening?.dispose();
    for (const worker of this.#workers.values()) worker.halt();
    this.#workers.clear();
    this.#network.dispose();
  }

  #updated(pod: Pod): void {
    const uid = pod.metadata.uid!;
    let worker = this.#workers.get(uid);
    if (worker) return worker.update(pod);
    const isNew = pod.status?.startTime === undefined && pod.metadata.deletionTimestamp === undefined;
    const rejection = isNew ? this.#rejection(pod) : undefined;
    worker = new PodWorker(this.#node, pod, () => this.#gone(uid));
    this.#workers.set(uid, worker);
    if (rejection) worker.reject(rejection);
    else worker.sync();
  }

  #gone(uid: string): void {
    this.#workers.delete(uid);
    for (const worker of this.#workers.values()) worker.roomMade();
  }

  /** Why the node does not take a pod that was bound to it (canAdmitPod). */
  #rejection(pod: Pod): Rejection | undefined {
    const { allocatable } = this.#node;
    const wanted = requestsOf(pod);
    if (this.#evictions.underPressure && pod.status?.qosClass === 'BestEffort' && !tolerates(pod))
      return { reason: 'Evicted', message: 'The node had condition: [MemoryPressure]. ' };
    // Most pods ask for nothing, and then there is no need to count.
    if (wanted.cpu === 0 && wanted.memory === 0) return undefined;
    const message = lackOf(wanted, this.#allocated(''), allocatable);
    return message === undefined ? undefined : { reason: `OutOf${message.split(/[:,] /)[1]}`, message };
  }

  /** What is set aside for the pods that are here, but one. */
  #allocated(exceptUid: string): Requests {
    const total = { cpu: 0, memory: 0 };
    for (const [uid, { finished, allocated }] of this.#workers) {
      if (finished || uid === exceptUid) continue;
      total.cpu += allocated.cpu;
      total.memory += allocated.memory;
    }
    return total;
  }

  /** Tells the pods that show an object when it has changed. */
  #follow(
    resource: string,
    informer: ReferencedObjects['configMaps'] | ReferencedObjects['secrets'],
  ): Disposable {
    const changed = ({ metadata }: { metadata: Pod['metadata'] }) => {
      // Cut off: it is caught up with later.
      if (!this.#listening) return;
      const reference = `${resource}/${metadata.name}`;
      for (const worker of this.#workers.values()) {
        if (worker.pod.metadata.namespace !== metadata.namespace) continue;
        if (!worker.volumeReferences.has(reference)) continue;
        worker.volumesOutdated();
      }
    };
    return informer.addHandler({ update: (_before, after) => changed(after) });
  }

  async #reportImages(): Promise<void> {
    try {
      await this.#registration.report();
    } catch {
      // The next heartbeat carries the list.
    }
  }
}

/** Pods that put up with a node under pressure are taken all the same. */
const tolerates = ({ spec }: Pod): boolean =>
  (spec.tolerations ?? []).some(
    ({ key }) => key === undefined || key === 'node.kubernetes.io/memory-pressure',
  );
