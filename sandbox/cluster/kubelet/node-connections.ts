/**
 * What the API server asks of nodes and of the network: logs, exec, attach, port-forward and proxy. It
 * finds the kubelet a pod is on and speaks with it. Satisfies the API server's `NodeConnector`.
 */
import { sleep, type Clock } from '../../core/clock.ts';
import { Errno } from '../../os/errno.ts';
import { NameNotFound } from '../../os/network.ts';
import type { HttpRequest, HttpResponse } from '../../core/http.ts';
import type { KubernetesObject } from '../api/object.ts';
import { StatusError } from '../api/status.ts';
import type { Pod, Service } from '../client/kinds.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import type { Informer } from '../client/informer.ts';
import { PODS, SERVICES } from '../client/resources.ts';
import type { ClusterNetwork } from '../network/cluster-network.ts';
import type { Container } from './container.ts';
import type { ContainerRecord } from './container-record.ts';
import type { Kubelet } from './kubelet.ts';
import type { NodeMachine } from './node-machine.ts';
import { KUBELET_PORT } from './kubelet-server.ts';
import type { PodWorker } from './pod-worker.ts';
import {
  attach,
  exec,
  forwardPort,
  type ContainerStreams,
  type ForwardedPort,
  type StreamOptions,
} from './streaming.ts';

export interface ContainerLogOptions {
  follow?: boolean;
  previous?: boolean;
  timestamps?: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  sinceTime?: string;
  limitBytes?: number;
  signal?: AbortSignal;
}

/** Where a proxied request goes. */
export interface ProxyDestination {
  kind: 'Pod' | 'Service' | 'Node';
  namespace: string | undefined;
  name: string;
  port: string | undefined;
  scheme: 'http' | 'https';
}

/** Refusals of a pull, for which `logs` has words of its own. */
const PULL_REASONS = ['ErrImagePull', 'ImagePullBackOff'];

/** What the API server's dialer gives a node that does not answer. */
const DIAL_TIMEOUT_MS = 30_000;

/** How a request that finds no node says so: `address` with its port, and why. */
type Unreachable = (address: string, why: string) => string;

const backEnd: Unreachable = (address, why) => `error dialing backend: dial tcp ${address}: ${why}`;
const proxied: Unreachable = (address, why) => `error trying to reach service: dial tcp ${address}: ${why}`;

export class NodeConnections {
  readonly #clock: Clock;
  readonly #network: ClusterNetwork;
  readonly #pods: Informer<Pod>;
  readonly #services: Informer<Service>;
  readonly #nodes = new Map<string, NodeMachine>();

  constructor(clock: Clock, network: ClusterNetwork, informers: InformerFactory) {
    this.#clock = clock;
    this.#network = network;
    this.#pods = informers.informer(PODS);
    this.#services = informers.informer(SERVICES);
  }

  /** Makes a node known. */
  add(node: NodeMachine): void {
    this.#nodes.set(node.name, node);
  }

