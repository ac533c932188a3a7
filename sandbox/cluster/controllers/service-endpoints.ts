/** Which pods stand behind a Service and on which ports (`endpointslice/util`, `endpointslice/utils.go`). */
import { selectorFromSet } from '../api/labels.ts';
import type { Informer } from '../client/informer.ts';
import type { Pod, Service, ServicePort } from '../client/kinds.ts';
import { isPodTerminal } from './pod.ts';
import { deepEqual } from '../api/equality.ts';

export const HEADLESS = 'service.kubernetes.io/headless';

/** A port of a Service as one pod has it. */
export interface ResolvedPort {
  name: string;
  port: number;
  protocol: string;
  appProtocol?: string;
}

/** Whether a Service's endpoints are the business of a controller: it selects pods and is no alias. */
export function selectsPods(service: Service): boolean {
  return service.spec.type !== 'ExternalName' && service.spec.selector !== undefined;
}

export function isHeadless(service: Service): boolean {
  return !service.spec.clusterIP || service.spec.clusterIP === 'None';
}

/** Pods that the Service selects and that have an address; those being deleted only if `terminating`. */
export function podsBehind(service: Service, pods: Informer<Pod>, terminating: boolean): Pod[] {
  const selector = selectorFromSet(service.spec.selector);
  const found: Pod[] = [];
  for (const pod of candidates(service, pods)) {
    if (pod.metadata.namespace !== service.metadata.namespace) continue;
    if (!selector.matches(pod.metadata.labels) || isPodTerminal(pod) || !pod.status?.podIP) continue;
    if (terminating || pod.metadata.deletionTimestamp === undefined) found.push(pod);
  }
  return found;
}

/** The pods with the rarest of the labels that the Service asks for; `pods` is indexed by `label`. */
function candidates(service: Service, pods: Informer<Pod>): Iterable<Pod> {
  let fewest: ReadonlySet<Pod> | undefined;
  for (const [key, value] of Object.entries(service.spec.selector ?? {})) {
    const set = pods.indexed('label', `${service.metadata.namespace}/${key}=${value}`);
    if (!fewest || set.size < fewest.size) fewest = set;
  }
  return fewest ?? pods.list();
}

/** The Service's ports on `pod`. One that names a port the pod does not have is left out. */
export function resolvePorts(service: Service, pod: Pod): ResolvedPort[] {
  const ports: ResolvedPort[] = [];
  for (const port of service.spec.ports ?? []) {
    const number = findPort(pod, port);
    if (number === undefined) continue;
    const { name = '', protocol = 'TCP', appProtocol } = port;
    ports.push({ name, port: number, protocol, ...(appProtocol ? { appProtocol } : {}) });
  }
  return ports;
}

function findPort(pod: Pod, { targetPort, port, protocol = 'TCP' }: ServicePort): number | undefined {
  if (typeof targetPort !== 'string') return targetPort ?? port;
  const { containers, initContainers = [] } = pod.spec;
  const sidecars = initContainers.filter((container) => container.restartPolicy === 'Always');
  for (const container of [...containers, ...sidecars]) {
    for (const each of container.ports ?? []) {
      if (each.name === targetPort && (each.protocol ?? 'TCP') === protocol) return each.containerPort;
    }
  }
  return undefined;
}

/** The name that a headless Service gives to a pod which asks for one. */
export function hostnameOf(service: Service, pod: Pod): string | undefined {
  const { hostname, subdomain } = pod.spec;
  return hostname && subdomain === service.metadata.name ? hostname : undefined;
}

/** Whether a change of a pod can change endpoints. */
export function concernsEndpoints(before: Pod, after: Pod): boolean {
  return (
    before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp ||
    before.spec.nodeName !== after.spec.nodeName ||
    before.spec.hostname !== after.spec.hostname ||
    before.spec.subdomain !== after.spec.subdomain ||
    before.status?.phase !== after.status?.phase ||
    before.status?.podIP !== after.status?.podIP ||
    readiness(before) !== readiness(after) ||
    !deepEqual(before.metadata.labels, after.metadata.labels)
  );
}

const readiness = ({ status }: Pod): string | undefined =>
  status?.conditions?.find(({ type }) => type === 'Ready')?.status;
