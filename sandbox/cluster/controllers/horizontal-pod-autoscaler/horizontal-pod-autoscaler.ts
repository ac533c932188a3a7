/**
 * HorizontalPodAutoscalers (`pkg/controller/podautoscaler`): every 15 s as many replicas as the metric that asks for
 * most, through the target's scale subresource. Metrics are asked of the API, as a metrics server serves them there.
 * Left out: scaling to zero, which 1.35 has switched off.
 */
import { timestamp, type Clock } from '../../../core/clock.ts';
import { DisposableStore, type Disposable } from '../../../core/disposable.ts';
import { parseSelector } from '../../api/labels.ts';
import { keyOf, type KubernetesObject } from '../../api/object.ts';
import { parseQuantity } from '../../api/quantity.ts';
import { isStatus } from '../../api/status.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { byNamespace, type Informer } from '../../client/informer.ts';
import type { HorizontalPodAutoscaler, HPAScalingRules, MetricStatus, Pod } from '../../client/kinds.ts';
import { HORIZONTAL_POD_AUTOSCALERS, PODS, type ResourceType } from '../../client/resources.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { ControllerContext } from '../controller.ts';
import { deepEqual } from '../../api/equality.ts';
import { MetricError, readMetric, type Reading, type Target } from './metric-spec.ts';
import { MetricsClient } from './pod-metrics.ts';
import { longestPeriodSeconds, normalizeReplicas, ScalingHistory, type Said } from './scaling-behavior.ts';

/** `--horizontal-pod-autoscaler-sync-period`. */
const SYNC_MS = 15_000;
/** `--horizontal-pod-autoscaler-tolerance`. */
const TOLERANCE = 0.1;

type Autoscaler = HorizontalPodAutoscaler;
type Conditions = NonNullable<NonNullable<Autoscaler['status']>['conditions']>;
type Scale = KubernetesObject<{ replicas?: number }, { replicas: number; selector?: string }>;

export function startHorizontalPodAutoscalerController(context: ControllerContext): Disposable {
  return new HorizontalPodAutoscalerController(context);
}

/** What one look at an autoscaler changes in its status. */
interface Outcome {
  conditions: Conditions;
  currentReplicas?: number;
  desiredReplicas: number;
  metrics?: MetricStatus[];
  rescaled?: boolean;
}

