/**
 * What a learner may do on a real cluster: nearly everything that an administrator of the cluster does, and
 * nothing that leads out of it. RBAC names what is allowed; admission policies refuse what RBAC cannot tell
 * apart (a namespace, a label, a field). Reading is not admission's business: what must not be read is
 * not granted.
 *
 * Not granted at all: nodes/proxy, impersonation, escalate and bind, admission objects, APIServices, the
 * approval and signing of certificate requests.
 */
import type { Manifest } from './admin-client.ts';

export const LEARNER = 'learner';
export const LEARNERS_GROUP = 'slipway:learners';

/** Namespaces in which a learner changes nothing and starts nothing; those of add-ons come to them. */
export const SYSTEM_NAMESPACES = ['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'];

/** Every verb but those that lead to more rights. */
export const EVERYTHING = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
const READING = ['get', 'list', 'watch'];

/** Groups whose resources are the learner's in full. */
const WHOLE_GROUPS = [
  'apps',
  'autoscaling',
  'batch',
  'discovery.k8s.io',
  'events.k8s.io',
  'gateway.networking.k8s.io',
  'networking.k8s.io',
  'policy',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'snapshot.storage.k8s.io',
  'storage.k8s.io',
];

/** Whether learners may change objects of a group: these, and those of their own definitions. */
export const isGroupOfLearners = (group: string): boolean =>
  WHOLE_GROUPS.includes(group) ||
  ['apiextensions.k8s.io', 'certificates.k8s.io', 'rbac.authorization.k8s.io'].includes(group) ||
  isGroupOfDefinitions(group);

/** Whether a group is none of Kubernetes' own. */
export const isGroupOfDefinitions = (group: string): boolean => !/(^|\.)(k8s|kubernetes)\.io$/.test(group);

/** Core resources in full. `nodes` and `nodes/proxy` are left out. */
const CORE = [
  'bindings',
  'configmaps',
  'endpoints',
  'events',
  'limitranges',
  'namespaces',
  'namespaces/finalize',
  'namespaces/status',
  'persistentvolumeclaims',
  'persistentvolumeclaims/status',
  'persistentvolumes',
  'persistentvolumes/status',
  'pods',
  'pods/attach',
  'pods/binding',
  'pods/ephemeralcontainers',
  'pods/eviction',
  'pods/exec',
  'pods/log',
  'pods/portforward',
  'pods/proxy',
  'pods/resize',
  'pods/status',
  'podtemplates',
  'replicationcontrollers',
  'replicationcontrollers/scale',
  'replicationcontrollers/status',
  'resourcequotas',
  'resourcequotas/status',
  'secrets',
  'serviceaccounts',
  'serviceaccounts/token',
  'services',
  'services/proxy',
  'services/status',
];

const rule = (apiGroups: string[], resources: string[], verbs: string[]) => ({ apiGroups, resources, verbs });

const role: Manifest = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'slipway:learner' },
  rules: [
    rule([''], CORE, EVERYTHING),
    // Cordon, drain, label and taint: yes. Their kubelets: no.
    rule([''], ['nodes', 'nodes/status', 'componentstatuses'], READING),
    rule([''], ['nodes'], ['patch', 'update']),
    rule(WHOLE_GROUPS, ['*'], EVERYTHING),
    rule(['apiextensions.k8s.io'], ['*'], EVERYTHING),
    // Without escalate and bind nobody can be given more than the giver has.
    rule(['rbac.authorization.k8s.io'], ['*'], EVERYTHING),
    rule(['certificates.k8s.io'], ['certificatesigningrequests'], [...READING, 'create', 'delete']),
    rule(['coordination.k8s.io'], ['leases'], EVERYTHING),
    rule(['metrics.k8s.io'], ['*'], READING),
    rule(['admissionregistration.k8s.io', 'apiregistration.k8s.io'], ['*'], READING),
    rule(['authentication.k8s.io', 'authorization.k8s.io'], ['*'], ['create']),
    { nonResourceURLs: ['*'], verbs: ['get'] },
  ],
};

const binding: Manifest = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'slipway:learners' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'slipway:learner' },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: LEARNERS_GROUP }],
};

export const celList = (values: readonly string[]) => `[${values.map((value) => `'${value}'`).join(', ')}]`;

