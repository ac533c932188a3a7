/**
 * References by name follow the names that prefixes, suffixes and hashes gave to what they refer to (kustomize's
 * builtin `namereference` table).
 */
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { visitFields, type FieldSpec } from './fields.ts';
import type { Resource } from './resource.ts';

const POD_SPECS: readonly FieldSpec[] = [
  { kinds: ['Pod'], path: 'spec' },
  {
    kinds: ['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet', 'ReplicationController', 'Job'],
    path: 'spec/template/spec',
  },
  { kinds: ['CronJob'], path: 'spec/jobTemplate/spec/template/spec' },
];
const inPods = (...paths: string[]): FieldSpec[] =>
  POD_SPECS.flatMap(({ kinds, path }) => paths.map((inner) => ({ kinds: kinds!, path: `${path}/${inner}` })));
const inContainers = (...paths: string[]): string[] =>
  ['containers', 'initContainers'].flatMap((list) => paths.map((path) => `${list}/*/${path}`));

const WORKLOAD_REFERENCES: FieldSpec[] = [
  { kinds: ['HorizontalPodAutoscaler'], path: 'spec/scaleTargetRef/name' },
];

/** Kind of what is referred to → where its name stands. */
const REFERENCES: Readonly<Record<string, readonly FieldSpec[]>> = {
  ConfigMap: [
    ...inPods(
      'volumes/*/configMap/name',
      'volumes/*/projected/sources/*/configMap/name',
      ...inContainers('env/*/valueFrom/configMapKeyRef/name', 'envFrom/*/configMapRef/name'),
    ),
    { kinds: ['Node'], path: 'spec/configSource/configMap/name' },
    { kinds: ['Role', 'ClusterRole'], path: 'rules/*/resourceNames/*' },
  ],
  Secret: [
    ...inPods(
      'volumes/*/secret/secretName',
      'volumes/*/projected/sources/*/secret/name',
      'imagePullSecrets/*/name',
      ...inContainers('env/*/valueFrom/secretKeyRef/name', 'envFrom/*/secretRef/name'),
    ),
    { kinds: ['ServiceAccount'], path: 'secrets/*/name' },
    { kinds: ['ServiceAccount'], path: 'imagePullSecrets/*/name' },
    { kinds: ['Ingress'], path: 'spec/tls/*/secretName' },
    { kinds: ['Role', 'ClusterRole'], path: 'rules/*/resourceNames/*' },
  ],
  Service: [
    { kinds: ['StatefulSet'], path: 'spec/serviceName' },
    { kinds: ['Ingress'], path: 'spec/rules/*/http/paths/*/backend/service/name' },
    { kinds: ['Ingress'], path: 'spec/defaultBackend/service/name' },
    { kinds: ['APIService'], path: 'spec/service/name' },
    { kinds: ['CustomResourceDefinition'], path: 'spec/conversion/webhook/clientConfig/service/name' },
    {
      kinds: ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'],
      path: 'webhooks/*/clientConfig/service/name',
    },
  ],
  ServiceAccount: inPods('serviceAccountName', 'serviceAccount'),
  PersistentVolumeClaim: inPods('volumes/*/persistentVolumeClaim/claimName'),
  PersistentVolume: [{ kinds: ['PersistentVolumeClaim'], path: 'spec/volumeName' }],
  StorageClass: [
    { kinds: ['PersistentVolume', 'PersistentVolumeClaim'], path: 'spec/storageClassName' },
    { kinds: ['StatefulSet'], path: 'spec/volumeClaimTemplates/*/spec/storageClassName' },
  ],
  PriorityClass: inPods('priorityClassName'),
  IngressClass: [{ kinds: ['Ingress'], path: 'spec/ingressClassName' }],
  Role: [{ kinds: ['RoleBinding'], path: 'roleRef/name' }],
  ClusterRole: [{ kinds: ['RoleBinding', 'ClusterRoleBinding'], path: 'roleRef/name' }],
  Deployment: WORKLOAD_REFERENCES,
  StatefulSet: WORKLOAD_REFERENCES,
  ReplicaSet: WORKLOAD_REFERENCES,
  ReplicationController: WORKLOAD_REFERENCES,
};

export function fixNameReferences(resources: readonly Resource[]): void {
  const byKind = new Map<string, Resource[]>();
  for (const resource of resources) {
    const { kind } = resource.object;
    byKind.set(kind!, [...(byKind.get(kind!) ?? []), resource]);
  }
  for (const referrer of resources) {
    // A name is looked at once: what it was replaced by is nobody's old name.
    const done = new Map<object, Set<string>>();
    for (const [kind, candidates] of byKind)
      for (const spec of REFERENCES[kind] ?? [])
        visitFields(referrer.object, spec, (holder, key) => {
          if (done.get(holder)?.has(key) || typeof holder[key] !== 'string') return;
          if (holder['kind'] !== undefined && holder['kind'] !== kind) return;
          const target = choose(candidates, holder[key], referrer);
          if (!target) return;
          holder[key] = target.object.metadata.name;
          done.set(holder, (done.get(holder) ?? new Set()).add(key));
        });
    fixSubjects(referrer.object, byKind.get('ServiceAccount') ?? []);
  }
}

/** Of those that had the name, the one that lives and always lived in the referrer's namespace. */
function choose(candidates: readonly Resource[], name: string, referrer: Resource): Resource | undefined {
  const named = candidates.filter((each) => each.names.includes(name));
  if (named.length < 2) return named[0];
  const near = named.filter((each) => each.namespaces.some((space) => referrer.namespaces.includes(space)));
  return near.find((each) => each.namespaces[0] === referrer.namespaces[0]) ?? near[0] ?? named[0];
}

/** Subjects of bindings name service accounts with their namespace. */
function fixSubjects({ kind, subjects }: KubernetesObject, accounts: readonly Resource[]): void {
  if (kind !== 'RoleBinding' && kind !== 'ClusterRoleBinding') return;
  for (const subject of subjects ?? []) {
    if (subject.kind !== 'ServiceAccount') continue;
    const account = accounts.find(
      ({ names, namespaces }) =>
        names.includes(subject.name) &&
        namespaces.some((space) => (space || 'default') === (subject.namespace || 'default')),
    );
    if (!account) continue;
    subject.name = account.object.metadata.name;
    if (account.object.metadata.namespace && subject.namespace)
      subject.namespace = account.object.metadata.namespace;
  }
}
