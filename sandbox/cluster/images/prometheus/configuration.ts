/**
 * `prometheus.yml` and rule files, as Prometheus 3 reads them: unknown fields are refused, with the line where they stand.
 * Read and followed: `global`, `rule_files`, and of a scrape configuration what `ScrapeConfig` has. Read over, because
 * nothing here needs it: `alerting` (there is no Alertmanager: alerts are seen at `/api/v1/alerts`), `tls_config`,
 * `storage`, `runtime`, `otlp`, protocols, limits. Refused: other service discoveries than static and Kubernetes'.
 */
import { load, YAMLException } from 'js-yaml';
import { durationMs } from '../../../promql/duration.ts';
import { RELABEL_ACTIONS, relabelling, type RelabelAction, type RelabelConfig } from './relabel.ts';

export const KUBERNETES_ROLES = ['pod', 'service', 'endpoints', 'endpointslice', 'node'] as const;
export type KubernetesRole = (typeof KUBERNETES_ROLES)[number];

export interface KubernetesDiscovery {
  role: KubernetesRole;
  /** None: all. */
  namespaces: readonly string[];
  ownNamespace: boolean;
  /** Selectors by role, as the API takes them. */
  selectors: readonly { role: string; label: string; field: string }[];
}

export interface ScrapeConfig {
  jobName: string;
  scrapeIntervalMs: number;
  scrapeTimeoutMs: number;
  metricsPath: string;
  scheme: string;
  params: Readonly<Record<string, readonly string[]>>;
  honorLabels: boolean;
  honorTimestamps: boolean;
  /** File with a bearer token, or the token. */
  credentials: { file?: string; token?: string } | undefined;
  static: readonly { targets: readonly string[]; labels: Readonly<Record<string, string>> }[];
  kubernetes: readonly KubernetesDiscovery[];
  relabel: readonly RelabelConfig[];
  metricRelabel: readonly RelabelConfig[];
}

export interface Configuration {
  scrapeIntervalMs: number;
  evaluationIntervalMs: number;
  externalLabels: Readonly<Record<string, string>>;
  /** Patterns, relative to the configuration's directory. */
  ruleFiles: readonly string[];
  scrapes: readonly ScrapeConfig[];
  /** As it was read, for `/api/v1/status/config`. */
  text: string;
}

/** What stands in a file is no configuration; the message is Prometheus'. */
export class ConfigurationError extends Error {}

const IGNORED_TOP = [
  'alerting',
  'remote_write',
  'remote_read',
  'storage',
  'tracing',
  'otlp',
  'runtime',
  'scrape_config_files',
];
const IGNORED_SCRAPE =
  'tls_config basic_auth oauth2 follow_redirects enable_http2 proxy_url no_proxy proxy_from_environment http_headers body_size_limit sample_limit label_limit label_name_length_limit label_value_length_limit target_limit keep_dropped_targets scrape_protocols fallback_scrape_protocol scrape_classic_histograms always_scrape_classic_histograms convert_classic_histograms_to_nhcb native_histogram_bucket_limit native_histogram_min_bucket_factor track_timestamps_staleness enable_compression metric_name_validation_scheme metric_name_escaping_scheme scrape_native_histograms scrape_failure_log_file'.split(
    ' ',
  );

/** Throws `ConfigurationError`. */
export function parseConfiguration(text: string): Configuration {
  const reader = new YamlReader(text);
  const top = reader.fields(reader.document(), 'config.plain', [
    'global',
    'rule_files',
    'scrape_configs',
    ...IGNORED_TOP,
  ]);
  const global = reader.fields(top['global'], 'config.plain', [
    'scrape_interval',
    'scrape_timeout',
    'evaluation_interval',
    'external_labels',
    ...IGNORED_SCRAPE,
    'query_log_file',
    'rule_query_offset',
  ]);
  const scrapeIntervalMs = reader.duration(global['scrape_interval']) ?? 60_000;
  const scrapeTimeoutMs = reader.duration(global['scrape_timeout']) ?? Math.min(10_000, scrapeIntervalMs);
  if (scrapeTimeoutMs > scrapeIntervalMs)
    throw new ConfigurationError('global scrape timeout greater than scrape interval');
  const scrapes = reader
    .list(top['scrape_configs'])
    .map((item) => scrapeConfig(reader, item, { scrapeIntervalMs, scrapeTimeoutMs }));
  const names = new Set<string>();
  for (const { jobName } of scrapes) {
    if (names.has(jobName))
      throw new ConfigurationError(`found multiple scrape configs with job name "${jobName}"`);
    names.add(jobName);
  }
  return {
    scrapeIntervalMs,
    evaluationIntervalMs: reader.duration(global['evaluation_interval']) ?? 60_000,
    externalLabels: reader.texts(global['external_labels']),
    ruleFiles: reader.list(top['rule_files']).map(String),
    scrapes,
    text,
  };
}

