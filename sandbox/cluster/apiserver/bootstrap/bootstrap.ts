/**
 * What a fresh cluster has before anybody connects: the bootstrap controllers and post-start hooks of
 * kube-apiserver, what kubeadm adds, and kind's storage class. Default service accounts are the business of their controller.
 */
import type { Clock } from '../../../core/clock.ts';
import { timestamp } from '../../../core/clock.ts';
import type { Random } from '../../../core/random.ts';
import { keyOf, type KubernetesObject, type ObjectMeta } from '../../api/object.ts';
import { serverDefaults } from '../../api/schema.ts';
import type { Store } from '../storage/store.ts';

export const SYSTEM_NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];
const RBAC = 'rbac.authorization.k8s.io';

export function bootstrap(store: Store, clock: Clock, random: Random): void {
  const creationTimestamp = timestamp(clock.now());
  const put = (space: string, apiVersion: string, kind: string, given: Partial<KubernetesObject>) => {
    const { metadata, ...rest } = given;
    const { name, namespace, ...others } = metadata as ObjectMeta;
    const object: KubernetesObject = {
      apiVersion,
      kind,
      metadata: {
        name: name!,
        ...(namespace && { namespace }),
        uid: random.uuid(),
        resourceVersion: '',
        creationTimestamp,
        ...others,
      },
      ...rest,
    };
    store.put(space, keyOf(object), object, undefined);
  };

  for (const name of SYSTEM_NAMESPACES)
    put('namespaces', 'v1', 'Namespace', {
      metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  for (const { metadata, ...rest } of serverDefaults.priorityClasses)
    put('scheduling.k8s.io/priorityclasses', 'scheduling.k8s.io/v1', 'PriorityClass', {
      ...rest,
      metadata: { ...metadata, generation: 1 },
    });
  // kind's addon; `controllers/persistent-volume/local-path-provisioner.ts` makes its volumes.
  put('storage.k8s.io/storageclasses', 'storage.k8s.io/v1', 'StorageClass', {
    metadata: {
      name: 'standard',
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
    provisioner: 'rancher.io/local-path',
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
  });
  const rbac = (resource: string, kind: string, objects: Partial<KubernetesObject>[]) => {
    for (const object of objects) put(`${RBAC}/${resource}`, `${RBAC}/v1`, kind, object);
  };
  rbac('clusterroles', 'ClusterRole', serverDefaults.clusterRoles);
  rbac('clusterrolebindings', 'ClusterRoleBinding', serverDefaults.clusterRoleBindings);
  rbac('roles', 'Role', serverDefaults.roles);
  rbac('rolebindings', 'RoleBinding', serverDefaults.roleBindings);
  put('services', 'v1', 'Service', {
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    },
    spec: {
      clusterIP: '10.96.0.1',
      clusterIPs: ['10.96.0.1'],
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
      sessionAffinity: 'None',
      type: 'ClusterIP',
    },
    status: { loadBalancer: {} },
  });
}
