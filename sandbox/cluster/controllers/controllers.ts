/** kube-controller-manager: the controllers by the names under which it starts them. */
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import type { ControllerContext, StartController } from './controller.ts';
import { startCertificateController } from './certificates/certificates.ts';
import { startClusterRoleAggregationController } from './clusterrole-aggregation.ts';
import { startCronJobController } from './cronjob.ts';
import { startDaemonSetController } from './daemonset.ts';
import { startDeploymentController } from './deployment/deployment.ts';
import { startEndpointsController } from './endpoints.ts';
import { startEndpointSliceController } from './endpointslice.ts';
import { startGarbageCollector } from './garbage-collector/garbage-collector.ts';
import { startHorizontalPodAutoscalerController } from './horizontal-pod-autoscaler/horizontal-pod-autoscaler.ts';
import { startJobController } from './job/job.ts';
import { startNamespaceController } from './namespace.ts';
import { startNodeLifecycleController } from './node-lifecycle.ts';
import { startEphemeralVolumeController } from './persistent-volume/ephemeral-volume.ts';
import { startExpandController } from './persistent-volume/expand.ts';
import { startLocalPathProvisioner } from './persistent-volume/local-path-provisioner.ts';
import { startPersistentVolumeBinder } from './persistent-volume/persistent-volume.ts';
import {
  startClaimProtectionController,
  startVolumeProtectionController,
} from './persistent-volume/protection.ts';
import { startPodDisruptionBudgetController } from './pod-disruption-budget.ts';
import { startPodGarbageCollector } from './pod-gc.ts';
import { startReplicaSetController, startReplicationControllerController } from './replicaset/replicaset.ts';
import { startResourceQuotaController } from './resourcequota.ts';
import { startRootCertificatePublisher, startServiceAccountController } from './serviceaccount.ts';
import { startServiceAccountTokenController } from './serviceaccount-token.ts';
import { startStatefulSetController } from './statefulset.ts';
import { startTaintEvictionController } from './taint-eviction.ts';
import { startTtlAfterFinishedController } from './ttl-after-finished.ts';

/** In the order of their start: what pods need first. */
const CONTROLLERS: Readonly<Record<string, StartController>> = {
  'serviceaccount-controller': startServiceAccountController,
  'serviceaccount-token-controller': startServiceAccountTokenController,
  'root-ca-certificate-publisher-controller': startRootCertificatePublisher,
  'certificatesigningrequest-signing-controller': startCertificateController,
  'clusterrole-aggregation-controller': startClusterRoleAggregationController,
  'deployment-controller': startDeploymentController,
  'replicaset-controller': startReplicaSetController,
  'replicationcontroller-controller': startReplicationControllerController,
  'statefulset-controller': startStatefulSetController,
  'daemonset-controller': startDaemonSetController,
  'job-controller': startJobController,
  'cronjob-controller': startCronJobController,
  'ttl-after-finished-controller': startTtlAfterFinishedController,
  'endpointslice-controller': startEndpointSliceController,
  'endpoints-controller': startEndpointsController,
  'node-lifecycle-controller': startNodeLifecycleController,
  'taint-eviction-controller': startTaintEvictionController,
  'pod-garbage-collector-controller': startPodGarbageCollector,
  'horizontal-pod-autoscaler-controller': startHorizontalPodAutoscalerController,
  'resourcequota-controller': startResourceQuotaController,
  'disruption-controller': startPodDisruptionBudgetController,
  'persistentvolume-binder-controller': startPersistentVolumeBinder,
  'persistentvolumeclaim-protection-controller': startClaimProtectionController,
  'persistentvolume-protection-controller': startVolumeProtectionController,
  'ephemeral-volume-controller': startEphemeralVolumeController,
  'persistentvolume-expander-controller': startExpandController,
  'local-path-provisioner': startLocalPathProvisioner,
  'namespace-controller': startNamespaceController,
  'garbage-collector-controller': startGarbageCollector,
};

/** Starts all of them. */
export function startControllers(context: ControllerContext): Disposable {
  const running = new DisposableStore();
  for (const start of Object.values(CONTROLLERS)) running.add(start(context));
  return running;
}
