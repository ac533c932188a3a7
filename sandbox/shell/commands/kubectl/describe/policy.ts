/** ResourceQuota, PodDisruptionBudget and HorizontalPodAutoscaler. */
import type { KubernetesObject } from '../../../../cluster/api/object.ts';
import { selectorOf } from '../../../../cluster/api/labels.ts';
import { rfc1123, type Description } from './description.ts';

export function describeResourceQuota(description: Description, object: KubernetesObject): void {
  const { spec, status = {} } = object;
  description.head(object);
  const scopes: string[] = spec.scopes ?? [];
  if (scopes.length > 0) description.field('Scopes', [...scopes].sort().join(', '));
  description.line(0, 'Resource\tUsed\tHard');
  description.line(0, '--------\t----\t----');
  const hard: Record<string, string> = status.hard ?? {};
  for (const name of Object.keys(hard).sort())
    description.line(0, `${name}\t${status.used?.[name] ?? 0}\t${hard[name]}`);
}

export async function describePodDisruptionBudget(
  description: Description,
  object: KubernetesObject,
): Promise<void> {
  const { spec, status = {} } = object;
  description.head(object);
  if (spec.minAvailable !== undefined) description.field('Min available', spec.minAvailable);
  else if (spec.maxUnavailable !== undefined) description.field('Max unavailable', spec.maxUnavailable);
  description.field('Selector', spec.selector ? selectorOf(spec.selector).toString() : '<unset>');
  description.line(0, 'Status:');
  description.field('Allowed disruptions', status.disruptionsAllowed ?? 0, 2);
  description.field('Current', status.currentHealthy ?? 0, 2);
  description.field('Desired', status.desiredHealthy ?? 0, 2);
  description.field('Total', status.expectedPods ?? 0, 2);
  await description.describeEvents(object);
}

export async function describeHorizontalPodAutoscaler(
  description: Description,
  object: KubernetesObject,
): Promise<void> {
  const { spec, status = {} } = object;
  description.head(object);
  description.metadata(object);
  description.field('CreationTimestamp', rfc1123(object.metadata.creationTimestamp));
  description.field('Reference', `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`);
  const metrics: Metric[] = spec.metrics ?? [];
  if (metrics.length > 0) {
    description.line(0, 'Metrics:\t( current / target )');
    metrics.forEach((metric, at) => describeMetric(description, metric, status.currentMetrics?.[at]));
  }
  description.field('Min replicas', spec.minReplicas ?? '<unset>');
  description.field('Max replicas', spec.maxReplicas);
  description.field(
    `${spec.scaleTargetRef.kind} pods`,
    `${status.currentReplicas ?? 0} current / ${status.desiredReplicas ?? 0} desired`,
  );
  if (status.conditions?.length) {
    description.line(0, 'Conditions:');
    description.line(1, 'Type\tStatus\tReason\tMessage');
    description.line(1, '----\t------\t------\t-------');
    for (const { type, status: is, reason = '', message = '' } of status.conditions)
      description.line(1, `${type}\t${is}\t${reason}\t${message}`);
  }
  await description.describeEvents(object);
}

interface Metric {
  type: string;
  resource?: {
    name: string;
    target?: { averageUtilization?: number; averageValue?: string };
    current?: { averageUtilization?: number; averageValue?: string };
  };
}

function describeMetric(description: Description, metric: Metric, current: Metric | undefined): void {
  const { resource } = metric;
  if (!resource) return description.line(1, `${metric.type}:\t<unknown>`);
  const now = current?.resource?.current;
  const { averageUtilization, averageValue } = resource.target ?? {};
  if (averageValue !== undefined)
    return description.field(
      `resource ${resource.name} on pods`,
      `${now?.averageValue ?? '<unknown>'} / ${averageValue}`,
      1,
    );
  const used =
    now?.averageUtilization === undefined ? '<unknown>' : `${now.averageUtilization}% (${now.averageValue})`;
  description.field(
    `resource ${resource.name} on pods  (as a percentage of request)`,
    `${used} / ${averageUtilization === undefined ? '<auto>' : `${averageUtilization}%`}`,
    1,
  );
}

const LIMITS = ['Min', 'Max', 'Default Request', 'Default Limit', 'Max Limit/Request Ratio'];

/** One row for each resource that a limit names. */
export function describeLimitRange(description: Description, object: KubernetesObject): void {
  description.line(0, `Name:\t${object.metadata.name}`);
  description.line(0, `Namespace:\t${object.metadata.namespace}`);
  description.line(0, `Type\tResource\t${LIMITS.join('\t')}`);
  description.line(0, `----\t--------\t${LIMITS.map((title) => '-'.repeat(title.length)).join('\t')}`);
  for (const limit of (object.spec?.limits ?? []) as Record<string, any>[]) {
    const columns = ['min', 'max', 'defaultRequest', 'default', 'maxLimitRequestRatio'].map(
      (field) => (limit[field] ?? {}) as Record<string, string>,
    );
    const names = [...new Set(columns.flatMap((column) => Object.keys(column)))].sort();
    for (const name of names)
      description.line(
        0,
        `${limit['type']}\t${name}\t${columns.map((column) => column[name] ?? '-').join('\t')}`,
      );
  }
}

export async function describePriorityClass(
  description: Description,
  object: KubernetesObject,
): Promise<void> {
  description.line(0, `Name:\t${object.metadata.name}`);
  description.line(0, `Value:\t${object['value'] ?? 0}`);
  description.line(0, `GlobalDefault:\t${Boolean(object['globalDefault'])}`);
  description.line(0, `PreemptionPolicy:\t${object['preemptionPolicy']}`);
  description.line(0, `Description:\t${object['description'] ?? ''}`);
  const annotations = Object.entries(object.metadata.annotations ?? {}).map(
    ([key, value]) => `${key}=${value}`,
  );
  description.line(0, `Annotations:\t${annotations.join(',') || '<none>'}`);
  await description.describeEvents(object);
}
