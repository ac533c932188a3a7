/**
 * Defaults: the schema's own (`+default`) and what the defaulting functions of `pkg/apis/.../v1/defaults.go`
 * (1.35) set beyond them. What an admission plugin or a registry strategy sets (service account, cluster
 * IPs, node ports, generation) belongs to the API server.
 *
 * Nothing is changed in place: the result shares every subtree that needed no default with the argument. A
 * type is only walked where defaults can occur below it.
 */
import { toBase64 } from '../../core/base64.ts';
import { encode } from '../../core/bytes.ts';
import type { KubernetesObject } from './object.ts';
import { canonicalQuantity, formatQuantity, parseQuantity, roundUpToMilli } from './quantity.ts';
import { type FieldInfo, parseApiVersion, type TypeInfo, TypeRegistry } from './schema.ts';

type Json = Record<string, any>;
/** Returns what to set, if anything; `undefined` values remove a field. Called before the fields below. */
type Defaulter = (object: any, root: KubernetesObject) => Json | undefined;

/**
 * The object with its defaults. `trusted` is an object whose subtrees have theirs, e.g. the stored one:
 * subtrees identical to its own are skipped.
 */
export function applyDefaults<T extends KubernetesObject>(
  object: T,
  registry: TypeRegistry,
  trusted?: KubernetesObject,
): T {
  const { group, version } = parseApiVersion(object.apiVersion ?? '');
  const own = registry.hooksOf(group, version, object.kind ?? '')?.withDefaults;
  if (own) return own.call(registry.hooksOf(group, version, object.kind ?? ''), object) as T;
  const type = registry.typeOfObject(object);
  if (!type) return object;
  return defaultsOf(type, object, object, trusted) as T;
}

function defaultsOf(type: TypeInfo, value: any, root: KubernetesObject, trusted: any): any {
  if (value === undefined || value === null || (value === trusted && typeof value === 'object')) return value;
  switch (type.kind) {
    case 'struct': {
      const plan = planOf(type);
      return plan ? structDefaults(plan, value, root, trusted) : value;
    }
    case 'list': {
      if (!reaches(type)) return value;
      let out = value;
      for (let index = 0; index < value.length; index++) {
        const made = defaultsOf(type.element!, value[index], root, trusted?.[index]);
        if (made === value[index]) continue;
        if (out === value) out = value.slice();
        out[index] = made;
      }
      return out;
    }
    case 'map': {
      if (!reaches(type)) return value;
      let out = value;
      for (const key in value) {
        const made = defaultsOf(type.element!, value[key], root, trusted?.[key]);
        if (made === value[key]) continue;
        if (out === value) out = { ...value };
        out[key] = made;
      }
      return out;
    }
    default:
      return value;
  }
}

interface Plan {
  defaulters: readonly Defaulter[];
  /** Fields with a schema default. */
  own: readonly FieldInfo[];
  /** Fields below which defaults can occur. */
  below: readonly FieldInfo[];
}

function structDefaults(plan: Plan, value: Json, root: KubernetesObject, trusted: any): Json {
  let out = value;
  const set = (name: string, to: unknown) => {
    if (out === value) out = { ...value };
    if (to === undefined) delete out[name];
    else out[name] = to;
  };
  for (const defaulter of plan.defaulters) {
    const made = defaulter(out, root);
    if (made) for (const name in made) set(name, made[name]);
  }
  for (const field of plan.own) if (out[field.name] === undefined) set(field.name, field.default);
  for (const field of plan.below) {
    const given = out[field.name];
    if (given === undefined) continue;
    const made = defaultsOf(field.type, given, root, trusted?.[field.name]);
    if (made !== given) set(field.name, made);
  }
  return out;
}

const plans = new WeakMap<TypeInfo, Plan | null>();
const reachable = new WeakMap<TypeInfo, boolean>();

function planOf(type: TypeInfo): Plan | null {
  let plan = plans.get(type);
  if (plan === undefined) {
    const named = DEFAULTERS[type.name ?? ''];
    const defaulters = named === undefined ? [] : typeof named === 'function' ? [named] : named;
    const fields = [...type.fields.values()];
    const own = fields.filter((field) => field.default !== undefined && isStated(field));
    const below = fields.filter((field) => reaches(field.type));
    plan = defaulters.length + own.length + below.length > 0 ? { defaulters, own, below } : null;
    plans.set(type, plan);
  }
  return plan;
}

/** `{}` and `""` in the published schema say that a value is never absent, not that it is set. */
function isStated({ default: value }: FieldInfo): boolean {
  return value !== '' && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}

