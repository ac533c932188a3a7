/**
 * EndpointSlices of Services that select pods (`pkg/controller/endpointslice`): at most 100 endpoints a
 * slice, slices filled up before new ones are made, pods that go away kept as terminating, hints as
 * `trafficDistribution` asks for them. Left out: the older hints that share endpoints out among zones
 * (`topology-mode: Auto`), and IPv6.
 */
import type { Clock } from '../../core/clock.ts';
import { timestamp } from '../../core/clock.ts';
import { toDisposable, type Disposable } from '../../core/disposable.ts';
import { controllerOf, keyOf } from '../api/object.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Informer } from '../client/informer.ts';
import type { Endpoint, EndpointHints, EndpointSlice, Node, Pod, Service } from '../client/kinds.ts';
import { ENDPOINT_SLICES, NODES, SERVICES } from '../client/resources.ts';
import { controllerReference, type ControllerContext } from './controller.ts';
import { deepEqual } from '../api/equality.ts';
import { isNamespaceTerminating } from './pod-control.ts';
import { isPodReady } from './pod.ts';
import {
  HEADLESS,
  hostnameOf,
  isHeadless,
  podsBehind,
  resolvePorts,
  selectsPods,
  type ResolvedPort,
} from './service-endpoints.ts';
import { ServiceQueue } from './service-queue.ts';

const SERVICE_NAME = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const CONTROLLER_NAME = 'endpointslice-controller.k8s.io';
const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';
const ZONE = 'topology.kubernetes.io/zone';

const MAX_ENDPOINTS_PER_SLICE = 100;

export function startEndpointSliceController(context: ControllerContext): Disposable {
  const controller = new EndpointSliceController(context);
  return toDisposable(() => controller.dispose());
}

/** Endpoints of one address family on the same ports. */
interface Wanted {
  ports: ResolvedPort[];
  /** By the uid of their pod. */
  endpoints: Map<string, Endpoint>;
}

class EndpointSliceController {
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #queue: ServiceQueue;
  readonly #nodes: Informer<Node>;
  readonly #slices: Informer<EndpointSlice>;
  /** Our writes that the informer has not shown yet: key of a slice to its revision, 0 for its deletion. */
  readonly #unseen = new Map<string, number>();

