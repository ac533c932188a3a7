/**
 * The add-on `mesh`: Istio 1.30 as far as a learner meets it. Definitions of its kinds (`istio-1.30.json`, made by
 * `istio.mjs`) and of the Gateway API, istiod with its webhook in istio-system, the authority and its root in every
 * namespace, and the proxies of sidecars and of namespaces in ambient mode.
 */
import { fromBase64 } from '../../core/base64.ts';
import type { Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import type { Random } from '../../core/random.ts';
import { decode } from '../../core/bytes.ts';
import type { KubernetesObject } from '../api/object.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import { ensure } from '../client/ensure.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { Namespace, Pod, Secret } from '../client/kinds.ts';
import { CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES, PODS, SECRETS, SERVICES } from '../client/resources.ts';
import { installGatewayDefinitions } from '../gateway/install.ts';
import type { ClusterNetwork } from '../network/cluster-network.ts';
import { CertificateAuthority } from './certificate-authority.ts';
import { DATAPLANE_LABEL, Discovery } from './discovery.ts';
import { ROOT_NAMESPACE } from './istio-kinds.ts';
import { ISTIO_OBJECTS, ISTIOD } from './istio-objects.ts';
import { Mesh } from './mesh.ts';
import { publishRootCertificates } from './root-certificates.ts';
import { writeServiceRouteStatuses } from './service-route-status.ts';
import { SpanSender } from './span-sender.ts';
import grpcRoute from './grpcroute-1.6.json' with { type: 'json' };
import definitions from './istio-1.30.json' with { type: 'json' };

export interface InstallMeshOptions {
  clock: Clock;
  random: Random;
  client: Client;
  informers: InformerFactory;
  network: ClusterNetwork;
  onError(key: string, error: unknown): void;
}

interface Definition {
  name: string;
  spec: object;
  versions: string[];
  version: object;
}

const CA_SECRET = 'istio-ca-secret';
/** How long a new cluster is held back until pods can be given sidecars. */
const READY_MS = 30_000;

export class InstalledMesh implements Disposable {
  readonly mesh: Mesh;
  /** Resolves when pods can be given sidecars, or have to do without an istiod that does not come. */
  readonly ready: Promise<void>;
  readonly #resources: DisposableStore;

  constructor(mesh: Mesh, ready: Promise<void>, resources: DisposableStore) {
    this.mesh = mesh;
    this.ready = ready;
    this.#resources = resources;
  }

  dispose(): void {
    this.#resources.dispose();
  }
}

/** Puts what is not there yet, and starts what serves it. */
export async function installMesh(options: InstallMeshOptions): Promise<InstalledMesh> {
  const { clock, random, client, informers, network, onError } = options;
  await installGatewayDefinitions(client);
  for (const definition of [
    ...(definitions as Definition[]).map(definitionOf),
    grpcRoute as KubernetesObject,
  ])
    await ensure(client, CUSTOM_RESOURCE_DEFINITIONS, definition);
  const resources = new DisposableStore();
  const discovery = new Discovery(informers, network.dns.domain);
  await ensure(client, NAMESPACES, { metadata: { name: ROOT_NAMESPACE }, spec: {} });
  const authority = await theAuthority(options);
  const spans = new SpanSender(clock, network, informers);
  const mesh = resources.add(new Mesh({ clock, random, network, discovery, authority, spans }));
  const root = authority.stored.certificate;
  resources.add(publishRootCertificates({ clock, client, informers, root, onError }));
  resources.add(writeServiceRouteStatuses({ clock, client, informers, discovery, onError }));
  resources.add(followAmbient(mesh, informers, onError));
  await discovery.synced();
  for (const [type, object] of ISTIO_OBJECTS) await ensure(client, type, object);
  return new InstalledMesh(mesh, controlPlaneReady(mesh, options), resources);
}

function definitionOf({ name, spec, versions, version }: Definition): KubernetesObject {
  return {
    metadata: { name, labels: { app: 'istio-pilot', chart: 'istio', release: 'istio' } },
    spec: {
      ...spec,
      versions: versions.map((each, index) => ({
        name: each,
        served: true,
        storage: index === 0,
        ...version,
      })),
    },
  };
}

/** The one that signed before, if the cluster is booted again. */
async function theAuthority({ clock, random, client }: InstallMeshOptions): Promise<CertificateAuthority> {
  const place = { namespace: ROOT_NAMESPACE, name: CA_SECRET };
  try {
    const { data = {} } = await client.get(SECRETS, place);
    const text = (key: string) => decode(fromBase64(data[key] ?? ''));
    return CertificateAuthority.restore(clock, random, {
      certificate: text('ca-cert.pem'),
      key: text('ca-key.pem'),
    });
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error;
  }
  const authority = await CertificateAuthority.create(clock, random);
  const { certificate, key } = authority.stored;
  const secret: Secret = {
    metadata: place,
    type: 'istio.io/ca-root',
    data: { 'ca-cert.pem': btoa(certificate), 'ca-key.pem': btoa(key) },
  };
  await ensure(client, SECRETS, secret);
  return authority;
}

/** Pods and namespaces that come into ambient mode, or leave it. */
function followAmbient(
  mesh: Mesh,
  informers: InformerFactory,
  onError: InstallMeshOptions['onError'],
): Disposable {
  const running = new DisposableStore();
  const pods = informers.informer(PODS);
  const follow = (pod: Pod) => {
    const { namespace, name } = pod.metadata;
    mesh.follow(pod).catch((error: unknown) => onError(`${namespace}/${name}`, error));
  };
  running.add(pods.addHandler({ update: (_before, after) => follow(after), delete: follow }));
  const changed = (before: Namespace, after: Namespace) => {
    if (before.metadata.labels?.[DATAPLANE_LABEL] === after.metadata.labels?.[DATAPLANE_LABEL]) return;
    for (const pod of pods.list()) if (pod.metadata.namespace === after.metadata.name) follow(pod);
  };
  running.add(informers.informer(NAMESPACES).addHandler({ update: changed }));
  return running;
}

/** An istiod runs, and its Service leads there. */
function controlPlaneReady(mesh: Mesh, { clock, informers }: InstallMeshOptions): Promise<void> {
  const services = informers.informer(SERVICES);
  return new Promise((resolve) => {
    const limit = clock.setTimeout(resolve, READY_MS);
    const done = () => {
      limit.dispose();
      watching.dispose();
      resolve();
    };
    const host = `${ISTIOD}.${ROOT_NAMESPACE}.svc.${mesh.discovery.domain}`;
    const look = () => {
      if (mesh.discovery.endpoints(host, 443)?.length && services.get(`${ROOT_NAMESPACE}/${ISTIOD}`))
        void mesh.controlPlane().then(done);
    };
    const watching = mesh.discovery.onChange(look);
    look();
  });
}
