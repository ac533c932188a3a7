/** Limits of a pod and of its containers as their control groups have them (pkg/kubelet/cm/helpers_linux.go). */
import { quantityMilliValue, quantityValue } from '../api/quantity.ts';
import type { Container, Pod, ResourceRequirements } from '../client/kinds.ts';

interface ResourceLimits {
  /** CPUs. */
  cpuLimit?: number;
  memoryLimitBytes?: number;
}

export function resourceLimits(resources: ResourceRequirements | undefined): ResourceLimits {
  const { cpu, memory } = resources?.limits ?? {};
  return {
    ...(cpu === undefined ? {} : { cpuLimit: quantityMilliValue(cpu) / 1000 }),
    ...(memory === undefined ? {} : { memoryLimitBytes: quantityValue(memory) }),
  };
}

/** Of a pod as a whole: its own, or the sum where every container has one; init containers come one at a time. */
export function podLimits(pod: Pod): ResourceLimits {
  const own = resourceLimits(pod.spec.resources);
  const staying = lastingContainers(pod).map(({ resources }) => resourceLimits(resources));
  const passing = (pod.spec.initContainers ?? []).map(({ resources }) => resourceLimits(resources));
  const sum = (of: keyof ResourceLimits): number | undefined => {
    let total = 0;
    for (const limits of staying) {
      if (limits[of] === undefined) return undefined;
      total += limits[of];
    }
    for (const limits of passing) {
      if (limits[of] === undefined) return undefined;
      total = Math.max(total, limits[of]);
    }
    return total;
  };
  const cpuLimit = own.cpuLimit ?? sum('cpuLimit');
  const memoryLimitBytes = own.memoryLimitBytes ?? sum('memoryLimitBytes');
  return {
    ...(cpuLimit === undefined ? {} : { cpuLimit }),
    ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
  };
}

/** Main containers and sidecars. */
function lastingContainers({ spec }: Pod): Container[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...sidecars, ...spec.containers];
}
