/** One metric of an autoscaler: what it asks for, what it says in the status, and why it cannot be had. */
import { goSyntaxOf } from '../../api/labels.ts';
import { formatQuantity, quantityMilliValue } from '../../api/quantity.ts';
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  Pod,
} from '../../client/kinds.ts';
import type { MetricsClient } from './pod-metrics.ts';
import {
  replicasForAverage,
  replicasForObject,
  replicasForUtilization,
  type Tolerances,
} from './replica-calculator.ts';

/** What a metric says. */
export interface Reading {
  replicas: number;
  /** As events name it. */
  name: string;
  status: MetricStatus;
}

/** A metric cannot be had: the reason of the condition, and what the whole is told. */
export class MetricError extends Error {
  readonly reason: string;
  /** With the kind of metric in front, as the autoscaler sums failures up. */
  readonly summary: string;

  constructor(reason: string, message: string, summary: string) {
    super(message);
    this.reason = reason;
    this.summary = summary;
  }
}

export interface Target {
  autoscaler: HorizontalPodAutoscaler;
  /** The replicas that the target's status has. */
  current: number;
  /** Of the target's scale. */
  selector: string;
  pods: readonly Pod[];
  tolerances: Tolerances;
  nowMs: number;
  /** The plural of a kind, for metrics of objects. */
  resourceOf(kind: string): string;
}

const quantity = (milli: number, binary = false): string =>
  formatQuantity({ nano: BigInt(Math.round(milli)) * 1_000_000n, format: binary ? 'BinarySI' : 'DecimalSI' });

/** Asks for the metric. Rejects with `MetricError`. */
export async function readMetric(spec: MetricSpec, target: Target, metrics: MetricsClient): Promise<Reading> {
  switch (spec.type) {
    case 'Resource':
      return readResource(spec, spec.resource!, undefined, target, metrics);
    case 'ContainerResource':
      return readResource(spec, spec.containerResource!, spec.containerResource!.container, target, metrics);
    case 'Pods':
      return readPods(spec, target, metrics);
    case 'Object':
      return readObject(spec, target, metrics);
    default:
      return readExternal(spec, target, metrics);
  }
}

async function readResource(
  { type }: MetricSpec,
  { name, target: wanted }: { name: string; target: MetricTarget },
  container: string | undefined,
  target: Target,
  client: MetricsClient,
): Promise<Reading> {
  const { autoscaler, selector } = target;
  const byUtilization = wanted.averageUtilization !== undefined;
  const kind = container === undefined ? 'resource' : 'container resource';
  try {
    const metrics = await client
      .resource(name, autoscaler.metadata.namespace!, selector, container)
      .catch((error) => {
        throw new Error(`unable to get metrics for resource ${name}: ${error.message}`, { cause: error });
      });
    const question = { ...target, metrics };
    const found = byUtilization
      ? replicasForUtilization(question, wanted.averageUtilization!, name, container)
      : replicasForAverage(question, quantityMilliValue(wanted.averageValue!), name === 'cpu');
    const averageValue = quantity(found.averageMilli, name === 'memory');
    const current = byUtilization
      ? { averageUtilization: found.utilization!, averageValue }
      : { averageValue };
    return {
      replicas: found.replicas,
      name: `${name} ${kind}${byUtilization ? ' utilization (percentage of request)' : ''}`,
      status:
        container === undefined
          ? { type, resource: { name, current } }
          : { type, containerResource: { container, name, current } },
    };
  } catch (error) {
    const what = `failed to get ${name} ${byUtilization ? 'utilization' : 'usage'}: ${(error as Error).message}`;
    const reason = container === undefined ? 'FailedGetResourceMetric' : 'FailedGetContainerResourceMetric';
    throw new MetricError(reason, what, `failed to get ${name} ${kind} metric value: ${what}`);
  }
}

async function readPods(
  { type, pods: spec }: MetricSpec,
  target: Target,
  client: MetricsClient,
): Promise<Reading> {
  const { metric, target: wanted } = spec!;
  const { namespace } = target.autoscaler.metadata;
  try {
    const metrics = await client.pods(metric.name, namespace!, target.selector);
    const found = replicasForAverage({ ...target, metrics }, quantityMilliValue(wanted.averageValue!), false);
    return {
      replicas: found.replicas,
      name: `pods metric ${metric.name}`,
      status: { type, pods: { metric, current: { averageValue: quantity(found.averageMilli) } } },
    };
  } catch (error) {
    const what = `unable to get metric ${metric.name}: ${(error as Error).message}`;
    throw new MetricError('FailedGetPodsMetric', what, `failed to get pods metric value: ${what}`);
  }
}

async function readObject(
  { type, object: spec }: MetricSpec,
  target: Target,
  client: MetricsClient,
): Promise<Reading> {
  const { metric, describedObject, target: wanted } = spec!;
  const { namespace } = target.autoscaler.metadata;
  try {
    const resource = target.resourceOf(describedObject.kind);
    const milli = await client.object(describedObject, resource, metric.name, namespace!);
    const perPod = wanted.type === 'AverageValue';
    const want = quantityMilliValue((perPod ? wanted.averageValue : wanted.value)!);
    const found = replicasForObject(target, milli, { milli: want, perPod });
    const current = perPod ? { averageValue: quantity(found.averageMilli) } : { value: quantity(milli) };
    return {
      replicas: found.replicas,
      name: `${describedObject.kind} metric ${metric.name}`,
      status: { type, object: { metric, describedObject, current } },
    };
  } catch (error) {
    const what = `unable to get metric ${metric.name}: ${describedObject.kind} on ${namespace} ${describedObject.name}/${(error as Error).message}`;
    throw new MetricError('FailedGetObjectMetric', what, `failed to get object metric value: ${what}`);
  }
}

async function readExternal(
  { type, external: spec }: MetricSpec,
  target: Target,
  client: MetricsClient,
): Promise<Reading> {
  const { metric, target: wanted } = spec!;
  const { name, selector } = metric;
  const { namespace } = target.autoscaler.metadata;
  const perPod = wanted.averageValue !== undefined;
  const milli = await client.external(name, namespace!, selector).catch((error: unknown) => {
    const what = `unable to get external metric ${namespace}/${name}/${goSyntaxOf(selector)}: ${(error as Error).message}`;
    const which = perPod ? `${name} external metric` : `external metric ${name}`;
    const summary = `failed to get ${name} external metric value: failed to get ${which}: ${what}`;
    throw new MetricError('FailedGetExternalMetric', what, summary);
  });
  const want = quantityMilliValue((perPod ? wanted.averageValue : wanted.value)!);
  const found = replicasForObject(target, milli, { milli: want, perPod });
  const current = perPod ? { averageValue: quantity(found.averageMilli) } : { value: quantity(milli) };
  return {
    replicas: found.replicas,
    name: `external metric ${name}(${goSyntaxOf(selector)})`,
    status: { type, external: { metric, current } },
  };
}
