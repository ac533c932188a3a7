/**
 * The gateway's control plane: what Gateways, HTTPRoutes and Ingresses of its classes say becomes rules of the
 * data plane, and their statuses tell what came of it, in the Gateway API's reasons. One look at everything after
 * each change: there are few of these objects. Left out: TLS (listeners of HTTPS are not programmed), TCP and gRPC
 * routes, routes by namespace selector.
 */
import type { Clock } from '../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import type { Random } from '../../core/random.ts';
import type { Client } from '../client/client.ts';
import type { Informer } from '../client/informer.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { Service } from '../client/kinds.ts';
import { SERVICES } from '../client/resources.ts';
import { deepEqual } from '../api/equality.ts';
import { keyOf, type KubernetesObject } from '../api/object.ts';
import { isStatus } from '../api/status.ts';
import type { AddressPool } from '../network/address.ts';
import type { ClusterNetwork } from '../network/cluster-network.ts';
import { conditionOf, mergedConditions } from './conditions.ts';
import { GatewayHost } from './data-plane.ts';
import {
  CONTROLLER_NAME,
  GATEWAY_CLASSES,
  GATEWAYS,
  GROUP,
  HTTP_ROUTES,
  REFERENCE_GRANTS,
  type BackendReference,
  type Condition,
  type Gateway,
  type GatewayClass,
  type GatewayListener,
  type HTTPRoute,
  type ParentReference,
  type ParentStatus,
  type ReferenceGrant,
} from './gateway-kinds.ts';
import { INGRESS_CLASSES, INGRESSES, type Ingress, type IngressClass } from './ingress-kinds.ts';
import { rulesOfIngress } from './ingress-rules.ts';
import { commonHostname, RouteTable, rulesOfRoute, type CompiledRule } from './route-table.ts';

export interface GatewayControllerOptions {
  clock: Clock;
  random: Random;
  client: Client;
  informers: InformerFactory;
  network: ClusterNetwork;
  /** Where its addresses come from. */
  addresses: AddressPool;
  onError(key: string, error: unknown): void;
}

/** Changes that come together are looked at together. */
const SETTLE_MS = 50;
const INGRESS_PORT = 80;
const INGRESS_HOST = 'ingress-gateway';
const DEFAULT_CLASS = 'ingressclass.kubernetes.io/is-default-class';

export class GatewayController implements Disposable {
  readonly #options: GatewayControllerOptions;
  readonly #classes: Informer<GatewayClass>;
  readonly #gateways: Informer<Gateway>;
  readonly #routes: Informer<HTTPRoute>;
  readonly #grants: Informer<ReferenceGrant>;
  readonly #services: Informer<Service>;
  readonly #ingresses: Informer<Ingress>;
  readonly #ingressClasses: Informer<IngressClass>;
  readonly #hosts = new Map<string, GatewayHost>();
  readonly #resources = new DisposableStore();
  #due: Disposable | undefined;

  constructor(options: GatewayControllerOptions) {
    this.#options = options;
    const { informers } = options;
    this.#classes = informers.informer(GATEWAY_CLASSES);
    this.#gateways = informers.informer(GATEWAYS);
    this.#routes = informers.informer(HTTP_ROUTES);
    this.#grants = informers.informer(REFERENCE_GRANTS);
    this.#services = informers.informer(SERVICES);
    this.#ingresses = informers.informer(INGRESSES);
    this.#ingressClasses = informers.informer(INGRESS_CLASSES);
    const changed = () => this.#schedule();
    const handler = { add: changed, update: changed, delete: changed };
    for (const informer of [
      this.#classes,
      this.#gateways,
      this.#routes,
      this.#grants,
      this.#services,
      this.#ingresses,
      this.#ingressClasses,
    ])
      this.#resources.add((informer as unknown as Informer).addHandler(handler));
  }

