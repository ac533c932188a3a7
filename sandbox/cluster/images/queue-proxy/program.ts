/**
 * Knative's queue-proxy (cmd/queue of 1.22): stands in front of the container of a revision. It holds
 * `containerConcurrency` and the request's time limit, carries out the readiness probe, asking every few milliseconds
 * until the container answers for the first time, and drains before the pod ends. When the container answers it tells
 * the activator: in Knative the activator asks instead, again and again. Left out: metrics on port 9090 (the activator
 * counts), TLS, tracing, the 30 s that it goes on serving after TERM: nothing here sends to a pod that is ending.
 */
import { encode } from '../../../core/bytes.ts';
import { DisposableStore } from '../../../core/disposable.ts';
import { textResponse, type HttpRequest, type HttpResponse } from '../../../core/http.ts';
import { whenSent } from '../../../core/read-ahead.ts';
import { withTimeLimit } from '../../../core/time-limit.ts';
import { Errno } from '../../../os/errno.ts';
import type { Program } from '../../../os/machine.ts';
import { NameNotFound, type NetworkNamespace } from '../../../os/network.ts';
import type { Process } from '../../../os/process.ts';

const MEMORY_BYTES = 12 * 1024 ** 2;
/** CPU time of a request. */
const REQUEST_MS = 0.1;
const ADMIN_PORT = 8022;
const USER_HOST = '127.0.0.1';
/** Requests that wait, for each that is let through. */
const QUEUE_FACTOR = 10;
/** Between looks at a container that has not answered yet: at first, when a small one comes up, and later. */
const FIRST_LOOK_MS = 2;
const FIRST_LOOKS = 50;
const LATER_LOOK_MS = 25;

interface ReadinessProbe {
  httpGet?: { path?: string; port: number; httpHeaders?: { name: string; value: string }[] };
  tcpSocket?: { port: number };
  timeoutSeconds?: number;
}

export const program: Program = async (process) => {
  process.allocate(MEMORY_BYTES);
  const { network } = process.machine;
  if (!network) throw new Errno('ENETUNREACH');
  const queue = new RequestQueue(process, network);
  const servers = new DisposableStore();
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['INT', 'TERM'] as const) process.handlers.set(signal, resolve);
  });
  try {
    servers.add(
      network.listen(Number(process.environment['QUEUE_SERVING_PORT']), (request) => queue.take(request)),
    );
    servers.add(
      network.listen(ADMIN_PORT, async ({ path }) => {
        if (!path.startsWith('/wait-for-drain')) return textResponse(404, '');
        await queue.drained();
        return textResponse(200, '');
      }),
    );
    await process.wait(Promise.race([stopped, queue.awaitContainer().then(() => stopped)]));
    await process.wait(queue.drained());
    return 0;
  } finally {
    servers.dispose();
  }
};

/** The requests of one pod. */
class RequestQueue {
  readonly #process: Process;
  readonly #network: NetworkNamespace;
  readonly #port: number;
  /** Requests that are let through at once; 0: any number. */
  readonly #limit: number;
  readonly #timeoutMs: number;
  readonly #probe: ReadinessProbe | undefined;
  readonly #waiting: (() => void)[] = [];
  readonly #drains = new Set<() => void>();
  readonly #firstAnswer: Promise<void>;
  #answered!: () => void;
  #up = false;
  #busy = 0;

  constructor(process: Process, network: NetworkNamespace) {
    const { environment } = process;
    this.#firstAnswer = new Promise((resolve) => (this.#answered = resolve));
    this.#process = process;
    this.#network = network;
    this.#port = Number(environment['USER_PORT']);
    this.#limit = Number(environment['CONTAINER_CONCURRENCY'] ?? 0);
    this.#timeoutMs = Number(environment['REVISION_TIMEOUT_SECONDS'] ?? 300) * 1000;
    const probe = environment['SERVING_READINESS_PROBE'];
    this.#probe = probe ? (JSON.parse(probe) as ReadinessProbe) : undefined;
  }

