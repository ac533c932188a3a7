/**
 * The controller of PodAutoscalers (class KPA: pkg/reconciler/autoscaling/kpa): asks the decider how many pods a
 * revision should have, keeps within its bounds, takes it to zero when a stable window has passed without a request,
 * and scales its Deployment. It looks when something has changed, at the times when something will have (a window has
 * passed), and every two seconds while requests come in. Left out: the classes of others (HPA), Metric objects.
 */
import type { Disposable } from '../../../core/disposable.ts';
import { keyOf } from '../../api/object.ts';
import { byLabel } from '../../client/informer.ts';
import { DEPLOYMENTS, PODS } from '../../client/resources.ts';
import { isPodReady } from '../../controllers/pod.ts';
import { Conditions } from '../conditions.ts';
import type { KnativeContext } from '../knative-context.ts';
import { named, Reconciler } from '../reconciler.ts';
import type { AutoscalerConfig, Scaling } from './autoscaler-config.ts';
import { Decider } from './decider.ts';
import { POD_AUTOSCALERS, REVISION_LABEL, type PodAutoscaler } from './kinds.ts';
import { progressDeadlineMs } from './revision-deployment.ts';
import type { RevisionTraffic } from './revision-traffic.ts';

/** `tick-interval` */
const TICK_MS = 2000;
/** On top of a revision's progress deadline, so that the Deployment's verdict comes first. */
const ACTIVATION_BUFFER_MS = 30_000;
const ACTIVE = 'Active';
const INITIALIZED = 'ScaleTargetInitialized';
const SERVICES_READY = 'SKSReady';
const UNKNOWN = -1;
const BY_LABEL = 'label';

export interface Autoscaler extends Disposable {
  /** A revision has requests: now when none of its pods takes them, else at the next tick. */
  demand(revision: string, waiting: boolean): void;
  /** The configuration has changed. */
  lookAtAll(): void;
}

export interface AutoscalerInit {
  context: KnativeContext;
  config(): AutoscalerConfig;
  traffic(revision: string): RevisionTraffic;
}

export function startAutoscaler(init: AutoscalerInit): Autoscaler {
  const { context, config, traffic: trafficOf } = init;
  const { client, clock, informers } = context;
  const deployments = informers.informer(DEPLOYMENTS);
  const pods = informers.informer(PODS);
  pods.addIndex(BY_LABEL, byLabel);
  const deciders = new Map<string, Decider>();

  const reconciler: Reconciler<PodAutoscaler> = new Reconciler<PodAutoscaler>({
    context,
    type: POD_AUTOSCALERS,
    follows: [named(DEPLOYMENTS, REVISION_LABEL), named(PODS, REVISION_LABEL)],
    deleted: (key) => void deciders.delete(key),
    reconcile: async (autoscaler, key) => {
      const { name, namespace, generation } = autoscaler.metadata;
      const nowMs = clock.now();
      const conditions = new Conditions(
        [ACTIVE, INITIALIZED, SERVICES_READY],
        autoscaler.status?.conditions,
        nowMs,
      );
      const target = { name: autoscaler.spec!.scaleTargetRef.name, namespace: namespace! };
      const deployment = deployments.get(`${namespace}/${target.name}`);
      if (!deployment) return undefined;
      conditions.true(SERVICES_READY);

      let decider = deciders.get(key);
      if (!decider) deciders.set(key, (decider = new Decider()));
      const traffic = trafficOf(key);
      const scaling = config().of(autoscaler);
      const ready = [...pods.indexed(BY_LABEL, `${namespace}/${REVISION_LABEL}=${name}`)].filter(
        (pod) => isPodReady(pod) && !pod.metadata.deletionTimestamp,
      ).length;
      const reachable = autoscaler.spec!.reachability !== 'Unreachable';
      const wasInitialized = conditions.status(INITIALIZED) === 'True';
      const waiting = traffic.waiting > 0;
      const decided = decider.decide(traffic.metric, scaling, ready, waiting, reachable, nowMs);
      let min = reachable ? scaling.minScale : 0;
      if (scaling.initialScale > 1 && !wasInitialized && reachable) min = Math.max(min, scaling.initialScale);
      const desired = bounded(decided, min, scaling.maxScale);
      const look = (delayMs: number) => reconciler.look(key, Math.max(1, delayMs));
      const { want, apply } =
        desired > 0
          ? { want: desired, apply: true }
          : toZero(scaling, conditions, progressDeadlineMs(autoscaler) + ACTIVATION_BUFFER_MS, nowMs, look);
      if (apply && (deployment.spec.replicas ?? 1) !== want)
        await client.patch(DEPLOYMENTS, target, 'application/merge-patch+json', { spec: { replicas: want } });

      const minReady = Math.max(min, wasInitialized ? 1 : scaling.initialScale);
      propagate(conditions, ready, want, minReady);
      if (desired > min || decider.panicking || waiting) {
        const quietMs = traffic.metric.quietAtMs(scaling.stableWindowMs, nowMs);
        // One pod is kept for the rest of the window, whatever the averages are meanwhile.
        const idle = traffic.metric.inFlight === 0 && desired <= 1 && !decider.panicking;
        look(idle && quietMs !== undefined ? quietMs - nowMs : TICK_MS);
      }
      const before = autoscaler.status?.desiredScale;
      return {
        observedGeneration: generation,
        conditions: conditions.list(),
        serviceName: name,
        metricsServiceName: `${name}-private`,
        desiredScale: want === UNKNOWN && before !== undefined && before >= 0 ? before : want,
        actualScale: ready,
      };
    },
  });

  return {
    demand: (revision, waiting) => reconciler.look(revision, waiting ? 0 : TICK_MS),
    lookAtAll: () => {
      for (const autoscaler of reconciler.informer.list()) reconciler.look(keyOf(autoscaler));
    },
    dispose: () => reconciler.dispose(),
  };
}

