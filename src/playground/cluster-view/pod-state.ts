/** How a pod is, in one word for the picture's mark and in kubectl's words for the label. */
import type { Pod } from '../../../sandbox/cluster/client/kinds.ts';

/** Each has a shape of its own in `PodMark.tsx`. */
export type PodMarkName = 'ready' | 'running' | 'pending' | 'failing' | 'finished' | 'terminating';

export interface PodState {
  mark: PodMarkName;
  /** As `kubectl get pods` shows it under STATUS. */
  status: string;
  restarts: number;
}

/** Waiting reasons that are a step of every start, not trouble. */
const STARTING = new Set(['ContainerCreating', 'PodInitializing']);

export function podState(pod: Pod): PodState {
  const containers = pod.status?.containerStatuses ?? [];
  const init = pod.status?.initContainerStatuses ?? [];
  const restarts = containers.reduce((sum, container) => sum + container.restartCount, 0);
  const status = statusOf(pod);
  return { mark: markOf(pod, status), status, restarts };

  function markOf(pod: Pod, status: string): PodMarkName {
    if (pod.metadata.deletionTimestamp) return 'terminating';
    const { phase } = pod.status ?? {};
    if (phase === 'Succeeded') return 'finished';
    if (phase === 'Failed') return 'failing';
    if (isReady(pod)) return 'ready';
    const trouble = [...init, ...containers].some(
      ({ state }) =>
        (state?.waiting?.reason && !STARTING.has(state.waiting.reason)) ||
        (state?.terminated && state.terminated.exitCode !== 0),
    );
    if (trouble) return 'failing';
    return status === 'Running' ? 'running' : 'pending';
  }

  /** kubectl's printer, in short: the first init container that is not through, else the last container's reason. */
  function statusOf(pod: Pod): string {
    if (pod.metadata.deletionTimestamp) return 'Terminating';
    for (const [at, { state }] of init.entries()) {
      if (state?.terminated?.exitCode === 0) continue;
      const reason = state?.terminated?.reason ?? state?.waiting?.reason;
      if (reason && reason !== 'PodInitializing') return `Init:${reason}`;
      if (!state?.running) return `Init:${at}/${init.length}`;
    }
    for (const { state } of containers) {
      if (state?.waiting?.reason) return state.waiting.reason;
      if (state?.terminated) return state.terminated.reason ?? `ExitCode:${state.terminated.exitCode}`;
    }
    return pod.status?.reason ?? pod.status?.phase ?? 'Pending';
  }
}

export const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
