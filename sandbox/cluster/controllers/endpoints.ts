/**
 * The old Endpoints objects (`pkg/controller/endpoint`), which mirror what EndpointSlices say: at most
 * 1000 addresses, pods that go away left out. Deprecated in Kubernetes and still everywhere in use.
 */
import { timestamp, type Clock } from '../../core/clock.ts';
import { toDisposable, type Disposable } from '../../core/disposable.ts';
import { isStatus } from '../api/status.ts';
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Informer } from '../client/informer.ts';
import type { EndpointAddress, Endpoints, EndpointSubset, Pod, Service } from '../client/kinds.ts';
import { ENDPOINTS } from '../client/resources.ts';
import { splitKey } from '../api/object.ts';
import type { ControllerContext } from './controller.ts';
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
} from './service-endpoints.ts';
import { ServiceQueue } from './service-queue.ts';

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const CONTROLLER_NAME = 'endpoint-controller';
const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';

const MAX_ADDRESSES = 1000;

export function startEndpointsController(context: ControllerContext): Disposable {
  const controller = new EndpointsController(context);
  return toDisposable(() => controller.dispose());
}

class EndpointsController {
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #queue: ServiceQueue;
  readonly #endpoints: Informer<Endpoints>;

  constructor(context: ControllerContext) {
    this.#clock = context.clock;
    this.#client = context.client('endpoint-controller');
    this.#recorder = context.recorder('endpoint-controller', this.#client);
    this.#endpoints = context.informers.informer(ENDPOINTS);
    this.#queue = new ServiceQueue(context, 'endpoints', (key) => this.#reconcile(key));
    this.#queue.own(
      this.#endpoints.addHandler({
        delete: ({ metadata }) => this.#queue.add(`${metadata.namespace}/${metadata.name}`),
      }),
    );
  }

  dispose(): void {
    this.#queue.dispose();
  }

  async #reconcile(key: string): Promise<void> {
    const service = this.#queue.services.get(key);
    if (!service) return this.#remove(key);
    if (!selectsPods(service)) return;
    const { subsets, truncated } = truncate(this.#subsets(service));
    const current = this.#endpoints.get(key);
    const labels = labelsOf(service);
    if (
      current &&
      deepEqual(current.subsets ?? [], subsets) &&
      deepEqual(current.metadata.labels, labels) &&
      truncated === (current.metadata.annotations?.[OVER_CAPACITY] === 'truncated')
    ) {
      return;
    }
    const { [OVER_CAPACITY]: _, ...annotations } = current?.metadata.annotations ?? {};
    annotations[TRIGGER_TIME] = timestamp(this.#clock.now());
    if (truncated) annotations[OVER_CAPACITY] = 'truncated';
    const { namespace, name } = service.metadata;
    const endpoints: Endpoints = {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { ...(current?.metadata ?? { namespace, name }), labels, annotations },
      ...(subsets.length > 0 ? { subsets } : {}),
    };
    try {
      if (current) await this.#client.update(ENDPOINTS, endpoints);
      else await this.#client.create(ENDPOINTS, endpoints);
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      const { message } = error as Error;
      const [reason, text] = current
        ? ['FailedToUpdateEndpoint', `Failed to update endpoint ${key}: ${message}`]
        : ['FailedToCreateEndpoint', `Failed to create endpoint for service ${key}: ${message}`];
      if (!isStatus(error, 'AlreadyExists') && !isStatus(error, 'Conflict')) {
        this.#recorder.event(endpoints, 'Warning', reason, text);
      }
      throw error;
    }
  }

  async #remove(key: string): Promise<void> {
    if (!this.#endpoints.get(key)) return;
    try {
      await this.#client.delete(ENDPOINTS, splitKey(key));
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }

  /** One subset for each set of ports that pods have. */
  #subsets(service: Service): EndpointSubset[] {
    const { publishNotReadyAddresses = false, ports: servicePorts = [] } = service.spec;
    if (servicePorts.length === 0 && !isHeadless(service)) return [];
    const subsets = new Map<string, EndpointSubset>();
    for (const pod of podsBehind(service, this.#queue.pods, publishNotReadyAddresses)) {
      const ports = resolvePorts(service, pod).map(({ name, ...port }) => (name ? { name, ...port } : port));
      if (ports.length === 0 && servicePorts.length > 0) continue;
      const signature = JSON.stringify(ports);
      let subset = subsets.get(signature);
      if (!subset) subsets.set(signature, (subset = ports.length > 0 ? { ports } : {}));
      const which = publishNotReadyAddresses || isPodReady(pod) ? 'addresses' : 'notReadyAddresses';
      (subset[which] ??= []).push(addressOf(service, pod));
    }
    for (const subset of subsets.values()) {
      subset.addresses?.sort(byAddress);
      subset.notReadyAddresses?.sort(byAddress);
    }
    return [...subsets.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, subset]) => subset);
  }
}

/** By the bytes of the text, then by the pod's uid. */
function byAddress(a: EndpointAddress, b: EndpointAddress): number {
  if (a.ip !== b.ip) return a.ip < b.ip ? -1 : 1;
  return a.targetRef!.uid! < b.targetRef!.uid! ? -1 : 1;
}

function addressOf(service: Service, pod: Pod): EndpointAddress {
  const { namespace, name, uid } = pod.metadata;
  const hostname = hostnameOf(service, pod);
  return {
    ip: pod.status!.podIP!,
    ...(hostname ? { hostname } : {}),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

function labelsOf(service: Service): Record<string, string> {
  const { [HEADLESS]: _, ...labels } = service.metadata.labels ?? {};
  if (isHeadless(service)) labels[HEADLESS] = '';
  return { ...labels, [MANAGED_BY]: CONTROLLER_NAME };
}

/** Leaves out what is too much: first addresses that are not ready. */
function truncate(subsets: EndpointSubset[]): { subsets: EndpointSubset[]; truncated: boolean } {
  const count = subsets.reduce(
    (sum, { addresses = [], notReadyAddresses = [] }) => sum + addresses.length + notReadyAddresses.length,
    0,
  );
  if (count <= MAX_ADDRESSES) return { subsets, truncated: false };
  let left = MAX_ADDRESSES;
  const take = (addresses: EndpointAddress[] | undefined) => {
    const taken = addresses?.slice(0, left) ?? [];
    left -= taken.length;
    return taken;
  };
  const ready = subsets.map(({ addresses }) => take(addresses));
  const notReady = subsets.map(({ notReadyAddresses }) => take(notReadyAddresses));
  const kept = subsets.map(({ ports }, i) => ({
    ...(ready[i]!.length > 0 ? { addresses: ready[i] } : {}),
    ...(notReady[i]!.length > 0 ? { notReadyAddresses: notReady[i] } : {}),
    ...(ports ? { ports } : {}),
  }));
  return {
    subsets: kept.filter((subset) => subset.addresses || subset.notReadyAddresses),
    truncated: true,
  };
}