  async take(request: HttpRequest): Promise<HttpResponse> {
    if (request.headers['k-network-probe'] === 'queue') return this.#probed(request.signal);
    this.#process.charge(REQUEST_MS);
    if (this.#limit > 0 && this.#busy >= this.#limit) {
      if (this.#waiting.length >= this.#limit * QUEUE_FACTOR)
        return textResponse(503, 'pending request queue full\n');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#busy++;
    let open = true;
    const done = () => {
      if (!open) return;
      open = false;
      this.#ended();
    };
    try {
      return whenSent(await this.#forward(request), done);
    } catch (error) {
      done();
      throw error;
    }
  }

  /** How the container is: before it has answered for the first time, the answer waits for that. */
  async #probed(signal: AbortSignal | undefined): Promise<HttpResponse> {
    if (!this.#up) await Promise.race([this.#firstAnswer, aborted(signal)]);
    return (await this.#answers()) ? textResponse(200, 'queue') : textResponse(503, 'queue not ready');
  }

  /** Resolves when no request is under way. */
  drained(): Promise<void> {
    if (this.#busy === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drains.add(resolve));
  }

  /** Asks the container until it answers, and tells the activator. */
  async awaitContainer(): Promise<void> {
    for (let look = 0; !(await this.#answers()); look++)
      await this.#process.sleep(look < FIRST_LOOKS ? FIRST_LOOK_MS : LATER_LOOK_MS);
    this.#up = true;
    this.#answered();
    const url = this.#process.environment['SERVING_ANNOUNCE_URL'];
    if (url) await this.#announce(new URL(url));
  }

  async #announce({ hostname, port, pathname }: URL): Promise<void> {
    const {
      SERVING_NAMESPACE: namespace,
      SERVING_POD: pod,
      SERVING_POD_IP: address,
    } = this.#process.environment;
    try {
      await this.#network.fetch(hostname, Number(port || 80), {
        method: 'POST',
        path: pathname,
        headers: { 'content-type': 'application/json' },
        body: encode(JSON.stringify({ namespace, pod, address })),
      });
    } catch (error) {
      // A policy, or no activator: the kubelet's probe tells it later.
      if (!(error instanceof Errno || error instanceof NameNotFound)) throw error;
    }
  }

  #ended(): void {
    // A place that is given on stays taken.
    const next = this.#waiting.shift();
    if (next) return next();
    this.#busy--;
    if (this.#busy > 0) return;
    for (const resolve of this.#drains) resolve();
    this.#drains.clear();
  }

  async #forward(request: HttpRequest): Promise<HttpResponse> {
    const { clock } = this.#process.machine;
    try {
      return await withTimeLimit(
        clock,
        this.#timeoutMs,
        () => new TimedOut(),
        request.signal,
        (signal) => this.#network.fetch(USER_HOST, this.#port, { ...request, signal }),
      );
    } catch (error) {
      if (error instanceof TimedOut) return textResponse(504, 'request timeout\n');
      if (error instanceof Errno && error.code === 'ECONNREFUSED')
        return textResponse(502, `dial tcp ${USER_HOST}:${this.#port}: connect: connection refused\n`);
      throw error;
    }
  }

  /** One look at the container, as its probe has it. */
  async #answers(): Promise<boolean> {
    try {
      const { httpGet, tcpSocket } = this.#probe ?? {};
      if (!httpGet) {
        await this.#network.dial(USER_HOST, tcpSocket?.port ?? this.#port);
        return true;
      }
      const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.35', 'k-kubelet-probe': 'queue' };
      for (const { name, value } of httpGet.httpHeaders ?? []) headers[name.toLowerCase()] = value;
      const { path = '/', port } = httpGet;
      const response = await this.#network.fetch(USER_HOST, port, { method: 'GET', path, headers });
      return response.status >= 200 && response.status < 400;
    } catch (error) {
      if (error instanceof Errno) return false;
      throw error;
    }
  }
}

class TimedOut extends Error {}

/** Resolves when whoever asked has gone. */
const aborted = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
