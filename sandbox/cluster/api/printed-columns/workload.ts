/** Rows of what makes pods: Deployments, sets, Jobs, and of autoscalers and budgets. */
import { humanAge, humanDuration } from '../duration.ts';
import { formatLabelSelector, formatLabels } from '../labels.ts';
import { age, type Cell, type CellsOf } from './table.ts';

function containersOf(podSpec: any): [names: string, images: string] {
  const containers: any[] = podSpec?.containers ?? [];
  return [
    containers.map((each) => each.name).join(','),
    containers.map((each) => each.image ?? '').join(','),
  ];
}

const deployment: CellsOf = (object, context): Cell[] => {
  const { metadata, spec = {}, status = {} } = object;
  return [
    metadata.name,
    `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    status.updatedReplicas ?? 0,
    status.availableReplicas ?? 0,
    age(object, context),
    ...containersOf(spec.template?.spec),
    formatLabelSelector(spec.selector),
  ];
};

const replicaSet: CellsOf = (object, context): Cell[] => {
  const { metadata, spec = {}, status = {} } = object;
  return [
    metadata.name,
    spec.replicas ?? 0,
    status.replicas ?? 0,
    status.readyReplicas ?? 0,
    age(object, context),
    ...containersOf(spec.template?.spec),
    formatLabelSelector(spec.selector),
  ];
};

const replicationController: CellsOf = (object, context): Cell[] => {
  const cells = replicaSet(object, context);
  return [...cells.slice(0, -1), formatLabels(object.spec?.selector)];
};

const statefulSet: CellsOf = (object, context): Cell[] => {
  const { metadata, spec = {}, status = {} } = object;
  return [
    metadata.name,
    `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    age(object, context),
    ...containersOf(spec.template?.spec),
  ];
};

const daemonSet: CellsOf = (object, context): Cell[] => {
  const { metadata, spec = {}, status = {} } = object;
  return [
    metadata.name,
    status.desiredNumberScheduled ?? 0,
    status.currentNumberScheduled ?? 0,
    status.numberReady ?? 0,
    status.updatedNumberScheduled ?? 0,
    status.numberAvailable ?? 0,
    formatLabels(spec.template?.spec?.nodeSelector),
    age(object, context),
    ...containersOf(spec.template?.spec),
    formatLabelSelector(spec.selector),
  ];
};

const isTrue = (object: any, type: string) =>
  (object.status?.conditions ?? []).some((each: any) => each.type === type && each.status === 'True');

function jobStatus(object: any): string {
  if (isTrue(object, 'Complete')) return 'Complete';
  if (isTrue(object, 'Failed')) return 'Failed';
  if (object.metadata.deletionTimestamp) return 'Terminating';
  if (isTrue(object, 'Suspended')) return 'Suspended';
  if (isTrue(object, 'FailureTarget')) return 'FailureTarget';
  if (isTrue(object, 'SuccessCriteriaMet')) return 'SuccessCriteriaMet';
  return 'Running';
}

