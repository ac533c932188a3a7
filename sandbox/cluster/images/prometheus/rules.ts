/**
 * Evaluates groups of rules, each at its interval: recording rules write what a query answers under a new name, alerting
 * rules make an alert of each answer, pending until it has been there for long enough. Alerts are kept here and as series
 * (`ALERTS`, `ALERTS_FOR_STATE`); nobody is notified.
 */
import type { Disposable } from '../../../core/disposable.ts';
import { PromQLParseError } from '../../../promql/parse-error.ts';
import { instantQuery, type QueryOptions } from '../../../promql/query.ts';
import { Labels, METRIC_NAME } from '../../../promql/labels.ts';
import type { SeriesStore } from '../../../promql/series-store.ts';
import { PromQLError, type Sample } from '../../../promql/value.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Random } from '../../../core/random.ts';
import { filledTemplate } from './alert-template.ts';
import type { AlertingRule, Rule, RuleGroup } from './rule-file.ts';

/** Resolved alerts are shown for so long. */
const RESOLVED_MS = 15 * 60_000;

export interface Alert {
  labels: Labels;
  annotations: Readonly<Record<string, string>>;
  state: 'pending' | 'firing' | 'inactive';
  /** Since when it is true (epoch ms). */
  activeMs: number;
  value: number;
  /** 0: it is still true. */
  resolvedMs: number;
  /** When it ceased to be true, while it is kept firing. */
  keptSinceMs: number;
}

/** How a rule is. */
export interface RuleState {
  rule: Rule;
  health: 'unknown' | 'ok' | 'err';
  lastError: string;
  lastEvaluationMs: number;
  evaluationMs: number;
  /** By the labels that its query gave. */
  alerts: Map<string, Alert>;
  /** Series of the last evaluation. */
  written: Map<string, Labels>;
}

export interface GroupState {
  group: RuleGroup;
  rules: RuleState[];
  lastEvaluationMs: number;
  evaluationMs: number;
}

export interface RulesOptions {
  clock: Clock;
  random: Random;
  store: SeriesStore;
  groups: readonly RuleGroup[];
  externalLabels: Readonly<Record<string, string>>;
  query: QueryOptions;
}

export class Rules implements Disposable {
  readonly groups: readonly GroupState[];
  readonly #options: RulesOptions;
  readonly #timers = new Map<GroupState, Disposable>();
  #disposed = false;

  constructor(options: RulesOptions) {
    this.#options = options;
    this.groups = options.groups.map((group) => ({
      group,
      rules: group.rules.map((rule) => ({
        rule,
        health: 'unknown',
        lastError: '',
        lastEvaluationMs: 0,
        evaluationMs: 0,
        alerts: new Map(),
        written: new Map(),
      })),
      lastEvaluationMs: 0,
      evaluationMs: 0,
    }));
    for (const state of this.groups)
      this.#schedule(state, Math.floor(options.random.next() * state.group.intervalMs));
  }

  dispose(): void {
    this.#disposed = true;
    for (const timer of this.#timers.values()) timer.dispose();
  }

  #schedule(state: GroupState, delayMs: number): void {
    const { clock } = this.#options;
    this.#timers.set(
      state,
      clock.setTimeout(() => void this.#run(state), delayMs),
    );
  }

  async #run(state: GroupState): Promise<void> {
    const { clock } = this.#options;
    const nowMs = Math.floor(clock.now());
    for (const rule of state.rules) {
      if (this.#disposed) return;
      await this.#evaluate(state.group, rule, nowMs);
    }
    state.lastEvaluationMs = nowMs;
    state.evaluationMs = clock.now() - nowMs;
    if (!this.#disposed) this.#schedule(state, Math.max(0, state.group.intervalMs - state.evaluationMs));
  }

  async #evaluate(group: RuleGroup, state: RuleState, nowMs: number): Promise<void> {
    const { clock, store, query } = this.#options;
    let failure = '';
    let series: Sample[] = [];
    try {
      const { value } = await instantQuery(store, state.rule.query, nowMs, query);
      if (value.type === 'matrix' || value.type === 'string')
        throw new PromQLError(`rule result is not a vector or scalar`);
      const samples = value.type === 'scalar' ? [{ labels: Labels.NONE, value: value.value }] : value.samples;
      series =
        state.rule.kind === 'recording'
          ? this.#recorded(group, state.rule, samples)
          : this.#alerted(group, state.rule, state, samples, nowMs);
    } catch (error) {
      if (!(error instanceof PromQLError || error instanceof PromQLParseError)) throw error;
      failure = error.message;
    }
    const written = new Map(series.map(({ labels }) => [labels.key, labels]));
    for (const { labels, value } of series) store.append(labels, nowMs, value);
    for (const [key, labels] of state.written) if (!written.has(key)) store.append(labels, nowMs, undefined);
    state.written = written;
    state.health = failure ? 'err' : 'ok';
    state.lastError = failure;
    state.lastEvaluationMs = nowMs;
    state.evaluationMs = clock.now() - nowMs;
  }

