/**
 * What the kubelet exposes for Prometheus: `/metrics/resource`, the part of `/metrics/cadvisor` that control groups
 * here count, and of `/metrics` what says how many pods there are. Left out: everything about the kubelet's own
 * process, latencies, file systems and network interfaces.
 */
import { PERIOD_MS, type ControlGroup } from '../../os/control-group.ts';
import type { ContainerRecord } from './container-record.ts';
import type { NodeUsage } from './node-usage.ts';
import type { PodWorker } from './pod-worker.ts';
import { metricText, type Sample } from './metric-text.ts';

export interface KubeletMetricsSource {
  nodeName: string;
  nowMs: number;
  usage: NodeUsage;
  workers: readonly PodWorker[];
}

interface Running {
  worker: PodWorker;
  record: ContainerRecord;
  group: ControlGroup;
}

const runningIn = (workers: readonly PodWorker[]): Running[] =>
  workers.flatMap((worker) =>
    worker.records
      .filter(({ running }) => running)
      .map((record) => ({ worker, record, group: record.current!.init.controlGroup })),
  );

const podLabels = ({ pod }: PodWorker) => ({
  namespace: pod.metadata.namespace!,
  pod: pod.metadata.name!,
});

/** `/metrics` */
export function kubeletMetrics({ nodeName, workers }: KubeletMetricsSource): string {
  const states: Record<string, number> = { created: 0, exited: 0, running: 0, unknown: 0 };
  for (const { records } of workers)
    for (const { current } of records) if (current) states[current.exit ? 'exited' : 'running']!++;
  const active = workers.filter(({ finished }) => !finished);
  return (
    metricText(
      'kubelet_active_pods',
      'gauge',
      '[ALPHA] The number of pods the kubelet considers active and which are being considered when admitting new pods. static is true if the pod is not from the apiserver.',
      [
        { labels: { static: '' }, value: active.length },
        { labels: { static: 'true' }, value: 0 },
      ],
    ) +
    metricText(
      'kubelet_desired_pods',
      'gauge',
      '[ALPHA] The number of pods the kubelet is being instructed to run. static is true if the pod is not from the apiserver.',
      [
        { labels: { static: '' }, value: active.length },
        { labels: { static: 'true' }, value: 0 },
      ],
    ) +
    metricText('kubelet_node_name', 'gauge', "[ALPHA] The node's name. The count is always 1.", [
      { labels: { node: nodeName }, value: 1 },
    ]) +
    metricText(
      'kubelet_running_containers',
      'gauge',
      '[ALPHA] Number of containers currently running',
      Object.entries(states)
        .filter(([, count]) => count > 0)
        .map(([container_state, value]) => ({ labels: { container_state }, value })),
    ) +
    metricText('kubelet_running_pods', 'gauge', '[ALPHA] Number of pods that have a running pod sandbox', [
      { value: active.filter(({ sandbox }) => sandbox).length },
    ])
  );
}

/** `/metrics/resource` */
export function resourceMetrics({ nowMs, usage, workers }: KubeletMetricsSource): string {
  const running = runningIn(workers);
  const containers = (of: (running: Running) => number, dated = true): Sample[] =>
    running.map((each) => ({
      labels: { container: each.record.spec.name, ...podLabels(each.worker) },
      value: of(each),
      ...(dated ? { timeMs: nowMs } : {}),
    }));
  const pods = (of: (group: ControlGroup) => number): Sample[] =>
    workers
      .filter(({ sandbox, finished }) => sandbox && !finished)
      .map((worker) => ({
        labels: podLabels(worker),
        value: of(worker.sandbox!.controlGroup),
        timeMs: nowMs,
      }));
  const node = usage.now();
  return (
    metricText(
      'container_cpu_usage_seconds_total',
      'counter',
      '[STABLE] Cumulative cpu time consumed by the container in core-seconds',
      containers(({ group }) => group.cpuMs / 1000),
    ) +
    metricText(
      'container_memory_working_set_bytes',
      'gauge',
      '[STABLE] Current working set of the container in bytes',
      containers(({ group }) => group.memoryBytes),
    ) +
    metricText(
      'container_start_time_seconds',
      'gauge',
      '[STABLE] Start time of the container since unix epoch in seconds',
      containers(({ record }) => record.current!.startedMs / 1000, false),
    ) +
    metricText(
      'node_cpu_usage_seconds_total',
      'counter',
      '[STABLE] Cumulative cpu time consumed by the node in core-seconds',
      [{ value: node.cpuMs / 1000, timeMs: nowMs }],
    ) +
    metricText(
      'node_memory_working_set_bytes',
      'gauge',
      '[STABLE] Current working set of the node in bytes',
      [{ value: node.memoryBytes, timeMs: nowMs }],
    ) +
    metricText(
      'pod_cpu_usage_seconds_total',
      'counter',
      '[STABLE] Cumulative cpu time consumed by the pod in core-seconds',
      pods(({ cpuMs }) => cpuMs / 1000),
    ) +
    metricText(
      'pod_memory_working_set_bytes',
      'gauge',
      '[STABLE] Current working set of the pod in bytes',
      pods(({ memoryBytes }) => memoryBytes),
    ) +
    metricText(
      'resource_scrape_error',
      'gauge',
      '[STABLE] 1 if there was an error while getting container metrics, 0 otherwise',
      [{ value: 0 }],
    )
  );
}

/** A control group as cAdvisor names it, with what it uses. */
interface Cgroup {
  labels: Record<string, string>;
  usage: { cpuMs: number; memoryBytes: number };
  /** Undefined for the machine as a whole. */
  group: ControlGroup | undefined;
  startedMs: number;
  processes: number;
}

