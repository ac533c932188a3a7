/** What Prometheus says of itself at `/metrics`: the part of its own metrics that lessons look at. */
import { metricFamily, seriesText } from '../../../core/prometheus-text.ts';
import { numberText } from '../../../promql/number-text.ts';
import { VERSION } from './http-api.ts';
import type { PrometheusServer } from './server.ts';

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** Requests to the server, by handler and status. */
export class RequestCounts {
  readonly #counts = new Map<string, { handler: string; code: string; count: number }>();

  count(handler: string, code: number): void {
    const key = `${handler} ${code}`;
    const known = this.#counts.get(key);
    if (known) known.count++;
    else this.#counts.set(key, { handler, code: String(code), count: 1 });
  }

  get samples(): Sample[] {
    return [...this.#counts.values()].map(({ handler, code, count }) => [{ code, handler }, count]);
  }
}

export function selfMetrics(server: PrometheusServer, requests: RequestCounts, memoryBytes: number): string {
  const family = (name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]) =>
    metricFamily(
      name,
      type,
      help,
      samples.map(([labels, value]) => `${seriesText(name, labels)} ${numberText(value)}`),
    );
  const one = (name: string, type: 'counter' | 'gauge', help: string, value: number) =>
    family(name, type, help, [[{}, value]]);
  return [
    family('prometheus_build_info', 'gauge', 'A metric with a constant 1 value.', [
      [{ version: VERSION }, 1],
    ]),
    one(
      'prometheus_config_last_reload_successful',
      'gauge',
      'Whether the last configuration reload attempt was successful.',
      Number(server.lastReloadSucceeded),
    ),
    family('prometheus_http_requests_total', 'counter', 'Counter of HTTP requests.', requests.samples),
    one(
      'prometheus_ready',
      'gauge',
      'Whether Prometheus startup was fully completed and the server is ready for normal operation.',
      1,
    ),
    one(
      'prometheus_tsdb_head_series',
      'gauge',
      'Total number of series in the head block.',
      server.store.seriesCount,
    ),
    one(
      'prometheus_target_scrape_pools_total',
      'counter',
      'Total number of scrape pool creation attempts.',
      server.configuration.scrapes.length,
    ),
    one('process_resident_memory_bytes', 'gauge', 'Resident memory size in bytes.', memoryBytes),
    one(
      'process_start_time_seconds',
      'gauge',
      'Start time of the process since unix epoch in seconds.',
      server.startMs / 1000,
    ),
  ].join('');
}
