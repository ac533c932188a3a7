/**
 * A target: where it is asked, under which labels its series are kept, and its scrapes. From Prometheus' `scrape`:
 * `up` and its companions are written with each scrape, a series that is no longer there ends with a staleness marker,
 * and all of them do when the target fails or goes. Left out: limits, exemplars, HTTPS' certificates (connections
 * between pods carry HTTP messages, and the API server's are trusted).
 */
import type { Disposable } from '../../../core/disposable.ts';
import { readText } from '../../../core/http.ts';
import { HTTP_STATUS_PHRASES } from '../../../core/http-status.ts';
import { Errno } from '../../../os/errno.ts';
import { NameNotFound } from '../../../os/network.ts';
import type { Process } from '../../../os/process.ts';
import { durationText } from '../../../promql/duration.ts';
import { Labels, METRIC_NAME } from '../../../promql/labels.ts';
import type { SeriesStore } from '../../../promql/series-store.ts';
import type { ScrapeConfig } from './configuration.ts';
import { ExpositionError, labelsOfSeries, parseExposition, type MetricMetadata } from './exposition.ts';
import type { TargetLabels } from './kubernetes-targets.ts';
import { relabelling, type Relabelling } from './relabel.ts';

/** CPU time of a scrape, and of a sample in it. */
const SCRAPE_MS = 0.6;
const SAMPLE_MS = 0.002;

/** Labels of a target, before and after relabelling; undefined: it is dropped. */
export interface RelabelledTarget {
  discovered: Labels;
  /** With those that say how it is scraped. */
  all: Labels;
  /** Those that its series get. */
  labels: Labels;
}

export interface TargetOptions {
  process: Process;
  store: SeriesStore;
  scrape: ScrapeConfig;
  metadata: Map<string, MetricMetadata>;
}

/** What becomes of a discovered target; undefined: it is dropped. */
export function relabelled(scrape: ScrapeConfig, found: TargetLabels): RelabelledTarget | undefined {
  const discovered = Labels.of({
    job: scrape.jobName,
    __scrape_interval__: durationText(scrape.scrapeIntervalMs),
    __scrape_timeout__: durationText(scrape.scrapeTimeoutMs),
    __metrics_path__: scrape.metricsPath,
    __scheme__: scrape.scheme,
    ...Object.fromEntries(
      Object.entries(scrape.params).map(([name, values]) => [`__param_${name}`, values[0] ?? '']),
    ),
    ...found,
  });
  const kept = relabelling(scrape.relabel)(discovered);
  if (!kept || kept.get('__address__') === '') return undefined;
  // What discovery said is used up: ports of one pod that came to the same address are one target.
  let all = Labels.of(kept.pairs.filter(([name]) => !name.startsWith('__meta_')));
  if (all.get('instance') === '') all = all.with('instance', all.get('__address__'));
  const labels = Labels.of(all.pairs.filter(([name]) => !name.startsWith('__')));
  return { discovered, all, labels };
}

export class Target implements Disposable {
  readonly labels: Labels;
  readonly discovered: Labels;
  readonly url: string;
  readonly scrape: ScrapeConfig;
  health: 'unknown' | 'up' | 'down' = 'unknown';
  lastError = '';
  /** Epoch ms; 0: never. */
  lastScrapeMs = 0;
  lastDurationMs = 0;
  readonly #options: TargetOptions;
  readonly #address: URL;
  readonly #metricRelabelling: Relabelling;
  /** Labels by the text that stands in the answer; null: the series is dropped. */
  readonly #known = new Map<string, Labels | null>();
  #present = new Map<string, Labels>();
  readonly #controller = new AbortController();
  #next: Disposable | undefined;

