/**
 * `kubectl port-forward` (`kubectl/pkg/cmd/portforward`): ports of this machine that lead to a pod. The machine's
 * network is one of HTTP requests, so each request gets a connection of its own to the pod's port. Left out: IPv6,
 * which the machine does not have, and ports chosen at random (`:80`).
 */
import { decode } from '../../../core/bytes.ts';
import type { HttpRequest, HttpResponse, MessageSocket } from '../../../core/http.ts';
import type { Disposable } from '../../../core/disposable.ts';
import type { KubernetesObject } from '../../../cluster/api/object.ts';
import { Errno } from '../../../os/errno.ts';
import type { Command } from './command.ts';
import { groupResource } from './discovery.ts';
import { CommandError } from './errors.ts';
import { flag } from './flags.ts';
import { readResponse, requestBytes } from './http-connection.ts';
import type { Invocation } from './invocation.ts';
import { getNamed, podFor, podRunningTimeout } from './pod-of.ts';

const PROTOCOLS = ['v4.channel.k8s.io'];
const DATA = 0;
const ERROR = 1;
const MAX_PORT = 65535;

interface ForwardedPort {
  local: number;
  remote: number;
}

export const command: Command = {
  use: 'TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]',
  short: 'Forward one or more local ports to a pod',
  long: 'Of a type with several pods one is chosen, and stays chosen: when it ends, so does the forwarding.',
  examples: [
    ['Ports 5000 and 6000 of the pod on the same ports here', 'kubectl port-forward pod/mypod 5000 6000'],
    [
      "Port 8443 here to the pod's port that the service calls https",
      'kubectl port-forward service/myservice 8443:https',
    ],
    ['Port 8888 here to port 5000 of the pod', 'kubectl port-forward pod/mypod 8888:5000'],
  ],
  flags: [
    flag('address', ['localhost'], 'Addresses to listen on, localhost or IP addresses.', {
      kind: 'strings',
      shown: '[localhost]',
    }),
    flag('pod-running-timeout', 60_000, 'How long to wait for a pod of a workload.', {
      kind: 'duration',
      shown: '1m0s',
    }),
  ],
  run: async (invocation) => {
    const { flags, args, process } = invocation;
    const [target, ...specs] = args;
    if (!target || specs.length === 0)
      throw invocation.usage('TYPE/NAME and list of ports are required for port-forward');
    const { mapping, object } = await getNamed(invocation, target);
    const pod = await podFor(invocation, target, 'active', podRunningTimeout(invocation));
    const service = groupResource(mapping) === 'services' ? object : undefined;
    const resolved = specs.map((spec) => resolvePort(spec, pod, service));
    if (pod.status?.phase !== 'Running')
      throw new CommandError(
        `unable to forward port because pod is not running. Current status=${pod.status?.phase}`,
      );
    const ports = resolved.map(checkedPort);
    const { network } = process.machine;
    if (!network) throw new CommandError('this machine has no network to listen on');
    const lost = Promise.withResolvers<never>();
    lost.promise.catch(() => {});
    const servers: Disposable[] = [];
    try {
      for (const { local, remote } of ports)
        for (const address of new Set(
          flags.list('address').map((name) => (name === 'localhost' ? '127.0.0.1' : name)),
        )) {
          const forward = new Forward(invocation, pod, { local, remote });
          const handle = (request: HttpRequest) =>
            forward.handle(request).catch((error: unknown) => {
              lost.reject(new CommandError('lost connection to pod'));
              throw error;
            });
          try {
            servers.push(network.listen(local, handle, address));
          } catch (error) {
            if (!(error instanceof Errno)) throw error;
            await invocation.printError(
              `Unable to listen on port ${local}: Listeners failed to create with the following errors: [unable to create listener: Error listen tcp4 ${address}:${local}: bind: ${error.message.toLowerCase()}]\n`,
            );
            throw new CommandError(`unable to listen on any of the requested ports: [{${local} ${remote}}]`);
          }
          await invocation.print(`Forwarding from ${address}:${local} -> ${remote}\n`);
        }
      await process.wait(lost.promise);
    } finally {
      for (const server of servers) server.dispose();
    }
  },
};