  #recorded(group: RuleGroup, rule: Rule & { kind: 'recording' }, samples: readonly Sample[]): Sample[] {
    const series = samples.map(({ labels, value }) => ({
      labels: withLabels(labels.with(METRIC_NAME, rule.record), { ...group.labels, ...rule.labels }),
      value,
    }));
    if (new Set(series.map(({ labels }) => labels.key)).size < series.length)
      throw new PromQLError('vector contains metrics with the same labelset after applying rule labels');
    return series;
  }

  #alerted(
    group: RuleGroup,
    rule: AlertingRule,
    { alerts }: RuleState,
    samples: readonly Sample[],
    nowMs: number,
  ): Sample[] {
    const { externalLabels } = this.#options;
    const found = new Set<string>();
    for (const sample of samples) {
      const fill = (text: string) => filledTemplate(text, { ...sample, externalLabels });
      const filled = (texts: Readonly<Record<string, string>>) =>
        Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fill(text)]));
      const labels = withLabels(sample.labels.withoutMetricName(), {
        ...filled({ ...group.labels, ...rule.labels }),
        alertname: rule.alert,
      });
      if (found.has(labels.key))
        throw new PromQLError('vector contains metrics with the same labelset after applying alert labels');
      found.add(labels.key);
      const known = alerts.get(labels.key);
      const annotations = filled(rule.annotations);
      if (known && known.state !== 'inactive')
        Object.assign(known, { value: sample.value, annotations, keptSinceMs: 0 });
      else
        alerts.set(labels.key, {
          labels,
          annotations,
          state: 'pending',
          activeMs: nowMs,
          value: sample.value,
          resolvedMs: 0,
          keptSinceMs: 0,
        });
    }
    for (const [key, alert] of alerts) {
      if (!found.has(key)) this.#fade(rule, alerts, key, alert, nowMs);
      else if (alert.state === 'pending' && nowMs - alert.activeMs >= rule.forMs) alert.state = 'firing';
    }
    return [...alerts.values()].filter(({ state }) => state !== 'inactive').flatMap(alertSeries);
  }

  /** What becomes of an alert that is true no more. */
  #fade(rule: AlertingRule, alerts: Map<string, Alert>, key: string, alert: Alert, nowMs: number): void {
    if (alert.state === 'firing' && rule.keepFiringForMs > 0) {
      alert.keptSinceMs ||= nowMs;
      if (nowMs - alert.keptSinceMs < rule.keepFiringForMs) return;
    }
    if (alert.state === 'pending' || (alert.resolvedMs > 0 && nowMs - alert.resolvedMs > RESOLVED_MS))
      alerts.delete(key);
    else if (alert.state === 'firing') Object.assign(alert, { state: 'inactive', resolvedMs: nowMs });
  }
}

function alertSeries({ labels, state, activeMs }: Alert): Sample[] {
  return [
    { labels: labels.with(METRIC_NAME, 'ALERTS').with('alertstate', state), value: 1 },
    { labels: labels.with(METRIC_NAME, 'ALERTS_FOR_STATE'), value: activeMs / 1000 },
  ];
}

function withLabels(labels: Labels, more: Readonly<Record<string, string>>): Labels {
  return Object.entries(more).reduce((set, [name, value]) => set.with(name, value), labels);
}
