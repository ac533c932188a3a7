/**
 * What every namespace gets: the service account `default` (`pkg/controller/serviceaccount`) and the
 * ConfigMap by which its pods trust the API server (`rootcacertpublisher`).
 */
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import type { KubernetesObject } from '../api/object.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import type { Informer } from '../client/informer.ts';
import type { ConfigMap, Namespace } from '../client/kinds.ts';
import { CONFIG_MAPS, NAMESPACES, SERVICE_ACCOUNTS } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import type { ControllerContext } from './controller.ts';
import { deepEqual } from '../api/equality.ts';
import { isNamespaceTerminating } from './pod-control.ts';

const DEFAULT = 'default';
const ROOT_CERTIFICATE = 'kube-root-ca.crt';
const DESCRIPTION = {
  'kubernetes.io/description':
    'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints ' +
    'such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across ' +
    'distributions of Kubernetes clusters.',
};

/** Runs `reconcile` for each namespace that is there to stay, and again when what it makes is changed. */
class PerNamespace implements Disposable {
  readonly #namespaces: Informer<Namespace>;
  readonly #queue: WorkQueue;
  readonly #resources = new DisposableStore();

  constructor(context: ControllerContext, name: string, reconcile: (namespace: string) => Promise<void>) {
    this.#namespaces = context.informers.informer(NAMESPACES);
    this.#queue = this.#resources.add(
      new WorkQueue({
        clock: context.clock,
        reconcile: async (namespace) => {
          if (this.#namespaces.get(namespace)?.status?.phase !== 'Active') return;
          try {
            await reconcile(namespace);
          } catch (error) {
            if (!isStatus(error, 'AlreadyExists') && !isNamespaceTerminating(error)) throw error;
          }
        },
        onError: (namespace, error) => context.onError(name, namespace, error),
      }),
    );
    this.#resources.add(
      this.#namespaces.addHandler({
        add: ({ metadata }) => this.#queue.add(metadata.name!),
        update: (_before, { metadata }) => this.#queue.add(metadata.name!),
      }),
    );
  }

  /** Looks again when an object of that name is changed or deleted. */
  guard<T extends KubernetesObject>(informer: Informer<T>, name: string): this {
    const changed = ({ metadata }: T) => {
      if (metadata.name === name) this.#queue.add(metadata.namespace!);
    };
    this.#resources.add(informer.addHandler({ update: (_before, after) => changed(after), delete: changed }));
    return this;
  }

  dispose(): void {
    this.#resources.dispose();
  }
}

export function startServiceAccountController(context: ControllerContext): Disposable {
  const client = context.client('service-account-controller');
  const accounts = context.informers.informer(SERVICE_ACCOUNTS);
  return new PerNamespace(context, 'serviceaccount', async (namespace) => {
    if (accounts.get(`${namespace}/${DEFAULT}`)) return;
    await client.create(SERVICE_ACCOUNTS, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: DEFAULT, namespace },
    });
  }).guard(accounts, DEFAULT);
}

export function startRootCertificatePublisher(context: ControllerContext): Disposable {
  const client = context.client('root-ca-cert-publisher');
  const configMaps = context.informers.informer(CONFIG_MAPS);
  return new PerNamespace(context, 'root-ca-certificate-publisher', (namespace) =>
    publish(context, client, namespace, configMaps.get(`${namespace}/${ROOT_CERTIFICATE}`)),
  ).guard(configMaps, ROOT_CERTIFICATE);
}

async function publish(
  { rootCertificate }: ControllerContext,
  client: Client,
  namespace: string,
  current: ConfigMap | undefined,
): Promise<void> {
  const data = { 'ca.crt': rootCertificate };
  if (!current) {
    await client.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: ROOT_CERTIFICATE, namespace, annotations: DESCRIPTION },
      data,
    });
    return;
  }
  const { annotations } = current.metadata;
  if (deepEqual(current.data, data) && annotations?.['kubernetes.io/description']) return;
  const metadata = { ...current.metadata, annotations: { ...annotations, ...DESCRIPTION } };
  await client.update(CONFIG_MAPS, { ...current, metadata, data });
}