function scrapeConfig(
  reader: YamlReader,
  item: unknown,
  defaults: { scrapeIntervalMs: number; scrapeTimeoutMs: number },
): ScrapeConfig {
  const type = 'config.ScrapeConfig';
  const fields = reader.fields(item, type, [
    'job_name',
    'scrape_interval',
    'scrape_timeout',
    'metrics_path',
    'scheme',
    'params',
    'honor_labels',
    'honor_timestamps',
    'authorization',
    'bearer_token',
    'bearer_token_file',
    'static_configs',
    'kubernetes_sd_configs',
    'relabel_configs',
    'metric_relabel_configs',
    ...IGNORED_SCRAPE,
  ]);
  const jobName = String(fields['job_name'] ?? '');
  if (jobName === '') throw new ConfigurationError('job_name is empty');
  const scrapeIntervalMs = reader.duration(fields['scrape_interval']) ?? defaults.scrapeIntervalMs;
  const ownTimeoutMs = reader.duration(fields['scrape_timeout']);
  if (ownTimeoutMs !== undefined && ownTimeoutMs > scrapeIntervalMs)
    throw new ConfigurationError(
      `scrape timeout greater than scrape interval for scrape config with job name "${jobName}"`,
    );
  const params: Record<string, string[]> = {};
  for (const [name, values] of Object.entries(reader.map(fields['params'])))
    params[name] = reader.list(values).map(String);
  const scheme = String(fields['scheme'] ?? 'http');
  if (!['http', 'https'].includes(scheme)) throw new ConfigurationError(`scheme must be http or https`);
  return {
    jobName,
    scrapeIntervalMs,
    scrapeTimeoutMs: ownTimeoutMs ?? Math.min(defaults.scrapeTimeoutMs, scrapeIntervalMs),
    metricsPath: String(fields['metrics_path'] ?? '/metrics'),
    scheme,
    params,
    honorLabels: fields['honor_labels'] === true,
    honorTimestamps: fields['honor_timestamps'] !== false,
    credentials: credentialsOf(reader, fields),
    static: reader.list(fields['static_configs']).map((each) => {
      const group = reader.fields(each, 'struct { Targets []string; Labels model.LabelSet }', [
        'targets',
        'labels',
      ]);
      return { targets: reader.list(group['targets']).map(String), labels: reader.texts(group['labels']) };
    }),
    kubernetes: reader.list(fields['kubernetes_sd_configs']).map((each) => discoveryOf(reader, each)),
    relabel: relabelConfigs(reader, fields['relabel_configs']),
    metricRelabel: relabelConfigs(reader, fields['metric_relabel_configs']),
  };
}

function credentialsOf(
  reader: YamlReader,
  fields: Readonly<Record<string, unknown>>,
): ScrapeConfig['credentials'] {
  const { type: _, ...authorization } = reader.fields(fields['authorization'], 'config.plain', [
    'type',
    'credentials',
    'credentials_file',
  ]);
  const token = authorization['credentials'] ?? fields['bearer_token'];
  const file = authorization['credentials_file'] ?? fields['bearer_token_file'];
  if (token !== undefined) return { token: String(token) };
  return file === undefined ? undefined : { file: String(file) };
}