class HorizontalPodAutoscalerController implements Disposable {
  readonly #context: ControllerContext;
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #metrics: MetricsClient;
  readonly #autoscalers: Informer<Autoscaler>;
  readonly #pods: Informer<Pod>;
  readonly #histories = new Map<string, ScalingHistory>();
  readonly #queue: WorkQueue;
  readonly #resources = new DisposableStore();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#clock = context.clock;
    this.#client = context.client('horizontal-pod-autoscaler');
    this.#metrics = new MetricsClient(this.#client);
    this.#recorder = context.recorder('horizontal-pod-autoscaler', this.#client);
    this.#queue = this.#resources.add(
      new WorkQueue({
        clock: context.clock,
        reconcile: (key) => this.#reconcile(key),
        onError: (key, error) => context.onError('horizontalpodautoscaler', key, error),
      }),
    );
    this.#pods = context.informers.informer(PODS);
    this.#pods.addIndex('namespace', byNamespace);
    this.#autoscalers = context.informers.informer(HORIZONTAL_POD_AUTOSCALERS);
    this.#resources.add(
      this.#autoscalers.addHandler({
        add: (autoscaler) => this.#queue.addAfter(keyOf(autoscaler), SYNC_MS),
        update: (before, autoscaler) => {
          if (!deepEqual(before.spec, autoscaler.spec)) this.#queue.addAfter(keyOf(autoscaler), SYNC_MS);
        },
        delete: (autoscaler) => this.#histories.delete(keyOf(autoscaler)),
      }),
    );
  }

  dispose(): void {
    this.#resources.dispose();
  }

  async #reconcile(key: string): Promise<void> {
    const autoscaler = this.#autoscalers.get(key);
    if (!autoscaler) return;
    this.#queue.addAfter(key, SYNC_MS);
    const outcome = await this.#autoscale(autoscaler, key);
    await this.#writeStatus(autoscaler, outcome);
  }

  async #autoscale(autoscaler: Autoscaler, key: string): Promise<Outcome> {
    const nowMs = this.#clock.now();
    const { scaleTargetRef, minReplicas = 1, maxReplicas } = autoscaler.spec;
    const { status } = autoscaler;
    let conditions: Conditions = status?.conditions ?? [];
    const say = (type: string, holds: boolean, { reason, message }: Said) => {
      conditions = withSaid(conditions, { type, status: holds ? 'True' : 'False', reason, message }, nowMs);
    };
    const unchanged = () => ({
      conditions,
      ...(status?.currentReplicas === undefined ? {} : { currentReplicas: status.currentReplicas }),
      desiredReplicas: status?.desiredReplicas ?? 0,
      ...(status?.currentMetrics ? { metrics: status.currentMetrics } : {}),
    });

    let type: ResourceType;
    let scale: Scale;
    try {
      type = this.#targetType(scaleTargetRef);
      const { namespace } = autoscaler.metadata;
      const name = { namespace: namespace!, name: scaleTargetRef.name };
      scale = (await this.#client.get(type, name, { subresource: 'scale' })) as Scale;
    } catch (error) {
      const { message } = error as Error;
      this.#recorder.event(autoscaler, 'Warning', 'FailedGetScale', message);
      const told = `the HPA controller was unable to get the target's current scale: ${message}`;
      say('AbleToScale', false, { reason: 'FailedGetScale', message: told });
      return unchanged();
    }
    say('AbleToScale', true, {
      reason: 'SucceededGetScale',
      message: "the HPA controller was able to get the target's current scale",
    });

    const specReplicas = scale.spec?.replicas ?? 0;
    const current = scale.status?.replicas ?? 0;
    const history = this.#historyOf(key, specReplicas, nowMs);
    let desired = specReplicas;
    let why = '';
    let metrics: MetricStatus[] = [];
    if (specReplicas === 0 && minReplicas !== 0) {
      const message = 'scaling is disabled since the replica count of the target is zero';
      say('ScalingActive', false, { reason: 'ScalingDisabled', message });
      desired = 0;
    } else if (specReplicas > maxReplicas) {
      why = 'Current number of replicas above Spec.MaxReplicas';
      desired = maxReplicas;
    } else if (specReplicas < minReplicas) {
      why = 'Current number of replicas below Spec.MinReplicas';
      desired = minReplicas;
    } else {
      const selector = scale.status?.selector ?? '';
      if (selector === '') {
        this.#recorder.event(autoscaler, 'Warning', 'SelectorRequired', 'selector is required');
        const message = "the HPA target's scale is missing a selector";
        say('ScalingActive', false, { reason: 'InvalidSelector', message });
        return unchanged();
      }
      const target = this.#target(autoscaler, current, selector, nowMs);
      const asked = await this.#ask(autoscaler, target, specReplicas);
      metrics = asked.metrics;
      say('ScalingActive', asked.valid, asked.said);
      if (!asked.valid) return { ...unchanged(), currentReplicas: current, metrics };
      const normalized = normalizeReplicas(autoscaler, history, specReplicas, asked.replicas, nowMs);
      say('AbleToScale', true, normalized.able);
      say('ScalingLimited', normalized.limited, normalized.limit);
      desired = normalized.replicas;
      if (desired > specReplicas) why = `${asked.name} above target`;
      else if (desired < specReplicas) why = 'All metrics below target';
    }
    if (desired === specReplicas)
      return { conditions, currentReplicas: current, desiredReplicas: desired, metrics };

    try {
      await this.#client.update(
        type,
        { ...scale, spec: { ...scale.spec, replicas: desired } },
        { subresource: 'scale' },
      );
    } catch (error) {
      const { message } = error as Error;
      this.#recorder.event(
        autoscaler,
        'Warning',
        'FailedRescale',
        `New size: ${desired}; reason: ${why}; error: ${message}`,
      );
      const told = `the HPA controller was unable to update the target scale: ${message}`;
      say('AbleToScale', false, { reason: 'FailedUpdateScale', message: told });
      return { conditions, currentReplicas: current, desiredReplicas: specReplicas, metrics };
    }
    const message = `the HPA controller was able to update the target scale to ${desired}`;
    say('AbleToScale', true, { reason: 'SucceededRescale', message });
    this.#recorder.event(autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${desired}; reason: ${why}`);
    history.scaled(specReplicas, desired, nowMs, longestPeriodSeconds(autoscaler));
    return { conditions, currentReplicas: current, desiredReplicas: desired, metrics, rescaled: true };
  }

  /** The metric that asks for most. Not valid when none can be had, or when one that is missing may have asked for more. */
  async #ask(
    autoscaler: Autoscaler,
    target: Target,
    specReplicas: number,
  ): Promise<{ valid: boolean; replicas: number; name: string; said: Said; metrics: MetricStatus[] }> {
    const specs = autoscaler.spec.metrics ?? [];
    const metrics: MetricStatus[] = [];
    const failures: MetricError[] = [];
    let most: Reading | undefined;
    for (const spec of specs) {
      try {
        const reading = await readMetric(spec, target, this.#metrics);
        metrics.push(reading.status);
        if (!most || reading.replicas > most.replicas) most = reading;
      } catch (error) {
        if (!(error instanceof MetricError)) throw error;
        this.#recorder.event(autoscaler, 'Warning', error.reason, error.message);
        failures.push(error);
        metrics.push({ type: '' });
      }
    }
    const [first] = failures;
    if (first && (!most || most.replicas < specReplicas)) {
      const told = `invalid metrics (${failures.length} invalid out of ${specs.length}), first error is: ${first.summary}`;
      this.#recorder.event(autoscaler, 'Warning', 'FailedComputeMetricsReplicas', told);
      const message = `the HPA was unable to compute the replica count: ${first.message}`;
      return { valid: false, replicas: 0, name: '', said: { reason: first.reason, message }, metrics };
    }
    const { replicas, name } = most ?? { replicas: specReplicas, name: '' };
    const message = `the HPA was able to successfully calculate a replica count from ${name}`;
    return { valid: true, replicas, name, said: { reason: 'ValidMetricFound', message }, metrics };
  }

  #target(autoscaler: Autoscaler, current: number, selector: string, nowMs: number): Target {
    const matching = parseSelector(selector);
    const pods = [...this.#pods.indexed('namespace', autoscaler.metadata.namespace!)].filter(
      ({ metadata }) => selector !== '' && matching.matches(metadata.labels),
    );
    const toleranceOf = (rules: HPAScalingRules | undefined) =>
      rules?.tolerance === undefined ? TOLERANCE : Number(parseQuantity(rules.tolerance).nano) / 1e9;
    const { scaleUp, scaleDown } = autoscaler.spec.behavior ?? {};
    return {
      autoscaler,
      current,
      selector,
      pods,
      tolerances: { scaleUp: toleranceOf(scaleUp), scaleDown: toleranceOf(scaleDown) },
      nowMs,
      resourceOf: (kind) =>
        this.#context.resources().find((each) => each.kind === kind)?.resource ?? `${kind.toLowerCase()}s`,
    };
  }

  #targetType({ apiVersion = 'v1', kind }: Autoscaler['spec']['scaleTargetRef']): ResourceType {
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    const type = this.#context.resources().find((each) => each.kind === kind && each.group === group);
    if (!type) throw new Error(`no matches for kind "${kind}" in group "${group}"`);
    return type;
  }

  #historyOf(key: string, replicas: number, nowMs: number): ScalingHistory {
    let history = this.#histories.get(key);
    if (!history) this.#histories.set(key, (history = new ScalingHistory()));
    if (history.empty) history.recommend(replicas, nowMs, 0);
    return history;
  }

  async #writeStatus(autoscaler: Autoscaler, outcome: Outcome): Promise<void> {
    const { conditions, currentReplicas, desiredReplicas, metrics, rescaled } = outcome;
    const lastScaleTime = rescaled ? timestamp(this.#clock.now()) : autoscaler.status?.lastScaleTime;
    const status: Autoscaler['status'] = {
      conditions,
      ...(metrics && metrics.length > 0 ? { currentMetrics: metrics } : {}),
      ...(currentReplicas === undefined ? {} : { currentReplicas }),
      desiredReplicas,
      ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
    };
    if (deepEqual(autoscaler.status, status)) return;
    try {
      await this.#client.updateStatus(HORIZONTAL_POD_AUTOSCALERS, { ...autoscaler, status });
    } catch (error) {
      // Changed or gone meanwhile: the next round looks at what there is then.
      if (!isStatus(error, 'Conflict') && !isStatus(error, 'NotFound')) throw error;
    }
  }
}

/** The list with the condition said anew where it stands; the time is that of the last change of status. */
function withSaid(
  conditions: Conditions,
  said: { type: string; status: string; reason: string; message: string },
  nowMs: number,
): Conditions {
  const at = conditions.findIndex(({ type }) => type === said.type);
  const current = conditions[at];
  const lastTransitionTime =
    current?.status === said.status && current.lastTransitionTime
      ? current.lastTransitionTime
      : timestamp(nowMs);
  const next = {
    type: said.type,
    status: said.status,
    lastTransitionTime,
    reason: said.reason,
    message: said.message,
  };
  return at < 0 ? [...conditions, next] : conditions.map((each, i) => (i === at ? next : each));
}
