/**
 * Metrics as the autoscaler asks the API for them: `metrics.k8s.io` for CPU and memory, `custom.metrics.k8s.io` for
 * what pods and objects say, `external.metrics.k8s.io` for the rest. The last two are an adapter's, if there is one.
 */
import { parseDuration } from '../../api/duration.ts';
import { formatLabelSelector, type LabelSelector } from '../../api/labels.ts';
import type { KubernetesObject, ObjectList } from '../../api/object.ts';
import { quantityMilliValue } from '../../api/quantity.ts';
import { isStatus } from '../../api/status.ts';
import type { Client } from '../../client/client.ts';
import type { CrossVersionObjectReference } from '../../client/kinds.ts';
import type { ResourceType } from '../../client/resources.ts';

const POD_METRICS: ResourceType<PodMetricsObject> = {
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  resource: 'pods',
  kind: 'PodMetrics',
  namespaced: true,
};

interface PodMetricsObject extends KubernetesObject {
  timestamp?: string;
  window?: string;
  containers?: { name: string; usage: Record<string, string> }[];
}

interface MetricValue extends KubernetesObject {
  describedObject: { name: string };
  timestamp?: string;
  windowSeconds?: number;
  value: string;
}

interface ExternalMetricValue extends KubernetesObject {
  value: string;
}

/** One pod's value: thousandths of the unit, measured over the window that ended then. */
export interface PodMetric {
  milli: number;
  atMs: number;
  windowMs: number;
}

const DEFAULT_WINDOW_MS = 60_000;

export class MetricsClient {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** What pods use of a resource, one container's share or that of all. Pods without a complete sample are absent. */
  async resource(
    resource: string,
    namespace: string,
    labelSelector: string,
    container: string | undefined,
  ): Promise<Map<string, PodMetric>> {
    let items: PodMetricsObject[];
    try {
      ({ items } = await this.#client.list(POD_METRICS, { namespace, labelSelector }));
    } catch (error) {
      throw new Error(
        `unable to fetch metrics from resource metrics API: ${reasonOf(error, 'pods.metrics.k8s.io')}`,
        {
          cause: error,
        },
      );
    }
    if (items.length === 0) throw new Error('no metrics returned from resource metrics API');
    const metrics = new Map<string, PodMetric>();
    for (const { metadata, timestamp, window, containers = [] } of items) {
      const measured = container === undefined ? containers : containers.filter((c) => c.name === container);
      if (measured.length === 0) {
        if (container === undefined) continue;
        throw new Error(
          `container ${container} not present in metrics for pod ${namespace}/${metadata.name}`,
        );
      }
      if (measured.some(({ usage }) => usage[resource] === undefined)) continue;
      metrics.set(metadata.name!, {
        milli: measured.reduce((sum, { usage }) => sum + quantityMilliValue(usage[resource]!), 0),
        atMs: timestamp ? Date.parse(timestamp) : 0,
        windowMs: window ? parseDuration(window) : DEFAULT_WINDOW_MS,
      });
    }
    return metrics;
  }

  /** A metric of each of the pods. */
  async pods(metric: string, namespace: string, labelSelector: string): Promise<Map<string, PodMetric>> {
    const { items } = await this.#custom('pods', '', '*', metric, namespace, labelSelector);
    if (items.length === 0) throw new Error('no metrics returned from custom metrics API');
    const values = items.map((item): [string, PodMetric] => [
      item.describedObject.name,
      {
        milli: quantityMilliValue(item.value),
        atMs: item.timestamp ? Date.parse(item.timestamp) : 0,
        windowMs: item.windowSeconds === undefined ? DEFAULT_WINDOW_MS : item.windowSeconds * 1000,
      },
    ]);
    return new Map(values);
  }

  /** A metric of one object, in thousandths. */
  async object(
    { apiVersion = '', name }: CrossVersionObjectReference,
    resource: string,
    metric: string,
    namespace: string,
  ): Promise<number> {
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    const { items } = await this.#custom(resource, group, name, metric, namespace, undefined);
    if (items.length === 0) throw new Error('no metrics returned from custom metrics API');
    return quantityMilliValue(items[0]!.value);
  }

  /** A metric of something outside, in thousandths: the sum over all series that the selector leaves. */
  async external(metric: string, namespace: string, selector: LabelSelector | undefined): Promise<number> {
    const group = 'external.metrics.k8s.io';
    const type: ResourceType<ExternalMetricValue> = {
      group,
      version: 'v1beta1',
      resource: metric,
      kind: 'ExternalMetricValueList',
      namespaced: true,
    };
    const labelSelector = selector ? formatLabelSelector(selector) : undefined;
    let items: ExternalMetricValue[];
    try {
      ({ items } = await this.#client.list(type, {
        namespace,
        ...(labelSelector === undefined ? {} : { labelSelector }),
      }));
    } catch (error) {
      const why = reasonOf(error, `${metric}.${group}`);
      throw new Error(`unable to fetch metrics from external metrics API: ${why}`, { cause: error });
    }
    if (items.length === 0) throw new Error('no metrics returned from external metrics API');
    return items.reduce((sum, { value }) => sum + quantityMilliValue(value), 0);
  }

  async #custom(
    resource: string,
    group: string,
    name: string,
    metric: string,
    namespace: string,
    labelSelector: string | undefined,
  ): Promise<ObjectList<MetricValue>> {
    const type: ResourceType = {
      group: 'custom.metrics.k8s.io',
      version: 'v1beta2',
      resource: group ? `${resource}.${group}` : resource,
      kind: 'MetricValueList',
      namespaced: true,
    };
    try {
      const options = { subresource: metric, ...(labelSelector === undefined ? {} : { labelSelector }) };
      return (await this.#client.get(
        type,
        { name, namespace },
        options,
      )) as unknown as ObjectList<MetricValue>;
    } catch (error) {
      const missing = isStatus(error, 'NotFound') && (error as Error).message === NOT_SERVED;
      const reason = missing
        ? 'no custom metrics API (custom.metrics.k8s.io) registered'
        : (error as Error).message;
      throw new Error(`unable to fetch metrics from custom metrics API: ${reason}`, { cause: error });
    }
  }
}

const NOT_SERVED = 'the server could not find the requested resource';

/** client-go says which request it was that nobody serves. */
function reasonOf(error: unknown, asked: string): string {
  const { message } = error as Error;
  return message === NOT_SERVED ? `${message} (get ${asked})` : message;
}
