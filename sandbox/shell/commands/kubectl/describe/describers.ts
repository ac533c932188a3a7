/** Which describer a kind has; everything else is described by its fields. */
import type { Mapping } from '../discovery.ts';
import type { Describer } from './description.ts';
import { describeConfigMap, describeSecret, describeServiceAccount } from './configuration.ts';
import { describeGeneric } from './generic.ts';
import { describeCronJob, describeJob } from './job.ts';
import { describeNamespace } from './namespace.ts';
import { describeNode } from './node.ts';
import { describePod } from './pod.ts';
import { describeIngress, describeNetworkPolicy } from './networking.ts';
import {
  describeHorizontalPodAutoscaler,
  describeLimitRange,
  describePodDisruptionBudget,
  describePriorityClass,
  describeResourceQuota,
} from './policy.ts';
import { describeRole, describeRoleBinding } from './rbac.ts';
import { describeEndpointSlice, describeService } from './service.ts';
import { describePersistentVolume, describePersistentVolumeClaim, describeStorageClass } from './storage.ts';
import {
  describeDaemonSet,
  describeDeployment,
  describeReplicaSet,
  describeStatefulSet,
} from './workload.ts';

const DESCRIBERS: Record<string, Describer> = {
  ConfigMap: describeConfigMap,
  LimitRange: describeLimitRange,
  Namespace: describeNamespace,
  Node: describeNode,
  PersistentVolume: describePersistentVolume,
  PersistentVolumeClaim: describePersistentVolumeClaim,
  Pod: describePod,
  ResourceQuota: describeResourceQuota,
  Secret: describeSecret,
  Service: describeService,
  ServiceAccount: describeServiceAccount,
  'DaemonSet.apps': describeDaemonSet,
  'Deployment.apps': describeDeployment,
  'ReplicaSet.apps': describeReplicaSet,
  'StatefulSet.apps': describeStatefulSet,
  'HorizontalPodAutoscaler.autoscaling': describeHorizontalPodAutoscaler,
  'CronJob.batch': describeCronJob,
  'Job.batch': describeJob,
  'EndpointSlice.discovery.k8s.io': describeEndpointSlice,
  'Ingress.networking.k8s.io': describeIngress,
  'NetworkPolicy.networking.k8s.io': describeNetworkPolicy,
  'PodDisruptionBudget.policy': describePodDisruptionBudget,
  'ClusterRole.rbac.authorization.k8s.io': describeRole,
  'ClusterRoleBinding.rbac.authorization.k8s.io': describeRoleBinding,
  'Role.rbac.authorization.k8s.io': describeRole,
  'RoleBinding.rbac.authorization.k8s.io': describeRoleBinding,
  'PriorityClass.scheduling.k8s.io': describePriorityClass,
  'StorageClass.storage.k8s.io': describeStorageClass,
};

export function describerFor(mapping: Mapping): Describer {
  return DESCRIBERS[mapping.group ? `${mapping.kind}.${mapping.group}` : mapping.kind] ?? describeGeneric;
}
