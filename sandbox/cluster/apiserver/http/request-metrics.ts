/**
 * Counts requests over HTTP for `/metrics`, as `apiserver/pkg/endpoints/metrics` does. Components of this
 * process call the server directly and are not counted, as those that share a real server's process are not.
 */
import type { Clock } from '../../../core/clock.ts';
import type { RequestInfo } from './request-info.ts';

/** Upper bounds of the buckets of `apiserver_request_duration_seconds`. */
export const DURATION_BUCKETS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];

/** Requests that are alike in every label but their code. */
export interface RequestSeries {
  labels: Readonly<Record<string, string>>;
  codes: Map<number, number>;
  /** Requests whose duration lies in each bucket and in none before; the last is beyond all. */
  durations: number[];
  sumSeconds: number;
  /** Now on their way: watches, logs, exec. */
  running: number;
}

const METHODS: Record<string, string> = {
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETECOLLECTION',
};
const CONNECTIONS = new Set(['exec', 'attach', 'portforward', 'proxy']);
const READ_ONLY = new Set(['GET', 'LIST', 'WATCH']);

export interface Measured {
  /** Answered. For what streams: begun. */
  done(code: number): void;
}

export class RequestMetrics {
  readonly #clock: Clock;
  readonly #series = new Map<string, RequestSeries>();
  readonly #watchEvents = new Map<string, { labels: Readonly<Record<string, string>>; count: number }>();
  /** Of requests with an end in sight: how many are being answered. */
  readonly inFlight = { mutating: 0, readOnly: 0 };
  readonly startedSeconds: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.startedSeconds = clock.now() / 1000;
  }

  get requests(): Iterable<RequestSeries> {
    return this.#series.values();
  }

  get watchEvents(): Iterable<{ labels: Readonly<Record<string, string>>; count: number }> {
    return this.#watchEvents.values();
  }

  begin(info: RequestInfo, dryRun: boolean, applies: boolean): Measured {
    const { group, version, resource, subresource = '', path } = info;
    let verb = METHODS[info.verb] ?? info.verb.toUpperCase();
    if (verb === 'PATCH' && applies) verb = 'APPLY';
    if (CONNECTIONS.has(subresource)) verb = 'CONNECT';
    const scope =
      info.name !== undefined ? 'resource' : info.namespace !== undefined ? 'namespace' : 'cluster';
    const series = this.#seriesOf(
      info.isResource
        ? {
            component: 'apiserver',
            dry_run: dryRun ? 'All' : '',
            group,
            resource,
            scope,
            subresource,
            verb,
            version,
          }
        : nonResource(path, verb),
    );
    const kind = READ_ONLY.has(verb) ? 'readOnly' : 'mutating';
    const began = this.#clock.now();
    this.inFlight[kind]++;
    return {
      done: (code) => {
        this.inFlight[kind]--;
        const seconds = (this.#clock.now() - began) / 1000;
        series.codes.set(code, (series.codes.get(code) ?? 0) + 1);
        series.sumSeconds += seconds;
        const bucket = DURATION_BUCKETS.findIndex((bound) => seconds <= bound);
        series.durations[bucket < 0 ? DURATION_BUCKETS.length : bucket]!++;
      },
    };
  }

  /** A watch that has begun. Counts its events; `ended` when it is over. */
  watching({ group, version, resource, name, namespace }: RequestInfo): {
    sent(events: number): void;
    ended(): void;
  } {
    const scope = name !== undefined ? 'resource' : namespace !== undefined ? 'namespace' : 'cluster';
    const common = { component: 'apiserver', dry_run: '', group, resource, scope };
    const series = this.#seriesOf({ ...common, subresource: '', verb: 'WATCH', version });
    const key = `${group}/${version}/${resource}`;
    let events = this.#watchEvents.get(key);
    if (!events) this.#watchEvents.set(key, (events = { labels: { group, resource, version }, count: 0 }));
    const counted = events;
    series.running++;
    return { sent: (count) => (counted.count += count), ended: () => series.running-- };
  }

  #seriesOf(labels: Record<string, string>): RequestSeries {
    const key = Object.values(labels).join('\n');
    let series = this.#series.get(key);
    if (!series) {
      const durations = [...DURATION_BUCKETS, Infinity].map(() => 0);
      series = { labels, codes: new Map(), durations, sumSeconds: 0, running: 0 };
      this.#series.set(key, series);
    }
    return series;
  }
}

/** Paths that are served are told apart; whatever else is asked for is one series. */
const SERVED = /^\/(healthz|livez|readyz|metrics|version|openapi\/v[23]|apis?)(?=\/|$)/;

function nonResource(path: string, verb: string): Record<string, string> {
  const subresource = SERVED.exec(path)?.[0] ?? '';
  return { component: '', dry_run: '', group: '', resource: '', scope: '', subresource, verb, version: '' };
}
