/**
 * The mesh of a cluster: its authority, what proxies are told, and the proxies that run. Sidecars are started by
 * their containers (`proxy-agent.ts`), those of pods in ambient mode with the pod's network, and both are the same
 * proxy. So an ambient pod has at once what in life needs two parts, a ztunnel on its node and a waypoint.
 */
import type { Clock } from '../../core/clock.ts';
import { DisposableStore, toDisposable, type Disposable } from '../../core/disposable.ts';
import type { Random } from '../../core/random.ts';
import { Errno } from '../../os/errno.ts';
import type { ProgramTable } from '../images/executable.ts';
import type { Pod } from '../client/kinds.ts';
import type { ClusterNetwork } from '../network/cluster-network.ts';
import type { Interceptor, NetworkStack } from '../network/network-stack.ts';
import { accessLogLine, refusedLine } from './access-log.ts';
import type { CertificateAuthority } from './certificate-authority.ts';
import type { Discovery } from './discovery.ts';
import type { ExchangeReport } from './exchange-report.ts';
import { Proxy } from './proxy.ts';
import { ProxyIdentity } from './proxy-identity.ts';
import { ProxyMetrics } from './proxy-metrics.ts';
import type { SpanSender } from './span-sender.ts';
import { spanOf } from './request-span.ts';

export interface MeshOptions {
  clock: Clock;
  random: Random;
  network: ClusterNetwork;
  discovery: Discovery;
  authority: CertificateAuthority;
  spans: SpanSender;
}

export interface StartProxy {
  namespace: string;
  pod: string;
  address: string;
  /** Makes one line of the access log, when it is written. */
  log(line: () => string): void;
}

/** A proxy with what it counts. */
export class RunningProxy implements Disposable {
  readonly proxy: Proxy;
  readonly identity: ProxyIdentity;
  readonly metrics: ProxyMetrics;

  constructor(proxy: Proxy, identity: ProxyIdentity, metrics: ProxyMetrics) {
    this.proxy = proxy;
    this.identity = identity;
    this.metrics = metrics;
  }

  dispose(): void {
    this.proxy.dispose();
  }
}

/** A pod whose traffic is redirected to a proxy that does not run. */
const NOBODY: Interceptor = {
  outbound: () => Promise.reject(new Errno('ECONNREFUSED')),
  handshake: () => Promise.reject(new Errno('ECONNREFUSED')),
  inbound: () => Promise.reject(new Errno('ECONNREFUSED')),
};

export class Mesh implements Disposable {
  readonly discovery: Discovery;
  readonly authority: CertificateAuthority;
  readonly #options: MeshOptions;
  readonly #redirected = new WeakSet<NetworkStack>();
  /** Of pods in ambient mode, by `namespace/name`. */
  readonly #ambient = new Map<string, RunningProxy>();
  readonly #resources = new DisposableStore();
  #controlPlanes = 0;
  #waiting: (() => void)[] = [];

  constructor(options: MeshOptions) {
    this.#options = options;
    this.discovery = options.discovery;
    this.authority = options.authority;
    this.#resources.add(options.network.podAttached((attached) => void this.#attached(attached)));
  }

  /** Programs of Istio's images, by the names of their binaries. */
  async programs(): Promise<ProgramTable> {
    const [{ proxyAgent }, { istiod }] = await Promise.all([
      import('./proxy-agent.ts'),
      import('./istiod.ts'),
    ]);
    return new Map([
      ['pilot-agent', () => proxyAgent(this)],
      ['pilot-discovery', () => istiod(this)],
    ]);
  }

