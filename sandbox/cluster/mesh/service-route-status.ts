/**
 * Statuses of routes whose parent is a Service, in the Gateway API's reasons. A GRPCRoute is refused: nothing that
 * runs here speaks gRPC, and its conditions say so.
 */
import type { Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { deepEqual } from '../api/equality.ts';
import { keyOf } from '../api/object.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { Informer } from '../client/informer.ts';
import { SERVICES, type ResourceType } from '../client/resources.ts';
import { WorkQueue } from '../client/work-queue.ts';
import { conditionOf, mergedConditions } from '../gateway/conditions.ts';
import {
  HTTP_ROUTES,
  type Condition,
  type HTTPRoute,
  type ParentReference,
  type ParentStatus,
} from '../gateway/gateway-kinds.ts';
import type { Discovery } from './discovery.ts';
import { isServiceParent } from './service-route.ts';

export interface ServiceRouteStatusOptions {
  clock: Clock;
  client: Client;
  informers: InformerFactory;
  discovery: Discovery;
  onError(key: string, error: unknown): void;
}

const CONTROLLER_NAME = 'istio.io/gateway-controller';
/** Its fields are those of an HTTPRoute as far as they are read here. */
const GRPC_ROUTES: ResourceType<HTTPRoute> = Object.freeze({
  ...HTTP_ROUTES,
  resource: 'grpcroutes',
  kind: 'GRPCRoute',
});

export function writeServiceRouteStatuses(options: ServiceRouteStatusOptions): Disposable {
  const { informers } = options;
  const running = new DisposableStore();
  const services = informers.informer(SERVICES);
  for (const type of [HTTP_ROUTES, GRPC_ROUTES]) {
    const routes = informers.informer(type);
    const queue = running.add(
      new WorkQueue({
        clock: options.clock,
        reconcile: (key) => reconcile(options, type, routes, key),
        onError: options.onError,
      }),
    );
    const changed = (route: HTTPRoute) => queue.add(keyOf(route));
    running.add(routes.addHandler({ add: changed, update: (_before, after) => changed(after) }));
    const all = () => {
      for (const route of routes.list()) if (route.spec?.parentRefs?.some(isServiceParent)) changed(route);
    };
    running.add(services.addHandler({ add: all, delete: all }));
  }
  return running;
}

async function reconcile(
  { clock, client, discovery }: ServiceRouteStatusOptions,
  type: ResourceType<HTTPRoute>,
  routes: Informer<HTTPRoute>,
  key: string,
): Promise<void> {
  const route = routes.get(key);
  if (!route) return;
  const before = route.status?.parents ?? [];
  const others = before.filter(({ controllerName }) => controllerName !== CONTROLLER_NAME);
  const own = (route.spec?.parentRefs ?? []).filter(isServiceParent).map((parentRef): ParentStatus => {
    const old = before.find(
      (each) => each.controllerName === CONTROLLER_NAME && deepEqual(each.parentRef, parentRef),
    );
    const conditions = [accepted(discovery, type, route, parentRef), resolved(discovery, route)];
    return {
      parentRef,
      controllerName: CONTROLLER_NAME,
      conditions: mergedConditions(old?.conditions, conditions, clock),
    };
  });
  const status = { parents: [...others, ...own] };
  if (deepEqual(before, status.parents)) return;
  await client.updateStatus(type, { ...route, status }).catch((error: unknown) => {
    if (!isStatus(error, 'NotFound')) throw error;
  });
}

function accepted(
  discovery: Discovery,
  { kind }: ResourceType,
  route: HTTPRoute,
  { name, namespace = route.metadata.namespace, port }: ParentReference,
): Condition {
  const refuse = (reason: string, message: string) => conditionOf(route, 'Accepted', false, reason, message);
  if (kind === 'GRPCRoute')
    return refuse(
      'UnsupportedProtocol',
      'GRPCRoutes are not served: nothing in this cluster speaks gRPC. Requests of HTTP are routed by an HTTPRoute.',
    );
  const service = discovery.service(`${name}.${namespace}.svc.${discovery.domain}`);
  if (!service) return refuse('NoMatchingParent', `Service ${namespace}/${name} not found`);
  if (port !== undefined && !service.spec.ports?.some((each) => each.port === port))
    return refuse('NoMatchingParent', `port ${port} not found in Service ${namespace}/${name}`);
  return conditionOf(route, 'Accepted', true, 'Accepted', 'Route was valid');
}

function resolved(discovery: Discovery, route: HTTPRoute): Condition {
  const from = route.metadata.namespace!;
  for (const { backendRefs = [] } of route.spec?.rules ?? [])
    for (const backend of backendRefs) {
      if (discovery.isUsable(backend, from)) continue;
      const { group = '', kind = 'Service', name, namespace = from } = backend;
      return group !== '' || kind !== 'Service'
        ? conditionOf(route, 'ResolvedRefs', false, 'InvalidKind', `Backends of kind ${kind} are not served`)
        : conditionOf(
            route,
            'ResolvedRefs',
            false,
            'BackendNotFound',
            `backend(${name}.${namespace}.svc.${discovery.domain}) not found`,
          );
    }
  return conditionOf(route, 'ResolvedRefs', true, 'ResolvedRefs', 'All references resolved');
}