  async logs(
    pod: KubernetesObject,
    container: string,
    options: ContainerLogOptions,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { namespace, name } = pod.metadata;
    const { kubelet, worker } = await this.#find(
      pod,
      (address, why) =>
        `Get "https://${address}/containerLogs/${namespace}/${name}/${container}": dial tcp ${address}: ${why}`,
    );
    const record = this.#record(worker, pod, container);
    const found = options.previous ? record.previous : (record.current ?? undefined);
    // With an attempt that never ran, the one before is not "previous": it is what there is.
    const source =
      !options.previous && record.waiting && !found?.startedMs ? (record.previous ?? found) : found;
    if (!source) throw noLog(pod, record, options.previous ?? false);
    const now = kubelet.clock.now();
    const sinceMs =
      options.sinceTime !== undefined
        ? Date.parse(options.sinceTime)
        : options.sinceSeconds === undefined
          ? undefined
          : now - options.sinceSeconds * 1000;
    return source.log.read({ ...options, sinceMs });
  }

  async exec(
    pod: KubernetesObject,
    container: string,
    options: StreamOptions & { command: string[] },
  ): Promise<ContainerStreams> {
    return exec(await this.#running(pod, container), options.command, options);
  }

  async attach(pod: KubernetesObject, container: string, options: StreamOptions): Promise<ContainerStreams> {
    return attach(await this.#running(pod, container), options);
  }

  async portForward(pod: KubernetesObject, port: number): Promise<ForwardedPort> {
    const { stack } = (await this.#find(pod, backEnd)).worker;
    if (!stack)
      throw new Error(
        `unable to forward port because pod is not running. Current status=${pod.status?.phase}`,
      );
    try {
      await stack.dial('127.0.0.1', port);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      const { metadata } = pod;
      throw new Error(
        `error forwarding port ${port} to pod ${metadata.uid}, uid : failed to execute portforward in network namespace: ` +
          `failed to connect to localhost:${port} inside namespace "${metadata.uid}", IPv4: dial tcp4 127.0.0.1:${port}: ` +
          `connect: ${error.message.toLowerCase()}`,
        { cause: error },
      );
    }
    return forwardPort(stack, port);
  }

  async proxy(target: ProxyDestination, request: HttpRequest): Promise<HttpResponse> {
    try {
      return await this.#proxy(target, request);
    } catch (error) {
      if (!(error instanceof Errno) && !(error instanceof NameNotFound)) throw error;
      throw new StatusError(
        'ServiceUnavailable',
        `error trying to reach service: ${error instanceof Errno ? `dial tcp: connect: ${error.message.toLowerCase()}` : error.message}`,
      );
    }
  }

  async #proxy(target: ProxyDestination, request: HttpRequest): Promise<HttpResponse> {
    const { kind, namespace, name, port } = target;
    if (kind === 'Service') {
      const service = this.#services.get(`${namespace}/${name}`);
      const ports = service?.spec.ports ?? [];
      const chosen = port
        ? ports.find((candidate) => candidate.name === port || String(candidate.port) === port)
        : ports[0];
      if (!service || !chosen)
        throw new StatusError(
          'ServiceUnavailable',
          `no service port "${port ?? ''}" found for service "${name}"`,
        );
      return this.#network.fetchService({ namespace: namespace!, service: name, port: chosen.port }, request);
    }
    if (kind === 'Pod') {
      const pod = this.#pods.get(`${namespace}/${name}`);
      const kubelet = await this.#kubeletOf(pod?.spec.nodeName ?? '', proxied);
      if (!pod?.status?.podIP || !kubelet) throw new StatusError('BadRequest', `address not allowed`);
      const ports = pod.spec.containers.flatMap((container) => container.ports ?? []);
      const named = port
        ? ports.find((candidate) => candidate.name === port)?.containerPort
        : ports[0]?.containerPort;
      return kubelet.host.fetch(pod.status.podIP, named ?? Number(port ?? 80), request);
    }
    const kubelet = await this.#kubeletOf(name, proxied);
    if (!kubelet) throw new StatusError('NotFound', `nodes "${name}" not found`);
    if (port === undefined || Number(port) === KUBELET_PORT) return kubelet.server.answer(request);
    return kubelet.host.fetch('127.0.0.1', Number(port), request);
  }

  /** The kubelet of a node that is there; undefined for one that nobody knows. Rejects when it cannot be reached. */
  async #kubeletOf(name: string, words: Unreachable): Promise<Kubelet | undefined> {
    const node = this.#nodes.get(name);
    if (!node) return undefined;
    const address = `${node.address}:${KUBELET_PORT}`;
    if (node.state === 'stopped')
      throw new StatusError(undefined, words(address, 'connect: no route to host'));
    if (!node.reachable) {
      await sleep(this.#clock, DIAL_TIMEOUT_MS);
      throw new StatusError(undefined, words(address, 'i/o timeout'));
    }
    if (!node.kubelet) throw new StatusError(undefined, words(address, 'connect: connection refused'));
    return node.kubelet;
  }

  async #find(pod: KubernetesObject, words: Unreachable): Promise<{ kubelet: Kubelet; worker: PodWorker }> {
    const { nodeName } = (pod as Pod).spec;
    const kubelet = nodeName === undefined ? undefined : await this.#kubeletOf(nodeName, words);
    if (!kubelet)
      throw new StatusError('BadRequest', `pod ${pod.metadata.name} does not have a host assigned`);
    const worker = kubelet.pod(pod.metadata.uid!);
    if (!worker)
      throw new StatusError(
        'NotFound',
        `the server could not find the requested resource ( pods/log ${pod.metadata.name})`,
      );
    return { kubelet, worker };
  }

  #record(worker: PodWorker, pod: KubernetesObject, container: string): ContainerRecord {
    const record = worker.container(container);
    if (!record)
      throw new StatusError('BadRequest', `container ${container} is not valid for pod ${pod.metadata.name}`);
    return record;
  }

  async #running(pod: KubernetesObject, container: string): Promise<Container> {
    const record = this.#record((await this.#find(pod, backEnd)).worker, pod, container);
    if (!record.running)
      throw new StatusError(
        'InternalError',
        `unable to upgrade connection: container not found ("${container}")`,
      );
    return record.current!;
  }
}

/** `validateContainerLogStatus` of pkg/kubelet/kubelet_pods.go. */
function noLog(pod: KubernetesObject, record: ContainerRecord, previous: boolean): StatusError {
  const subject = `container "${record.spec.name}" in pod "${pod.metadata.name}"`;
  if (previous) return new StatusError('BadRequest', `previous terminated ${subject} not found`);
  const reason = record.waiting?.reason ?? record.status(pod as Pod, false).state?.waiting?.reason;
  const why = PULL_REASONS.includes(reason ?? '') ? 'trying and failing to pull image' : reason;
  return new StatusError('BadRequest', `${subject} is waiting to start: ${why}`);
}
