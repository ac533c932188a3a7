/**
 * The API as pods reach it: the Service `kubernetes` leads to port 6443 of the control plane's node, and who asks is known
 * by the token of a service account. Endpoints and EndpointSlice are what kube-apiserver writes of itself
 * (`pkg/controlplane/reconcilers`). Left out: TLS (connections in this network carry HTTP messages), and upgrades.
 */
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import type { HttpRequest, HttpResponse } from '../../core/http.ts';
import { jsonResponse } from '../../core/http.ts';
import { StatusError } from '../api/status.ts';
import type { ApiServer } from '../apiserver/api-server.ts';
import type { Client } from '../client/client.ts';
import { ensure } from '../client/ensure.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import { ENDPOINT_SLICES, ENDPOINTS, NODES } from '../client/resources.ts';
import type { ClusterNetwork } from '../network/cluster-network.ts';

const PORT = 6443;
const ANONYMOUS = { username: 'system:anonymous', groups: ['system:unauthenticated'] };
const METADATA = { name: 'kubernetes', namespace: 'default' };
const PORTS = [{ name: 'https', port: PORT, protocol: 'TCP' as const }];

export interface ApiEndpointOptions {
  api: ApiServer;
  client: Client;
  informers: InformerFactory;
  network: ClusterNetwork;
  /** The control plane's node. */
  address: string;
}

/** Resolves when pods can ask. */
export async function startApiEndpoint(options: ApiEndpointOptions): Promise<Disposable> {
  const { api, client, informers, network, address } = options;
  const resources = new DisposableStore();
  let host = network.at(address);
  let listening: Disposable | undefined;
  const listen = () => {
    const now = network.at(address);
    if (now === host && listening) return;
    host = now;
    listening = host?.listen(PORT, (request) => answer(api, request));
  };
  listen();
  // A node that was switched on again has another network stack.
  resources.add(informers.informer(NODES).addHandler({ add: listen, update: listen }));
  resources.add({ dispose: () => listening?.dispose() });
  await ensure(client, ENDPOINTS, {
    metadata: { ...METADATA, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip: address }], ports: PORTS }],
  });
  await ensure(client, ENDPOINT_SLICES, {
    metadata: { ...METADATA, labels: { 'kubernetes.io/service-name': METADATA.name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: PORTS,
  });
  return resources;
}

function answer(api: ApiServer, request: HttpRequest): Promise<HttpResponse> {
  const token = /^Bearer (.+)$/i.exec(request.headers['authorization'] ?? '')?.[1];
  const user = token === undefined ? ANONYMOUS : api.tokens.authenticate(token);
  if (user) return api.origin(user).fetch(request);
  return Promise.resolve(jsonResponse(401, new StatusError('Unauthorized', 'Unauthorized').status));
}
