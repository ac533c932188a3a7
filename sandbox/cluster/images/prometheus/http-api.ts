/**
 * Prometheus' HTTP API (`web/api/v1` of 3.x) in its JSON: queries, series, labels, targets, rules, alerts, metadata,
 * status. Left out: writing and reading from afar, federation, administration, exemplars, formatting of queries.
 */
import { jsonResponse, type HttpResponse } from '../../../core/http.ts';
import { RegularExpressionTooCostly } from '../../../cel/regular-expression.ts';
import { durationText } from '../../../promql/duration.ts';
import { numberText } from '../../../promql/number-text.ts';
import { PromQLParseError } from '../../../promql/parse-error.ts';
import { parsePromQL } from '../../../promql/parse.ts';
import { instantQuery, rangeQuery, type QueryAnswer, type QueryOptions } from '../../../promql/query.ts';
import type { TimeSeries } from '../../../promql/time-series.ts';
import { PromQLError, type QueryValue } from '../../../promql/value.ts';
import { BadRequest, durationParameter, timeParameter } from './query-parameters.ts';
import type { Alert, RuleState } from './rules.ts';
import type { PrometheusServer } from './server.ts';
import type { Target } from './target.ts';

const MAX_POINTS = 11_000;
export const VERSION = '3.10.0';

type ErrorType = 'bad_data' | 'execution' | 'not_found';
const STATUS: Readonly<Record<ErrorType, number>> = { bad_data: 400, execution: 422, not_found: 404 };

const success = (data: unknown, more: Readonly<Record<string, unknown>> = {}): HttpResponse =>
  jsonResponse(200, { status: 'success', data, ...more });

const failure = (errorType: ErrorType, error: string): HttpResponse =>
  jsonResponse(STATUS[errorType], { status: 'error', errorType, error });

/** Answers a request below `/api/v1`; undefined: there is nothing at that path. */
export async function answerApi(
  server: PrometheusServer,
  path: string,
  parameters: URLSearchParams,
): Promise<HttpResponse | undefined> {
  try {
    return await route(server, path, parameters);
  } catch (error) {
    if (error instanceof BadRequest) return failure('bad_data', error.message);
    if (error instanceof PromQLParseError)
      return failure('bad_data', `invalid parameter "query": ${error.message}`);
    if (error instanceof PromQLError || error instanceof RegularExpressionTooCostly)
      return failure('execution', error.message);
    throw error;
  }
}

async function route(
  server: PrometheusServer,
  path: string,
  parameters: URLSearchParams,
): Promise<HttpResponse | undefined> {
  const label = /^\/label\/([^/]+)\/values$/.exec(path)?.[1];
  if (label) return success(await labelValues(server, decodeURIComponent(label), parameters));
  switch (path) {
    case '/query':
      return query(server, parameters);
    case '/query_range':
      return queryRange(server, parameters);
    case '/series':
      if (parameters.getAll('match[]').length === 0) throw new BadRequest('no match[] parameter provided');
      return success(selected(server, parameters).map(({ labels }) => labels.toObject()));
    case '/labels':
      return success(
        sortedSet(selected(server, parameters).flatMap(({ labels }) => labels.pairs.map(([name]) => name))),
      );
    case '/targets':
      return success(targets(server, parameters.get('state') ?? 'any'));
    case '/rules':
      return success({ groups: server.rules.groups.map((state) => groupJson(state)) });
    case '/alerts':
      return success({
        alerts: server.rules.groups.flatMap(({ rules }) => rules.flatMap((state) => alertsOf(state))),
      });
    case '/alertmanagers':
      return success({ activeAlertmanagers: [], droppedAlertmanagers: [] });
    case '/metadata':
      return success(metadata(server, parameters));
    case '/status/config':
      return success({ yaml: server.configuration.text });
    case '/status/flags':
      return success(Object.fromEntries(server.flags));
    case '/status/buildinfo':
      return success({
        version: VERSION,
        revision: '',
        branch: 'HEAD',
        buildUser: '',
        buildDate: '',
        goVersion: '',
      });
    case '/status/runtimeinfo':
      return success({
        startTime: new Date(server.startMs).toISOString(),
        CWD: '/prometheus',
        reloadConfigSuccess: server.lastReloadSucceeded,
        lastConfigTime: new Date(server.configuredMs).toISOString(),
        storageRetention: durationText(server.retentionMs),
      });
    case '/status/tsdb':
      return success({
        headStats: { numSeries: server.store.seriesCount, chunkCount: server.store.seriesCount },
      });
    default:
      return undefined;
  }
}

