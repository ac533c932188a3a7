/**
 * How many pods a revision should have (pkg/autoscaler/scaling/autoscaler.go): the average of the stable window over
 * the target, or that of the panic window while twice as much comes in as the pods are for. In panic no pod is taken
 * away, until a stable window has passed without.
 */
import type { Scaling } from './autoscaler-config.ts';
import type { ConcurrencyMetric } from './concurrency-metric.ts';

export class Decider {
  #panicSinceMs: number | undefined;
  #maxPanicPods = 0;
  /** What was wanted in the last `scaleDownDelayMs`, with its times. */
  #wanted: { atMs: number; pods: number }[] = [];

  get panicking(): boolean {
    return this.#panicSinceMs !== undefined;
  }

  /** @param waiting requests that no pod takes: they are one at least, however short they have been here */
  decide(
    metric: ConcurrencyMetric,
    scaling: Scaling,
    readyPods: number,
    waiting: boolean,
    reachable: boolean,
    nowMs: number,
  ): number {
    const pods = Math.max(1, readyPods);
    const atLeast = waiting ? 1e-3 : 0;
    const observed = (windowMs: number) =>
      Math.max(atLeast, metric.average(windowMs, nowMs)[scaling.metric === 'rps' ? 'rps' : 'concurrency']);
    const most = Math.ceil(scaling.maxScaleUpRate * pods);
    const least = reachable ? Math.floor(pods / scaling.maxScaleDownRate) : 0;
    const bounded = (wanted: number) => Math.min(Math.max(wanted, least), most);
    const stableWanted = Math.ceil(observed(scaling.stableWindowMs) / scaling.target);
    const panicWanted = Math.ceil(observed(scaling.panicWindowMs) / scaling.target);
    const activated = (wanted: number) =>
      wanted > 0
        ? Math.max(bounded(wanted), scaling.activationScale > 1 ? scaling.activationScale : 0)
        : bounded(wanted);

    if (panicWanted / pods >= scaling.panicThreshold) this.#panicSinceMs = nowMs;
    else if (this.#panicSinceMs !== undefined && this.#panicSinceMs + scaling.stableWindowMs < nowMs) {
      this.#panicSinceMs = undefined;
      this.#maxPanicPods = 0;
    }
    let wanted = activated(stableWanted);
    if (this.panicking) {
      this.#maxPanicPods = Math.max(this.#maxPanicPods, wanted, activated(panicWanted));
      wanted = this.#maxPanicPods;
    }
    if (scaling.scaleDownDelayMs === 0 || !reachable) return wanted;
    this.#wanted = this.#wanted.filter(({ atMs }) => atMs > nowMs - scaling.scaleDownDelayMs);
    this.#wanted.push({ atMs: nowMs, pods: wanted });
    return Math.max(...this.#wanted.map((each) => each.pods));
  }
}
