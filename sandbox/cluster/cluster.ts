/**
 * A whole cluster in this thread: control plane, nodes, network, images. Wiring only; nothing here decides
 * anything that a component should.
 */
import type { Clock } from '../core/clock.ts';
import { DisposableStore, type Disposable } from '../core/disposable.ts';
import type { HttpOrigin } from '../core/http.ts';
import type { Random } from '../core/random.ts';
import type { BatchTools } from '../os/batch-tools.ts';
import { BEAT_MS } from '../os/usage-history.ts';
import type { ContainerEngine } from '../os/container-engine.ts';
import type { FileSystem } from '../os/file-system.ts';
import { MemoryFileSystem } from '../os/memory-file-system.ts';
import { keyOf, type KubernetesObject } from './api/object.ts';
import type { UserInfo } from './api/request.ts';
import type { ApiServer } from './apiserver/api-server.ts';
import type { StoreSnapshot } from './apiserver/storage/store.ts';
import { SERVICE_ACCOUNTS } from './client/resources.ts';
import type { SignCertificate } from './controllers/certificates/certificates.ts';
import { administrator, INSTALLER, installAddons } from './addons.ts';
import { ControlPlane } from './control-plane.ts';
import type { DockerEngine } from './engine/engine.ts';
import { REGISTRY_MIRRORS, startLearnerRegistry } from './engine/learner-registry.ts';
import type { ProgramTable } from './images/executable.ts';
import { ImageSources } from './images/image-sources.ts';
import { IMAGE_REGISTRY, MESH_IMAGES, PRELOADED_IMAGES, PROGRAMS } from './images/registry.ts';
import { NodeConnections } from './kubelet/node-connections.ts';
import { NodeMachine } from './kubelet/node-machine.ts';
import { PodSource } from './kubelet/pod-source.ts';
import type { VolumeDisk } from './kubelet/volume-disk.ts';
import type { InstalledMesh } from './mesh/install.ts';
import { MetricsServer } from './metrics-server/metrics-server.ts';
import { registerMetricsServer } from './metrics-server/registration.ts';
import { ClusterNetwork } from './network/cluster-network.ts';
import { LoadBalancer } from './network/load-balancer.ts';
import { ROOT_CERTIFICATE } from './root-certificate.ts';

export type { NodeMachine, NodeState } from './kubelet/node-machine.ts';
export type { AttachedVolume, VolumeDisk } from './kubelet/volume-disk.ts';

export interface ClusterOptions {
  clock: Clock;
  random: Random;
  /** The control plane's node included; 1 to 50. */
  nodes: number;
  /** State to boot from. Objects are as they were; programs start again. */
  snapshot?: StoreSnapshot | undefined;
  /** The certificate (PEM) of the authority behind the API server's own; default: one that signs nothing. */
  rootCertificate?: string | undefined;
  /** Signs approved CertificateSigningRequests; default: nobody does. */
  sign?: SignCertificate | undefined;
  /** Keeps what containers write into emptyDir volumes; default: they start empty at every boot. */
  volumes?: VolumeDisk | undefined;
  /** The learner's disk, where Docker and the registry beside the cluster keep images; default: one of their own. */
  disk?: FileSystem | undefined;
  /** What is installed besides: `mesh`, which is Istio (`mesh/`), and those of `addons.ts`. */
  addons?: readonly string[] | undefined;
  /** Where containers' tools run that cannot yield (sed, awk); default: they say that they are not available. */
  batch?: BatchTools | undefined;
  /** Hears of failures that a component tries again. */
  onError?(component: string, key: string, error: unknown): void;
}

const CONTROL_PLANE = 'slipway-control-plane';
/** Docker's directory on the learner's disk. */
const DOCKER_ROOT = '/var/lib/docker';

export class Cluster implements Disposable {
  readonly api: ApiServer;
  readonly network: ClusterNetwork;
  /** The nodes as machines, by name: they can be stopped, started, paused and cut off. */
  readonly nodes: ReadonlyMap<string, NodeMachine>;
  /** Resolves when every node is Ready and pods can be made: the default service account is there. */
  readonly ready: Promise<void>;
  readonly #controlPlane: ControlPlane;
  readonly #resources = new DisposableStore();
  readonly #makeEngine: () => Promise<DockerEngine>;
  #engine: Promise<DockerEngine> | undefined;

