/** `metrics.k8s.io/v1beta1` as types and resources of the API (k8s.io/metrics, 0.35). */
import type { Column, RawType, ResourceInfo } from '../api/schema.ts';

export const GROUP = 'metrics.k8s.io';
export const VERSION = 'v1beta1';

const PACKAGE = 'io.k8s.metrics.pkg.apis.metrics.v1beta1.';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';

const USAGE = { type: 'object', values: { ref: 'io.k8s.apimachinery.pkg.api.resource.Quantity' } };

/** What both kinds begin with. */
const measured = (kind: string, rest: RawType['fields']): RawType => ({
  gvk: { group: GROUP, version: VERSION, kind },
  required: ['timestamp', 'window', ...Object.keys(rest ?? {})],
  fields: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { ref: `${META}ObjectMeta`, proto: 1 },
    timestamp: { ref: `${META}Time`, proto: 2 },
    window: { ref: `${META}Duration`, proto: 3 },
    ...rest,
  },
});

export const TYPES: Readonly<Record<string, RawType>> = {
  [`${PACKAGE}ContainerMetrics`]: {
    required: ['name', 'usage'],
    fields: { name: { type: 'string', proto: 1 }, usage: { ...USAGE, proto: 2 } },
  },
  [`${PACKAGE}NodeMetrics`]: measured('NodeMetrics', { usage: { ...USAGE, proto: 4 } }),
  [`${PACKAGE}PodMetrics`]: measured('PodMetrics', {
    containers: { type: 'array', items: { ref: `${PACKAGE}ContainerMetrics` }, proto: 4 },
  }),
};

const resource = (name: string, kind: string, namespaced: boolean): ResourceInfo => ({
  group: GROUP,
  version: VERSION,
  resource: name,
  kind,
  singular: '',
  namespaced,
  verbs: ['get', 'list'],
  shortNames: [],
  categories: [],
  subresources: [],
});

export const RESOURCES: readonly ResourceInfo[] = [
  resource('nodes', 'NodeMetrics', false),
  resource('pods', 'PodMetrics', true),
];

/** The columns of both kinds' tables. */
export const COLUMNS: readonly Column[] = [
  ['Name', 'string', 'name', 0],
  ['cpu', 'string', 'quantity', 0],
  ['memory', 'string', 'quantity', 0],
  ['Window', 'string', 'duration', 0],
];
