/** Gives every namespace the root of the mesh's certificates, in the ConfigMap that sidecars mount. */
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import type { Clock } from '../../core/clock.ts';
import type { Client } from '../client/client.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { ConfigMap } from '../client/kinds.ts';
import { CONFIG_MAPS, NAMESPACES } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import { ensure } from '../client/ensure.ts';
import { isStatus } from '../api/status.ts';

const NAME = 'istio-ca-root-cert';
const FILE = 'root-cert.pem';

export interface RootCertificatesOptions {
  clock: Clock;
  client: Client;
  informers: InformerFactory;
  /** PEM. */
  root: string;
  onError(key: string, error: unknown): void;
}

export function publishRootCertificates(options: RootCertificatesOptions): Disposable {
  const { clock, client, informers, root, onError } = options;
  const namespaces = informers.informer(NAMESPACES);
  const configMaps = informers.informer(CONFIG_MAPS);
  const running = new DisposableStore();
  const reconcile = async (namespace: string) => {
    const found = namespaces.get(namespace);
    if (!found || found.metadata.deletionTimestamp) return;
    const wanted: ConfigMap = {
      metadata: { name: NAME, namespace, labels: { 'istio.io/config': 'true' } },
      data: { [FILE]: root },
    };
    const there = configMaps.get(`${namespace}/${NAME}`);
    if (there?.data?.[FILE] === root) return;
    if (there) await client.update(CONFIG_MAPS, { ...there, data: wanted.data });
    else
      await ensure(client, CONFIG_MAPS, wanted).catch((error: unknown) => {
        // It was on its way out.
        if (!isStatus(error, 'NotFound') && !isStatus(error, 'Forbidden')) throw error;
      });
  };
  const queue = running.add(new WorkQueue({ clock, reconcile, onError }));
  running.add(namespaces.addHandler({ add: ({ metadata }) => queue.add(metadata.name!) }));
  const again = ({ metadata }: ConfigMap) => {
    if (metadata.name === NAME) queue.add(metadata.namespace!);
  };
  running.add(configMaps.addHandler({ update: (_before, after) => again(after), delete: again }));
  return running;
}
