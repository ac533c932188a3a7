/**
 * What the autoscaler goes by: the ConfigMap `config-autoscaler` in knative-serving, and what a revision's annotations
 * say instead (pkg/autoscaler/config and pkg/apis/autoscaling). Durations in ms.
 */
import { parseDuration } from '../../api/duration.ts';
import type { KubernetesObject } from '../../api/object.ts';

const PREFIX = 'autoscaling.knative.dev/';
/** Older spellings that are understood as well. */
const ALIASES: Readonly<Record<string, string>> = {
  'min-scale': 'minScale',
  'max-scale': 'maxScale',
  'initial-scale': 'initialScale',
  'scale-to-zero-pod-retention-period': 'scaleToZeroPodRetentionPeriod',
  'target-utilization-percentage': 'targetUtilizationPercentage',
};

/** An annotation of the autoscaler; undefined: it is not there. */
export function scalingAnnotation(
  annotations: Readonly<Record<string, string>> | undefined,
  name: string,
): string | undefined {
  const alias = ALIASES[name];
  return annotations?.[PREFIX + name] ?? (alias ? annotations?.[PREFIX + alias] : undefined);
}

/** For one revision. */
export interface Scaling {
  minScale: number;
  /** 0: no bound. */
  maxScale: number;
  initialScale: number;
  activationScale: number;
  metric: 'concurrency' | 'rps';
  /** What a pod should have of the metric. */
  target: number;
  stableWindowMs: number;
  panicWindowMs: number;
  /** How many times the pods that there are make a panic. */
  panicThreshold: number;
  maxScaleUpRate: number;
  maxScaleDownRate: number;
  scaleDownDelayMs: number;
  enableScaleToZero: boolean;
  scaleToZeroGracePeriodMs: number;
  retentionMs: number;
}

type Annotated = KubernetesObject<{ containerConcurrency?: number }>;

export class AutoscalerConfig {
  readonly #data: Readonly<Record<string, string>>;

  constructor(data: Readonly<Record<string, string>> = {}) {
    this.#data = data;
  }

  of({ metadata, spec }: Annotated): Scaling {
    const own = (name: string) => scalingAnnotation(metadata.annotations, name);
    const number = (name: string, byDefault: number) => Number(own(name) ?? this.#data[name] ?? byDefault);
    const durationMs = (name: string, byDefault: string) =>
      parseDuration(own(name) ?? this.#data[name] ?? byDefault);
    const stableWindowMs = parseDuration(own('window') ?? this.#data['stable-window'] ?? '60s');
    const metric = own('metric') === 'rps' ? 'rps' : 'concurrency';
    return {
      minScale: number('min-scale', 0),
      maxScale: number('max-scale', 0),
      initialScale: number('initial-scale', 1),
      activationScale: number('activation-scale', 1),
      metric,
      target: this.#target(metric, spec?.containerConcurrency ?? 0, own),
      stableWindowMs,
      panicWindowMs: (stableWindowMs * number('panic-window-percentage', 10)) / 100,
      panicThreshold: number('panic-threshold-percentage', 200) / 100,
      maxScaleUpRate: number('max-scale-up-rate', 1000),
      maxScaleDownRate: number('max-scale-down-rate', 2),
      scaleDownDelayMs: durationMs('scale-down-delay', '0s'),
      enableScaleToZero: (this.#data['enable-scale-to-zero'] ?? 'true') === 'true',
      scaleToZeroGracePeriodMs: parseDuration(this.#data['scale-to-zero-grace-period'] ?? '30s'),
      retentionMs: durationMs('scale-to-zero-pod-retention-period', '0s'),
    };
  }

  /** `ResolveMetricTarget`: a soft target, no more than the hard limit, and the share of it that is used. */
  #target(
    metric: Scaling['metric'],
    containerConcurrency: number,
    own: (name: string) => string | undefined,
  ): number {
    let total: number;
    let share: number;
    if (metric === 'rps') {
      total = Number(this.#data['requests-per-second-target-default'] ?? 200);
      share = Number(this.#data['requests-per-second-target-percentage'] ?? 70);
    } else {
      total =
        containerConcurrency > 0
          ? containerConcurrency
          : Number(this.#data['container-concurrency-target-default'] ?? 100);
      share = Number(this.#data['container-concurrency-target-percentage'] ?? 70);
      if (share <= 1) share *= 100;
    }
    const asked = own('target');
    if (asked !== undefined) {
      total = Number(asked);
      if (metric === 'concurrency' && containerConcurrency > 0) total = Math.min(total, containerConcurrency);
    }
    share = Number(own('target-utilization-percentage') ?? share);
    return Math.max(0.01, (total * share) / 100);
  }
}