const SYSTEM_USERS = [
  'kubernetes-admin',
  'system:apiserver',
  'system:kube-scheduler',
  'system:kube-controller-manager',
];
const SYSTEM_GROUPS = ['system:masters', 'kubeadm:cluster-admins', 'system:nodes'];
/** Whose programs act for the cluster. */
const NAMESPACES_THAT_ACT = ['kube-system', 'local-path-storage'];

/**
 * CEL that holds for everybody but Kubernetes itself, the sandbox service and add-ons: for the learner, or somebody of the
 * learner's making.
 * @param user and `groups`: where the expression finds them.
 */
export function notTheSystem(user: string, groups: string, addOnNamespaces: readonly string[]): string {
  const accounts = [...NAMESPACES_THAT_ACT, ...addOnNamespaces].map(
    (namespace) => `system:serviceaccounts:${namespace}`,
  );
  return `!(${user} in ${celList(SYSTEM_USERS)}
  || ${groups}.exists(g, g in ${celList([...SYSTEM_GROUPS, ...accounts])}))`;
}

/** A refusal by admission. */
interface Refusal {
  name: string;
  match: { apiGroups: string[]; resources: string[]; operations: string[]; scope?: string }[];
  /** CEL that holds for what is allowed. */
  allowed: string;
  message: string;
}

const NOT_YOURS =
  'this namespace belongs to the cluster itself; on this sandbox it can be read and not changed';

const refusals = (namespaces: readonly string[], openServices: readonly string[]): Refusal[] => [
  {
    name: 'slipway-system-namespaces',
    match: [
      {
        apiGroups: ['*'],
        resources: ['*/*'],
        operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
        scope: 'Namespaced',
      },
    ],
    allowed: `!(request.namespace in ${celList(namespaces)}) || (request.operation == 'CONNECT' && request.resource.resource == 'services'
  && request.namespace + '/' + request.name in ${celList(openServices)})`,
    message: NOT_YOURS,
  },
  {
    name: 'slipway-namespaces',
    match: [{ apiGroups: [''], resources: ['namespaces', 'namespaces/*'], operations: ['UPDATE', 'DELETE'] }],
    allowed: `!(request.name in ${celList(namespaces)})`,
    message: NOT_YOURS,
  },
  {
    name: 'slipway-pod-security',
    match: [{ apiGroups: [''], resources: ['namespaces', 'namespaces/*'], operations: ['CREATE', 'UPDATE'] }],
    allowed: `!has(object.metadata.labels) || !('pod-security.kubernetes.io/enforce' in object.metadata.labels)
  || object.metadata.labels['pod-security.kubernetes.io/enforce'] in ['baseline', 'restricted']`,
    message: 'pod-security.kubernetes.io/enforce: on this sandbox baseline or restricted',
  },
  {
    name: 'slipway-volumes',
    match: [{ apiGroups: [''], resources: ['persistentvolumes'], operations: ['CREATE', 'UPDATE'] }],
    allowed: '!has(object.spec.hostPath) && !has(object.spec.local)',
    message:
      'spec: volumes of type hostPath and local would reach into the node; use a claim with a StorageClass',
  },
];

/** A policy and its binding. */
export function policy(
  { name, match, allowed, message }: Refusal,
  addOnNamespaces: readonly string[],
): Manifest[] {
  return [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: match.map((constraint) => ({ apiVersions: ['*'], ...constraint })),
        },
        matchConditions: [
          {
            name: 'not-the-system',
            expression: notTheSystem('request.userInfo.username', 'request.userInfo.groups', addOnNamespaces),
          },
        ],
        validations: [{ expression: allowed, message, reason: 'Forbidden' }],
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: ['Deny'] },
    },
  ];
}

/**
 * Everything that is applied before a learner's credential is used.
 * @param addOnNamespaces are guarded as the system's own are.
 * @param openServices of them, which may be asked all the same through the API server: `istio-system/prometheus:9090`.
 */
export const learnerRights = (
  addOnNamespaces: readonly string[] = [],
  openServices: readonly string[] = [],
): Manifest[] => [
  role,
  binding,
  ...refusals([...SYSTEM_NAMESPACES, ...addOnNamespaces], openServices).flatMap((refusal) =>
    policy(refusal, addOnNamespaces),
  ),
];
