/**
 * A Prometheus: its configuration, targets, rules and time series. Series are in memory and end with the process, as
 * those of a pod with an `emptyDir` do that is deleted; they are kept for `--storage.tsdb.retention.time`, and no more
 * than fit into the memory that `SeriesStore` allows.
 */
import type { Disposable } from '../../../core/disposable.ts';
import { Errno } from '../../../os/errno.ts';
import type { Process } from '../../../os/process.ts';
import { Labels } from '../../../promql/labels.ts';
import type { QueryOptions } from '../../../promql/query.ts';
import { SeriesStore } from '../../../promql/series-store.ts';
import { SAMPLE_BYTES } from '../../../promql/time-series.ts';
import {
  ConfigurationError,
  parseConfiguration,
  type Configuration,
  type ScrapeConfig,
} from './configuration.ts';
import { Discovery } from './discovery.ts';
import type { MetricMetadata } from './exposition.ts';
import type { TargetLabels } from './kubernetes-targets.ts';
import { parseRuleFile, type RuleGroup } from './rule-file.ts';
import { Rules } from './rules.ts';
import { relabelled, Target, type RelabelledTarget } from './target.ts';

/** Old samples are looked for so often. */
const TRUNCATION_MS = 60_000;
/** CPU time of a sample that a query looks at. */
const QUERIED_SAMPLE_MS = 0.0002;

export interface ServerOptions {
  process: Process;
  flags: ReadonlyMap<string, string>;
  configFile: string;
  retentionMs: number;
  log(level: 'INFO' | 'WARN' | 'ERROR', message: string, more?: Readonly<Record<string, string>>): void;
}

export class PrometheusServer implements Disposable {
  readonly store: SeriesStore;
  readonly metadata = new Map<string, MetricMetadata>();
  readonly flags: ReadonlyMap<string, string>;
  readonly startMs: number;
  readonly retentionMs: number;
  readonly queryOptions: QueryOptions;
  configuration!: Configuration;
  rules!: Rules;
  configuredMs = 0;
  lastReloadSucceeded = false;
  droppedTargets: { job: string; discovered: Record<string, string> }[] = [];
  readonly #options: ServerOptions;
  readonly #targets = new Map<string, Target>();
  #discovery: Discovery | undefined;
  #truncation: Disposable;
  #memoryBytes = 0;

  /** Throws `ConfigurationError` and `Errno`. */
  constructor(options: ServerOptions) {
    const { process, flags, retentionMs } = options;
    this.#options = options;
    this.flags = flags;
    this.retentionMs = retentionMs;
    this.startMs = process.machine.clock.now();
    this.store = new SeriesStore({ retentionMs });
    this.queryOptions = {
      pause: (samples) => {
        process.charge(samples * QUERIED_SAMPLE_MS);
        return process.tick();
      },
    };
    this.load();
    this.#truncation = process.machine.clock.setTimeout(() => this.#truncate(), TRUNCATION_MS);
  }

  /** Whole milliseconds, as all times of samples are. */
  get nowMs(): number {
    return Math.floor(this.#options.process.machine.clock.now());
  }

  get activeTargets(): Target[] {
    return [...this.#targets.values()];
  }

  /** Reads the configuration and goes on with it; the one before stays when this one is bad. Throws as the constructor. */
  load(): void {
    const { process, configFile, log } = this.#options;
    this.lastReloadSucceeded = false;
    const configuration = this.#readFile(configFile, 'parsing YAML file ', parseConfiguration);
    const groups = this.#ruleGroups(configuration);
    this.configuration = configuration;
    this.configuredMs = this.nowMs;
    this.lastReloadSucceeded = true;
    this.rules?.dispose();
    const { clock, random } = process.machine;
    this.rules = new Rules({
      clock,
      random,
      store: this.store,
      groups,
      externalLabels: configuration.externalLabels,
      query: this.queryOptions,
    });
    this.#discovery?.dispose();
    this.#discovery = new Discovery({
      process,
      scrapes: configuration.scrapes,
      onTargets: (targets) => this.#setTargets(targets),
      onError: (message) =>
        log('ERROR', 'Failed to watch', { component: 'discovery manager scrape', err: message }),
    });
  }