/** `/metrics/cadvisor` */
export function cadvisorMetrics({ nowMs, usage, workers }: KubeletMetricsSource): string {
  const groups: Cgroup[] = [
    {
      labels: { container: '', id: '/', image: '', name: '', namespace: '', pod: '' },
      usage: usage.now(),
      group: undefined,
      startedMs: usage.startedMs,
      processes: 0,
    },
  ];
  for (const worker of workers) {
    if (!worker.sandbox || worker.finished) continue;
    const { namespace, pod } = podLabels(worker);
    const slice = sliceOf(worker);
    groups.push({
      labels: { container: '', id: slice, image: '', name: '', namespace, pod },
      usage: worker.sandbox.controlGroup,
      group: worker.sandbox.controlGroup,
      startedMs: Date.parse(worker.pod.status?.startTime ?? '') || nowMs,
      processes: 0,
    });
    for (const { record, group } of runningIn([worker])) {
      const { id, startedMs, init, machine } = record.current!;
      groups.push({
        labels: {
          container: record.spec.name,
          id: `${slice}/cri-containerd-${id}.scope`,
          image: [...init.image.tags][0] ?? record.spec.image ?? '',
          name: id,
          namespace,
          pod,
        },
        usage: group,
        group,
        startedMs,
        processes: [...machine.processes.values()].filter((process) => process.machine === machine).length,
      });
    }
  }
  const all = (of: (group: Cgroup) => number | undefined): Sample[] =>
    groups.flatMap((group) => {
      const value = of(group);
      return value === undefined ? [] : [{ labels: group.labels, value, timeMs: nowMs }];
    });
  const limited = (of: (group: ControlGroup) => number): Sample[] =>
    all(({ group }) => (group && group.cpuLimit !== Infinity ? of(group) : undefined));
  return (
    metricText(
      'container_cpu_cfs_periods_total',
      'counter',
      'Number of elapsed enforcement period intervals.',
      limited(({ periods }) => periods),
    ) +
    metricText(
      'container_cpu_cfs_throttled_periods_total',
      'counter',
      'Number of throttled period intervals.',
      limited(({ throttledPeriods }) => throttledPeriods),
    ) +
    metricText(
      'container_cpu_cfs_throttled_seconds_total',
      'counter',
      'Total time duration the container has been throttled.',
      limited(({ throttledMs }) => throttledMs / 1000),
    ) +
    metricText(
      'container_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed in seconds.',
      groups.map(({ labels: { container = '', ...labels }, usage: used }) => ({
        labels: { container, cpu: 'total', ...labels },
        value: used.cpuMs / 1000,
        timeMs: nowMs,
      })),
    ) +
    metricText(
      'container_last_seen',
      'gauge',
      'Last time a container was seen by the exporter',
      all(() => Math.floor(nowMs / 1000)),
    ) +
    metricText(
      'container_memory_max_usage_bytes',
      'gauge',
      'Maximum memory usage recorded in bytes',
      all(({ group }) => group?.peakBytes),
    ) +
    metricText(
      'container_memory_rss',
      'gauge',
      'Size of RSS in bytes.',
      all(({ usage: used }) => used.memoryBytes),
    ) +
    metricText(
      'container_memory_usage_bytes',
      'gauge',
      'Current memory usage in bytes, including all memory regardless of when it was accessed',
      all(({ usage: used }) => used.memoryBytes),
    ) +
    metricText(
      'container_memory_working_set_bytes',
      'gauge',
      'Current working set in bytes.',
      all(({ usage: used }) => used.memoryBytes),
    ) +
    metricText(
      'container_processes',
      'gauge',
      'Number of processes running inside the container.',
      all(({ labels, processes }) => (labels['container'] ? processes : undefined)),
    ) +
    metricText(
      'container_spec_cpu_period',
      'gauge',
      'CPU period of the container.',
      all(({ group }) => (group ? PERIOD_MS * 1000 : undefined)),
    ) +
    metricText(
      'container_spec_cpu_quota',
      'gauge',
      'CPU quota of the container.',
      limited(({ cpuLimit }) => Math.round(cpuLimit * PERIOD_MS * 1000)),
    ) +
    metricText(
      'container_spec_memory_limit_bytes',
      'gauge',
      'Memory limit for the container.',
      all(({ group }) =>
        group ? (group.memoryLimitBytes === Infinity ? 0 : group.memoryLimitBytes) : undefined,
      ),
    ) +
    metricText(
      'container_start_time_seconds',
      'gauge',
      'Start time of the container since unix epoch in seconds.',
      all(({ startedMs }) => startedMs / 1000),
    ) +
    metricText('machine_cpu_cores', 'gauge', 'Number of logical CPU cores.', [{ value: usage.cpus }]) +
    metricText('machine_memory_bytes', 'gauge', 'Amount of memory installed on the machine.', [
      { value: usage.capacityBytes },
    ])
  );
}

/** The systemd slice of a pod, by its quality of service. */
function sliceOf({ pod }: PodWorker): string {
  const quality = (pod.status?.qosClass ?? 'BestEffort').toLowerCase();
  const parent = quality === 'guaranteed' ? 'kubelet-kubepods' : `kubelet-kubepods-${quality}`;
  const between = quality === 'guaranteed' ? '' : `/${parent}.slice`;
  return `/kubelet.slice/kubelet-kubepods.slice${between}/${parent}-pod${pod.metadata.uid!.replaceAll('-', '_')}.slice`;
}
