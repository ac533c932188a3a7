/**
 * What can be installed besides, by the name that `exercise.yaml` asks for it with; each is loaded when it is wanted.
 * The mesh is not among them: nodes need its images before they boot, so the cluster itself holds it. Wiring only.
 */
import type { Clock } from '../core/clock.ts';
import type { Disposable } from '../core/disposable.ts';
import type { Random } from '../core/random.ts';
import type { UserInfo } from './api/request.ts';
import type { ApiServer } from './apiserver/api-server.ts';
import type { Client } from './client/client.ts';
import type { InformerFactory } from './client/informer-factory.ts';
import type { NodeMachine } from './kubelet/node-machine.ts';
import type { ClusterNetwork } from './network/cluster-network.ts';

/** The cluster as an add-on finds it. */
export interface AddonSurroundings {
  clock: Clock;
  random: Random;
  api: ApiServer;
  informers: InformerFactory;
  network: ClusterNetwork;
  /** By name, the control plane's first. */
  nodes: ReadonlyMap<string, NodeMachine>;
  /** The API as `user`. */
  client(user: UserInfo, userAgent: string): Client;
  onError(component: string, key: string, error: unknown): void;
}

/** Resolves when what the add-on needs is in the API and its controllers have begun. */
type Install = (surroundings: AddonSurroundings) => Promise<Disposable>;

/** Whoever may do everything, under the name that it goes by in the audit log and in managed fields. */
export const administrator = (username: string): UserInfo => ({
  username,
  groups: ['system:masters', 'system:authenticated'],
});

/** Who installs what a person would install with kubectl. */
export const INSTALLER: UserInfo = administrator('kubernetes-admin');

const ADDONS: Readonly<Record<string, Install>> = {
  /** VolumeSnapshots, and a storage driver that can take them. */
  snapshots: async ({ client, ...surroundings }) => {
    const { installSnapshots } = await import('./snapshots/install.ts');
    const user = administrator('system:snapshots');
    return installSnapshots({ ...surroundings, client: (userAgent) => client(user, userAgent) });
  },
  /** The Gateway API with a controller, and Ingress. */
  gateway: async (surroundings) => {
    const { installGateway } = await import('./gateway/install.ts');
    return installGateway(asController(surroundings, 'gateway', 'system:gateway', 'gateway-controller'));
  },
  /** Counts what the mesh and whoever is annotated tells. */
  prometheus: (surroundings) => installObserver('prometheus', surroundings),
  /** Follows requests. */
  jaeger: (surroundings) => installObserver('jaeger', surroundings),
  /** Serving and Eventing. */
  knative: async (surroundings) => {
    const { installKnative } = await import('./knative/install.ts');
    const account = 'system:serviceaccount:knative-serving:controller';
    return installKnative(asController(surroundings, 'knative', account, 'knative'));
  },
};

/** Those of `names` that are here, under way. */
export const installAddons = (
  names: readonly string[],
  surroundings: AddonSurroundings,
): Promise<Disposable>[] =>
  Object.entries(ADDONS).flatMap(([name, install]) => (names.includes(name) ? install(surroundings) : []));

/** For what acts as one user, has addresses from outside, and tells of failures as one component. */
const asController = (
  { client, onError, ...surroundings }: AddonSurroundings,
  component: string,
  username: string,
  userAgent: string,
) => ({
  ...surroundings,
  client: client(administrator(username), userAgent),
  addresses: surroundings.network.externalAddresses,
  onError: (key: string, error: unknown) => onError(component, key, error),
});

async function installObserver(
  name: 'prometheus' | 'jaeger',
  { client, nodes, ...surroundings }: AddonSurroundings,
): Promise<Disposable> {
  const { installObservability } = await import('./observability/install.ts');
  const [controlPlane] = nodes.values();
  return installObservability([name], {
    ...surroundings,
    client: client(INSTALLER, 'kubectl'),
    address: controlPlane!.address,
  });
}
