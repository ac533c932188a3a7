/** Rows of Nodes, Namespaces, ConfigMaps, Secrets, ServiceAccounts, Events, Leases, quotas and classes. */
import { humanAge } from '../duration.ts';
import { age, type Cell, type CellContext, type CellsOf } from './table.ts';

function nodeStatus(node: any): string {
  const ready = (node.status?.conditions ?? []).find((each: any) => each.type === 'Ready');
  const texts = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (node.spec?.unschedulable) texts.push('SchedulingDisabled');
  return texts.join(',');
}

const ROLE = 'node-role.kubernetes.io/';

function nodeRoles(node: any): string {
  const roles = new Set<string>();
  for (const [label, value] of Object.entries<string>(node.metadata.labels ?? {})) {
    if (label.startsWith(ROLE)) {
      if (label.length > ROLE.length) roles.add(label.slice(ROLE.length));
    } else if (label === 'kubernetes.io/role' && value) roles.add(value);
  }
  return roles.size > 0 ? [...roles].toSorted().join(',') : '<none>';
}

const nodeAddress = (node: any, type: string): string =>
  (node.status?.addresses ?? []).find((each: any) => each.type === type)?.address ?? '<none>';

const node: CellsOf = (object, context): Cell[] => {
  const info = object.status?.nodeInfo ?? {};
  return [
    object.metadata.name,
    nodeStatus(object),
    nodeRoles(object),
    age(object, context),
    info.kubeletVersion ?? '',
    nodeAddress(object, 'InternalIP'),
    nodeAddress(object, 'ExternalIP'),
    info.osImage || '<unknown>',
    info.kernelVersion || '<unknown>',
    info.containerRuntimeVersion || '<unknown>',
  ];
};

const namespace: CellsOf = (object, context): Cell[] => [
  object.metadata.name,
  object.status?.phase ?? '',
  age(object, context),
];

const size = (map: object | undefined) => Object.keys(map ?? {}).length;

const configMap: CellsOf = (object, context): Cell[] => [
  object.metadata.name,
  size(object.data) + size(object.binaryData),
  age(object, context),
];

const secret: CellsOf = (object, context): Cell[] => [
  object.metadata.name,
  object.type ?? '',
  size(object.data),
  age(object, context),
];

const serviceAccount: CellsOf = (object, context): Cell[] => [object.metadata.name, age(object, context)];

/** First and last sighting; `60s (x3 over 5m)` of one seen several times. */
function eventTimes(event: any, { nowMs }: CellContext): [last: string, first: string] {
  const age = (time: string | undefined) => (time ? humanAge(time, nowMs) : '<unknown>');
  const first = event.firstTimestamp ?? event.deprecatedFirstTimestamp ?? event.eventTime;
  const last = event.series?.lastObservedTime ?? event.lastTimestamp ?? event.deprecatedLastTimestamp;
  return [age(last ?? first), age(first)];
}

function eventSource(event: any): string {
  const source = event.source ?? event.deprecatedSource ?? {};
  const component = source.component || event.reportingComponent || event.reportingController || '';
  const host = source.host || event.reportingInstance || '';
  return host ? `${component}, ${host}` : component;
}

const event: CellsOf = (object, context): Cell[] => {
  const involved = object.involvedObject ?? object.regarding ?? {};
  const [last, first] = eventTimes(object, context);
  const kind = (involved.kind ?? '').toLowerCase();
  return [
    last,
    object.type ?? '',
    object.reason ?? '',
    involved.name ? `${kind}/${involved.name}` : kind,
    involved.fieldPath ?? '',
    eventSource(object),
    (object.message ?? object.note ?? '').trim(),
    first,
    object.series?.count ?? object.count ?? object.deprecatedCount ?? 1,
    object.metadata.name,
  ];
};

const lease: CellsOf = (object, context): Cell[] => [
  object.metadata.name,
  object.spec?.holderIdentity ?? '',
  age(object, context),
];

const componentStatus: CellsOf = (object): Cell[] => {
  const healthy = (object.conditions ?? []).find((each: any) => each.type === 'Healthy');
  const status = !healthy ? 'Unknown' : healthy.status === 'True' ? 'Healthy' : 'Unhealthy';
  return [object.metadata.name, status, healthy?.message ?? '', healthy?.error ?? ''];
};

/** `pods: 3/10, requests.cpu: 1/2` and the same of limits. */
function quotaCells(object: any): [requests: string, limits: string] {
  const { hard = {}, used = {} } = object.status ?? {};
  const requests: string[] = [];
  const limits: string[] = [];
  for (const name of Object.keys(hard).toSorted()) {
    const list = name.startsWith('limits') ? limits : requests;
    list.push(`${name}: ${used[name] ?? '0'}/${hard[name]}`);
  }
  return [requests.join(', '), limits.join(', ')];
}

const quota: CellsOf = (object, context): Cell[] => [
  object.metadata.name,
  ...quotaCells(object),
  age(object, context),
];

const priorityClass: CellsOf = (object, context): Cell[] => [
  object.metadata.name,
  object.value ?? 0,
  object.globalDefault ?? false,
  age(object, context),
  object.preemptionPolicy ?? '',
];

const webhookConfiguration: CellsOf = (object, context): Cell[] => [
  object.metadata.name,
  (object.webhooks ?? []).length,
  age(object, context),
];

const apiService: CellsOf = (object, context): Cell[] => {
  const { service } = object.spec ?? {};
  const available = (object.status?.conditions ?? []).find((each: any) => each.type === 'Available');
  const why = available && available.status !== 'True' ? ` (${available.reason})` : '';
  return [
    object.metadata.name,
    service ? `${service.namespace}/${service.name}` : 'Local',
    `${available?.status ?? 'Unknown'}${why}`,
    age(object, context),
  ];
};

const runtimeClass: CellsOf = (object, context): Cell[] => [
  object.metadata.name,
  object.handler ?? '',
  age(object, context),
];

export const clusterCells: Record<string, CellsOf> = {
  '/componentstatuses': componentStatus,
  '/nodes': node,
  '/namespaces': namespace,
  '/configmaps': configMap,
  '/secrets': secret,
  '/serviceaccounts': serviceAccount,
  '/events': event,
  'events.k8s.io/events': event,
  '/resourcequotas': quota,
  'coordination.k8s.io/leases': lease,
  'scheduling.k8s.io/priorityclasses': priorityClass,
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': webhookConfiguration,
  'admissionregistration.k8s.io/validatingwebhookconfigurations': webhookConfiguration,
  'apiregistration.k8s.io/apiservices': apiService,
  'node.k8s.io/runtimeclasses': runtimeClass,
};