/** Whether defaults can occur in a value of the type. Recursive types (JSONSchemaProps) have none. */
function reaches(type: TypeInfo): boolean {
  const known = reachable.get(type);
  if (known !== undefined) return known;
  reachable.set(type, false);
  const result =
    type.kind === 'struct' ? planOf(type) !== null : type.element !== undefined && reaches(type.element);
  reachable.set(type, result);
  return result;
}

/** `{ field: value }` for those fields that are absent or zero. */
function missing(object: Json, defaults: Json): Json | undefined {
  let out: Json | undefined;
  for (const name in defaults) {
    const given = object[name];
    if (given === undefined || given === '' || given === null) (out ??= {})[name] = defaults[name];
  }
  return out;
}

const constants =
  (defaults: Json): Defaulter =>
  (object) =>
    missing(object, defaults);

/** A reference as the container runtimes read it: lower-case path, tag, digest. */
const IMAGE_REFERENCE =
  /^(?:[\w.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::(?<tag>\w[\w.-]{0,127}))?(?<digest>@\w+:[0-9a-fA-F]{32,})?$/;

/** Without tag or digest an image means `:latest`, which is pulled always. What is no image is not. */
function imagePullPolicyOf(image: string | undefined): 'Always' | 'IfNotPresent' {
  const match = IMAGE_REFERENCE.exec(image ?? '');
  if (!match?.groups || match.groups.digest) return 'IfNotPresent';
  const { tag } = match.groups;
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function container(object: Json): Json | undefined {
  return missing(object, {
    imagePullPolicy: imagePullPolicyOf(object.image),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  });
}

const POD_SPEC = {
  dnsPolicy: 'ClusterFirst',
  restartPolicy: 'Always',
  securityContext: {},
  terminationGracePeriodSeconds: 30,
  schedulerName: 'default-scheduler',
};

function podSpec(spec: Json): Json | undefined {
  const out: Json = missing(spec, POD_SPEC) ?? {};
  // The older name of the same field; conversion keeps the two equal.
  if (spec.serviceAccountName && spec.serviceAccount !== spec.serviceAccountName)
    out.serviceAccount = spec.serviceAccountName;
  else if (spec.serviceAccount && !spec.serviceAccountName) out.serviceAccountName = spec.serviceAccount;
  if (spec.hostNetwork) {
    const containers = hostPorts(spec.containers);
    const initContainers = hostPorts(spec.initContainers);
    if (containers !== spec.containers) out.containers = containers;
    if (initContainers !== spec.initContainers) out.initContainers = initContainers;
  }
  return out;
}

/** In the host's network a container's port is the host's. */
function hostPorts(containers: Json[] | undefined): Json[] | undefined {
  if (!containers?.some((each) => each.ports?.some((port: Json) => !port.hostPort))) return containers;
  return containers.map((each) =>
    each.ports
      ? {
          ...each,
          ports: each.ports.map((port: Json) => ({ ...port, hostPort: port.hostPort || port.containerPort })),
        }
      : each,
  );
}

/** Only of a Pod itself, not of templates: limits become requests, service links are on. */
function pod(object: Json): Json | undefined {
  const { spec } = object;
  if (!spec) return undefined;
  const containers = requestsFromLimits(spec.containers);
  const initContainers = requestsFromLimits(spec.initContainers);
  const linked = spec.enableServiceLinks !== undefined;
  if (linked && containers === spec.containers && initContainers === spec.initContainers) return undefined;
  const made: Json = { ...spec };
  if (!linked) made.enableServiceLinks = true;
  if (containers) made.containers = containers;
  if (initContainers) made.initContainers = initContainers;
  return { spec: made };
}

function requestsFromLimits(containers: Json[] | undefined): Json[] | undefined {
  let out = containers;
  containers?.forEach((each, index) => {
    const limits: Json | undefined = each.resources?.limits;
    if (!limits) return;
    const requests: Json = each.resources.requests ?? {};
    if (Object.keys(limits).every((name) => requests[name] !== undefined)) return;
    if (out === containers) out = containers.slice();
    out![index] = { ...each, resources: { ...each.resources, requests: { ...limits, ...requests } } };
  });
  return out;
}

/** A ResourceList is kept to thousandths. */
const resourceLists =
  (...names: string[]): Defaulter =>
  (object) => {
    let out: Json | undefined;
    for (const name of names) {
      for (const resource in object[name]) {
        const text = object[name][resource];
        if (!/[nu]$|\./.test(text)) continue;
        const rounded = formatQuantity(roundUpToMilli(parseQuantity(text)));
        if (rounded === text) continue;
        out ??= {};
        out[name] = { ...(out[name] ?? object[name]), [resource]: canonicalQuantity(rounded) };
      }
    }
    return out;
  };

const VOLUME_SOURCE_FREE = new Set(['name']);

function volume(object: Json): Json | undefined {
  for (const name in object) if (!VOLUME_SOURCE_FREE.has(name)) return undefined;
  return { emptyDir: {} };
}

function service(object: Json): Json | undefined {
  const spec: Json = object.spec ?? {};
  const type = spec.type || 'ClusterIP';
  const out: Json = { ...spec, type };
  out.sessionAffinity ||= 'None';
  if (out.sessionAffinity === 'None') delete out.sessionAffinityConfig;
  else if (out.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined)
    out.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10800 } };
  const external =
    type === 'LoadBalancer' ||
    type === 'NodePort' ||
    (type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0);
  if (external && !spec.externalTrafficPolicy) out.externalTrafficPolicy = 'Cluster';
  if (type !== 'ExternalName' && spec.internalTrafficPolicy === undefined)
    out.internalTrafficPolicy = 'Cluster';
  if (type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts === undefined)
    out.allocateLoadBalancerNodePorts = true;
  return { spec: out };
}

