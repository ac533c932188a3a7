/** What pods request of a node, and whether it has that (component-helpers/resource, the scheduler's resource fit). */
import { quantityMilliValue, quantityValue } from '../api/quantity.ts';
import type { Pod, ResourceRequirements } from '../client/kinds.ts';

export const RESOURCES = ['cpu', 'memory'] as const;

/** Millicores and bytes. */
export interface Requests {
  cpu: number;
  memory: number;
}

export const amount = (resource: 'cpu' | 'memory', quantity: string | number): number =>
  resource === 'cpu' ? quantityMilliValue(quantity) : quantityValue(quantity);

/** What a pod requests: its own request, or its containers' together; init containers come one at a time. */
export function requestsOf(pod: Pod): Requests {
  return { cpu: requestOf(pod, 'cpu'), memory: requestOf(pod, 'memory') };
}

/** One of them. */
export function requestOf({ spec }: Pod, resource: 'cpu' | 'memory'): number {
  const of = (resources: ResourceRequirements | undefined) =>
    amount(resource, resources?.requests?.[resource] ?? '0');
  if (spec.resources?.requests?.[resource] !== undefined) return of(spec.resources);
  let lasting = 0;
  let most = 0;
  for (const { resources, restartPolicy } of spec.initContainers ?? []) {
    // Sidecars that have started before an init container run beside it.
    if (restartPolicy === 'Always') lasting += of(resources);
    else most = Math.max(most, lasting + of(resources));
  }
  for (const { resources } of spec.containers) lasting += of(resources);
  return Math.max(lasting, most);
}

/** What the node lacks, in the kubelet's words; undefined: it has it all. */
export function lackOf(
  wanted: Requests,
  used: Requests,
  allocatable: Readonly<Record<string, string | number>>,
): string | undefined {
  for (const resource of RESOURCES) {
    const capacity = amount(resource, allocatable[resource] ?? '0');
    if (wanted[resource] > 0 && used[resource] + wanted[resource] > capacity)
      return `Node didn't have enough resource: ${resource}, requested: ${wanted[resource]}, used: ${used[resource]}, capacity: ${capacity}`;
  }
  return undefined;
}
