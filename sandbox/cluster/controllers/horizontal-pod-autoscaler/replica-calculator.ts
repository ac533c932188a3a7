/**
 * How many replicas a metric asks for (`replica_calculator.go`). Pods that are not ready count for nothing when that
 * could only scale up, and pods without a sample are taken to be at their target when it would scale down.
 */
import { quantityMilliValue } from '../../api/quantity.ts';
import type { Pod } from '../../client/kinds.ts';
import { findCondition } from '../conditions.ts';
import { isPodReady } from '../pod.ts';
import type { PodMetric } from './pod-metrics.ts';

/** CPU of a pod that has just started says nothing about load. */
const CPU_INITIALIZATION_MS = 300_000;
/** A pod that was never ready for so long after its start is still starting. */
const INITIAL_READINESS_MS = 30_000;

/** Ratios between which nothing is changed: from 1 - down to 1 + up. */
export interface Tolerances {
  scaleDown: number;
  scaleUp: number;
}

const tolerates = ({ scaleDown, scaleUp }: Tolerances, ratio: number) =>
  1 - scaleDown <= ratio && ratio <= 1 + scaleUp;

export interface Proposal {
  replicas: number;
  /** Percent of the request in use; of utilization targets. */
  utilization?: number;
  /** The mean a pod, in thousandths. */
  averageMilli: number;
}

interface Groups {
  ready: number;
  unready: Set<string>;
  missing: Set<string>;
  ignored: Set<string>;
}

function group(
  pods: readonly Pod[],
  metrics: ReadonlyMap<string, PodMetric>,
  isCpu: boolean,
  nowMs: number,
): Groups {
  const groups: Groups = { ready: 0, unready: new Set(), missing: new Set(), ignored: new Set() };
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined || pod.status?.phase === 'Failed') groups.ignored.add(name!);
    else if (pod.status?.phase === 'Pending') groups.unready.add(name!);
    else {
      const metric = metrics.get(name!);
      if (!metric) groups.missing.add(name!);
      else if (isCpu && saysNothing(pod, metric, nowMs)) groups.unready.add(name!);
      else groups.ready++;
    }
  }
  return groups;
}

/** Whether the sample is of the pod's start rather than of its work. */
function saysNothing({ status }: Pod, metric: PodMetric, nowMs: number): boolean {
  const ready = findCondition(status?.conditions, 'Ready');
  if (!ready || !status?.startTime) return true;
  const startedMs = Date.parse(status.startTime);
  const changedMs = ready.lastTransitionTime ? Date.parse(ready.lastTransitionTime) : 0;
  if (startedMs + CPU_INITIALIZATION_MS > nowMs) {
    return ready.status === 'False' || metric.atMs < changedMs + metric.windowMs;
  }
  return ready.status === 'False' && startedMs + INITIAL_READINESS_MS > changedMs;
}

/** What a pod requests of `resource`, in thousandths, by name; of one container or of all. */
function requestsOf(
  pods: readonly Pod[],
  resource: string,
  container: string | undefined,
): Map<string, number> {
  const requests = new Map<string, number>();
  for (const { metadata, spec } of pods) {
    const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
    let sum = 0;
    for (const each of [...spec.containers, ...sidecars]) {
      if (container !== undefined && each.name !== container) continue;
      const request = each.resources?.requests?.[resource];
      if (request === undefined) {
        throw new Error(`missing request for ${resource} in container ${each.name} of Pod ${metadata.name}`);
      }
      sum += quantityMilliValue(request);
    }
    requests.set(metadata.name!, sum);
  }
  return requests;
}

export interface Question {
  current: number;
  pods: readonly Pod[];
  metrics: Map<string, PodMetric>;
  tolerances: Tolerances;
  nowMs: number;
}

