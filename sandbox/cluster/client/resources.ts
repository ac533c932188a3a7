/**
 * The resources that components of the cluster use, as constants. `kinds.test.ts` holds them against the
 * facts. Anything else of the API is reached with a `ResourceType` made from discovery.
 */
import type { GroupVersionResource } from '../api/request.ts';
import type { KubernetesObject } from '../api/object.ts';
import type * as kinds from './kinds.ts';

/** A resource with what a client has to know of it. `T` is the type of its objects. */
export interface ResourceType<T extends KubernetesObject = KubernetesObject> extends GroupVersionResource {
  kind: string;
  namespaced: boolean;
  /** Never set; carries `T`. */
  readonly objectType?: T;
}

/** `apps/v1`, or `v1` for the core group: what objects of the resource say in `apiVersion`. */
export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group ? `${group}/${version}` : version;
}

const namespaced = <T extends KubernetesObject>(
  group: string,
  version: string,
  resource: string,
  kind: string,
): ResourceType<T> => Object.freeze({ group, version, resource, kind, namespaced: true });

const clusterScoped = <T extends KubernetesObject>(
  group: string,
  version: string,
  resource: string,
  kind: string,
): ResourceType<T> => Object.freeze({ group, version, resource, kind, namespaced: false });

export const NAMESPACES = clusterScoped<kinds.Namespace>('', 'v1', 'namespaces', 'Namespace');
export const NODES = clusterScoped<kinds.Node>('', 'v1', 'nodes', 'Node');
export const PODS = namespaced<kinds.Pod>('', 'v1', 'pods', 'Pod');
export const SERVICES = namespaced<kinds.Service>('', 'v1', 'services', 'Service');
export const ENDPOINTS = namespaced<kinds.Endpoints>('', 'v1', 'endpoints', 'Endpoints');
export const CONFIG_MAPS = namespaced<kinds.ConfigMap>('', 'v1', 'configmaps', 'ConfigMap');
export const SECRETS = namespaced<kinds.Secret>('', 'v1', 'secrets', 'Secret');
export const SERVICE_ACCOUNTS = namespaced<kinds.ServiceAccount>(
  '',
  'v1',
  'serviceaccounts',
  'ServiceAccount',
);
export const EVENTS = namespaced<kinds.Event>('', 'v1', 'events', 'Event');
export const RESOURCE_QUOTAS = namespaced<kinds.ResourceQuota>('', 'v1', 'resourcequotas', 'ResourceQuota');
export const REPLICATION_CONTROLLERS = namespaced<kinds.ReplicationController>(
  '',
  'v1',
  'replicationcontrollers',
  'ReplicationController',
);
export const PERSISTENT_VOLUMES = clusterScoped<kinds.PersistentVolume>(
  '',
  'v1',
  'persistentvolumes',
  'PersistentVolume',
);
export const PERSISTENT_VOLUME_CLAIMS = namespaced<kinds.PersistentVolumeClaim>(
  '',
  'v1',
  'persistentvolumeclaims',
  'PersistentVolumeClaim',
);

export const DEPLOYMENTS = namespaced<kinds.Deployment>('apps', 'v1', 'deployments', 'Deployment');
export const REPLICA_SETS = namespaced<kinds.ReplicaSet>('apps', 'v1', 'replicasets', 'ReplicaSet');
export const STATEFUL_SETS = namespaced<kinds.StatefulSet>('apps', 'v1', 'statefulsets', 'StatefulSet');
export const DAEMON_SETS = namespaced<kinds.DaemonSet>('apps', 'v1', 'daemonsets', 'DaemonSet');
export const CONTROLLER_REVISIONS = namespaced<kinds.ControllerRevision>(
  'apps',
  'v1',
  'controllerrevisions',
  'ControllerRevision',
);

export const JOBS = namespaced<kinds.Job>('batch', 'v1', 'jobs', 'Job');
export const CRON_JOBS = namespaced<kinds.CronJob>('batch', 'v1', 'cronjobs', 'CronJob');