function completions({ spec = {}, status = {} }: any): string {
  const succeeded = status.succeeded ?? 0;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

const job: CellsOf = (object, context): Cell[] => {
  const { metadata, spec = {}, status = {} } = object;
  const started = status.startTime ? Date.parse(status.startTime) : undefined;
  const ended = status.completionTime ? Date.parse(status.completionTime) : context.nowMs;
  return [
    metadata.name,
    jobStatus(object),
    completions(object),
    started === undefined ? '' : humanDuration(ended - started),
    age(object, context),
    ...containersOf(spec.template?.spec),
    formatLabelSelector(spec.selector),
  ];
};

const cronJob: CellsOf = (object, context): Cell[] => {
  const { metadata, spec = {}, status = {} } = object;
  const template = spec.jobTemplate?.spec ?? {};
  return [
    metadata.name,
    spec.schedule,
    spec.timeZone ?? '<none>',
    spec.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False',
    (status.active ?? []).length,
    status.lastScheduleTime ? humanAge(status.lastScheduleTime, context.nowMs) : '<none>',
    age(object, context),
    ...containersOf(template.template?.spec),
    formatLabelSelector(template.selector),
  ];
};

/** `cpu: 10%/80%`: what was measured and what is wanted; at most two metrics. */
function targets(spec: any, status: any): string {
  const metrics: any[] = spec.metrics ?? [];
  if (metrics.length === 0) return '<none>';
  const texts = metrics.map((metric, index) => metricText(metric, status.currentMetrics?.[index]));
  return texts.length > 2
    ? `${texts.slice(0, 2).join(', ')} + ${texts.length - 2} more...`
    : texts.join(', ');
}

function metricText(metric: any, current: any): string {
  const field = metric.type[0].toLowerCase() + metric.type.slice(1);
  const target = metric[field]?.target ?? {};
  const now = current?.[field]?.current ?? {};
  const prefix = field === 'resource' || field === 'containerResource' ? `${metric[field].name}: ` : '';
  if (target.averageUtilization !== undefined)
    return `${prefix}${now.averageUtilization === undefined ? '<unknown>' : `${now.averageUtilization}%`}/${target.averageUtilization}%`;
  if (target.averageValue !== undefined)
    return `${prefix}${now.averageValue ?? '<unknown>'}/${target.averageValue}${prefix ? '' : ' (avg)'}`;
  return `${prefix}${now.value ?? '<unknown>'}/${target.value}`;
}

/** Version 1 knows one metric; the v2 form of it is what is printed. */
function metricsOf(object: any): any {
  if (object.apiVersion !== 'autoscaling/v1') return object;
  const averageUtilization = object.spec?.targetCPUUtilizationPercentage;
  if (averageUtilization === undefined) return object;
  const current = object.status?.currentCPUUtilizationPercentage;
  const resource = { name: 'cpu', target: { averageUtilization } };
  const measured = { resource: { current: { averageUtilization: current } } };
  return {
    ...object,
    spec: { ...object.spec, metrics: [{ type: 'Resource', resource }] },
    status: { ...object.status, currentMetrics: current === undefined ? [] : [measured] },
  };
}

const autoscaler: CellsOf = (object, context): Cell[] => {
  const { metadata, spec = {}, status = {} } = metricsOf(object);
  const reference = spec.scaleTargetRef ?? {};
  return [
    metadata.name,
    `${reference.kind}/${reference.name}`,
    targets(spec, status),
    String(spec.minReplicas ?? '<unset>'),
    spec.maxReplicas ?? 0,
    status.currentReplicas ?? 0,
    age(object, context),
  ];
};

const budget: CellsOf = (object, context): Cell[] => {
  const { metadata, spec = {}, status = {} } = object;
  return [
    metadata.name,
    spec.minAvailable === undefined ? 'N/A' : String(spec.minAvailable),
    spec.maxUnavailable === undefined ? 'N/A' : String(spec.maxUnavailable),
    status.disruptionsAllowed ?? 0,
    age(object, context),
  ];
};

const controllerRevision: CellsOf = (object, context): Cell[] => {
  const owner = (object.metadata.ownerReferences ?? []).find((each: any) => each.controller);
  const group = owner?.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : '';
  return [
    object.metadata.name,
    owner ? `${owner.kind.toLowerCase()}${group}/${owner.name}` : '<none>',
    object.revision ?? 0,
    age(object, context),
  ];
};

export const workloadCells: Record<string, CellsOf> = {
  'apps/deployments': deployment,
  'apps/replicasets': replicaSet,
  'apps/statefulsets': statefulSet,
  'apps/daemonsets': daemonSet,
  'apps/controllerrevisions': controllerRevision,
  '/replicationcontrollers': replicationController,
  'batch/jobs': job,
  'batch/cronjobs': cronJob,
  'autoscaling/horizontalpodautoscalers': autoscaler,
  'policy/poddisruptionbudgets': budget,
};