/** For a target in percent of what the pods request. */
export function replicasForUtilization(
  question: Question,
  target: number,
  resource: string,
  container: string | undefined,
): Proposal {
  const requests = requestsOf(withPods(question), resource, container);
  const ratioOf = (metrics: ReadonlyMap<string, PodMetric>) => {
    let [used, requested, count] = [0, 0, 0];
    for (const [name, { milli }] of metrics) {
      const request = requests.get(name);
      if (request === undefined) continue;
      used += milli;
      requested += request;
      count++;
    }
    if (requested === 0) throw new Error('no metrics returned matched known pods');
    const utilization = Math.trunc((used * 100) / requested);
    return { ratio: utilization / target, utilization, averageMilli: Math.trunc(used / count) };
  };
  const missingValue = (name: string) => ((requests.get(name) ?? 0) * Math.max(100, target)) / 100;
  return propose(question, resource === 'cpu', ratioOf, missingValue);
}

/** For a target in the metric's own unit, a mean over the pods. */
export function replicasForAverage(question: Question, targetMilli: number, isCpu: boolean): Proposal {
  withPods(question);
  const ratioOf = (metrics: ReadonlyMap<string, PodMetric>) => {
    let used = 0;
    for (const { milli } of metrics.values()) used += milli;
    const averageMilli = metrics.size === 0 ? 0 : Math.trunc(used / metrics.size);
    return { ratio: averageMilli / targetMilli, averageMilli };
  };
  return propose(question, isCpu, ratioOf, () => targetMilli);
}

function withPods({ pods }: Question): readonly Pod[] {
  if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count');
  return pods;
}

function propose(
  { current, pods, metrics: all, tolerances, nowMs }: Question,
  isCpu: boolean,
  ratioOf: (metrics: ReadonlyMap<string, PodMetric>) => {
    ratio: number;
    utilization?: number;
    averageMilli: number;
  },
  missingValue: (pod: string) => number,
): Proposal {
  const { ready, unready, missing, ignored } = group(pods, all, isCpu, nowMs);
  const metrics = new Map(all);
  for (const name of [...ignored, ...unready]) metrics.delete(name);
  if (metrics.size === 0) {
    throw new Error('did not receive metrics for targeted pods (pods might be unready)');
  }
  const { ratio, ...seen } = ratioOf(metrics);
  const upWithUnready = unready.size > 0 && ratio > 1;
  if (!upWithUnready && missing.size === 0) {
    const replicas = tolerates(tolerances, ratio) ? current : Math.ceil(ratio * ready);
    return { replicas, ...seen };
  }
  const none = { atMs: nowMs, windowMs: 0 };
  for (const name of missing) {
    if (ratio < 1) metrics.set(name, { milli: missingValue(name), ...none });
    else if (ratio > 1) metrics.set(name, { milli: 0, ...none });
  }
  if (upWithUnready) for (const name of unready) metrics.set(name, { milli: 0, ...none });
  const { ratio: careful } = ratioOf(metrics);
  const turned = (ratio < 1 && careful > 1) || (ratio > 1 && careful < 1);
  if (turned || tolerates(tolerances, careful)) return { replicas: current, ...seen };
  const replicas = Math.ceil(careful * metrics.size);
  const against = (careful < 1 && replicas > current) || (careful > 1 && replicas < current);
  return { replicas: against ? current : replicas, ...seen };
}

/** For a value of one object that is to be divided among the pods, or to be met by all of them together. */
export function replicasForObject(
  { current, pods, tolerances }: Omit<Question, 'metrics' | 'nowMs'>,
  milli: number,
  target: { milli: number; perPod: boolean },
): Proposal {
  if (target.perPod) {
    const within = current > 0 && tolerates(tolerances, milli / (target.milli * current));
    const replicas = within ? current : Math.ceil(milli / target.milli);
    return { replicas, averageMilli: current > 0 ? Math.ceil(milli / current) : milli };
  }
  const ratio = milli / target.milli;
  if (current === 0) return { replicas: Math.ceil(ratio), averageMilli: milli };
  if (tolerates(tolerances, ratio)) return { replicas: current, averageMilli: milli };
  const ready = pods.filter(isPodReady).length;
  return { replicas: Math.ceil(ratio * ready), averageMilli: milli };
}
