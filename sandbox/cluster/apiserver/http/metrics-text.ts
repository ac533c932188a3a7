/**
 * `/metrics` and `/metrics/slis` in Prometheus' text format: the metrics of a real API server that mean
 * something here, under their names and with their labels. Loaded when somebody scrapes.
 */
import { metricFamily, seriesText } from '../../../core/prometheus-text.ts';
import { KUBERNETES_VERSION, type ResourceInfo } from '../../api/schema.ts';
import type { Store } from '../storage/store.ts';
import { storageOf } from '../registry/conversion.ts';
import { HEALTH_ENDPOINTS, healthChecksOf } from './health.ts';
import { DURATION_BUCKETS, type RequestMetrics } from './request-metrics.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores';

type Labels = Readonly<Record<string, string | number>>;

/** The text of metrics, in the order of their names. */
class Exposition {
  readonly #families = new Map<string, string>();

  family(
    name: string,
    type: 'counter' | 'gauge' | 'histogram',
    help: string,
    samples: readonly (readonly [suffix: string, labels: Labels, value: number])[],
  ): void {
    const lines = samples.map(([suffix, labels, value]) => `${seriesText(name + suffix, labels)} ${value}`);
    this.#families.set(name, metricFamily(name, type, help, lines));
  }

  toString(): string {
    const names = [...this.#families.keys()].sort();
    return names.map((name) => this.#families.get(name)).join('');
  }
}

const without = (labels: Labels, name: string): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([key]) => key !== name));

const sorted = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

export interface MetricsSource {
  metrics: RequestMetrics;
  store: Store;
  resources: readonly ResourceInfo[];
}

export function metricsText({ metrics, store, resources }: MetricsSource): string {
  const out = new Exposition();
  const requests = [...metrics.requests];
  out.family(
    'apiserver_request_total',
    'counter',
    '[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
    requests.flatMap(({ labels, codes }) =>
      [...codes].map(([code, count]) => ['', sorted({ ...labels, code }), count] as const),
    ),
  );
  out.family(
    'apiserver_request_duration_seconds',
    'histogram',
    '[STABLE] Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
    requests
      .filter(({ labels }) => labels.verb !== 'WATCH')
      .flatMap(({ labels, durations, sumSeconds }) => {
        let count = 0;
        const buckets = durations.map((inBucket, at) => {
          count += inBucket;
          return ['_bucket', { ...labels, le: DURATION_BUCKETS[at] ?? '+Inf' }, count] as const;
        });
        return [...buckets, ['_sum', labels, sumSeconds] as const, ['_count', labels, count] as const];
      }),
  );
  const { mutating, readOnly } = metrics.inFlight;
  out.family(
    'apiserver_current_inflight_requests',
    'gauge',
    '[STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
    [
      ['', { request_kind: 'mutating' }, mutating],
      ['', { request_kind: 'readOnly' }, readOnly],
    ],
  );
  out.family(
    'apiserver_longrunning_requests',
    'gauge',
    '[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.',
    requests
      .filter(({ running }) => running > 0)
      .map(({ labels, running }) => ['', without(labels, 'dry_run'), running] as const),
  );
  out.family(
    'apiserver_watch_events_total',
    'counter',
    '[ALPHA] Number of events sent in watch clients',
    [...metrics.watchEvents].map(({ labels, count }) => ['', labels, count] as const),
  );
  const stored = resources.filter(
    ({ verbs, group, version, resource }) =>
      verbs.includes('list') && storageOf({ group, version, resource } as ResourceInfo).version === version,
  );
  const count = (resource: ResourceInfo) => store.count(storageOf(resource).space);
  out.family(
    'apiserver_resource_objects',
    'gauge',
    '[ALPHA] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
    stored.map((each) => ['', { group: each.group, resource: each.resource }, count(each)] as const),
  );
  out.family(
    'apiserver_storage_objects',
    'gauge',
    '[STABLE] (Deprecated since 1.34.0) [DEPRECATED, consider using apiserver_resource_objects instead] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
    stored.map((each) => {
      const name = each.group ? `${each.resource}.${each.group}` : each.resource;
      return ['', { resource: name }, count(each)] as const;
    }),
  );
  const [major, minor] = KUBERNETES_VERSION.split('.');
  out.family(
    'kubernetes_build_info',
    'gauge',
    "[ALPHA] A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
    [['', { git_version: `v${KUBERNETES_VERSION}`, major: major!, minor: minor! }, 1]],
  );
  out.family(
    'process_start_time_seconds',
    'gauge',
    'Start time of the process since unix epoch in seconds.',
    [['', {}, metrics.startedSeconds]],
  );
  return String(out);
}

/** `/metrics/slis`: the health checks as gauges. */
export function slisText(store: Store): string {
  const out = new Exposition();
  const checks = HEALTH_ENDPOINTS.flatMap((type) =>
    healthChecksOf(type).map(({ name, ok }) => ['', { name, type }, ok(store) ? 1 : 0] as const),
  );
  out.family(
    'kubernetes_healthcheck',
    'gauge',
    '[STABLE] This metric records the result of a single healthcheck.',
    checks.sort(([, a], [, b]) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
  );
  return String(out);
}
