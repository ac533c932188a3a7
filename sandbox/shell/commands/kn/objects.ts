/** Knative's objects as `kn` reads them, and where they are in the API. */
import type { KubernetesObject } from '../../../cluster/api/object.ts';

export interface Condition {
  type: string;
  status: string;
  severity?: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

export interface TrafficTarget {
  tag?: string;
  revisionName?: string;
  latestRevision?: boolean;
  percent?: number;
  url?: string;
}

export interface Container {
  image?: string;
  name?: string;
  env?: { name: string; value?: string; valueFrom?: object }[];
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  ports?: { name?: string; containerPort: number }[];
  command?: string[];
  args?: string[];
  imagePullPolicy?: string;
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
}

export interface RevisionSpec {
  containers: Container[];
  containerConcurrency?: number;
  timeoutSeconds?: number;
  serviceAccountName?: string;
  volumes?: { name: string; [source: string]: any }[];
}

export interface Template {
  metadata?: { name?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: RevisionSpec;
}

interface Status {
  observedGeneration?: number;
  conditions?: Condition[];
}

export type Service = KubernetesObject<
  { template: Template; traffic?: TrafficTarget[] },
  Status & {
    url?: string;
    address?: { url?: string };
    traffic?: TrafficTarget[];
    latestCreatedRevisionName?: string;
    latestReadyRevisionName?: string;
  }
>;

export type Revision = KubernetesObject<
  RevisionSpec,
  Status & {
    actualReplicas?: number;
    desiredReplicas?: number;
    containerStatuses?: { imageDigest?: string }[];
  }
>;

export type Route = KubernetesObject<object, Status & { url?: string; traffic?: TrafficTarget[] }>;

export interface Sink {
  ref?: { apiVersion?: string; kind?: string; name?: string; namespace?: string };
  uri?: string;
}

export type Broker = KubernetesObject<
  { delivery?: Record<string, any> },
  Status & { address?: { url?: string } }
>;

export type Trigger = KubernetesObject<
  {
    broker: string;
    filter?: { attributes?: Record<string, string> };
    filters?: Record<string, any>[];
    subscriber: Sink;
  },
  Status
>;

/** A kind by its plural. */
export interface Kind<T extends KubernetesObject> {
  group: string;
  resource: string;
  kind: string;
  /** Never set; carries the type. */
  readonly objectType?: T;
}

const kind = <T extends KubernetesObject>(group: string, resource: string, name: string): Kind<T> => ({
  group,
  resource,
  kind: name,
});

const SERVING = 'serving.knative.dev';
const EVENTING = 'eventing.knative.dev';

export const SERVICES = kind<Service>(SERVING, 'services', 'Service');
export const REVISIONS = kind<Revision>(SERVING, 'revisions', 'Revision');
export const ROUTES = kind<Route>(SERVING, 'routes', 'Route');
export const BROKERS = kind<Broker>(EVENTING, 'brokers', 'Broker');
export const TRIGGERS = kind<Trigger>(EVENTING, 'triggers', 'Trigger');

export const SERVICE_LABEL = `${SERVING}/service`;
export const GENERATION_LABEL = `${SERVING}/configurationGeneration`;
