/**
 * The registry beside the cluster, as kind's documentation sets it up: a machine `kind-registry` in the nodes'
 * network that listens on 5000, published on the learner's machine as `localhost:5001`, which the nodes'
 * containerd is told to look for there. Its code is loaded with the first request.
 */
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import type { HttpHandler } from '../../core/http.ts';
import type { Random } from '../../core/random.ts';
import type { FileSystem } from '../../os/file-system.ts';
import type { RegistryPlace } from '../images/image-sources.ts';
import type { ClusterNetwork } from '../network/cluster-network.ts';

const HOSTNAME = 'kind-registry';
const ADDRESS = '172.18.0.250';
const PORT = 5000;
const PUBLISHED_PORT = 5001;

/** What nodes and Docker know of registries that are not where their names say. */
export const REGISTRY_MIRRORS: Readonly<Record<string, RegistryPlace>> = {
  [`localhost:${PUBLISHED_PORT}`]: { host: HOSTNAME, port: PORT },
};

export interface LearnerRegistryOptions {
  network: ClusterNetwork;
  random: Random;
  /** Where it keeps what it is given. */
  disk: FileSystem;
  /** Absolute, on the disk. */
  directory: string;
}

/** Starts it; disposing stops it. */
export function startLearnerRegistry({
  network,
  random,
  disk,
  directory,
}: LearnerRegistryOptions): Disposable {
  let loading: Promise<HttpHandler> | undefined;
  const load = async (): Promise<HttpHandler> => {
    const [{ registryApi }, { RegistryStorage }] = await Promise.all([
      import('../images/distribution/registry-api.ts'),
      import('../images/distribution/registry-storage.ts'),
    ]);
    return registryApi({ storage: new RegistryStorage(disk, directory), random, deletable: true });
  };
  const answer: HttpHandler = async (request) => (await (loading ??= load()))(request);
  const started = new DisposableStore();
  const host = network.addHost({ addresses: [ADDRESS], hostname: HOSTNAME });
  started.add({ dispose: () => network.removeHost(host) });
  started.add(host.listen(PORT, answer));
  started.add(
    network.learner.listen(
      PUBLISHED_PORT,
      (request) => network.learner.fetch(ADDRESS, PORT, request),
      '127.0.0.1',
    ),
  );
  return started;
}