function servicePort(port: Json): Json | undefined {
  const out: Json = missing(port, { protocol: 'TCP' }) ?? {};
  if (!port.targetPort) out.targetPort = port.port;
  return out;
}

/** `stringData` is write-only: it goes into `data`. */
function secret(object: Json): Json | undefined {
  const out: Json = missing(object, { type: 'Opaque' }) ?? {};
  if (!object.stringData) return out;
  const data: Json = { ...object.data };
  for (const key in object.stringData) data[key] = toBase64(encode(object.stringData[key]));
  return { ...out, data, stringData: undefined };
}

/** Labels of the template stand in for the workload's own (ReplicationController only). */
function replicationController(object: Json): Json | undefined {
  const labels = object.spec?.template?.metadata?.labels;
  if (!labels) return undefined;
  const out: Json = {};
  if (!object.spec.selector) out.spec = { ...object.spec, selector: labels };
  if (!object.metadata?.labels) out.metadata = { ...object.metadata, labels };
  return out;
}

function namespace(object: Json): Json | undefined {
  const { name, labels } = object.metadata ?? {};
  if (!name || labels?.['kubernetes.io/metadata.name'] === name) return undefined;
  return { metadata: { ...object.metadata, labels: { ...labels, 'kubernetes.io/metadata.name': name } } };
}

const rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%' };

function deploymentSpec(spec: Json): Json | undefined {
  const strategy: Json = { ...spec.strategy };
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate')
    strategy.rollingUpdate = { ...rollingUpdate, ...strategy.rollingUpdate };
  return {
    ...missing(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 }),
    strategy,
  };
}

function daemonSetSpec(spec: Json): Json | undefined {
  const updateStrategy: Json = { ...spec.updateStrategy };
  updateStrategy.type ||= 'RollingUpdate';
  if (updateStrategy.type === 'RollingUpdate')
    updateStrategy.rollingUpdate = { maxUnavailable: 1, maxSurge: 0, ...updateStrategy.rollingUpdate };
  return { ...missing(spec, { revisionHistoryLimit: 10 }), updateStrategy };
}

function statefulSetSpec(spec: Json): Json | undefined {
  const updateStrategy: Json = { ...spec.updateStrategy };
  // Who names the type and no update has none; who names neither has both.
  if (!updateStrategy.type) {
    updateStrategy.type = 'RollingUpdate';
    updateStrategy.rollingUpdate ??= {};
  }
  if (updateStrategy.type === 'RollingUpdate' && updateStrategy.rollingUpdate)
    updateStrategy.rollingUpdate = { partition: 0, ...updateStrategy.rollingUpdate };
  return {
    ...missing(spec, { podManagementPolicy: 'OrderedReady', replicas: 1, revisionHistoryLimit: 10 }),
    persistentVolumeClaimRetentionPolicy: {
      whenDeleted: spec.persistentVolumeClaimRetentionPolicy?.whenDeleted || 'Retain',
      whenScaled: spec.persistentVolumeClaimRetentionPolicy?.whenScaled || 'Retain',
    },
    updateStrategy,
  };
}