  constructor(target: RelabelledTarget, options: TargetOptions) {
    const { all } = target;
    this.labels = target.labels;
    this.discovered = target.discovered;
    this.scrape = options.scrape;
    this.#options = options;
    this.url = urlOf(all, options.scrape);
    this.#address = new URL(this.url);
    this.#metricRelabelling = relabelling(options.scrape.metricRelabel);
    // Each target has its own place in the interval, so that not all are asked at once.
    const { clock, random } = options.process.machine;
    this.#next = clock.setTimeout(
      () => void this.#loop(),
      Math.floor(random.next() * options.scrape.scrapeIntervalMs),
    );
  }

  dispose(): void {
    this.#next?.dispose();
    this.#controller.abort(new Error('context canceled'));
    const { store, process } = this.#options;
    const nowMs = Math.floor(process.machine.clock.now());
    for (const labels of this.#present.values()) store.append(labels, nowMs, undefined);
    if (this.lastScrapeMs > 0)
      for (const name of REPORTED) store.append(this.labels.with(METRIC_NAME, name), nowMs, undefined);
  }

  async #loop(): Promise<void> {
    const { clock } = this.#options.process.machine;
    const startMs = Math.floor(clock.now());
    await this.#scrape(startMs);
    if (this.#controller.signal.aborted) return;
    const lateMs = clock.now() - startMs;
    this.#next = clock.setTimeout(
      () => void this.#loop(),
      Math.max(0, this.scrape.scrapeIntervalMs - lateMs),
    );
  }

  async #scrape(startMs: number): Promise<void> {
    const { process } = this.#options;
    const counts = { scraped: 0, kept: 0, added: 0 };
    let text: string | undefined;
    let failure = '';
    try {
      text = await this.#ask();
    } catch (error) {
      if (this.#controller.signal.aborted) return;
      failure = error instanceof Error ? error.message : String(error);
    }
    const present = new Map<string, Labels>();
    if (text !== undefined)
      try {
        this.#take(text, startMs, present, counts);
      } catch (error) {
        if (!(error instanceof ExpositionError)) throw error;
        failure = error.message;
        present.clear();
      }
    const { store } = this.#options;
    for (const [key, labels] of this.#present)
      if (!present.has(key)) store.append(labels, startMs, undefined);
    this.#present = present;
    this.health = failure ? 'down' : 'up';
    this.lastError = failure;
    this.lastScrapeMs = startMs;
    this.lastDurationMs = process.machine.clock.now() - startMs;
    const report = [failure ? 0 : 1, this.lastDurationMs / 1000, counts.scraped, counts.kept, counts.added];
    REPORTED.forEach((name, index) =>
      store.append(this.labels.with(METRIC_NAME, name), startMs, report[index]!),
    );
    process.charge(SCRAPE_MS + counts.scraped * SAMPLE_MS);
  }

  /** The answer's text. Throws with what Prometheus says. */
  async #ask(): Promise<string> {
    const { process } = this.#options;
    const { clock, network } = process.machine;
    const { hostname, port, protocol, pathname, search } = this.#address;
    const timeout = new AbortController();
    const timer = clock.setTimeout(
      () => timeout.abort(new Error('context deadline exceeded')),
      this.scrape.scrapeTimeoutMs,
    );
    const portNumber = Number(port || (protocol === 'https:' ? 443 : 80));
    try {
      const response = await network!.fetch(hostname.replace(/^\[(.*)\]$/, '$1'), portNumber, {
        method: 'GET',
        path: pathname + search,
        headers: {
          host: this.#address.host,
          accept: 'text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
          'user-agent': 'Prometheus/3.10.0',
          'x-prometheus-scrape-timeout-seconds': String(this.scrape.scrapeTimeoutMs / 1000),
          ...this.#authorization(),
        },
        signal: AbortSignal.any([timeout.signal, this.#controller.signal]),
      });
      if (response.status !== 200)
        throw new Error(
          `server returned HTTP status ${response.status} ${HTTP_STATUS_PHRASES[response.status] ?? ''}`.trim(),
        );
      return await readText(response);
    } catch (error) {
      if (timeout.signal.aborted)
        throw new Error(`Get "${this.url}": context deadline exceeded`, { cause: error });
      if (error instanceof NameNotFound)
        throw new Error(`Get "${this.url}": dial tcp: lookup ${hostname}: no such host`, { cause: error });
      if (error instanceof Errno)
        throw new Error(
          `Get "${this.url}": dial tcp ${hostname}:${portNumber}: connect: ${error.message.toLowerCase()}`,
          { cause: error },
        );
      throw error;
    } finally {
      timer.dispose();
    }
  }

  #authorization(): Record<string, string> {
    const { credentials } = this.scrape;
    if (!credentials) return {};
    const token = credentials.token ?? this.#options.process.readTextFile(credentials.file!).trim();
    return { authorization: `Bearer ${token}` };
  }

  /** Puts the samples of an answer into the store. */
  #take(
    text: string,
    startMs: number,
    present: Map<string, Labels>,
    counts: { scraped: number; kept: number; added: number },
  ): void {
    const { store, metadata } = this.#options;
    const exposition = parseExposition(text);
    for (const [name, said] of exposition.metadata) metadata.set(name, said);
    for (const { series, value, timeMs } of exposition.samples) {
      counts.scraped++;
      let labels = this.#known.get(series);
      if (labels === undefined) this.#known.set(series, (labels = this.#labelsOf(series)));
      if (labels === null) continue;
      counts.kept++;
      if (!this.#present.has(labels.key) && !present.has(labels.key)) counts.added++;
      store.append(labels, (this.scrape.honorTimestamps && timeMs) || startMs, value);
      present.set(labels.key, labels);
    }
    // What was scraped and is there no more would stay for ever.
    if (this.#known.size > 2 * counts.scraped + 1000) this.#known.clear();
  }

  /** The series' own labels and the target's; where both have one, `honor_labels` says whose name gives way. */
  #labelsOf(series: string): Labels | null {
    let labels = Labels.of(labelsOfSeries(series));
    for (const [name, value] of this.labels.pairs) {
      const own = labels.get(name);
      if (own === '') labels = labels.with(name, value);
      else if (!this.scrape.honorLabels) labels = labels.with(`exported_${name}`, own).with(name, value);
    }
    return this.#metricRelabelling(labels) ?? null;
  }
}

const REPORTED = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added',
];

function urlOf(labels: Labels, { params }: ScrapeConfig): string {
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(params)) for (const value of values) query.append(name, value);
  for (const [name, value] of labels.pairs)
    if (name.startsWith('__param_')) query.set(name.slice('__param_'.length), value);
  const search = query.toString();
  return `${labels.get('__scheme__')}://${labels.get('__address__')}${labels.get('__metrics_path__')}${search && `?${search}`}`;
}