export const ENDPOINT_SLICES = namespaced<kinds.EndpointSlice>(
  'discovery.k8s.io',
  'v1',
  'endpointslices',
  'EndpointSlice',
);
export const HORIZONTAL_POD_AUTOSCALERS = namespaced<kinds.HorizontalPodAutoscaler>(
  'autoscaling',
  'v2',
  'horizontalpodautoscalers',
  'HorizontalPodAutoscaler',
);
export const POD_DISRUPTION_BUDGETS = namespaced<kinds.PodDisruptionBudget>(
  'policy',
  'v1',
  'poddisruptionbudgets',
  'PodDisruptionBudget',
);
export const STORAGE_CLASSES = clusterScoped<kinds.StorageClass>(
  'storage.k8s.io',
  'v1',
  'storageclasses',
  'StorageClass',
);
export const CSI_DRIVERS = clusterScoped<kinds.CSIDriver>('storage.k8s.io', 'v1', 'csidrivers', 'CSIDriver');
export const CSI_NODES = clusterScoped<kinds.CSINode>('storage.k8s.io', 'v1', 'csinodes', 'CSINode');
export const PRIORITY_CLASSES = clusterScoped<kinds.PriorityClass>(
  'scheduling.k8s.io',
  'v1',
  'priorityclasses',
  'PriorityClass',
);
export const LEASES = namespaced<kinds.Lease>('coordination.k8s.io', 'v1', 'leases', 'Lease');
export const NETWORK_POLICIES = namespaced<kinds.NetworkPolicy>(
  'networking.k8s.io',
  'v1',
  'networkpolicies',
  'NetworkPolicy',
);
/** All of the above, for tables and tests. */
export const RESOURCES = {
  NAMESPACES,
  NODES,
  PODS,
  SERVICES,
  ENDPOINTS,
  CONFIG_MAPS,
  SECRETS,
  SERVICE_ACCOUNTS,
  EVENTS,
  RESOURCE_QUOTAS,
  REPLICATION_CONTROLLERS,
  PERSISTENT_VOLUMES,
  PERSISTENT_VOLUME_CLAIMS,
  DEPLOYMENTS,
  REPLICA_SETS,
  STATEFUL_SETS,
  DAEMON_SETS,
  CONTROLLER_REVISIONS,
  JOBS,
  CRON_JOBS,
  ENDPOINT_SLICES,
  HORIZONTAL_POD_AUTOSCALERS,
  POD_DISRUPTION_BUDGETS,
  STORAGE_CLASSES,
  CSI_DRIVERS,
  CSI_NODES,
  PRIORITY_CLASSES,
  LEASES,
  NETWORK_POLICIES,
} satisfies Record<string, ResourceType>;

/** Not among them: their fields have no types here. */
export const CUSTOM_RESOURCE_DEFINITIONS = clusterScoped<KubernetesObject>(
  'apiextensions.k8s.io',
  'v1',
  'customresourcedefinitions',
  'CustomResourceDefinition',
);
export const CLUSTER_ROLES = clusterScoped<KubernetesObject>(
  'rbac.authorization.k8s.io',
  'v1',
  'clusterroles',
  'ClusterRole',
);
export const CLUSTER_ROLE_BINDINGS = clusterScoped<KubernetesObject>(
  'rbac.authorization.k8s.io',
  'v1',
  'clusterrolebindings',
  'ClusterRoleBinding',
);
export const MUTATING_WEBHOOK_CONFIGURATIONS = clusterScoped<KubernetesObject>(
  'admissionregistration.k8s.io',
  'v1',
  'mutatingwebhookconfigurations',
  'MutatingWebhookConfiguration',
);
export const VALIDATING_WEBHOOK_CONFIGURATIONS = clusterScoped<KubernetesObject>(
  'admissionregistration.k8s.io',
  'v1',
  'validatingwebhookconfigurations',
  'ValidatingWebhookConfiguration',
);