const bounded = (pods: number, min: number, max: number): number =>
  pods < min ? min : max !== 0 && pods > max ? max : pods;

/** Nobody asks any more: whether the last pod may go, or when that is to be asked again. */
function toZero(
  scaling: Scaling,
  conditions: Conditions,
  activationMs: number,
  nowMs: number,
  look: (delayMs: number) => void,
): { want: number; apply: boolean } {
  if (!scaling.enableScaleToZero) return { want: 1, apply: true };
  const forMs = nowMs - (conditions.sinceMs(ACTIVE) ?? nowMs);
  switch (conditions.status(ACTIVE)) {
    case 'True': {
      // It is marked inactive first; that, written, brings the next look.
      if (forMs >= scaling.stableWindowMs) return { want: 0, apply: false };
      look(scaling.stableWindowMs - forMs);
      return { want: 1, apply: true };
    }
    case 'False': {
      // The activator has been in the path all the time: there is no grace period to wait for.
      if (forMs >= scaling.retentionMs) return { want: 0, apply: true };
      look(scaling.retentionMs - forMs);
      return { want: 0, apply: false };
    }
    default:
      if (forMs > activationMs) return { want: 0, apply: true };
      look(activationMs - forMs + 1000);
      return { want: UNKNOWN, apply: false };
  }
}

/** `computeActiveCondition` */
function propagate(conditions: Conditions, ready: number, want: number, minReady: number): void {
  if (ready >= minReady) conditions.true(INITIALIZED);
  const noTraffic = () => conditions.false(ACTIVE, 'NoTraffic', 'The target is not receiving traffic.');
  const before = conditions.status(ACTIVE);
  if (want === 0 || minReady === 0) {
    if (before === 'Unknown' && minReady > 0)
      conditions.false(ACTIVE, 'TimedOut', 'The target could not be activated.');
    else noTraffic();
  } else if (ready < minReady) {
    if (want > 0 || before !== 'False')
      conditions.unknown(
        ACTIVE,
        'Queued',
        'Requests to the target are being buffered as resources are provisioned.',
      );
    else noTraffic();
  } else if (want > 0 || before !== 'False') conditions.true(ACTIVE);
}
