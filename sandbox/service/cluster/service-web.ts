/**
 * HTTP to a Service from inside the cluster. The connection is a program on the control plane's node that
 * copies between its standard streams and a TCP connection, so that the request takes the way that every
 * client's takes: the Service's address, kube-proxy, an endpoint. A request from a pod is the same program in
 * the pod's network namespace, on the pod's node. (The API server's own proxy would rewrite
 * pages and answer 503 in the Service's name.)
 */
import { Duplex } from 'node:stream';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { demultiplex, runOrThrow, start } from '../engine/exec.ts';
import type { HttpRequest, HttpResponse } from '../../core/http.ts';
import type { Web, WebTarget } from '../../runtimes/runtime.ts';
import type { Sandbox } from '../session/sandbox-maker.ts';
import type { AdminClient } from './admin-client.ts';

/** Connects to $0:$1; ends when either side does. Exit 7 as curl's when there is no connection. */
const FORWARD = `
exec 3<>"/dev/tcp/$0/$1" 4<&0 || exit 7
{ cat <&4 >&3; kill $$; } 2>/dev/null &
cat <&3
kill $! 2>/dev/null`;

/** How long a connection and the beginning of an answer may take; a check repeats by itself. */
const ANSWER_TIMEOUT_MS = 10_000;

interface ServiceObject {
  spec: { clusterIP?: string; ports?: { port: number }[] };
}

/**
 * The network namespace on a node that has the address $0, as the container runtime's CNI left it. The runtime itself
 * is not asked: what its tools answer differs from node image to node image.
 */
const POD_NETWORK = `
for namespace in /var/run/netns/*; do
  nsenter --net="$namespace" ip -oneline addr show 2>/dev/null | grep --quiet --fixed-strings " $0/" || continue
  echo "$namespace"
  exit
done
exit 1`;

interface PodObject {
  spec: { nodeName?: string; hostNetwork?: boolean };
  status?: { podIP?: string };
}

interface EndpointSlice {
  endpoints?: { addresses: string[]; conditions?: { ready?: boolean } }[] | null;
}

export class ServiceWeb implements Web {
  #sandbox: () => Pick<Sandbox, 'controlPlane' | 'node'>;
  #admin: () => AdminClient;

  constructor(sandbox: () => Pick<Sandbox, 'controlPlane' | 'node'>, admin: () => AdminClient) {
    this.#sandbox = sandbox;
    this.#admin = admin;
  }

  async fetch(target: WebTarget, request: HttpRequest): Promise<HttpResponse> {
    const { method, path, headers, body, signal } = request;
    signal?.throwIfAborted();
    const address = await this.#addressOf(target);
    const socket = await this.#connect(address, target.port, target.from);
    const host = `${target.service}.${target.namespace}`;
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = httpRequest({
        createConnection: () => socket,
        method,
        path,
        headers: {
          host: target.port === 80 ? host : `${host}:${target.port}`,
          ...headers,
          connection: 'close',
        },
        ...(signal ? { signal } : {}),
      });
      // Not the request's own timeout: that wants a socket of the platform.
      const timeout = setTimeout(
        () => outgoing.destroy(failure('ETIMEDOUT', 'Connection timed out')),
        ANSWER_TIMEOUT_MS,
      );
      outgoing.on('close', () => clearTimeout(timeout));
      outgoing.on('response', (response) => {
        clearTimeout(timeout);
        resolve(response);
      });
      outgoing.on('error', (error) => reject(signal?.aborted ? signal.reason : error));
      outgoing.end(body);
    });
    const answerHeaders: Record<string, string> = {};
    for (const [name, value] of Object.entries(message.headers)) {
      if (value !== undefined) answerHeaders[name] = Array.isArray(value) ? value.join(', ') : value;
    }
    return { status: message.statusCode!, headers: answerHeaders, body: message };
  }

  async #addressOf(target: { namespace: string; service: string; port: number }): Promise<string> {
    const { namespace, service, port } = target;
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
    const name = encodeURIComponent(service);
    const found = await this.#admin().get<ServiceObject>(`${path}/services/${name}`);
    if (!found) throw failure('ENOTFOUND', `Could not resolve host: ${service}.${namespace}`);
    // kube-proxy refuses these in its nftables mode; in the others they leave the cluster and get lost.
    if (!found.spec.ports?.some((entry) => entry.port === port)) {
      throw failure('ECONNREFUSED', 'Connection refused');
    }
    const slices = await this.#admin().get<{ items: EndpointSlice[] }>(
      `/apis/discovery.k8s.io/v1${path.slice('/api/v1'.length)}/endpointslices?labelSelector=kubernetes.io/service-name=${name}`,
    );
    const ready = slices!.items
      .flatMap(({ endpoints }) => endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false);
    // kube-proxy refuses these, but only when it has heard of the Service.
    if (ready.length === 0) throw failure('ECONNREFUSED', 'Connection refused');
    const { clusterIP } = found.spec;
    return clusterIP && clusterIP !== 'None' ? clusterIP : ready[0]!.addresses[0]!;
  }

  async #connect(address: string, port: number, from: WebTarget['from']): Promise<Duplex> {
    const forward = ['bash', '-c', FORWARD, address, String(port)];
    const { controlPlane } = this.#sandbox();
    if (!from) return new ForwardedConnection((await start(controlPlane, forward)).stream);
    const { namespace, pod } = from;
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}`;
    const found = await this.#admin().get<PodObject>(path);
    const { nodeName, hostNetwork } = found?.spec ?? {};
    const podIP = found?.status?.podIP;
    if (!nodeName || !podIP)
      throw failure('EHOSTUNREACH', `There is no running pod ${pod} in the namespace ${namespace}.`);
    const node = this.#sandbox().node(nodeName);
    if (hostNetwork) return new ForwardedConnection((await start(node, forward)).stream);
    const network = (await runOrThrow(node, ['bash', '-c', POD_NETWORK, podIP])).toString().trim();
    const command = ['nsenter', `--net=${network}`, '--', ...forward];
    return new ForwardedConnection((await start(node, command)).stream);
  }
}

/** The TCP connection of a program on the node, as the platform's HTTP client wants it. */
class ForwardedConnection extends Duplex {
  #stream: Duplex;
  /** Lets the next piece be read. */
  #wanted: (() => void) | undefined;

  constructor(stream: Duplex) {
    super();
    this.#stream = stream;
    void this.#receive();
  }

  override _read(): void {
    this.#wanted?.();
    this.#wanted = undefined;
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#stream.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#stream.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#stream.destroy();
    this.#wanted?.();
    done(error);
  }

  /** Fails with what bash said when there was no connection. */
  async #receive(): Promise<void> {
    try {
      for await (const { descriptor, bytes } of demultiplex(this.#stream)) {
        if (descriptor !== 1) throw refusal(bytes.toString());
        if (!this.push(bytes)) await new Promise<void>((resolve) => (this.#wanted = resolve));
      }
      this.push(null);
    } catch (error) {
      this.destroy(error as Error);
    }
  }
}

function refusal(said: string): Error {
  if (said.includes('refused')) return failure('ECONNREFUSED', 'Connection refused');
  if (said.includes('No route')) return failure('EHOSTUNREACH', 'No route to host');
  if (said.includes('timed out')) return failure('ETIMEDOUT', 'Connection timed out');
  return failure('ECONNRESET', said.trim());
}

const failure = (code: string, message: string) => Object.assign(new Error(message), { code });