/** Claims inside a StatefulSet are whole objects, down to their phase. */
function claimTemplates(spec: Json): Json | undefined {
  if (!spec.volumeClaimTemplates?.some((claim: Json) => !claim.apiVersion || !claim.kind)) return undefined;
  return {
    volumeClaimTemplates: spec.volumeClaimTemplates.map((claim: Json) => ({
      ...claim,
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
    })),
  };
}

/** Of a Job alone: the template inside a CronJob gets its defaults when it becomes one. */
function job(object: Json): Json {
  const spec: Json = object.spec ?? {};
  const out: Json = { ...spec };
  if (spec.completions === undefined && spec.parallelism === undefined) out.completions = 1;
  out.parallelism ??= 1;
  out.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2147483647;
  out.completionMode ||= 'NonIndexed';
  out.suspend ??= false;
  out.manualSelector ??= false;
  out.podReplacementPolicy ||= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
  const labels = spec.template?.metadata?.labels;
  return labels && !object.metadata?.labels
    ? { spec: out, metadata: { ...object.metadata, labels } }
    : { spec: out };
}

function networkPolicySpec(spec: Json): Json | undefined {
  if (spec.policyTypes?.length) return undefined;
  return { policyTypes: spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress'] };
}

const CPU_TARGET = {
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
  type: 'Resource',
};

function hpaV2(object: Json): Json | undefined {
  const spec: Json = object.spec ?? {};
  const out = missing(spec, { minReplicas: 1 }) ?? {};
  if (!spec.metrics?.length) out.metrics = [CPU_TARGET];
  if (spec.behavior) {
    const { scaleUp, scaleDown } = spec.behavior;
    out.behavior = {
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [
          { type: 'Pods', value: 4, periodSeconds: 15 },
          { type: 'Percent', value: 100, periodSeconds: 15 },
        ],
        ...scaleUp,
      },
      scaleDown: {
        selectPolicy: 'Max',
        policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
        ...scaleDown,
      },
    };
  }
  return Object.keys(out).length > 0 ? { spec: { ...spec, ...out } } : undefined;
}

/** A User's or Group's group is RBAC's own, a ServiceAccount's is the core group. */
function subject(object: Json): Json | undefined {
  const named = object.kind === 'User' || object.kind === 'Group';
  return named && !object.apiGroup ? { apiGroup: 'rbac.authorization.k8s.io' } : undefined;
}

const roleRef = (object: Json): Json | undefined =>
  object.roleRef && !object.roleRef.apiGroup
    ? { roleRef: { ...object.roleRef, apiGroup: 'rbac.authorization.k8s.io' } }
    : undefined;

function nodeStatus(status: Json): Json | undefined {
  return status.capacity && !status.allocatable ? { allocatable: status.capacity } : undefined;
}

/** TLS bootstrapping aside, a webhook is called with everything and fails closed. */
const webhook = constants({
  failurePolicy: 'Fail',
  matchPolicy: 'Equivalent',
  namespaceSelector: {},
  objectSelector: {},
  timeoutSeconds: 10,
});

const core = (name: string) => `io.k8s.api.core.v1.${name}`;
const apps = (name: string) => `io.k8s.api.apps.v1.${name}`;
const batch = (name: string) => `io.k8s.api.batch.v1.${name}`;
const rbac = (name: string) => `io.k8s.api.rbac.v1.${name}`;
const admission = (name: string) => `io.k8s.api.admissionregistration.v1.${name}`;