/** `8080`, `8080:80` or `8080:http`; a service's port is the one that its pod has for it. */
function resolvePort(
  spec: string,
  pod: KubernetesObject,
  service: KubernetesObject | undefined,
): ForwardedPort {
  const [first = '', second, ...more] = spec.split(':');
  const remoteText = second ?? first;
  if (more.length > 0 || remoteText === '' || first === '')
    throw new CommandError(`invalid port format '${spec}'`);
  let remote = number(remoteText);
  if (service) remote = podPortOf(service, pod, remoteText);
  else if (remote === undefined) remote = namedPort(pod, remoteText);
  if (remote === undefined)
    throw new CommandError(`Pod '${pod.metadata.name}' does not have a named port '${remoteText}'`);
  const local = second === undefined ? (number(first) ?? remote) : number(first);
  if (local === undefined)
    throw new CommandError(
      `error parsing local port '${first}': strconv.ParseUint: parsing ${JSON.stringify(first)}: invalid syntax`,
    );
  return { local, remote };
}

/** Throws for ports that there are not. */
function checkedPort(port: ForwardedPort): ForwardedPort {
  for (const side of ['local', 'remote'] as const)
    if (port[side] > MAX_PORT)
      throw new CommandError(
        `error parsing ${side} port '${port[side]}': strconv.ParseUint: parsing "${port[side]}": value out of range`,
      );
  if (port.remote === 0) throw new CommandError('remote port must be > 0');
  return port;
}

const number = (text: string) => (/^\d+$/.test(text) ? Number(text) : undefined);

interface ContainerPort {
  name?: string;
  containerPort: number;
}

const namedPort = (pod: KubernetesObject, name: string): number | undefined =>
  (pod.spec.containers as { ports?: ContainerPort[] }[])
    .flatMap(({ ports = [] }) => ports)
    .find((port) => port.name === name)?.containerPort;

function podPortOf(service: KubernetesObject, pod: KubernetesObject, text: string): number | undefined {
  const { name } = service.metadata;
  const ports = service.spec.ports as { name?: string; port: number; targetPort?: number | string }[];
  const found = ports.find((port) => port.port === number(text) || port.name === text);
  if (!found)
    throw new CommandError(
      number(text) === undefined
        ? `Service '${name}' does not have a named port '${text}'`
        : `Service ${name} does not have a service port ${text}`,
    );
  const target =
    service.spec.clusterIP === 'None' ? (number(text) ?? found.port) : (found.targetPort ?? found.port);
  return typeof target === 'number' ? target : namedPort(pod, target);
}

/** One port of this machine and the pod's port behind it. */
class Forward {
  readonly #invocation: Invocation;
  readonly #path: string;
  readonly #ports: ForwardedPort;

  constructor(invocation: Invocation, { metadata }: KubernetesObject, ports: ForwardedPort) {
    this.#invocation = invocation;
    this.#path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/portforward`;
    this.#ports = ports;
  }

  /** Rejects with ECONNRESET when the pod does not take the connection or ends it within the answer's head. */
  async handle(request: HttpRequest): Promise<HttpResponse> {
    const { local, remote } = this.#ports;
    await this.#invocation.print(`Handling connection for ${local}\n`);
    const socket = await this.#invocation.api.connect(this.#path, { ports: remote }, PROTOCOLS);
    request.signal?.addEventListener('abort', () => socket.close(), { once: true });
    const channels = new Channels(socket);
    try {
      const bytes = requestBytes(request);
      await socket.send(Uint8Array.from([DATA, ...bytes]));
      const response = await readResponse(channels, request.method);
      const { body } = response;
      return body instanceof Uint8Array ? response : { ...response, body: closing(socket, body) };
    } catch (error) {
      socket.close();
      if (channels.failure)
        await this.#invocation.printError(
          `error: an error occurred forwarding ${local} -> ${remote}: ${channels.failure}\n`,
        );
      throw error instanceof Errno ? error : new Errno('ECONNRESET');
    }
  }
}

async function* closing(socket: MessageSocket, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } finally {
    socket.close();
  }
}

/** The bytes of the data channel; each channel's first message is the port. */
class Channels implements AsyncIterator<Uint8Array> {
  /** What the server said went wrong. */
  failure = '';
  readonly #queue: Uint8Array[] = [];
  readonly #opened = new Set<number>();
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(socket: MessageSocket) {
    socket.onMessage((message) => {
      const channel = message[0]!;
      if (!this.#opened.has(channel)) {
        this.#opened.add(channel);
        return;
      }
      if (channel === DATA) this.#queue.push(message.subarray(1));
      if (channel === ERROR) {
        this.failure += decode(message.subarray(1));
        this.#ended = true;
      }
      this.#wake?.();
    });
    socket.onClose(() => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    for (;;) {
      const value = this.#queue.shift();
      if (value) return { done: false, value };
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
