/** The kinds of the Gateway API (gateway.networking.k8s.io/v1, standard channel), as far as the gateway reads them. */
import type { KubernetesObject } from '../api/object.ts';
import type { ResourceType } from '../client/resources.ts';

export const GROUP = 'gateway.networking.k8s.io';
/** Who this is, in GatewayClasses, IngressClasses and statuses. */
export const CONTROLLER_NAME = 'slipway.dev/gateway-controller';
/** The name of the classes that come with the add-on. */
export const CLASS_NAME = 'slipway';

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  observedGeneration?: number;
  lastTransitionTime?: string;
}

export interface Reference {
  group?: string;
  kind?: string;
  namespace?: string;
  name: string;
}

export type GatewayClass = KubernetesObject<
  { controllerName: string; description?: string },
  { conditions?: Condition[] }
>;

export interface GatewayListener {
  name: string;
  hostname?: string;
  port: number;
  protocol: string;
  allowedRoutes?: {
    namespaces?: { from?: 'All' | 'Same' | 'Selector' | 'None'; selector?: object };
    kinds?: { group?: string; kind: string }[];
  };
}

export interface ListenerStatus {
  name: string;
  supportedKinds: { group: string; kind: string }[];
  attachedRoutes: number;
  conditions: Condition[];
}

export type Gateway = KubernetesObject<
  { gatewayClassName: string; listeners: GatewayListener[] },
  { addresses?: { type: string; value: string }[]; conditions?: Condition[]; listeners?: ListenerStatus[] }
>;

export interface ParentReference extends Reference {
  sectionName?: string;
  port?: number;
}

export interface HeaderMatch {
  type?: 'Exact' | 'RegularExpression';
  name: string;
  value: string;
}

export interface RouteMatch {
  path?: { type?: 'Exact' | 'PathPrefix' | 'RegularExpression'; value?: string };
  headers?: HeaderMatch[];
  queryParams?: HeaderMatch[];
  method?: string;
}

interface HeaderFilter {
  set?: { name: string; value: string }[];
  add?: { name: string; value: string }[];
  remove?: string[];
}

interface PathModifier {
  type: 'ReplaceFullPath' | 'ReplacePrefixMatch';
  replaceFullPath?: string;
  replacePrefixMatch?: string;
}

export interface RouteFilter {
  type: string;
  requestHeaderModifier?: HeaderFilter;
  responseHeaderModifier?: HeaderFilter;
  requestRedirect?: {
    scheme?: string;
    hostname?: string;
    port?: number;
    path?: PathModifier;
    statusCode?: number;
  };
  urlRewrite?: { hostname?: string; path?: PathModifier };
  requestMirror?: { backendRef: BackendReference; percent?: number };
}

export interface BackendReference extends Reference {
  port?: number;
  weight?: number;
  filters?: RouteFilter[];
}

export interface RouteRule {
  name?: string;
  matches?: RouteMatch[];
  filters?: RouteFilter[];
  backendRefs?: BackendReference[];
  timeouts?: { request?: string; backendRequest?: string };
  retry?: { codes?: number[]; attempts?: number; backoff?: string };
}

export interface ParentStatus {
  parentRef: ParentReference;
  controllerName: string;
  conditions: Condition[];
}

export type HTTPRoute = KubernetesObject<
  { parentRefs?: ParentReference[]; hostnames?: string[]; rules?: RouteRule[] },
  { parents: ParentStatus[] }
>;

export type ReferenceGrant = KubernetesObject<{
  from: { group: string; kind: string; namespace: string }[];
  to: { group: string; kind: string; name?: string }[];
}>;

const resource = <T extends KubernetesObject>(
  name: string,
  kind: string,
  namespaced = true,
): ResourceType<T> => Object.freeze({ group: GROUP, version: 'v1', resource: name, kind, namespaced });

export const GATEWAY_CLASSES = resource<GatewayClass>('gatewayclasses', 'GatewayClass', false);
export const GATEWAYS = resource<Gateway>('gateways', 'Gateway');
export const HTTP_ROUTES = resource<HTTPRoute>('httproutes', 'HTTPRoute');
export const REFERENCE_GRANTS = resource<ReferenceGrant>('referencegrants', 'ReferenceGrant');