  /** An istiod is up, until disposed. */
  controlPlaneUp(): Disposable {
    this.#controlPlanes++;
    for (const resolve of this.#waiting.splice(0)) resolve();
    return toDisposable(() => this.#controlPlanes--);
  }

  /** Resolves when there is an istiod: without one no proxy learns what it has to do. */
  controlPlane(): Promise<void> {
    return this.#controlPlanes > 0
      ? Promise.resolve()
      : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Traffic of the pod at an address goes to its proxy from now on, whether it runs or not. */
  redirect(address: string): void {
    const stack = this.#options.network.at(address);
    if (!stack) return;
    this.#redirected.add(stack);
    stack.intercept(NOBODY);
  }

  /** The proxy of a pod, with a certificate; stands in the pod's way until disposed. */
  async startProxy(start: StartProxy): Promise<RunningProxy> {
    const { clock, random, network, discovery, authority } = this.#options;
    await this.controlPlane();
    const pod = discovery.pod(start.namespace, start.pod);
    const stack = network.at(start.address);
    if (!pod || !stack) throw new Errno('ENETUNREACH');
    const identity = new ProxyIdentity({ clock, random, discovery, authority, pod, address: start.address });
    await identity.certificate();
    const metrics = new ProxyMetrics();
    const proxy = new Proxy({
      clock,
      random,
      discovery,
      stack,
      identity,
      onReport: (report) => this.#report(report, stack, metrics, start),
      onRefused: (peer, port) => {
        const now = clock.now();
        start.log(() => refusedLine(now, peer, `${start.address}:${port}`));
      },
    });
    const running = new RunningProxy(proxy, identity, metrics);
    return Object.assign(running, {
      dispose: () => {
        proxy.dispose();
        if (this.#redirected.has(stack) && !stack.disposed) stack.intercept(NOBODY);
      },
    });
  }

  dispose(): void {
    this.#resources.dispose();
    for (const running of this.#ambient.values()) running.dispose();
    this.#ambient.clear();
    this.discovery.dispose();
    this.#options.spans.dispose();
  }

  #report(report: ExchangeReport, stack: NetworkStack, metrics: ProxyMetrics, start: StartProxy): void {
    const { network, spans } = this.#options;
    if (network.traffic.isWatched && report.reporter === 'source') this.#drawn(report, stack);
    if (report.isMirror) return;
    metrics.record(report);
    start.log(() => accessLogLine(report));
    if (spans.isWanted) spans.export(spanOf(report));
  }

  #drawn(report: ExchangeReport, from: NetworkStack): void {
    const { network } = this.#options;
    const { destination, destinationService, status, attempts, fault, connection } = report;
    const [name, namespace, kind] = destinationService.split('.');
    network.traffic.add({
      from,
      to: destination && network.at(destination.address),
      service: kind === 'svc' ? `${namespace}/${name}` : undefined,
      failed: status >= 500,
      retried: attempts > 1,
      faulted: fault !== undefined,
      mutualTls: connection !== undefined,
    });
  }

  /** A pod in ambient mode is in the mesh from its first packet on. */
  async #attached({
    namespace,
    name,
    stack,
  }: {
    namespace: string;
    name: string;
    stack: NetworkStack;
  }): Promise<void> {
    const pod = this.discovery.pod(namespace, name);
    if (pod) await this.#captureAmbient(pod, stack);
  }

  /** Takes a running pod into ambient mode, or out of it, as its namespace and labels say now. */
  async follow(pod: Pod): Promise<void> {
    const { namespace = '', name = '' } = pod.metadata;
    const key = `${namespace}/${name}`;
    const running = this.#ambient.get(key);
    const stack = this.#options.network.pod(namespace, name);
    const isWanted = stack !== undefined && this.discovery.isAmbient(namespace, pod.metadata.labels ?? {});
    if (running && (!isWanted || running.identity.workload.address !== stack.addresses[0])) {
      running.dispose();
      this.#ambient.delete(key);
    }
    if (isWanted && !this.#ambient.has(key)) await this.#captureAmbient(pod, stack);
  }

  async #captureAmbient({ metadata }: Pod, stack: NetworkStack): Promise<void> {
    const { namespace = '', name = '', labels = {} } = metadata;
    const key = `${namespace}/${name}`;
    if (!this.discovery.isAmbient(namespace, labels) || this.#ambient.has(key)) return;
    const running = await this.startProxy({
      namespace,
      pod: name,
      address: stack.addresses[0]!,
      log: () => {},
    });
    if (stack.disposed || this.#ambient.has(key)) running.dispose();
    else this.#ambient.set(key, running);
  }
}