async function query(server: PrometheusServer, parameters: URLSearchParams): Promise<HttpResponse> {
  const timeMs = timeParameter(parameters, 'time', server.nowMs);
  const answer = await instantQuery(
    server.store,
    parameters.get('query') ?? '',
    timeMs,
    queryOptions(server, parameters),
  );
  return answered(answer);
}

async function queryRange(server: PrometheusServer, parameters: URLSearchParams): Promise<HttpResponse> {
  const startMs = timeParameter(parameters, 'start');
  const endMs = timeParameter(parameters, 'end');
  if (endMs < startMs)
    throw new BadRequest('invalid parameter "end": end timestamp must not be before start time');
  const stepMs = durationParameter(parameters, 'step');
  if (stepMs <= 0)
    throw new BadRequest(
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  if ((endMs - startMs) / stepMs > MAX_POINTS)
    throw new BadRequest(
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  const answer = await rangeQuery(
    server.store,
    parameters.get('query') ?? '',
    { startMs, endMs, stepMs },
    queryOptions(server, parameters),
  );
  return answered(answer);
}

function queryOptions(server: PrometheusServer, parameters: URLSearchParams): QueryOptions {
  const lookback = parameters.get('lookback_delta');
  return lookback
    ? { ...server.queryOptions, lookbackMs: durationParameter(parameters, 'lookback_delta') }
    : server.queryOptions;
}

function answered({ value, warnings, infos }: QueryAnswer): HttpResponse {
  return success(valueJson(value), {
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(infos.length > 0 ? { infos } : {}),
  });
}

/** Times in seconds, numbers as texts. */
function valueJson(value: QueryValue): unknown {
  const point = (timeMs: number, number: number) => [timeMs / 1000, numberText(number)];
  switch (value.type) {
    case 'scalar':
      return { resultType: 'scalar', result: point(value.timeMs, value.value) };
    case 'string':
      return { resultType: 'string', result: [value.timeMs / 1000, value.value] };
    case 'vector':
      return {
        resultType: 'vector',
        result: value.samples.map((sample) => ({
          metric: sample.labels.toObject(),
          value: point(value.timeMs, sample.value),
        })),
      };
    case 'matrix':
      return {
        resultType: 'matrix',
        result: value.series.map(({ labels, times, values }) => ({
          metric: labels.toObject(),
          values: times.map((timeMs, index) => point(timeMs, values[index]!)),
        })),
      };
  }
}

/** Series that any of the `match[]` selects, all without one, within `start` and `end`. */
function selected({ store, nowMs }: PrometheusServer, parameters: URLSearchParams): TimeSeries[] {
  const startMs = timeParameter(parameters, 'start', 0);
  const endMs = timeParameter(parameters, 'end', nowMs);
  const matches = parameters.getAll('match[]');
  const found = new Set<TimeSeries>();
  for (const match of matches) {
    let expression;
    try {
      expression = parsePromQL(match);
    } catch (error) {
      if (error instanceof PromQLParseError)
        throw new BadRequest(`invalid parameter "match[]": ${error.message}`);
      throw error;
    }
    if (expression.kind !== 'vectorSelector')
      throw new BadRequest(`invalid parameter "match[]": ${JSON.stringify(match)} is not a series selector`);
    for (const series of store.select(expression.matchers)) found.add(series);
  }
  if (matches.length === 0) for (const series of store.select([])) found.add(series);
  return [...found].filter((series) => {
    const last = series.lastIndexAt(endMs);
    return last >= series.start && series.times[last]! >= startMs;
  });
}

async function labelValues(
  server: PrometheusServer,
  name: string,
  parameters: URLSearchParams,
): Promise<string[]> {
  return sortedSet(
    selected(server, parameters)
      .map(({ labels }) => labels.get(name))
      .filter((value) => value !== ''),
  );
}

const sortedSet = (values: readonly string[]): string[] => [...new Set(values)].sort();

function targets({ activeTargets, droppedTargets }: PrometheusServer, state: string): unknown {
  const perJob: Record<string, number> = {};
  for (const { job } of droppedTargets) perJob[job] = (perJob[job] ?? 0) + 1;
  return {
    activeTargets: state === 'dropped' ? [] : activeTargets.map(targetJson),
    droppedTargets:
      state === 'active'
        ? []
        : droppedTargets.map(({ job, discovered }) => ({ discoveredLabels: discovered, scrapePool: job })),
    droppedTargetCounts: perJob,
  };
}

function targetJson(target: Target): unknown {
  const { scrape } = target;
  return {
    discoveredLabels: target.discovered.toObject(),
    labels: target.labels.toObject(),
    scrapePool: scrape.jobName,
    scrapeUrl: target.url,
    globalUrl: target.url,
    lastError: target.lastError,
    lastScrape:
      target.lastScrapeMs === 0 ? '0001-01-01T00:00:00Z' : new Date(target.lastScrapeMs).toISOString(),
    lastScrapeDuration: target.lastDurationMs / 1000,
    health: target.health,
    scrapeInterval: durationText(scrape.scrapeIntervalMs),
    scrapeTimeout: durationText(scrape.scrapeTimeoutMs),
  };
}

function groupJson({
  group,
  rules,
  lastEvaluationMs,
  evaluationMs,
}: PrometheusServer['rules']['groups'][number]): unknown {
  return {
    name: group.name,
    file: group.file,
    interval: group.intervalMs / 1000,
    limit: 0,
    lastEvaluation: new Date(lastEvaluationMs).toISOString(),
    evaluationTime: evaluationMs / 1000,
    rules: rules.map((state) => ruleJson(state)),
  };
}

function ruleJson(state: RuleState): unknown {
  const { rule, health, lastError, lastEvaluationMs, evaluationMs } = state;
  const shared = {
    query: rule.query,
    labels: rule.labels,
    health,
    ...(lastError ? { lastError } : {}),
    evaluationTime: evaluationMs / 1000,
    lastEvaluation: new Date(lastEvaluationMs).toISOString(),
    type: rule.kind,
  };
  if (rule.kind === 'recording') return { name: rule.record, ...shared };
  const alerts = alertsOf(state);
  const states = alerts.map(({ state: name }) => name);
  return {
    name: rule.alert,
    state: states.includes('firing') ? 'firing' : states.includes('pending') ? 'pending' : 'inactive',
    duration: rule.forMs / 1000,
    keepFiringFor: rule.keepFiringForMs / 1000,
    annotations: rule.annotations,
    alerts,
    ...shared,
  };
}

/** Alerts that are true now. */
function alertsOf({ alerts }: RuleState): {
  labels: Record<string, string>;
  annotations: Readonly<Record<string, string>>;
  state: Alert['state'];
  activeAt: string;
  value: string;
}[] {
  return [...alerts.values()]
    .filter(({ state }) => state !== 'inactive')
    .map(({ labels, annotations, state, activeMs, value }) => ({
      labels: labels.toObject(),
      annotations,
      state,
      activeAt: new Date(activeMs).toISOString(),
      value: exponential(value),
    }));
}

/** Go's 'e' format, with two digits in the exponent: `1e+00`. */
const exponential = (value: number): string =>
  Number.isFinite(value) ? value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2') : numberText(value);

function metadata(server: PrometheusServer, parameters: URLSearchParams): unknown {
  const only = parameters.get('metric');
  const entries: Record<string, unknown[]> = {};
  for (const [name, said] of server.metadata) if (!only || name === only) entries[name] = [said];
  return entries;
}
