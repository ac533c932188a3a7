/**
 * Resources that several groups or versions serve share one storage, in one version. Events of the core
 * group and of events.k8s.io are the same objects; autoscaling/v1 shows what of v2 it knows.
 */
import type { KubernetesObject } from '../../api/object.ts';
import { apiVersionOf, type ResourceInfo } from '../../api/schema.ts';

export interface Storage {
  /** Key space in the store: `pods`, `apps/deployments`. */
  readonly space: string;
  readonly group: string;
  readonly version: string;
}

type Convert = (object: KubernetesObject) => KubernetesObject;

interface Conversion {
  storage: Storage;
  toStorage: Convert;
  fromStorage: Convert;
}

const space = (group: string, resource: string) => (group ? `${group}/${resource}` : resource);

/** By `group/version/resource` of the version that is not stored. */
const CONVERSIONS: Record<string, Conversion> = {
  'events.k8s.io/v1/events': {
    storage: { space: 'events', group: '', version: 'v1' },
    toStorage: ({ regarding, note, reportingController, deprecatedSource, ...event }) => ({
      ...withoutDeprecated(event),
      ...defined({
        involvedObject: regarding ?? {},
        message: note,
        source: deprecatedSource ?? {},
        firstTimestamp: event.deprecatedFirstTimestamp ?? null,
        lastTimestamp: event.deprecatedLastTimestamp ?? null,
        count: event.deprecatedCount,
        reportingComponent: reportingController ?? '',
        reportingInstance: event.reportingInstance ?? '',
      }),
      metadata: event.metadata,
    }),
    fromStorage: ({ involvedObject, message, source, reportingComponent, ...event }) => {
      const { firstTimestamp, lastTimestamp, count, ...rest } = event;
      return {
        ...rest,
        ...defined({
          regarding: involvedObject,
          note: message,
          eventTime: event.eventTime ?? null,
          deprecatedSource: source,
          deprecatedFirstTimestamp: firstTimestamp,
          deprecatedLastTimestamp: lastTimestamp,
          deprecatedCount: count,
          reportingController: reportingComponent,
        }),
        metadata: event.metadata,
      };
    },
  },
  'autoscaling/v1/horizontalpodautoscalers': {
    storage: { space: 'autoscaling/horizontalpodautoscalers', group: 'autoscaling', version: 'v2' },
    toStorage: (object) => {
      const { targetCPUUtilizationPercentage: target, ...spec } = object.spec ?? {};
      const resource = { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } };
      return {
        ...object,
        spec: target === undefined ? spec : { ...spec, metrics: [{ type: 'Resource', resource }] },
      };
    },
    fromStorage: (object) => {
      const { metrics, behavior: _, ...spec } = object.spec ?? {};
      const { currentMetrics, conditions: __, ...status } = object.status ?? {};
      return {
        ...object,
        spec: {
          ...spec,
          ...defined({ targetCPUUtilizationPercentage: cpu(metrics)?.target.averageUtilization }),
        },
        status: {
          ...status,
          ...defined({ currentCPUUtilizationPercentage: cpu(currentMetrics)?.current.averageUtilization }),
        },
      };
    },
  },
};

const cpu = (metrics: any[] | undefined) =>
  metrics?.find((metric) => metric.type === 'Resource' && metric.resource?.name === 'cpu')?.resource;

function withoutDeprecated(event: Record<string, any>): KubernetesObject {
  const { deprecatedFirstTimestamp: _, deprecatedLastTimestamp: __, deprecatedCount: ___, ...rest } = event;
  return rest as KubernetesObject;
}

function defined<T extends Record<string, unknown>>(fields: T): Partial<T> {
  const out: Partial<T> = {};
  for (const name in fields) if (fields[name] !== undefined) out[name] = fields[name];
  return out;
}

interface Stored {
  storage: Storage;
  conversion: Conversion | undefined;
}

/** Every request asks, most of them more than once. */
const known = new WeakMap<ResourceInfo, Stored>();

function storedAs(resource: ResourceInfo): Stored {
  let stored = known.get(resource);
  if (stored) return stored;
  const { group, version, resource: plural, custom } = resource;
  const conversion = custom ? undefined : CONVERSIONS[`${group}/${version}/${plural}`];
  const storage = custom?.storage ?? conversion?.storage ?? { space: space(group, plural), group, version };
  stored = { storage, conversion };
  known.set(resource, stored);
  return stored;
}

export const storageOf = (resource: ResourceInfo): Storage => storedAs(resource).storage;

/** An object of `resource`'s version as it is stored. */
export function toStorage(object: KubernetesObject, resource: ResourceInfo): KubernetesObject {
  const { custom } = resource;
  if (custom) return custom.storage.version === resource.version ? object : custom.write(object);
  const { conversion } = storedAs(resource);
  if (!conversion) return object;
  const { group, version } = conversion.storage;
  return { ...conversion.toStorage(object), apiVersion: apiVersionOf(group, version), kind: resource.kind };
}

const converted = new WeakMap<KubernetesObject, KubernetesObject>();
const storedOfServed = new WeakMap<KubernetesObject, KubernetesObject>();

/** The stored object of which a served one was made. */
export const storedOf = (served: KubernetesObject): KubernetesObject => storedOfServed.get(served) ?? served;

/** A stored object in `resource`'s version. The same object for the same stored one. */
export function fromStorage(object: KubernetesObject, resource: ResourceInfo): KubernetesObject {
  if (resource.custom) {
    const served = resource.custom.read(object);
    if (served !== object) storedOfServed.set(served, object);
    return served;
  }
  const { conversion } = storedAs(resource);
  if (!conversion) return object;
  let out = converted.get(object);
  if (!out) {
    const apiVersion = apiVersionOf(resource.group, resource.version);
    out = { ...conversion.fromStorage(object), apiVersion, kind: resource.kind };
    converted.set(object, out);
  }
  return out;
}

/** Whether objects of the resource are stored as they are served. */
export const servedAsStored = (resource: ResourceInfo): boolean =>
  !resource.custom && !storedAs(resource).conversion;
