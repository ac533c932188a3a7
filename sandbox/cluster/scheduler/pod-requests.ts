/** What a pod asks of a node (`component-helpers/resource`): sums over containers, as plain numbers. */
import { parseQuantity } from '../api/quantity.ts';
import type { Container, Pod } from '../client/kinds.ts';

/** Amounts by resource name: `cpu` in thousandths, everything else in units (bytes, pods, devices). */
export type Resources = Map<string, number>;

/** What a container without a request counts as when nodes are compared, so that it does not count as nothing. */
const DEFAULT_REQUESTS: ReadonlyMap<string, number> = new Map([
  ['cpu', 100],
  ['memory', 200 * 1024 * 1024],
]);

const amounts = new Map<string, number>();

/** The amount of `quantity` in the unit of `Resources`, rounded up. */
function amountOf(resource: string, quantity: string | number): number {
  const key = resource === 'cpu' ? `m${quantity}` : String(quantity);
  let amount = amounts.get(key);
  if (amount === undefined) {
    const unit = resource === 'cpu' ? 1_000_000n : 1_000_000_000n;
    amount = Number((parseQuantity(quantity).nano + unit - 1n) / unit);
    // The same few quantities come again and again, but nothing bounds what users write.
    if (amounts.size > 10_000) amounts.clear();
    amounts.set(key, amount);
  }
  return amount;
}

/** Resources of a list such as a node's `status.allocatable`. */
export function resourcesOf(list: Record<string, string | number> | undefined): Resources {
  const resources: Resources = new Map();
  for (const name in list) resources.set(name, amountOf(name, list[name]!));
  return resources;
}

/**
 * What `pod` asks for: the sum of its containers and sidecars, or the most that an init container needs
 * while it runs, and the overhead. Requests of the pod as a whole take the place of those of containers.
 * @param withDefaults counts containers without a request for CPU or memory as small ones.
 */
export function podRequests(pod: Pod, withDefaults = false): Resources {
  const { containers, initContainers, overhead, resources } = pod.spec;
  const requests: Resources = new Map();
  for (const container of containers) add(requests, requestsOf(container, withDefaults));
  if (initContainers) addInitial(requests, initContainers, withDefaults);
  if (resources) for (const [name, amount] of resourcesOf(resources.requests)) requests.set(name, amount);
  if (overhead) add(requests, resourcesOf(overhead));
  return requests;
}

/** Adds sidecars to what the containers request, and raises it to what init containers need before they run. */
function addInitial(requests: Resources, initContainers: readonly Container[], withDefaults: boolean): void {
  const sidecars: Resources = new Map();
  const initial: Resources = new Map();
  for (const container of initContainers) {
    const own = requestsOf(container, withDefaults);
    if (container.restartPolicy === 'Always') {
      add(requests, own);
      add(sidecars, own);
      raise(initial, sidecars);
    } else {
      add(own, sidecars);
      raise(initial, own);
    }
  }
  raise(requests, initial);
}

function requestsOf(container: Container, withDefaults: boolean): Resources {
  const requests = resourcesOf(container.resources?.requests);
  if (withDefaults) {
    for (const [name, amount] of DEFAULT_REQUESTS) if (!requests.has(name)) requests.set(name, amount);
  }
  return requests;
}

/** Adds `more` to `sum`, `times` over. */
export function add(sum: Resources, more: ReadonlyMap<string, number>, times = 1): void {
  for (const [name, amount] of more) sum.set(name, (sum.get(name) ?? 0) + amount * times);
}

function raise(most: Resources, other: Resources): void {
  for (const [name, amount] of other) most.set(name, Math.max(most.get(name) ?? 0, amount));
}
