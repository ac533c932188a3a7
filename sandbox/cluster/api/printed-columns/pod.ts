/** The row of a pod: READY, STATUS and RESTARTS are what everybody reads first when something is wrong. */
import { humanDuration } from '../duration.ts';
import { age, type Cell, type CellContext, type CellsOf } from './table.ts';

interface PodSummary {
  ready: number;
  total: number;
  reason: string;
  restarts: number;
  /** Epoch ms of the newest restart; 0 without one. */
  lastRestartMs: number;
}

const isSidecar = (container: any) => container?.restartPolicy === 'Always';

const finishedMs = (status: any): number => {
  const at = status.lastState?.terminated?.finishedAt;
  return at ? Date.parse(at) : 0;
};

function terminatedReason({ reason, signal, exitCode }: any): string {
  if (reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`;
}

/** What `kubectl get pods` says of a pod (`printPod`). */
export function summarizePod(pod: any): PodSummary {
  const { spec = {}, status = {}, metadata } = pod;
  const initContainers: any[] = spec.initContainers ?? [];
  const sidecars = new Map<string, any>(
    initContainers.filter(isSidecar).map((container) => [container.name, container]),
  );
  let total = (spec.containers ?? []).length + sidecars.size;
  let ready = 0;
  let restarts = 0;
  let lastRestartMs = 0;
  let sidecarRestarts = 0;
  let lastSidecarRestartMs = 0;
  let reason: string = status.reason || status.phase || '';

  for (const condition of status.conditions ?? [])
    if (condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated')
      reason = 'SchedulingGated';

  let initializing = false;
  for (const [index, container] of (status.initContainerStatuses ?? []).entries()) {
    restarts += container.restartCount ?? 0;
    lastRestartMs = Math.max(lastRestartMs, finishedMs(container));
    if (sidecars.has(container.name)) {
      sidecarRestarts += container.restartCount ?? 0;
      lastSidecarRestartMs = Math.max(lastSidecarRestartMs, finishedMs(container));
    }
    const { terminated, waiting } = container.state ?? {};
    if (terminated && (terminated.exitCode ?? 0) === 0) continue;
    if (sidecars.has(container.name) && container.started) {
      if (container.ready) ready++;
      continue;
    }
    if (terminated) reason = `Init:${terminatedReason(terminated)}`;
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') reason = `Init:${waiting.reason}`;
    else reason = `Init:${index}/${initContainers.length}`;
    initializing = true;
    break;
  }

  const initialized = (status.conditions ?? []).some(
    (each: any) => each.type === 'Initialized' && each.status === 'True',
  );
  if (!initializing || initialized) {
    restarts = sidecarRestarts;
    lastRestartMs = lastSidecarRestartMs;
    let hasRunning = false;
    for (const container of (status.containerStatuses ?? []).toReversed()) {
      restarts += container.restartCount ?? 0;
      lastRestartMs = Math.max(lastRestartMs, finishedMs(container));
      const { waiting, terminated, running } = container.state ?? {};
      if (waiting?.reason) reason = waiting.reason;
      else if (terminated) reason = terminatedReason(terminated);
      else if (container.ready && running) {
        hasRunning = true;
        ready++;
      }
    }
    // Something still runs: the pod is not over, whatever one container says.
    if (reason === 'Completed' && hasRunning)
      reason = (status.conditions ?? []).some((each: any) => each.type === 'Ready' && each.status === 'True')
        ? 'Running'
        : 'NotReady';
  }

  if (metadata.deletionTimestamp) {
    if (status.reason === 'NodeLost') reason = 'Unknown';
    else if (status.phase !== 'Succeeded' && status.phase !== 'Failed') reason = 'Terminating';
  }
  total = Math.max(total, 0);
  return { ready, total, reason, restarts, lastRestartMs };
}

function restartsText({ restarts, lastRestartMs }: PodSummary, { nowMs }: CellContext): string {
  if (restarts === 0 || lastRestartMs === 0) return String(restarts);
  return `${restarts} (${humanDuration(nowMs - lastRestartMs)} ago)`;
}

function readinessGates({ spec = {}, status = {} }: any): string {
  const gates: any[] = spec.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const met = gates.filter((gate) =>
    (status.conditions ?? []).some((each: any) => each.type === gate.conditionType && each.status === 'True'),
  );
  return `${met.length}/${gates.length}`;
}

const pod: CellsOf = (object, context): Cell[] => {
  const summary = summarizePod(object);
  const { spec = {}, status = {} } = object;
  return [
    object.metadata.name,
    `${summary.ready}/${summary.total}`,
    summary.reason,
    restartsText(summary, context),
    age(object, context),
    status.podIPs?.[0]?.ip || status.podIP || '<none>',
    spec.nodeName || '<none>',
    status.nominatedNodeName || '<none>',
    readinessGates(object),
  ];
};

export const podCells: Record<string, CellsOf> = { '/pods': pod };
