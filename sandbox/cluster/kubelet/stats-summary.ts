/** `/stats/summary` of the kubelet (pkg/kubelet/apis/stats/v1alpha1), as far as the node counts: CPU, memory and what is on its disk. */
import { timestamp } from '../../core/clock.ts';
import { BEAT_MS, type Usage } from '../../os/usage-history.ts';
import type { KubeletMetricsSource } from './kubelet-metrics.ts';

export function statsSummary({ nodeName, nowMs, usage, workers }: KubeletMetricsSource): object {
  const time = timestamp(nowMs);
  const beatMs = Math.floor(nowMs / BEAT_MS) * BEAT_MS;
  const part = (now: Usage, before: Usage, sinceMs: number) => {
    const spanMs = Math.max(1, nowMs - Math.max(beatMs, sinceMs));
    return {
      cpu: {
        time,
        usageNanoCores: Math.round(((now.cpuMs - before.cpuMs) / spanMs) * 1e9),
        usageCoreNanoSeconds: Math.round(now.cpuMs * 1e6),
      },
      memory: {
        time,
        usageBytes: now.memoryBytes,
        workingSetBytes: now.memoryBytes,
        rssBytes: now.memoryBytes,
      },
    };
  };
  const node = usage.now();
  const nodeStats = part(node, usage.at(beatMs), usage.startedMs);
  const pods = workers.filter(({ sandbox, finished }) => sandbox && !finished);
  return {
    node: {
      nodeName,
      systemContainers: [
        {
          name: 'pods',
          startTime: timestamp(usage.startedMs),
          ...part(usage.pods, usage.pods.usageAt(beatMs), usage.startedMs),
        },
      ],
      startTime: timestamp(usage.startedMs),
      cpu: nodeStats.cpu,
      memory: { availableBytes: Math.max(0, usage.availableBytes), ...nodeStats.memory },
    },
    pods: pods.map((worker) => {
      const { metadata, status } = worker.pod;
      const group = worker.sandbox!.controlGroup;
      const startTime = status?.startTime ?? time;
      return {
        podRef: { name: metadata.name, namespace: metadata.namespace, uid: metadata.uid },
        startTime,
        containers: worker.records
          .filter(({ running }) => running)
          .map(({ spec, current }) => {
            const { startedMs, init } = current!;
            return {
              name: spec.name,
              startTime: timestamp(startedMs),
              ...part(init.controlGroup, init.controlGroup.usageAt(beatMs), startedMs),
            };
          }),
        ...part(group, group.usageAt(beatMs), Date.parse(startTime)),
        'ephemeral-storage': { time, usedBytes: worker.diskBytes },
      };
    }),
  };
}