  constructor(options: ClusterOptions) {
    const { clock, random, nodes, snapshot, rootCertificate, sign, volumes, batch, onError } = options;
    const { addons = [] } = options;
    this.#controlPlane = this.#resources.add(
      new ControlPlane({
        clock,
        random,
        rootCertificate: rootCertificate ?? ROOT_CERTIFICATE,
        sign,
        ...(snapshot ? { snapshot } : {}),
        ...(onError ? { onError } : {}),
      }),
    );
    const { api, informers } = this.#controlPlane;
    this.api = api;
    this.network = this.#resources.add(new ClusterNetwork({ clock, random, informers }));
    const { network } = this;
    const disk = options.disk ?? new MemoryFileSystem({ clock });
    const sources = new ImageSources({ builtIn: IMAGE_REGISTRY, mirrors: REGISTRY_MIRRORS });
    this.#resources.add(
      startLearnerRegistry({ network, random, disk, directory: `${DOCKER_ROOT}/volumes/registry/_data` }),
    );
    this.#resources.add(
      new LoadBalancer({
        clock,
        client: this.#controlPlane.client(administrator('system:cloud-provider'), 'cloud-provider'),
        informers,
        addresses: network.externalAddresses,
        onError: (key, error) => onError?.('load-balancer', key, error),
      }),
    );
    const connections = new NodeConnections(clock, this.network, informers);
    api.nodeConnector = connections;
    const pods = this.#resources.add(new PodSource(informers));
    const mesh = addons.includes('mesh') ? this.#installMesh(options) : undefined;
    const programs = mesh ? new Map([...PROGRAMS, ...meshPrograms(mesh)]) : PROGRAMS;
    const preloaded = mesh ? new Map([...PRELOADED_IMAGES, ...MESH_IMAGES]) : PRELOADED_IMAGES;
    const machines = new Map<string, NodeMachine>();
    this.nodes = machines;
    for (let index = 0; index < nodes; index++) {
      const isControlPlane = index === 0;
      const machine = new NodeMachine({
        nodeName: nodeName(index),
        address: `172.18.0.${index + 2}`,
        podCIDR: `10.244.${index}.0/24`,
        transport: api,
        clock,
        random,
        informers,
        pods,
        network: this.network,
        registry: sources,
        programs,
        preloaded,
        volumeDisk: volumes,
        batch,
        labels: isControlPlane ? { 'node-role.kubernetes.io/control-plane': '' } : {},
        taints:
          isControlPlane && nodes > 1
            ? [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }]
            : [],
      });
      this.#resources.add(machine);
      connections.add(machine);
      machines.set(machine.name, machine);
    }
    this.#makeEngine = async () => {
      const { DockerEngine } = await import('./engine/engine.ts');
      return this.#resources.add(
        new DockerEngine({
          clock,
          random,
          network,
          sources,
          programs: PROGRAMS,
          batch,
          disk,
          directory: DOCKER_ROOT,
          nodes: [...machines.values()],
        }),
      );
    };
    api.aggregate(
      new MetricsServer({
        clock,
        informers,
        resolutionMs: BEAT_MS,
        nodes: () =>
          [...machines.values()].map((machine) => ({
            name: machine.name,
            sampleAt: (beatMs) => (machine.reachable ? machine.kubelet?.sampleAt(beatMs) : undefined),
          })),
      }),
    );
    this.#controlPlane.start();
    this.ready = Promise.all([
      mesh?.then(({ ready }) => ready),
      registerMetricsServer(this.#controlPlane.client(INSTALLER, 'kubectl'), clock),
      ...[...machines.values()].map((machine) => machine.boot()),
      this.#defaultServiceAccount(),
      ...installAddons(addons, {
        clock,
        random,
        api,
        informers,
        network,
        nodes: machines,
        client: (user, userAgent) => this.#controlPlane.client(user, userAgent),
        onError: (component, key, error) => onError?.(component, key, error),
      }).map(async (addon) => this.#resources.add(await addon)),
    ]).then(() => {});
  }

  /** The container engine of the learner's machine, loaded when it is first asked for. */
  engine(): Promise<ContainerEngine> {
    return (this.#engine ??= this.#makeEngine());
  }

  /** The API over HTTP, as `user` sees it. */
  origin(user: UserInfo): HttpOrigin {
    return this.api.origin(user);
  }

  /** State to boot another cluster from. */
  snapshot(): StoreSnapshot {
    return this.api.snapshot();
  }

  /** The keys of everything there is. */
  storedKeys(): string[] {
    const { resources } = this.snapshot();
    return Object.entries(resources).flatMap(([resource, objects]) =>
      objects.map((object) => `${resource} ${keyOf(object)}`),
    );
  }

  /** Tells the keys (`resource key`) of what was written or deleted, after the fact. */
  onStored(listener: (keys: string[]) => void): Disposable {
    return this.api.store.onChanges((changes) =>
      listener(changes.map(({ resource, key }) => `${resource} ${key}`)),
    );
  }

  /** The present value under a key that `onStored` told. */
  stored(key: string): KubernetesObject | undefined {
    const space = key.indexOf(' ');
    const object = this.api.store.get(key.slice(0, space), key.slice(space + 1));
    return object && this.api.managedFields.complete(object);
  }

  dispose(): void {
    this.#resources.dispose();
  }

  async #installMesh({ clock, random, onError }: ClusterOptions): Promise<InstalledMesh> {
    const { installMesh } = await import('./mesh/install.ts');
    return this.#resources.add(
      await installMesh({
        clock,
        random,
        client: this.#controlPlane.client(INSTALLER, 'istiod'),
        informers: this.#controlPlane.informers,
        network: this.network,
        onError: (key, error) => onError?.('mesh', key, error),
      }),
    );
  }

  /** Without it no pod is admitted to the namespace default. */
  #defaultServiceAccount(): Promise<void> {
    const accounts = this.#controlPlane.informers.informer(SERVICE_ACCOUNTS);
    return new Promise((resolve) => {
      const handler = accounts.addHandler({
        add: ({ metadata }) => {
          if (metadata.namespace !== 'default' || metadata.name !== 'default') return;
          queueMicrotask(() => handler.dispose());
          resolve();
        },
      });
    });
  }
}

/** What is in Istio's images: it runs in the mesh that is installed. */
function meshPrograms(mesh: Promise<InstalledMesh>): ProgramTable {
  const load = async (name: string) => {
    const programs = await (await mesh).mesh.programs();
    return programs.get(name)!();
  };
  return new Map(['pilot-agent', 'pilot-discovery'].map((name) => [name, () => load(name)]));
}

/** As kind names its nodes. */
function nodeName(index: number): string {
  if (index === 0) return CONTROL_PLANE;
  return index === 1 ? 'slipway-worker' : `slipway-worker${index}`;
}

/** Records of `stored` by key, as the snapshot that a cluster boots from. */
export function snapshotOf(objects: ReadonlyMap<string, KubernetesObject>, revision: number): StoreSnapshot {
  const resources: StoreSnapshot['resources'] = {};
  for (const [key, object] of objects) (resources[key.slice(0, key.indexOf(' '))] ??= []).push(object);
  return { revision, resources };
}
