/** The kinds of serving.knative.dev/v1 and autoscaling.internal.knative.dev/v1alpha1, as far as they are read here. */
import type { KubernetesObject } from '../../api/object.ts';
import type { PodSpec } from '../../client/kinds.ts';
import type { ResourceType } from '../../client/resources.ts';
import type { Condition } from '../conditions.ts';

const GROUP = 'serving.knative.dev';

/** Labels and annotations of the group. */
export const SERVICE_LABEL = `${GROUP}/service`;
export const CONFIGURATION_LABEL = `${GROUP}/configuration`;
export const CONFIGURATION_GENERATION = `${GROUP}/configurationGeneration`;
export const REVISION_LABEL = `${GROUP}/revision`;
export const REVISION_UID = `${GROUP}/revisionUID`;
export const ROUTE_LABEL = `${GROUP}/route`;
export const ROUTING_STATE = `${GROUP}/routingState`;
export const ROUTING_STATE_MODIFIED = `${GROUP}/routingStateModified`;
export const ROUTES = `${GROUP}/routes`;
export const CREATOR = `${GROUP}/creator`;
export const LAST_MODIFIER = `${GROUP}/lastModifier`;
export const SERVICE_UID = `${GROUP}/serviceUID`;
export const CONFIGURATION_UID = `${GROUP}/configurationUID`;
export const PROGRESS_DEADLINE = `${GROUP}/progress-deadline`;
export const VISIBILITY = 'networking.knative.dev/visibility';

export interface RevisionSpec extends PodSpec {
  /** Requests that a container takes at once; 0: any number. */
  containerConcurrency?: number;
  timeoutSeconds?: number;
}

export interface RevisionTemplate {
  metadata?: { name?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: RevisionSpec;
}

export interface TrafficTarget {
  tag?: string;
  revisionName?: string;
  configurationName?: string;
  latestRevision?: boolean;
  percent?: number;
  url?: string;
}

interface Status {
  observedGeneration?: number;
  conditions?: Condition[];
}

interface ConfigurationFields {
  latestCreatedRevisionName?: string;
  latestReadyRevisionName?: string;
}

interface RouteFields {
  url?: string;
  address?: { url?: string };
  traffic?: TrafficTarget[];
}

export type KnativeService = KubernetesObject<
  { template: RevisionTemplate; traffic?: TrafficTarget[] },
  Status & ConfigurationFields & RouteFields
>;

export type Configuration = KubernetesObject<{ template: RevisionTemplate }, Status & ConfigurationFields>;

export type Route = KubernetesObject<{ traffic?: TrafficTarget[] }, Status & RouteFields>;

export type Revision = KubernetesObject<
  RevisionSpec,
  Status & {
    actualReplicas?: number;
    desiredReplicas?: number;
    containerStatuses?: { name: string; imageDigest?: string }[];
  }
>;

export type PodAutoscaler = KubernetesObject<
  {
    scaleTargetRef: { apiVersion: string; kind: string; name: string };
    protocolType: string;
    containerConcurrency?: number;
    /** Whether a route leads to it; empty: nobody knows yet. */
    reachability?: 'Reachable' | 'Unreachable' | '';
  },
  Status & {
    serviceName?: string;
    metricsServiceName?: string;
    desiredScale?: number;
    actualScale?: number;
  }
>;

const resource = <T extends KubernetesObject>(name: string, kind: string): ResourceType<T> =>
  Object.freeze({ group: GROUP, version: 'v1', resource: name, kind, namespaced: true });

export const KNATIVE_SERVICES = resource<KnativeService>('services', 'Service');
export const CONFIGURATIONS = resource<Configuration>('configurations', 'Configuration');
export const REVISIONS = resource<Revision>('revisions', 'Revision');
export const KNATIVE_ROUTES = resource<Route>('routes', 'Route');
export const POD_AUTOSCALERS: ResourceType<PodAutoscaler> = Object.freeze({
  group: 'autoscaling.internal.knative.dev',
  version: 'v1alpha1',
  resource: 'podautoscalers',
  kind: 'PodAutoscaler',
  namespaced: true,
});
