/** A pod's status out of its containers': `generateAPIPodStatus` and `getPhase` of pkg/kubelet/kubelet_pods.go. */
import type { ContainerStatus, Pod, PodCondition, PodStatus } from '../client/kinds.ts';
import type { ContainerRecord } from './container-record.ts';
import type { ResizeCondition } from './pod-resize.ts';

export interface PodState {
  pod: Pod;
  records: readonly ContainerRecord[];
  /** All init containers have done their part. */
  initialized: boolean;
  /** The pod has a network and may start containers. */
  sandbox: boolean;
  /** It will run no container any more. */
  finished: boolean;
  podIP: string | undefined;
  hostIP: string;
  startTime: string;
  /** Why the kubelet itself ended the pod. */
  failure: { reason: string; message: string; condition?: ResizeCondition } | undefined;
  /** Whether a container that has ended is started again. */
  restarts(record: ContainerRecord, exitCode: number): boolean;
  /** How an in-place resize goes. */
  resize: readonly ResizeCondition[];
  /** What was reported last. */
  before: PodStatus;
  now: string;
}

export function podStatus(state: PodState): PodStatus {
  const { pod, records, hostIP, podIP, failure } = state;
  const initializing = !state.initialized;
  const main: ContainerStatus[] = [];
  const init: ContainerStatus[] = [];
  const ephemeral: ContainerStatus[] = [];
  for (const record of records) {
    const list = record.kind === 'main' ? main : record.kind === 'ephemeral' ? ephemeral : init;
    list.push(record.status(pod, initializing));
  }
  const phase = phaseOf(state);
  return {
    conditions: conditionsOf(state, phase),
    containerStatuses: main,
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(init.length > 0 ? { initContainerStatuses: init } : {}),
    ...(failure ? { message: failure.message } : {}),
    observedGeneration: pod.metadata.generation,
    phase,
    ...(podIP ? { podIP, podIPs: [{ ip: podIP }] } : {}),
    qosClass: pod.status?.qosClass ?? state.before.qosClass,
    ...(failure ? { reason: failure.reason } : {}),
    startTime: state.startTime,
  };
}

function phaseOf(state: PodState): string {
  const { pod, records, finished, failure } = state;
  const before = state.before.phase;
  // A phase that is final stays.
  if (before === 'Succeeded' || before === 'Failed') return before;
  if (failure) return 'Failed';
  const restartPolicy = pod.spec.restartPolicy ?? 'Always';
  let pendingInit = 0;
  let failedInit = 0;
  let waiting = 0;
  let running = 0;
  let stopped = 0;
  let succeeded = 0;
  let restarting = 0;
  for (const record of records) {
    if (record.kind === 'init') {
      if (record.exitCode === undefined || record.running) pendingInit++;
      else if (record.exitCode !== 0) {
        if (restartPolicy === 'Never') failedInit++;
        else pendingInit++;
      }
    } else if (record.kind === 'sidecar') {
      if (!record.started && !state.initialized) pendingInit++;
    } else if (record.kind === 'main') {
      if (record.up) running++;
      else if (record.exitCode !== undefined) {
        stopped++;
        if (!finished && state.restarts(record, record.exitCode)) restarting++;
        if (record.exitCode === 0 && !record.waiting) succeeded++;
      } else waiting++;
    }
  }
  if (failedInit > 0) return 'Failed';
  if (finished && waiting + stopped > 0 && running === 0)
    return stopped > 0 && stopped === succeeded && waiting === 0 ? 'Succeeded' : 'Failed';
  if (!state.initialized && pendingInit > 0) return 'Pending';
  if (waiting > 0) return 'Pending';
  if (running > 0) return 'Running';
  if (stopped === 0) return 'Pending';
  if (restartPolicy === 'Always' || restarting > 0) return 'Running';
  if (stopped === succeeded) return 'Succeeded';
  return restartPolicy === 'Never' ? 'Failed' : 'Running';
}

/** The kubelet's own conditions in its order; those of others follow. */
const OWN = [
  'PodResizePending',
  'PodResizeInProgress',
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
];

function conditionsOf(state: PodState, phase: string): PodCondition[] {
  const { pod, records, before, now } = state;
  const containers = containersReady(records, phase);
  const ready = containers.status === 'True' ? readinessGates(pod, before) : containers;
  const wanted: Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>[] = [
    ...(state.failure?.condition ? [state.failure.condition] : []),
    ...state.resize,
    { type: 'PodReadyToStartContainers', status: state.sandbox ? 'True' : 'False' },
    { type: 'Initialized', ...initialized(state, phase) },
    { type: 'Ready', ...ready },
    { type: 'ContainersReady', ...containers },
    { type: 'PodScheduled', status: 'True' },
  ];
  const observedGeneration = pod.metadata.generation;
  const conditions = wanted.map(({ type, status, reason, message }): PodCondition => {
    const old = before.conditions?.find((condition) => condition.type === type);
    if (
      old?.status === status &&
      old.lastProbeTime === null &&
      old.observedGeneration === observedGeneration &&
      old.reason === (reason || undefined) &&
      old.message === (message || undefined)
    )
      return old;
    return {
      lastProbeTime: null as unknown as string,
      lastTransitionTime: old?.status === status ? old.lastTransitionTime : now,
      ...(message ? { message } : {}),
      observedGeneration,
      ...(reason ? { reason } : {}),
      status,
      type,
    };
  });
  for (const condition of before.conditions ?? [])
    if (!OWN.includes(condition.type) && !wanted.some(({ type }) => type === condition.type))
      conditions.push(condition);
  return conditions;
}

type Judgement = Pick<PodCondition, 'status' | 'reason' | 'message'>;

function initialized(state: PodState, phase: string): Judgement {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  if (state.initialized) return { status: 'True' };
  const incomplete = state.records.filter(
    (record) =>
      (record.kind === 'init' && record.exitCode !== 0) || (record.kind === 'sidecar' && !record.started),
  );
  if (incomplete.length === 0) return { status: 'True' };
  return {
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${incomplete.map(({ spec }) => spec.name).join(' ')}]`,
  };
}

function containersReady(records: readonly ContainerRecord[], phase: string): Judgement {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const unready = records.filter(
    (record) => (record.kind === 'main' || record.kind === 'sidecar') && !record.ready,
  );
  if (unready.length === 0) return { status: 'True' };
  return {
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.map(({ spec }) => spec.name).join(' ')}]`,
  };
}

function readinessGates(pod: Pod, before: PodStatus): Judgement {
  const missing: string[] = [];
  for (const { conditionType } of pod.spec.readinessGates ?? []) {
    const conditions = pod.status?.conditions ?? before.conditions;
    const found = conditions?.find(({ type }) => type === conditionType);
    if (!found)
      missing.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (found.status !== 'True')
      missing.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${found.status}`);
  }
  if (missing.length === 0) return { status: 'True' };
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: missing.join(', ') };
}