  dispose(): void {
    this.#due?.dispose();
    this.#resources.dispose();
    for (const host of this.#hosts.values()) host.dispose();
    this.#hosts.clear();
  }

  #schedule(): void {
    this.#due ??= this.#options.clock.setTimeout(() => {
      this.#due = undefined;
      void this.#reconcile().catch((error: unknown) => {
        this.#options.onError('gateway', error);
        // Written meanwhile by somebody else: what is there now is looked at again.
        if (!this.#due) this.#schedule();
      });
    }, SETTLE_MS);
  }

  async #reconcile(): Promise<void> {
    const classes = new Set<string>();
    for (const found of this.#classes.list()) {
      if (found.spec?.controllerName !== CONTROLLER_NAME) continue;
      classes.add(found.metadata.name!);
      await this.#writeConditions(GATEWAY_CLASSES, found, [
        conditionOf(found, 'Accepted', true, 'Accepted', 'Handled by the gateway that comes with Slipway'),
      ]);
    }
    const gateways = [...this.#gateways.list()].filter(({ spec }) => classes.has(spec!.gatewayClassName));
    const parents = new Map<string, ParentStatus[]>();
    const wanted = new Set<string>();
    for (const gateway of gateways) {
      wanted.add(keyOf(gateway));
      await this.#reconcileGateway(gateway, parents);
    }
    for (const route of this.#routes.list()) await this.#writeRoute(route, parents.get(keyOf(route)) ?? []);
    if (await this.#reconcileIngresses()) wanted.add(INGRESS_HOST);
    for (const [key, host] of this.#hosts) {
      if (wanted.has(key)) continue;
      host.dispose();
      this.#options.addresses.release(host.address);
      this.#hosts.delete(key);
    }
  }

  async #reconcileGateway(gateway: Gateway, parents: Map<string, ParentStatus[]>): Promise<void> {
    const key = keyOf(gateway);
    const host = this.#hostOf(key, gateway.metadata.name!, gateway.status?.addresses?.[0]?.value);
    const rules = new Map<number, CompiledRule[]>();
    const attached = new Map<string, Set<string>>();
    const served = gateway.spec!.listeners.filter(({ protocol }) => protocol === 'HTTP');
    for (const { port } of served) rules.set(port, []);
    for (const route of this.#routes.list())
      for (const parent of route.spec?.parentRefs ?? []) {
        if (!namesGateway(parent, route, gateway)) continue;
        const status = this.#attach(gateway, served, route, parent, rules, attached);
        const list = parents.get(keyOf(route)) ?? [];
        list.push(status);
        parents.set(keyOf(route), list);
      }
    host.update(new Map([...rules].map(([port, list]) => [port, new RouteTable(list)])));
    await this.#writeGateway(gateway, host.address, attached);
  }

  /** What one parent reference of a route comes to. */
  #attach(
    gateway: Gateway,
    served: readonly GatewayListener[],
    route: HTTPRoute,
    parent: ParentReference,
    rules: Map<number, CompiledRule[]>,
    attached: Map<string, Set<string>>,
  ): ParentStatus {
    const named = served.filter(
      (listener) =>
        (parent.sectionName === undefined || parent.sectionName === listener.name) &&
        (parent.port === undefined || parent.port === listener.port),
    );
    const allowed = named.filter((listener) => allows(listener, gateway, route));
    let hostnames = 0;
    for (const listener of allowed)
      for (const hostname of route.spec?.hostnames?.length ? route.spec.hostnames : [undefined]) {
        const common = commonHostname(hostname?.toLowerCase(), listener.hostname?.toLowerCase());
        if (common === false) continue;
        hostnames++;
        const names = attached.get(listener.name) ?? new Set();
        attached.set(listener.name, names.add(keyOf(route)));
        rules.get(listener.port)!.push(...rulesOfRoute(route, common));
      }
    const accepted =
      named.length === 0
        ? conditionOf(
            route,
            'Accepted',
            false,
            'NoMatchingParent',
            'No listener of the Gateway is the one that is named',
          )
        : allowed.length === 0
          ? conditionOf(
              route,
              'Accepted',
              false,
              'NotAllowedByListeners',
              'No listener of the Gateway allows routes of this namespace',
            )
          : hostnames === 0
            ? conditionOf(
                route,
                'Accepted',
                false,
                'NoMatchingListenerHostname',
                'No hostname of the route is one of a listener',
              )
            : conditionOf(route, 'Accepted', true, 'Accepted', 'Route is accepted');
    return {
      parentRef: { group: GROUP, kind: 'Gateway', ...parent },
      controllerName: CONTROLLER_NAME,
      conditions: [accepted, this.#resolved(route)],
    };
  }

  #resolved(route: HTTPRoute): Condition {
    for (const { backendRefs = [] } of route.spec?.rules ?? [])
      for (const backend of backendRefs) {
        const namespace = route.metadata.namespace!;
        const { group = '', kind = 'Service', name } = backend;
        if (group !== '' || kind !== 'Service')
          return conditionOf(
            route,
            'ResolvedRefs',
            false,
            'InvalidKind',
            `Backends of kind ${kind} are not served`,
          );
        if (!this.#permitted(backend, namespace))
          return conditionOf(
            route,
            'ResolvedRefs',
            false,
            'RefNotPermitted',
            `Service ${backend.namespace}/${name} is not allowed to be referenced from here: no ReferenceGrant`,
          );
        if (!this.#services.get(`${backend.namespace ?? namespace}/${name}`))
          return conditionOf(
            route,
            'ResolvedRefs',
            false,
            'BackendNotFound',
            `Service ${backend.namespace ?? namespace}/${name} not found`,
          );
      }
    return conditionOf(
      route,
      'ResolvedRefs',
      true,
      'ResolvedRefs',
      'Resolved all the Object references for the Route',
    );
  }

  #permitted({ namespace, name }: BackendReference, from: string): boolean {
    if (namespace === undefined || namespace === from) return true;
    return [...this.#grants.list()].some(
      ({ metadata, spec }) =>
        metadata.namespace === namespace &&
        spec!.from.some(
          (each) => each.kind === 'HTTPRoute' && each.group === GROUP && each.namespace === from,
        ) &&
        spec!.to.some((each) => each.kind === 'Service' && (each.name ?? name) === name),
    );
  }

  async #writeGateway(
    gateway: Gateway,
    address: string,
    attached: ReadonlyMap<string, Set<string>>,
  ): Promise<void> {
    const before = gateway.status?.listeners ?? [];
    const listeners = gateway.spec!.listeners.map(({ name, protocol }) => {
      const old = before.find((each) => each.name === name)?.conditions;
      const isServed = protocol === 'HTTP';
      return {
        name,
        supportedKinds: isServed ? [{ group: GROUP, kind: 'HTTPRoute' }] : [],
        attachedRoutes: attached.get(name)?.size ?? 0,
        conditions: this.#merged(old, [
          isServed
            ? conditionOf(gateway, 'Programmed', true, 'Programmed', 'Listener is programmed')
            : conditionOf(gateway, 'Programmed', false, 'Invalid', `Protocol ${protocol} is not served here`),
          isServed
            ? conditionOf(gateway, 'Accepted', true, 'Accepted', 'Listener is accepted')
            : conditionOf(
                gateway,
                'Accepted',
                false,
                'UnsupportedProtocol',
                `Protocol ${protocol} is not served here`,
              ),
          conditionOf(
            gateway,
            'ResolvedRefs',
            true,
            'ResolvedRefs',
            'Listener references have been resolved',
          ),
          conditionOf(gateway, 'Conflicted', false, 'NoConflicts', 'No conflicts'),
        ]),
      };
    });
    const isProgrammed = listeners.some(({ supportedKinds }) => supportedKinds.length > 0);
    await this.#writeStatus(GATEWAYS, gateway, {
      addresses: [{ type: 'IPAddress', value: address }],
      conditions: this.#merged(gateway.status?.conditions, [
        conditionOf(gateway, 'Accepted', true, 'Accepted', 'The Gateway has been scheduled'),
        isProgrammed
          ? conditionOf(
              gateway,
              'Programmed',
              true,
              'Programmed',
              `Address assigned to the Gateway: ${address}`,
            )
          : conditionOf(gateway, 'Programmed', false, 'Invalid', 'No listener can be served'),
      ]),
      listeners,
    });
  }

  /** Statuses of others stay; those of this controller are the ones of now. */
  async #writeRoute(route: HTTPRoute, own: ParentStatus[]): Promise<void> {
    const before = route.status?.parents ?? [];
    const others = before.filter(({ controllerName }) => controllerName !== CONTROLLER_NAME);
    if (own.length === 0 && others.length === before.length) return;
    const parents = own.map((status) => ({
      ...status,
      conditions: this.#merged(
        before.find(
          ({ controllerName, parentRef }) =>
            controllerName === CONTROLLER_NAME && deepEqual(parentRef, status.parentRef),
        )?.conditions,
        status.conditions,
      ),
    }));
    await this.#writeStatus(HTTP_ROUTES, route, { parents: [...others, ...parents] });
  }

  /** True: there are any, and the gateway that serves them. */
  async #reconcileIngresses(): Promise<boolean> {
    const classes = [...this.#ingressClasses.list()].filter(
      ({ spec }) => spec?.controller === CONTROLLER_NAME,
    );
    const isDefault = classes.some(({ metadata }) => metadata.annotations?.[DEFAULT_CLASS] === 'true');
    const own = [...this.#ingresses.list()].filter(({ spec }) =>
      spec!.ingressClassName === undefined
        ? isDefault
        : classes.some(({ metadata }) => metadata.name === spec!.ingressClassName),
    );
    if (own.length === 0) return false;
    const known = own.flatMap(({ status }) => status?.loadBalancer?.ingress?.[0]?.ip ?? [])[0];
    const host = this.#hostOf(INGRESS_HOST, INGRESS_HOST, known);
    const rules = own.flatMap((ingress) =>
      rulesOfIngress(ingress, (namespace, name) => this.#services.get(`${namespace}/${name}`)),
    );
    host.update(new Map([[INGRESS_PORT, new RouteTable(rules)]]));
    for (const ingress of own)
      await this.#writeStatus(INGRESSES, ingress, { loadBalancer: { ingress: [{ ip: host.address }] } });
    return true;
  }

  #hostOf(key: string, name: string, known: string | undefined): GatewayHost {
    let host = this.#hosts.get(key);
    if (!host) {
      const { addresses, network, clock, random } = this.#options;
      const address = addresses.allocate(known);
      if (address === undefined) throw new Error('no address is left for a gateway');
      host = new GatewayHost(
        {
          network,
          clock,
          random,
          usable: (backend, namespace) =>
            (backend.kind ?? 'Service') === 'Service' &&
            this.#permitted(backend, namespace) &&
            this.#services.get(`${backend.namespace ?? namespace}/${backend.name}`) !== undefined,
        },
        name,
        address,
      );
      this.#hosts.set(key, host);
    }
    return host;
  }

  #merged(before: readonly Condition[] | undefined, now: readonly Condition[]): Condition[] {
    return mergedConditions(before, now, this.#options.clock);
  }

  async #writeConditions(
    type: typeof GATEWAY_CLASSES,
    object: GatewayClass,
    conditions: Condition[],
  ): Promise<void> {
    await this.#writeStatus(type, object, {
      conditions: this.#merged(object.status?.conditions, conditions),
    });
  }

  async #writeStatus(
    type: Parameters<Client['updateStatus']>[0],
    object: KubernetesObject,
    status: object,
  ): Promise<void> {
    if (deepEqual(object.status, status)) return;
    try {
      await this.#options.client.updateStatus(type, { ...object, status });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }
}

function namesGateway(
  { group = GROUP, kind = 'Gateway', namespace, name }: ParentReference,
  route: HTTPRoute,
  gateway: Gateway,
): boolean {
  return (
    group === GROUP &&
    kind === 'Gateway' &&
    name === gateway.metadata.name &&
    (namespace ?? route.metadata.namespace) === gateway.metadata.namespace
  );
}

function allows({ allowedRoutes }: GatewayListener, gateway: Gateway, route: HTTPRoute): boolean {
  const { namespaces, kinds } = allowedRoutes ?? {};
  if (kinds?.length && !kinds.some(({ kind }) => kind === 'HTTPRoute')) return false;
  const from = namespaces?.from ?? 'Same';
  return from === 'All' || (from === 'Same' && route.metadata.namespace === gateway.metadata.namespace);
}
