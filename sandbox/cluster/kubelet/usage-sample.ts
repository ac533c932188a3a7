/** What a kubelet tells about usage at one beat of the clock: what `/metrics/resource` is to a metrics server. */
import type { Usage } from '../../os/usage-history.ts';
import type { Container } from './container.ts';
import type { ContainerRecord } from './container-record.ts';
import type { NodeUsage } from './node-usage.ts';
import type { PodWorker } from './pod-worker.ts';

interface ContainerSample {
  name: string;
  startedMs: number;
  usage: Usage;
}

interface PodSample {
  namespace: string;
  name: string;
  /** Those that ran at the beat. */
  containers: ContainerSample[];
}

export interface NodeSample {
  /** When the node booted (epoch ms). */
  startedMs: number;
  usage: Usage;
  pods: PodSample[];
}

/** @param beatMs a multiple of `BEAT_MS`, of the last two minutes */
export function sampleAt(beatMs: number, usage: NodeUsage, workers: Iterable<PodWorker>): NodeSample {
  const pods: PodSample[] = [];
  for (const { pod, records } of workers) {
    const containers: ContainerSample[] = [];
    for (const record of records) {
      const container = runningAt(record, beatMs);
      if (!container) continue;
      const { startedMs } = container;
      containers.push({
        name: record.spec.name,
        startedMs,
        usage: container.init.controlGroup.usageAt(beatMs),
      });
    }
    if (containers.length > 0)
      pods.push({ namespace: pod.metadata.namespace!, name: pod.metadata.name!, containers });
  }
  return { startedMs: usage.startedMs, usage: usage.at(beatMs), pods };
}

function runningAt({ current, previous }: ContainerRecord, atMs: number): Container | undefined {
  return [current, previous].find(
    (container) =>
      container &&
      container.startedMs > 0 &&
      container.startedMs <= atMs &&
      (container.exit?.finishedMs ?? Infinity) > atMs,
  );
}
