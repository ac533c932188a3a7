/**
 * Istio's standard metrics of one proxy (istio.io/latest/docs/reference/config/metrics), in Prometheus' text:
 * `istio_requests_total`, and histograms of duration and sizes with Envoy's buckets. Bodies that are streams are not
 * measured. Left out: the metrics of TCP and gRPC messages, and Envoy's own (`envoy_…`).
 */
import { metricFamily, seriesText } from '../../core/prometheus-text.ts';
import type { ExchangeReport } from './exchange-report.ts';
import { UNKNOWN, type Workload } from './workload.ts';

/** Envoy's default buckets, up to an hour in ms. */
const BUCKETS = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];
const CLUSTER = 'Kubernetes';
const RECENT = 8;

class Histogram {
  readonly #counts = new Uint32Array(BUCKETS.length + 1);
  #sum = 0;
  #count = 0;

  observe(value: number): void {
    let at = 0;
    while (at < BUCKETS.length && value > BUCKETS[at]!) at++;
    this.#counts[at]!++;
    this.#sum += value;
    this.#count++;
  }

  /** Lines of `name` with these labels. */
  lines(name: string, labels: Readonly<Record<string, string>>): string[] {
    let total = 0;
    const lines = BUCKETS.map((bucket, at) => {
      total += this.#counts[at]!;
      return `${seriesText(`${name}_bucket`, { ...labels, le: bucket })} ${total}`;
    });
    return [
      ...lines,
      `${seriesText(`${name}_bucket`, { ...labels, le: '+Inf' })} ${this.#count}`,
      `${seriesText(`${name}_sum`, labels)} ${this.#sum}`,
      `${seriesText(`${name}_count`, labels)} ${this.#count}`,
    ];
  }
}

interface Series {
  /** Of the first report that it counted: who looks the same, counts the same. */
  like: ExchangeReport;
  labels: Record<string, string>;
  count: number;
  durations: Histogram;
  requestSizes: Histogram;
  responseSizes: Histogram;
}

const HISTOGRAMS = [
  ['istio_request_duration_milliseconds', 'durations'],
  ['istio_request_bytes', 'requestSizes'],
  ['istio_response_bytes', 'responseSizes'],
] as const;

export class ProxyMetrics {
  readonly #series = new Map<string, Series>();
  /** The last few, for requests that are like one before. */
  #recent: Series[] = [];

  record(report: ExchangeReport): void {
    const series = this.#recent.find(({ like }) => isAlike(like, report)) ?? this.#seriesOf(report);
    series.count++;
    series.durations.observe(report.durationMs);
    series.requestSizes.observe(report.requestBytes);
    series.responseSizes.observe(report.responseBytes);
  }

  #seriesOf(report: ExchangeReport): Series {
    const { source, destination, connection } = report;
    const key =
      `${report.reporter}|${idOf(source)}|${idOf(destination)}|${report.destinationService}|${report.status}` +
      `|${report.flags}|${connection ? connection.clientIdentity : ''}`;
    let series = this.#series.get(key);
    if (!series) {
      series = {
        like: report,
        labels: labelsOf(report),
        count: 0,
        durations: new Histogram(),
        requestSizes: new Histogram(),
        responseSizes: new Histogram(),
      };
      this.#series.set(key, series);
    }
    series.like = report;
    this.#recent = [series, ...this.#recent.filter((each) => each !== series)].slice(0, RECENT);
    return series;
  }

  /** Everything, in Prometheus' text format. */
  text(): string {
    const all = [...this.#series.values()];
    return (
      metricFamily(
        'istio_requests_total',
        'counter',
        'requests_total',
        all.map(({ labels, count }) => `${seriesText('istio_requests_total', labels)} ${count}`),
      ) +
      HISTOGRAMS.map(([name, part]) =>
        metricFamily(
          name,
          'histogram',
          name.replace('istio_', ''),
          all.flatMap((series) => series[part].lines(name, series.labels)),
        ),
      ).join('')
    );
  }
}

/** Whether two reports count for the same, as far as a look at them tells. */
const isAlike = (a: ExchangeReport, b: ExchangeReport): boolean =>
  a.destination === b.destination &&
  a.status === b.status &&
  a.source === b.source &&
  a.reporter === b.reporter &&
  a.flags === b.flags &&
  a.connection?.clientIdentity === b.connection?.clientIdentity &&
  a.destinationService === b.destinationService;

const idOf = (workload: Workload | undefined): string => (workload ? workload.metricsKey : '');

function labelsOf(report: ExchangeReport): Record<string, string> {
  const { reporter, source, destination, connection, destinationService } = report;
  const [name = UNKNOWN, namespace = UNKNOWN, kind] = destinationService.split('.');
  const isService = kind === 'svc';
  return {
    reporter,
    source_workload: source?.name ?? UNKNOWN,
    source_canonical_service: source?.canonicalService ?? UNKNOWN,
    source_canonical_revision: source?.canonicalRevision ?? 'latest',
    source_workload_namespace: source?.namespace ?? UNKNOWN,
    source_principal: connection?.clientIdentity ?? UNKNOWN,
    source_app: source?.app ?? UNKNOWN,
    source_version: source?.version ?? UNKNOWN,
    source_cluster: source ? CLUSTER : UNKNOWN,
    destination_workload: destination?.name ?? UNKNOWN,
    destination_workload_namespace: destination?.namespace ?? UNKNOWN,
    destination_principal: connection?.serverIdentity ?? UNKNOWN,
    destination_app: destination?.app ?? UNKNOWN,
    destination_version: destination?.version ?? UNKNOWN,
    destination_service: destinationService,
    destination_canonical_service: destination?.canonicalService ?? UNKNOWN,
    destination_canonical_revision: destination?.canonicalRevision ?? 'latest',
    destination_service_name: isService ? name : destinationService,
    destination_service_namespace: isService ? namespace : UNKNOWN,
    destination_cluster: destination ? CLUSTER : UNKNOWN,
    request_protocol: 'http',
    response_code: String(report.status),
    grpc_response_status: '',
    response_flags: report.flags,
    // Only the server can tell what it was asked by.
    connection_security_policy: reporter === 'source' ? UNKNOWN : connection ? 'mutual_tls' : 'none',
  };
}