const DEFAULTERS: Record<string, Defaulter | readonly Defaulter[]> = {
  [core('Pod')]: pod,
  [core('PodSpec')]: podSpec,
  [core('Container')]: container,
  [core('EphemeralContainer')]: container,
  [core('ResourceRequirements')]: resourceLists('limits', 'requests'),
  [core('VolumeResourceRequirements')]: resourceLists('limits', 'requests'),
  [core('Probe')]: (probe) => {
    const out: Json = {};
    if (!probe.timeoutSeconds) out.timeoutSeconds = 1;
    if (!probe.periodSeconds) out.periodSeconds = 10;
    if (!probe.successThreshold) out.successThreshold = 1;
    if (!probe.failureThreshold) out.failureThreshold = 3;
    return out;
  },
  [core('HTTPGetAction')]: constants({ path: '/', scheme: 'HTTP' }),
  [core('GRPCAction')]: (action) => (action.service === undefined ? { service: '' } : undefined),
  [core('ContainerPort')]: constants({ protocol: 'TCP' }),
  [core('ObjectFieldSelector')]: constants({ apiVersion: 'v1' }),
  [core('Volume')]: volume,
  [core('SecretVolumeSource')]: constants({ defaultMode: 0o644 }),
  [core('ConfigMapVolumeSource')]: constants({ defaultMode: 0o644 }),
  [core('DownwardAPIVolumeSource')]: constants({ defaultMode: 0o644 }),
  [core('ProjectedVolumeSource')]: constants({ defaultMode: 0o644 }),
  [core('ServiceAccountTokenProjection')]: constants({ expirationSeconds: 3600 }),
  [core('HostPathVolumeSource')]: (source) => (source.type === undefined ? { type: '' } : undefined),
  [core('ImageVolumeSource')]: (source) =>
    source.pullPolicy ? undefined : { pullPolicy: imagePullPolicyOf(source.reference) },
  [core('Service')]: service,
  [core('ServicePort')]: servicePort,
  [core('Secret')]: secret,
  [core('Namespace')]: namespace,
  [core('NamespaceStatus')]: constants({ phase: 'Active' }),
  [core('NodeStatus')]: [resourceLists('capacity', 'allocatable'), nodeStatus],
  [core('PersistentVolume')]: (pv) => ({
    spec: {
      ...pv.spec,
      ...missing(pv.spec ?? {}, { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' }),
    },
  }),
  [core('PersistentVolumeStatus')]: constants({ phase: 'Pending' }),
  [core('PersistentVolumeClaimSpec')]: constants({ volumeMode: 'Filesystem' }),
  [core('PersistentVolumeClaim')]: (claim) =>
    claim.status?.phase ? undefined : { status: { ...claim.status, phase: 'Pending' } },
  [core('EndpointPort')]: constants({ protocol: 'TCP' }),
  [core('ReplicationController')]: replicationController,
  [core('LimitRangeItem')]: limitRangeItem,
  [apps('DeploymentSpec')]: deploymentSpec,
  [apps('ReplicaSetSpec')]: constants({ replicas: 1 }),
  [apps('DaemonSetSpec')]: daemonSetSpec,
  [apps('StatefulSetSpec')]: [statefulSetSpec, claimTemplates],
  [batch('Job')]: job,
  [batch('CronJobSpec')]: constants({
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  }),
  'io.k8s.api.networking.v1.NetworkPolicyPort': constants({ protocol: 'TCP' }),
  'io.k8s.api.networking.v1.NetworkPolicySpec': networkPolicySpec,
  'io.k8s.api.networking.v1.IngressClassParametersReference': constants({ scope: 'Cluster' }),
  'io.k8s.api.discovery.v1.EndpointPort': (port) => ({
    ...(port.name === undefined ? { name: '' } : {}),
    ...(port.protocol === undefined ? { protocol: 'TCP' } : {}),
  }),
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler': hpaV2,
  'io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec': constants({ minReplicas: 1 }),
  'io.k8s.api.storage.v1.StorageClass': constants({
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'Immediate',
  }),
  'io.k8s.api.storage.v1.CSIDriverSpec': constants({
    attachRequired: true,
    podInfoOnMount: false,
    storageCapacity: false,
    fsGroupPolicy: 'ReadWriteOnceWithFSType',
    requiresRepublish: false,
    seLinuxMount: false,
    volumeLifecycleModes: ['Persistent'],
  }),
  'io.k8s.api.scheduling.v1.PriorityClass': (object) =>
    object.preemptionPolicy === undefined ? { preemptionPolicy: 'PreemptLowerPriority' } : undefined,
  [rbac('Subject')]: subject,
  [rbac('RoleBinding')]: roleRef,
  [rbac('ClusterRoleBinding')]: roleRef,
  [admission('ValidatingWebhook')]: webhook,
  [admission('MutatingWebhook')]: [webhook, constants({ reinvocationPolicy: 'Never' })],
  [admission('RuleWithOperations')]: constants({ scope: '*' }),
  [admission('NamedRuleWithOperations')]: constants({ scope: '*' }),
  [admission('ServiceReference')]: constants({ port: 443 }),
  [admission('MatchResources')]: constants({
    matchPolicy: 'Equivalent',
    namespaceSelector: {},
    objectSelector: {},
  }),
  [admission('ValidatingAdmissionPolicySpec')]: constants({ failurePolicy: 'Fail' }),
};

function limitRangeItem(item: Json): Json | undefined {
  if (item.type !== 'Container') return undefined;
  const limits = { ...item.max, ...item.default };
  const requests = { ...item.min, ...limits, ...item.defaultRequest };
  return {
    ...(Object.keys(limits).length > 0 ? { default: limits } : {}),
    ...(Object.keys(requests).length > 0 ? { defaultRequest: requests } : {}),
  };
}
