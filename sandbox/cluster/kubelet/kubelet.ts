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
import { SERVICES } from '../client/resources.ts';
import type { ProgramTable } from '../images/executable.ts';
import type { Image } from '../images/image.ts';
import { NodeImages, type ImageSource } from '../images/image-store.ts';
import type { ClusterNetwork, NodeNetwork } from '../network/cluster-network.ts';
import { Environment } from './environment.ts';
import { ImagePuller } from './image-puller.ts';
import type { NodeContext } from './node-context.ts';
import { KUBELET_VERSION, NodeRegistration } from './node-registration.ts';
import type { PodSource } from './pod-source.ts';
import { PodWorker, VOLUME_UPDATE_MS } from './pod-worker.ts';
import { ReferencedObjects } from './referenced-objects.ts';
import { StatusManager } from './status-manager.ts';
import type { VolumeDisk } from './volume-disk.ts';
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
  /** Registries that pulls go to. */
  registry: ImageSource;
  /** What images' binaries run. */
  programs: ProgramTable;
  /** Where emptyDir volumes are kept; default: nowhere. */
  volumeDisk?: VolumeDisk | undefined;
  /** Where containers' tools run that cannot yield. */
  batch?: BatchTools | undefined;
  /** Images on the node from the start, by tag. */
  preloaded?: ReadonlyMap<string, Image>;
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
  readonly #options: KubeletOptions;
  readonly #node: NodeContext;
  readonly #network: NodeNetwork;
  readonly #registration: NodeRegistration;
  readonly #objects: ReferencedObjects;
  readonly #workers = new Map<string, PodWorker>();
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
    this.images = new NodeImages({ clock, random, source: options.registry });
    for (const [tag, image] of options.preloaded ?? []) this.images.load(tag, image);
    this.#objects = new ReferencedObjects(client, informers);
    this.#network = network.addNode({ name: nodeName, address, podCIDR });
    this.#registration = new NodeRegistration({
      client,
      clock,
      recorder,
      images: this.images,
      name: nodeName,
      address,
      podCIDR,
      capacity,
      labels: options.labels ?? {},
      taints: options.taints ?? [],
      machineID: random.uuid().replaceAll('-', ''),
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
        disk: options.volumeDisk,
      }),
      environment: new Environment({
        objects: this.#objects,
        services: informers.informer(SERVICES),
        allocatable: capacity,
        onInvalidNames: () => undefined,
      }),
      programs: options.programs,
      batch: options.batch,
      clusterNetwork: network,
      network: this.#network,
      clusterDNS: options.clusterDNS ?? '10.96.0.10',
    };
    this.#resources.add(recorder);
    this.#resources.add(this.#registration);
    this.#resources.add(this.#node.statuses);
  }

  /** Registers the node, then runs what is bound to it. Resolves when the node is Ready. */
  async start(): Promise<void> {
    await this.#registration.start();
    if (this.#resources.disposed) return;
    await this.#options.pods.synced;
    this.#resources.add(this.#follow('configmaps', this.#objects.configMaps));
    this.#resources.add(this.#follow('secrets', this.#objects.secrets));
    this.#resources.add(
      this.#options.pods.listen(this.nodeName, {
        updated: (pod) => this.#updated(pod),
        removed: (pod) => this.#workers.get(pod.metadata.uid!)?.removed(),
      }),
    );
  }

  /** The worker of a pod that is here. */
  pod(uid: string): PodWorker | undefined {
    return this.#workers.get(uid);
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
    for (const worker of this.#workers.values()) worker.halt();
    this.#workers.clear();
    this.#network.dispose();
  }

  #updated(pod: Pod): void {
    const uid = pod.metadata.uid!;
    let worker = this.#workers.get(uid);
    if (worker) return worker.update(pod);
    worker = new PodWorker(this.#node, pod, () => this.#workers.delete(uid));
    this.#workers.set(uid, worker);
    worker.sync();
  }

  /** Tells the pods that show an object when it has changed. */
  #follow(
    resource: string,
    informer: ReferencedObjects['configMaps'] | ReferencedObjects['secrets'],
  ): Disposable {
    const changed = ({ metadata }: { metadata: Pod['metadata'] }) => {
      const reference = `${resource}/${metadata.name}`;
      for (const worker of this.#workers.values()) {
        if (worker.pod.metadata.namespace !== metadata.namespace) continue;
        if (!worker.volumeReferences.has(reference)) continue;
        this.#options.clock.setTimeout(() => void worker.updateVolumes(), VOLUME_UPDATE_MS);
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