  constructor(context: ControllerContext) {
    this.#clock = context.clock;
    this.#client = context.client('endpointslice-controller');
    this.#recorder = context.recorder('endpoint-slice-controller', this.#client);
    this.#nodes = context.informers.informer(NODES);
    this.#slices = context.informers.informer(ENDPOINT_SLICES);
    this.#slices.addIndex('service', (slice) => {
      const name = slice.metadata.labels?.[SERVICE_NAME];
      return name ? [`${slice.metadata.namespace}/${name}`] : [];
    });
    this.#queue = new ServiceQueue(context, 'endpointslice', (key) => this.#reconcile(key));
    const changed = (slice: EndpointSlice) => {
      const { labels, namespace } = slice.metadata;
      if (labels?.[MANAGED_BY] !== CONTROLLER_NAME || !labels[SERVICE_NAME]) return;
      this.#queue.add(`${namespace}/${labels[SERVICE_NAME]}`);
    };
    this.#queue.own(
      this.#slices.addHandler({
        add: (slice) => this.#see(slice) || changed(slice),
        update: (before, slice) => {
          if (this.#see(slice)) return;
          changed(before);
          changed(slice);
        },
        delete: (slice) => {
          if (this.#unseen.get(keyOf(slice)) === 0) this.#unseen.delete(keyOf(slice));
          else changed(slice);
        },
      }),
    );
  }

  dispose(): void {
    this.#queue.dispose();
  }

  /** Whether the slice is as we wrote it. */
  #see(slice: EndpointSlice): boolean {
    const key = keyOf(slice);
    const written = this.#unseen.get(key);
    const revision = Number(slice.metadata.resourceVersion);
    if (written !== undefined && revision >= written) this.#unseen.delete(key);
    return written !== undefined && revision <= written;
  }

  async #reconcile(key: string): Promise<void> {
    const service = this.#queue.services.get(key);
    if (!service || !selectsPods(service)) return;
    const existing = [...this.#slices.indexed('service', key)].filter(
      ({ metadata }) =>
        metadata.labels?.[MANAGED_BY] === CONTROLLER_NAME && metadata.deletionTimestamp === undefined,
    );
    if (existing.some((slice) => this.#unseen.has(keyOf(slice)))) throw new StaleSlices(key);
    try {
      await this.#apply(service, plan(service, existing, this.#wanted(service)));
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      const { message } = error as Error;
      const text = `Error updating Endpoint Slices for Service ${key}: ${message}`;
      this.#recorder.event(service, 'Warning', 'FailedToUpdateEndpointSlices', text);
      throw error;
    }
  }

  /** The endpoints that there should be, by ports. */
  #wanted(service: Service): Map<string, Wanted> {
    const wanted = new Map<string, Wanted>();
    for (const pod of podsBehind(service, this.#queue.pods, true)) {
      const node = this.#nodes.get(pod.spec.nodeName ?? '');
      if (!node && !service.spec.publishNotReadyAddresses) continue;
      const ports = resolvePorts(service, pod);
      const signature = portSignature(ports);
      let group = wanted.get(signature);
      if (!group) wanted.set(signature, (group = { ports, endpoints: new Map() }));
      group.endpoints.set(pod.metadata.uid!, endpointOf(pod, node, service));
    }
    return wanted;
  }

  async #apply(service: Service, { create, update, remove }: Plan): Promise<void> {
    // A slice that is in the way becomes one that is missing.
    while (create.length > 0 && remove.length > 0) {
      const { metadata } = remove.shift()!;
      const slice = create.pop()!;
      update.push({ ...slice, metadata: { ...metadata, labels: slice.metadata.labels } });
    }
    const annotations = { [TRIGGER_TIME]: timestamp(this.#clock.now()) };
    if (service.metadata.deletionTimestamp === undefined) {
      for (const slice of create) {
        const metadata = { ...slice.metadata, annotations };
        this.#wrote(await this.#client.create(ENDPOINT_SLICES, { ...slice, metadata }));
      }
    }
    for (const slice of update) {
      const metadata = { ...slice.metadata, annotations: { ...slice.metadata.annotations, ...annotations } };
      this.#wrote(await this.#client.update(ENDPOINT_SLICES, { ...slice, metadata }));
    }
    for (const slice of remove) {
      try {
        await this.#client.delete(ENDPOINT_SLICES, slice.metadata);
        this.#unseen.set(keyOf(slice), 0);
      } catch (error) {
        if (!isStatus(error, 'NotFound')) throw error;
      }
    }
  }

  #wrote(slice: EndpointSlice): void {
    const revision = Number(slice.metadata.resourceVersion);
    const seen = this.#slices.get(keyOf(slice))?.metadata.resourceVersion;
    if (Number(seen ?? -1) < revision) this.#unseen.set(keyOf(slice), revision);
  }
}

/** The informer is behind our own writes: deciding now would make a slice twice. */
class StaleSlices extends Error {
  constructor(service: string) {
    super(`EndpointSlice informer cache of Service ${service} is out of date`);
  }
}

interface Plan {
  create: EndpointSlice[];
  update: EndpointSlice[];
  remove: EndpointSlice[];
}

/** How to come from the slices there are to the endpoints there should be, with few writes. */
function plan(service: Service, existing: readonly EndpointSlice[], wanted: Map<string, Wanted>): Plan {
  const result: Plan = { create: [], update: [], remove: [] };
  const byPorts = new Map<string, EndpointSlice[]>();
  for (const slice of existing) {
    if (controllerOf(slice)?.uid !== service.metadata.uid) {
      result.remove.push(slice);
      continue;
    }
    const signature = portSignature((slice.ports ?? []) as ResolvedPort[]);
    byPorts.set(signature, [...(byPorts.get(signature) ?? []), slice]);
  }
  for (const [signature, group] of wanted) planPorts(service, byPorts.get(signature) ?? [], group, result);
  for (const [signature, slices] of byPorts) if (!wanted.has(signature)) result.remove.push(...slices);

  // A Service always has a slice, if only an empty one.
  if (existing.length === result.remove.length && result.create.length === 0) {
    const placeholder = newSlice(service, []);
    const [only, ...others] = result.remove;
    const same =
      only && others.length === 0 && controllerOf(only)?.uid === service.metadata.uid && isEmpty(only);
    if (same && deepEqual(only.metadata.labels, placeholder.metadata.labels)) result.remove = [];
    else result.create.push(placeholder);
  }
  return result;
}

const isEmpty = ({ endpoints, ports }: EndpointSlice) =>
  (endpoints?.length ?? 0) === 0 && (ports?.length ?? 0) === 0;

