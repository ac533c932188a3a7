/**
 * The machine that Knative's data plane is: an address in the nodes' network, which Services without a selector lead to
 * through EndpointSlices of their own. So its parts are found by their names of life (`kourier`, `activator-service`,
 * `webhook`, `broker-ingress`), whatever pods there are.
 */
import { keyOf, type KubernetesObject } from '../api/object.ts';
import type { Informer } from '../client/informer.ts';
import type { EndpointSlice, Service } from '../client/kinds.ts';
import { ENDPOINT_SLICES, SERVICES } from '../client/resources.ts';
import { createOrGet, ensure } from '../client/ensure.ts';
import type { NetworkStack } from '../network/network-stack.ts';
import type { KnativeOptions } from './knative-context.ts';

export interface HostedService {
  namespace: string;
  name: string;
  /** Port of the Service → port of the machine. */
  ports: Readonly<Record<number, number>>;
  type?: 'ClusterIP' | 'LoadBalancer';
  loadBalancerIP?: string;
}

/** A machine called `name` in the network. Throws when no address is left. */
export function addHost({ addresses, network }: KnativeOptions, name: string): NetworkStack {
  const address = addresses.allocate();
  if (address === undefined) throw new Error(`no address is left for ${name}`);
  return network.addHost({ addresses: [address], hostname: name }, { inside: true });
}

/** Makes a Service lead to the machine. Resolves when the network knows. */
export async function hostService(
  { client, informers }: Pick<KnativeOptions, 'client' | 'informers'>,
  host: NetworkStack,
  service: HostedService,
): Promise<void> {
  const { namespace, name, ports, type = 'ClusterIP', loadBalancerIP } = service;
  const listed = Object.entries(ports).map(([port, target]) => ({
    name: `port-${port}`,
    port: Number(port),
    target,
  }));
  await ensure<Service>(client, SERVICES, {
    metadata: { namespace, name },
    spec: {
      type,
      ...(loadBalancerIP ? { loadBalancerIP } : {}),
      ports: listed.map(({ name: portName, port, target }) => ({ name: portName, port, targetPort: target })),
    },
  });
  const slice: EndpointSlice = {
    metadata: { namespace, name, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [...host.addresses], conditions: { ready: true } }],
    ports: listed.map(({ name: portName, target }) => ({ name: portName, port: target, protocol: 'TCP' })),
  };
  const found = await createOrGet(client, ENDPOINT_SLICES, slice);
  // A restored cluster: the machine may have another address now.
  if (found.endpoints[0]?.addresses[0] !== host.addresses[0])
    await client.update(ENDPOINT_SLICES, { ...found, endpoints: slice.endpoints });
  const key = `${namespace}/${name}`;
  await Promise.all([
    seen(informers.informer(SERVICES), key),
    seen(informers.informer(ENDPOINT_SLICES), key),
  ]);
}

/** Resolves when an informer has an object. */
function seen<T extends KubernetesObject>(informer: Informer<T>, key: string): Promise<void> {
  if (informer.get(key)) return Promise.resolve();
  return new Promise((resolve) => {
    const handler = informer.addHandler({
      add: (object) => {
        if (keyOf(object) !== key) return;
        queueMicrotask(() => handler.dispose());
        resolve();
      },
    });
  });
}
