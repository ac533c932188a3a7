/**
 * How fast an autoscaler may follow what its metrics ask for: stabilization windows over recent recommendations, and
 * policies over recent changes (`horizontal.go`, `normalizeDesiredReplicas…`).
 */
import type { HorizontalPodAutoscaler, HPAScalingRules } from '../../client/kinds.ts';

/** What scale-down waits for unless the autoscaler says otherwise. */
const SCALE_DOWN_WINDOW_SECONDS = 300;
/** Without a `behavior` at most twice the replicas, or this many. */
const SCALE_UP_MINIMUM = 4;

interface Dated {
  count: number;
  atMs: number;
}

/** What an autoscaler remembers of its past. */
export class ScalingHistory {
  #recommendations: Dated[] = [];
  #ups: Dated[] = [];
  #downs: Dated[] = [];

  get empty(): boolean {
    return this.#recommendations.length === 0;
  }

  recommend(replicas: number, atMs: number, keepSeconds: number): void {
    const since = atMs - Math.max(keepSeconds, SCALE_DOWN_WINDOW_SECONDS) * 1000;
    this.#recommendations = this.#recommendations.filter((each) => each.atMs >= since);
    this.#recommendations.push({ count: replicas, atMs });
  }

  /** Recommendations of the last `seconds`. */
  recommended(seconds: number, nowMs: number): number[] {
    return this.#recommendations
      .filter(({ atMs }) => atMs > nowMs - seconds * 1000)
      .map(({ count }) => count);
  }

  scaled(from: number, to: number, atMs: number, keepSeconds: number): void {
    const recent = (list: Dated[]) => list.filter((each) => each.atMs > atMs - keepSeconds * 1000);
    this.#ups = recent(this.#ups);
    this.#downs = recent(this.#downs);
    (to > from ? this.#ups : this.#downs).push({ count: Math.abs(to - from), atMs });
  }

  /** The replicas that there were `seconds` ago. */
  replicasAtStart(current: number, seconds: number, nowMs: number): number {
    const sum = (list: readonly Dated[]) =>
      list.reduce((total, { count, atMs }) => (atMs > nowMs - seconds * 1000 ? total + count : total), 0);
    return current - sum(this.#ups) + sum(this.#downs);
  }
}

export interface Said {
  reason: string;
  message: string;
}

export interface Normalized {
  replicas: number;
  /** For `AbleToScale`. */
  able: Said;
  /** For `ScalingLimited`; `limited` is its status. */
  limited: boolean;
  limit: Said;
}

const READY: Said = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
const DOWN_STABILIZED: Said = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
};
const UP_STABILIZED: Said = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
};
const WITHIN: Said = {
  reason: 'DesiredWithinRange',
  message: 'the desired count is within the acceptable range',
};
const TOO_FEW: Said = {
  reason: 'TooFewReplicas',
  message: 'the desired replica count is less than the minimum replica count',
};
const TOO_MANY: Said = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
};
const UP_LIMIT: Said = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
};
const DOWN_LIMIT: Said = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
};

/** The longest time that any rule looks back. */
export function longestPeriodSeconds({ spec }: HorizontalPodAutoscaler): number {
  const rules = [spec.behavior?.scaleUp, spec.behavior?.scaleDown];
  const periods = rules.flatMap((rule) => [
    rule?.stabilizationWindowSeconds ?? 0,
    ...(rule?.policies ?? []).map(({ periodSeconds }) => periodSeconds),
  ]);
  return Math.max(SCALE_DOWN_WINDOW_SECONDS, ...periods);
}

/** What becomes of `desired`, which the metrics ask for. */
export function normalizeReplicas(
  autoscaler: HorizontalPodAutoscaler,
  history: ScalingHistory,
  current: number,
  desired: number,
  nowMs: number,
): Normalized {
  const { behavior, minReplicas = 1, maxReplicas } = autoscaler.spec;
  const up = behavior?.scaleUp ?? {};
  const down = behavior?.scaleDown ?? {};
  history.recommend(desired, nowMs, longestPeriodSeconds(autoscaler));
  const downWindow = down.stabilizationWindowSeconds ?? SCALE_DOWN_WINDOW_SECONDS;
  const least = Math.min(desired, ...history.recommended(up.stabilizationWindowSeconds ?? 0, nowMs));
  const most = Math.max(desired, ...history.recommended(downWindow, nowMs));
  let stable = behavior ? current : most;
  if (behavior) stable = Math.min(Math.max(stable, least), most);
  const stabilized = behavior && desired >= current ? UP_STABILIZED : DOWN_STABILIZED;
  const able = stable === desired ? READY : stabilized;

  const limit = (replicas: number, said: Said): Normalized => ({
    replicas,
    able,
    limited: true,
    limit: said,
  });
  const free: Normalized = { replicas: stable, able, limited: false, limit: WITHIN };
  if (!behavior) {
    const upLimit = Math.max(2 * current, SCALE_UP_MINIMUM);
    if (stable < minReplicas) return limit(minReplicas, TOO_FEW);
    if (stable <= Math.min(maxReplicas, upLimit)) return free;
    return maxReplicas > upLimit ? limit(upLimit, UP_LIMIT) : limit(maxReplicas, TOO_MANY);
  }
  if (stable > current) {
    const upLimit = Math.max(current, rateLimit(up, 1, history, current, nowMs));
    if (stable <= Math.min(maxReplicas, upLimit)) return free;
    return maxReplicas > upLimit ? limit(upLimit, UP_LIMIT) : limit(maxReplicas, TOO_MANY);
  }
  if (stable < current) {
    const downLimit = Math.min(current, rateLimit(down, -1, history, current, nowMs));
    if (stable >= Math.max(minReplicas, downLimit)) return free;
    return minReplicas < downLimit ? limit(downLimit, DOWN_LIMIT) : limit(minReplicas, TOO_FEW);
  }
  return free;
}

/** The replicas that the policies allow at this moment, upwards or downwards. */
function rateLimit(
  rules: HPAScalingRules,
  direction: 1 | -1,
  history: ScalingHistory,
  current: number,
  nowMs: number,
): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const limits = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const start = history.replicasAtStart(current, periodSeconds, nowMs);
    if (type === 'Pods') return start + direction * value;
    const limit = start * (1 + (direction * value) / 100);
    return direction > 0 ? Math.ceil(limit) : Math.trunc(limit);
  });
  const lowest = (rules.selectPolicy === 'Min') === direction > 0;
  return lowest ? Math.min(...limits) : Math.max(...limits);
}