  dispose(): void {
    this.#truncation.dispose();
    this.#discovery?.dispose();
    this.rules?.dispose();
    for (const target of this.#targets.values()) target.dispose();
    this.#targets.clear();
  }

  #ruleGroups({ ruleFiles, evaluationIntervalMs }: Configuration): RuleGroup[] {
    const { configFile } = this.#options;
    const directory = configFile.slice(0, configFile.lastIndexOf('/') + 1);
    return ruleFiles.flatMap((pattern) =>
      this.#matching(pattern.startsWith('/') ? pattern : directory + pattern).flatMap((file) =>
        this.#readFile(file, '', (text) => parseRuleFile(file, text, evaluationIntervalMs)),
      ),
    );
  }

  /** `*` and `?` in the file's name are patterns. */
  #matching(path: string): string[] {
    const slash = path.lastIndexOf('/');
    const [directory, name] = [path.slice(0, slash) || '/', path.slice(slash + 1)];
    const expression = new RegExp(
      `^${name
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replaceAll('*', '[^/]*')
        .replaceAll('?', '[^/]')}$`,
    );
    try {
      return this.#options.process.fileSystem
        .readDirectory(directory)
        .filter((entry) => expression.test(entry))
        .map((entry) => `${directory}/${entry}`);
    } catch (error) {
      // As a pattern that nothing matches.
      if (error instanceof Errno) return [];
      throw error;
    }
  }

  #readFile<T>(file: string, prefix: string, parse: (text: string) => T): T {
    let text: string;
    try {
      text = this.#options.process.readTextFile(file);
    } catch (error) {
      if (error instanceof Errno)
        throw new ConfigurationError(`open ${file}: ${error.message.toLowerCase()}`, { cause: error });
      throw error;
    }
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      throw new ConfigurationError(
        prefix ? `${prefix}${file}: ${error.message}` : `${file}: ${error.message}`,
        {
          cause: error,
        },
      );
    }
  }

  /** Starts what is new, goes on with what stayed, ends what is gone. */
  #setTargets(found: ReadonlyMap<ScrapeConfig, readonly TargetLabels[]>): void {
    const { process } = this.#options;
    const wanted = new Set<string>();
    this.droppedTargets = [];
    for (const [scrape, all] of found)
      for (const labels of all) {
        const target = relabelled(scrape, labels);
        if (!target) {
          const discovered = Labels.of({ ...labels, job: scrape.jobName }).toObject();
          this.droppedTargets.push({ job: scrape.jobName, discovered });
          continue;
        }
        const key = keyOf(scrape, target);
        wanted.add(key);
        if (!this.#targets.has(key))
          this.#targets.set(
            key,
            new Target(target, { process, store: this.store, scrape, metadata: this.metadata }),
          );
      }
    for (const [key, target] of this.#targets) {
      if (wanted.has(key)) continue;
      this.#targets.delete(key);
      target.dispose();
    }
  }

  #truncate(): void {
    const { process } = this.#options;
    this.store.truncate(this.nowMs);
    const bytes = this.store.sampleCount * SAMPLE_BYTES;
    if (bytes > this.#memoryBytes) process.allocate(bytes - this.#memoryBytes);
    else process.release(this.#memoryBytes - bytes);
    this.#memoryBytes = bytes;
    this.#truncation = process.machine.clock.setTimeout(() => this.#truncate(), TRUNCATION_MS);
  }
}

/** A target is the same while its job, what is said of it and how it is asked stay the same. */
const keyOf = (scrape: ScrapeConfig, { all }: RelabelledTarget): string =>
  JSON.stringify([scrape.jobName, scrape.scrapeIntervalMs, scrape.metricRelabel, all.key]);
