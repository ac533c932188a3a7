/** Where a proxied request may go: the checks of `ResourceLocation` of pods, services and nodes. */
import type { KubernetesObject } from '../../api/object.ts';
import { notFound, StatusError } from '../../api/status.ts';
import type { ProxyTarget } from '../node-connector.ts';
import type { Store } from '../storage/store.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';

/** Throws unless there is something to connect to. */
export function checkProxyTarget({ kind, namespace, name, port }: ProxyTarget, store: Store): void {
  if (kind === 'Node') {
    if (!store.get('nodes', name)) throw notFound({ group: '', resource: 'nodes' }, name);
    return;
  }
  const resource = kind === 'Pod' ? 'pods' : 'services';
  const object = store.get(resource, `${namespace}/${name}`);
  if (!object) throw notFound({ group: '', resource }, name);
  if (kind === 'Pod') {
    if (!object.status?.podIP) throw new StatusError('BadRequest', 'address not allowed');
    return;
  }
  checkService(object, port, store);
}

function checkService({ metadata, spec }: KubernetesObject, port: string | undefined, store: Store): void {
  const { namespace, name } = metadata;
  let portName = port ?? '';
  if (port && /^\d+$/.test(port)) {
    const found = spec.ports?.find((each: any) => each.port === Number(port));
    if (!found)
      throw new StatusError(
        'ServiceUnavailable',
        `no service port ${port} found for service ${JSON.stringify(name)}`,
      );
    portName = found.name ?? '';
  }
  const slices = store
    .list('discovery.k8s.io/endpointslices', `${namespace}/`)
    .filter((slice) => slice.metadata.labels?.[SERVICE_LABEL] === name);
  const isServed = slices.some(
    ({ endpoints, ports }) =>
      endpoints?.some(({ conditions }: any) => conditions?.ready !== false) &&
      // Whoever names no port takes the first.
      (!port || ports?.some((each: any) => (each.name ?? '') === portName)),
  );
  if (!isServed)
    throw new StatusError('ServiceUnavailable', `no endpoints available for service ${JSON.stringify(name)}`);
}