function discoveryOf(reader: YamlReader, item: unknown): KubernetesDiscovery {
  const fields = reader.fields(item, 'kubernetes.plain', [
    'role',
    'namespaces',
    'selectors',
    'api_server',
    'kubeconfig_file',
    'attach_metadata',
    ...IGNORED_SCRAPE,
  ]);
  const role = String(fields['role'] ?? '');
  if (role === '')
    throw new ConfigurationError(
      'role missing (one of: pod, service, endpoints, endpointslice, node, ingress)',
    );
  if (!(KUBERNETES_ROLES as readonly string[]).includes(role))
    throw new ConfigurationError(`unknown Kubernetes SD role "${role}"`);
  const namespaces = reader.fields(fields['namespaces'], 'kubernetes.plain', ['names', 'own_namespace']);
  return {
    role: role as KubernetesRole,
    namespaces: reader.list(namespaces['names']).map(String),
    ownNamespace: namespaces['own_namespace'] === true,
    selectors: reader.list(fields['selectors']).map((each) => {
      const selector = reader.fields(each, 'kubernetes.SelectorConfig', ['role', 'label', 'field']);
      return {
        role: String(selector['role']),
        label: String(selector['label'] ?? ''),
        field: String(selector['field'] ?? ''),
      };
    }),
  };
}

function relabelConfigs(reader: YamlReader, value: unknown): RelabelConfig[] {
  return reader.list(value).map((item) => {
    const fields = reader.fields(item, 'relabel.plain', [
      'action',
      'source_labels',
      'separator',
      'regex',
      'target_label',
      'replacement',
    ]);
    const action = String(fields['action'] ?? 'replace').toLowerCase();
    if (!(RELABEL_ACTIONS as readonly string[]).includes(action))
      throw new ConfigurationError(`unknown relabel action "${action}"`);
    const config: RelabelConfig = {
      action: action as RelabelAction,
      sourceLabels: reader.list(fields['source_labels']).map(String),
      separator: String(fields['separator'] ?? ';'),
      regex: String(fields['regex'] ?? '(.*)'),
      targetLabel: String(fields['target_label'] ?? ''),
      replacement: String(fields['replacement'] ?? '$1'),
    };
    if (
      ['replace', 'lowercase', 'uppercase', 'keepequal', 'dropequal'].includes(action) &&
      !config.targetLabel
    )
      throw new ConfigurationError(
        `relabel configuration for ${action} action requires 'target_label' value`,
      );
    try {
      relabelling([config]);
    } catch (error) {
      throw new ConfigurationError((error as Error).message);
    }
    return config;
  });
}

/** A file of YAML with fields that are known, and where they stand. */
export class YamlReader {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  document(): unknown {
    try {
      return load(this.#text);
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error;
      const line = error.mark ? `line ${error.mark.line + 1}: ` : '';
      throw new ConfigurationError(`yaml: ${line}${error.reason}`);
    }
  }

  /** A mapping's fields; one that is not known is refused. Nothing is an empty mapping. */
  fields(value: unknown, type: string, known: readonly string[]): Record<string, unknown> {
    const map = this.map(value);
    for (const name of Object.keys(map))
      if (!known.includes(name))
        throw new ConfigurationError(
          `yaml: unmarshal errors:\n  line ${this.#lineOf(name)}: field ${name} not found in type ${type}`,
        );
    return map;
  }

  map(value: unknown): Record<string, unknown> {
    if (value === undefined || value === null) return {};
    if (typeof value !== 'object' || Array.isArray(value))
      throw new ConfigurationError(
        `yaml: unmarshal errors:\n  cannot unmarshal ${JSON.stringify(value)} into a mapping`,
      );
    return value as Record<string, unknown>;
  }

  list(value: unknown): unknown[] {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value))
      throw new ConfigurationError(
        `yaml: unmarshal errors:\n  cannot unmarshal ${JSON.stringify(value)} into a list`,
      );
    return value;
  }

  texts(value: unknown): Record<string, string> {
    return Object.fromEntries(Object.entries(this.map(value)).map(([name, text]) => [name, String(text)]));
  }

  duration(value: unknown): number | undefined {
    if (value === undefined || value === null) return undefined;
    const ms = durationMs(String(value));
    if (ms === undefined) throw new ConfigurationError(`not a valid duration string: "${String(value)}"`);
    return ms;
  }

  #lineOf(field: string): number {
    return 1 + this.#text.split('\n').findIndex((line) => line.split(/[\s{,]/).includes(`${field}:`));
  }
}
