/**
 * `istioctl proxy-status`: the proxies that istiod has something for. It is told by the pods: a proxy that is ready has
 * all that there is, because proxies here ask in the mesh's own process instead of being sent it.
 */
import type { IstioctlCommand } from './istioctl.ts';
import {
  hasProxy,
  ISTIO_NAMESPACE,
  MeshObjects,
  PROXY,
  proxyContainer,
  versionOfImage,
} from './mesh-objects.ts';
import { tableText } from './table.ts';

const SUBSCRIBED = '4 (CDS,LDS,EDS,RDS)';

export const proxyStatus: IstioctlCommand = {
  use: 'proxy-status [<type>/]<name>[.<namespace>]',
  short: 'Retrieves the synchronization status of each Envoy in the mesh',
  flags: [],
  run: async (invocation) => {
    const pods = (await MeshObjects.read(invocation.api, ['Pod'])).all('Pod');
    const istiod = pods.find(
      ({ metadata, status }) =>
        metadata.namespace === ISTIO_NAMESPACE &&
        metadata.labels?.['app'] === 'istiod' &&
        status?.phase === 'Running',
    );
    const { namespace, explicit } = invocation.namespace;
    const [only] = invocation.args;
    const rows = pods
      .filter((pod) => hasProxy(pod) && isProxyReady(pod.status))
      .filter(({ metadata }) => !explicit || metadata.namespace === namespace)
      .map(({ metadata, spec }) => [
        `${metadata.name}.${metadata.namespace}`,
        'Kubernetes',
        istiod?.metadata.name ?? '',
        versionOfImage(proxyContainer(spec)!.image),
        SUBSCRIBED,
      ])
      .filter(([id]) => !only || id === only || id!.startsWith(`${only}.`))
      .sort(([a], [b]) => (a! < b! ? -1 : 1));
    if (!istiod) {
      await invocation.printError('Error: unable to find any Istiod instances\n');
      return;
    }
    await invocation.print(tableText(['NAME', 'CLUSTER', 'ISTIOD', 'VERSION', 'SUBSCRIBED TYPES'], rows));
  },
};

const isProxyReady = (status: any): boolean =>
  [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].some(
    ({ name, ready }: { name: string; ready: boolean }) => name === PROXY && ready,
  );
