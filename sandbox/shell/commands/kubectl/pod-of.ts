/**
 * The pod that an argument stands for (`kubectl/pkg/polymorphichelpers`): a pod's name, or TYPE/NAME of
 * something that has pods, of which the most useful one is taken.
 */
import { selectorFromSet, selectorOf, type Selector } from '../../../cluster/api/labels.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { groupResource, mappingFor, resourcePath, type Mapping } from './discovery.ts';
import { StatusError } from '../../../cluster/api/status.ts';
import { CommandError } from './errors.ts';
import type { Invocation } from './invocation.ts';

export const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

/** How to choose among several pods: for logs one that ran, for exec one that runs. */
export type PodOrder = 'logging' | 'active';

/** `--pod-running-timeout`. Throws unless it is a time to wait. */
export function podRunningTimeout(invocation: Invocation): number {
  const timeoutMs = invocation.flags.duration('pod-running-timeout');
  if (timeoutMs > 0) return timeoutMs;
  throw invocation.usage('--pod-running-timeout must be higher than zero');
}

/** Fetches what `POD` or `TYPE/NAME` names. With `namedInNamespace` a missing one is told with its namespace. */
export async function getNamed(
  invocation: Invocation,
  argument: string,
  namedInNamespace = false,
): Promise<{ mapping: Mapping; object: KubernetesObject }> {
  const { api, namespace } = invocation;
  const [type = '', name = ''] = argument.includes('/') ? argument.split('/') : ['pods', argument];
  const mapping = await mappingFor(api, type);
  try {
    const object = await api.get<KubernetesObject>(resourcePath(mapping, namespace.namespace, name));
    return { mapping, object };
  } catch (error) {
    if (!namedInNamespace || !(error instanceof StatusError) || error.reason !== 'NotFound') throw error;
    throw new CommandError(
      `error from server (NotFound): ${error.message} in namespace ${JSON.stringify(namespace.namespace)}`,
    );
  }
}

/** Labels of an object's pods. Throws for kinds without pods, with what cannot be done: `get the logs from`. */
export function podSelectorOf(
  mapping: Mapping,
  object: KubernetesObject,
  purpose = 'get the logs from',
): Selector {
  switch (groupResource(mapping)) {
    case 'replicationcontrollers':
      return selectorFromSet(object.spec.selector);
    case 'services':
      if (Object.keys(object.spec?.selector ?? {}).length === 0)
        throw new CommandError(
          `invalid service '${object.metadata.name}': Service is defined without a selector`,
        );
      return selectorFromSet(object.spec.selector);
    case 'deployments.apps':
    case 'replicasets.apps':
    case 'statefulsets.apps':
    case 'daemonsets.apps':
    case 'jobs.batch':
      return selectorOf(object.spec.selector);
  }
  throw new CommandError(
    `cannot ${purpose} *${mapping.version}.${mapping.kind}: selector for *${mapping.version}.${mapping.kind} not implemented`,
  );
}

export async function podsOf(invocation: Invocation, selector: Selector): Promise<KubernetesObject[]> {
  const namespace = encodeURIComponent(invocation.namespace.namespace);
  const list = await invocation.api.get(`/api/v1/namespaces/${namespace}/pods`, {
    labelSelector: selector.toString(),
  });
  return list.items;
}

/**
 * The pod behind an argument. Waits up to `timeoutMs` for the first pod of a workload.
 * @param order how to choose; `logging` also says which of several was taken.
 */
export async function podFor(
  invocation: Invocation,
  argument: string,
  order: PodOrder,
  timeoutMs: number,
): Promise<KubernetesObject> {
  const { mapping, object } = await getNamed(invocation, argument, order === 'logging');
  if (groupResource(mapping) === 'pods') return object;
  const selector = podSelectorOf(mapping, object, order === 'logging' ? undefined : 'attach to');
  const deadline = invocation.now() + timeoutMs;
  for (;;) {
    const pods = await podsOf(invocation, selector);
    if (pods.length > 0) {
      const [first] = pods.sort(order === 'logging' ? byLogging : byActive);
      if (order === 'logging' && pods.length > 1)
        await invocation.printError(`Found ${pods.length} pods, using pod/${first!.metadata.name}\n`);
      return first!;
    }
    if (invocation.now() >= deadline) throw new CommandError('timed out waiting for the condition');
    await invocation.process.sleep(500);
  }
}

const PHASES = ['Running', 'Unknown', 'Pending'];
const condition = (pod: KubernetesObject) =>
  (pod.status?.conditions ?? []).find((each: { type: string }) => each.type === 'Ready');
const ready = (pod: KubernetesObject) => condition(pod)?.status === 'True';
const readySince = (pod: KubernetesObject) => Date.parse(condition(pod)?.lastTransitionTime ?? '') || 0;
const created = (pod: KubernetesObject) => Date.parse(pod.metadata.creationTimestamp ?? '') || 0;
const restarts = (pod: KubernetesObject) =>
  Math.max(
    0,
    ...(pod.status?.containerStatuses ?? []).map((each: { restartCount: number }) => each.restartCount),
  );
const phase = (pod: KubernetesObject) => {
  const at = PHASES.indexOf(pod.status?.phase);
  return at < 0 ? PHASES.length : at;
};

/** Assigned, running, ready, longest not ready …: the order of `podutils.ByLogging`. */
function byLogging(a: KubernetesObject, b: KubernetesObject): number {
  return (
    Number(Boolean(b.spec.nodeName)) - Number(Boolean(a.spec.nodeName)) ||
    phase(a) - phase(b) ||
    Number(ready(b)) - Number(ready(a)) ||
    (ready(a) ? readySince(b) - readySince(a) : 0) ||
    restarts(b) - restarts(a) ||
    created(b) - created(a)
  );
}

/** Running and longest ready first: the reverse of `podutils.ActivePods`. */
function byActive(a: KubernetesObject, b: KubernetesObject): number {
  return (
    Number(Boolean(b.spec.nodeName)) - Number(Boolean(a.spec.nodeName)) ||
    phase(a) - phase(b) ||
    Number(ready(b)) - Number(ready(a)) ||
    (ready(a) ? readySince(a) - readySince(b) : 0) ||
    restarts(a) - restarts(b) ||
    created(a) - created(b)
  );
}

interface Named {
  name: string;
}

/** Every container with the mark that kubectl gives it: `web, setup (init)`. */
export function containerNames(pod: KubernetesObject): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec;
  return [
    ...containers.map(({ name }: Named) => name),
    ...ephemeralContainers.map(({ name }: Named) => `${name} (ephem)`),
    ...initContainers.map(({ name }: Named) => `${name} (init)`),
  ].join(', ');
}

export const allContainers = (pod: KubernetesObject): Named[] => [
  ...(pod.spec.containers ?? []),
  ...(pod.spec.initContainers ?? []),
  ...(pod.spec.ephemeralContainers ?? []),
];

/** The container to talk to: the named one, the annotated one, or the first with a word about it. */
export async function containerOf(
  invocation: Invocation,
  pod: KubernetesObject,
  name: string,
  quiet = false,
): Promise<string> {
  if (name) return name;
  const annotated = pod.metadata.annotations?.[DEFAULT_CONTAINER];
  if (annotated && allContainers(pod).some((container) => container.name === annotated)) return annotated;
  const [first] = pod.spec.containers as Named[];
  if (!first) throw new CommandError('no containers found in the pod');
  if (allContainers(pod).length > 1 && !quiet)
    await invocation.printError(
      `Defaulted container ${JSON.stringify(first.name)} out of: ${containerNames(pod)}\n`,
    );
  return first.name;
}
