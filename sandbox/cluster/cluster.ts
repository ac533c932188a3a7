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
  /**
   * What is installed besides: `gateway` is the Gateway API with a controller, and Ingress (`gateway/`), `snapshots` are
   * VolumeSnapshots with a driver that can take them (`snapshots/`), `knative` Serving and Eventing,
   * `mesh` is Istio (`mesh/`), `prometheus` and `jaeger` watch (`observability/`).
   */
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
    const cloud = this.#controlPlane.client(
      { username: 'system:cloud-provider', groups: ['system:masters', 'system:authenticated'] },
      'cloud-provider',
    );
    const addresses = network.externalAddresses;
    this.#resources.add(
      new LoadBalancer({
        clock,
        client: cloud,
        informers,
        addresses,
        onError: (key, error) => onError?.('load-balancer', key, error),
      }),
    );
    const connections = new NodeConnections(clock, this.network, informers);
    api.nodeConnector = connections;
    const pods = this.#resources.add(new PodSource(informers));
    const installer = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
    const mesh = options.addons?.includes('mesh') ? this.#installMesh(options, installer) : undefined;
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
        programs: mesh ? new Map([...PROGRAMS, ...meshPrograms(mesh)]) : PROGRAMS,
        preloaded: mesh ? new Map([...PRELOADED_IMAGES, ...MESH_IMAGES]) : PRELOADED_IMAGES,
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
      registerMetricsServer(this.#controlPlane.client(installer, 'kubectl'), clock),
      ...[...machines.values()].map((machine) => machine.boot()),
      this.#defaultServiceAccount(),
      ...(options.addons?.includes('snapshots')
        ? [
            import('./snapshots/install.ts').then(async ({ installSnapshots }) => {
              const user = {
                username: 'system:snapshots',
                groups: ['system:masters', 'system:authenticated'],
              };
              this.#resources.add(
                await installSnapshots({
                  clock,
                  random,
                  informers,
                  nodes: machines,
                  client: (userAgent) => cloud.as({ user, userAgent }),
                  onError: (component, key, error) => onError?.(component, key, error),
                }),
              );
            }),
          ]
        : []),
      ...(options.addons?.includes('gateway')
        ? [
            import('./gateway/install.ts').then(async ({ installGateway }) => {
              const client = cloud.as({
                user: { username: 'system:gateway', groups: ['system:masters', 'system:authenticated'] },
                userAgent: 'gateway-controller',
              });
              const onFailure = (key: string, error: unknown) => onError?.('gateway', key, error);
              this.#resources.add(
                await installGateway({
                  clock,
                  random,
                  client,
                  informers,
                  network,
                  addresses,
                  onError: onFailure,
                }),
              );
            }),
          ]
        : []),
      ...(options.addons?.some((addon) => ['prometheus', 'jaeger'].includes(addon))
        ? [
            import('./observability/install.ts').then(async ({ installObservability }) => {
              const client = this.#controlPlane.client(installer, 'kubectl');
              const { address } = machines.get(CONTROL_PLANE)!;
              this.#resources.add(
                await installObservability(options.addons!, { api, client, informers, network, address }),
              );
            }),
          ]
        : []),
      ...(options.addons?.includes('knative')
        ? [
            import('./knative/install.ts').then(async ({ installKnative }) => {
              const groups = ['system:masters', 'system:authenticated'];
              const user = { username: 'system:serviceaccount:knative-serving:controller', groups };
              const client = cloud.as({ user, userAgent: 'knative' });
              const onFailure = (key: string, error: unknown) => onError?.('knative', key, error);
              this.#resources.add(
                await installKnative({
                  clock,
                  random,
                  client,
                  informers,
                  network,
                  addresses,
                  onError: onFailure,
                }),
              );
            }),
          ]
        : []),
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

  async #installMesh(options: ClusterOptions, user: UserInfo): Promise<InstalledMesh> {
    const { clock, random, onError } = options;
    const { installMesh } = await import('./mesh/install.ts');
    return this.#resources.add(
      await installMesh({
        clock,
        random,
        client: this.#controlPlane.client(user, 'istiod'),
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