/** The same for the slices of one set of ports. */
function planPorts(
  service: Service,
  slices: EndpointSlice[],
  { ports, endpoints }: Wanted,
  plan: Plan,
): void {
  const missing = new Map(endpoints);
  const labels = labelsOf(service);
  const changed: EndpointSlice[] = [];
  const unchanged: EndpointSlice[] = [];
  for (const slice of slices) {
    const kept: Endpoint[] = [];
    let updated = false;
    for (const endpoint of slice.endpoints ?? []) {
      const uid = endpoint.targetRef?.uid ?? '';
      const now = missing.get(uid);
      if (!now) continue;
      missing.delete(uid);
      kept.push(now);
      updated ||= !deepEqual(endpoint, now);
    }
    updated ||= kept.length !== (slice.endpoints?.length ?? 0);
    if (updated && kept.length === 0) plan.remove.push(slice);
    else if (updated || !deepEqual(slice.metadata.labels, labels)) {
      const endpoints = updated ? kept : slice.endpoints;
      changed.push({ ...slice, endpoints, metadata: { ...slice.metadata, labels } });
    } else unchanged.push(slice);
  }
  const fill = (slice: EndpointSlice): EndpointSlice => {
    const filled = [...(slice.endpoints ?? [])];
    for (const [uid, endpoint] of missing) {
      if (filled.length >= MAX_ENDPOINTS_PER_SLICE) break;
      filled.push(endpoint);
      missing.delete(uid);
    }
    return { ...slice, endpoints: filled };
  };
  // First what is written anyway, the fullest first; then one that has just room enough; then new ones.
  changed.sort((a, b) => b.endpoints.length - a.endpoints.length);
  plan.update.push(...changed.map((slice) => (missing.size > 0 ? fill(slice) : slice)));
  while (missing.size > 0) {
    const roomy = missing.size < MAX_ENDPOINTS_PER_SLICE ? closestFit(unchanged, missing.size) : undefined;
    if (roomy) {
      unchanged.splice(unchanged.indexOf(roomy), 1);
      plan.update.push(fill(roomy));
    } else plan.create.push(fill(newSlice(service, ports)));
  }
}

/** The fullest slice that still takes `count` more. */
function closestFit(slices: readonly EndpointSlice[], count: number): EndpointSlice | undefined {
  let best: EndpointSlice | undefined;
  for (const slice of slices) {
    const { length } = slice.endpoints;
    if (length + count > MAX_ENDPOINTS_PER_SLICE) continue;
    if (!best || length > best.endpoints.length) best = slice;
  }
  return best;
}

function newSlice(service: Service, ports: ResolvedPort[]): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${service.metadata.name}-`,
      namespace: service.metadata.namespace,
      labels: labelsOf(service),
      ownerReferences: [controllerReference(SERVICES, service)],
    },
    addressType: 'IPv4',
    ports,
    endpoints: [],
  };
}

function labelsOf(service: Service): Record<string, string> {
  const labels: Record<string, string> = { ...service.metadata.labels };
  delete labels[HEADLESS];
  if (isHeadless(service)) labels[HEADLESS] = '';
  return { ...labels, [SERVICE_NAME]: service.metadata.name!, [MANAGED_BY]: CONTROLLER_NAME };
}

function endpointOf(pod: Pod, node: Node | undefined, service: Service): Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const hostname = hostnameOf(service, pod);
  const zone = node?.metadata.labels?.[ZONE];
  const hints = ready ? hintsFor(service.spec.trafficDistribution, pod.spec.nodeName, zone) : undefined;
  const { namespace, name, uid } = pod.metadata;
  return {
    addresses: [pod.status!.podIP!],
    conditions: { ready, serving, terminating },
    ...(hints ? { hints } : {}),
    ...(hostname ? { hostname } : {}),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(zone ? { zone } : {}),
  };
}

/** Whose connections are to come to an endpoint there (`endpointslice/trafficdist`). */
function hintsFor(
  distribution: string | undefined,
  nodeName: string | undefined,
  zone: string | undefined,
): EndpointHints | undefined {
  const byNode = distribution === 'PreferSameNode';
  if (!byNode && distribution !== 'PreferSameZone' && distribution !== 'PreferClose') return undefined;
  const hints: EndpointHints = {
    ...(byNode && nodeName ? { forNodes: [{ name: nodeName }] } : {}),
    ...(zone ? { forZones: [{ name: zone }] } : {}),
  };
  return Object.keys(hints).length > 0 ? hints : undefined;
}

/** Ports as one text, whatever their order. */
function portSignature(ports: readonly ResolvedPort[]): string {
  return ports
    .map(({ name, port, protocol, appProtocol = '' }) => `${name}/${protocol}/${port}/${appProtocol}`)
    .sort()
    .join(' ');
}
