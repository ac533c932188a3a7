/**
 * Requests that the API server passes on to where pods run: logs, exec, attach, port-forward, proxy. It
 * finds the pod and the container; a `NodeConnector` does the rest.
 */
import { EMPTY } from '../../../core/bytes.ts';
import type { HttpRequest, HttpResponse, MessageSocket } from '../../../core/http.ts';
import type { KubernetesObject } from '../../api/object.ts';
import { notFound, StatusError } from '../../api/status.ts';
import type { Duplex, NodeConnector, ProxyTarget } from '../node-connector.ts';
import type { Store } from '../storage/store.ts';
import { checkProxyTarget } from './proxy-location.ts';
import { isTrue, type RequestInfo } from './request-info.ts';
import { containerOf } from './streams/container-choice.ts';
import { PORT_FORWARD_PROTOCOLS, servePortForward } from './streams/port-forward.ts';
import { REMOTE_COMMAND_PROTOCOLS, serveRemoteCommand } from './streams/remote-command.ts';

/** A socket that may be opened: which protocol, and what to do with it. */
export interface Upgrade {
  protocol: string;
  serve(socket: MessageSocket): Promise<void>;
}

const PODS = { group: '', resource: 'pods' };
const UPGRADES = new Set(['exec', 'attach', 'portforward']);

export const isUpgrade = ({ resource, subresource }: RequestInfo): boolean =>
  resource === 'pods' && subresource !== undefined && UPGRADES.has(subresource);

export const isProxy = ({ group, resource, subresource }: RequestInfo): boolean =>
  group === '' && subresource === 'proxy' && ['pods', 'services', 'nodes'].includes(resource);

export const isLog = ({ group, resource, subresource }: RequestInfo): boolean =>
  group === '' && resource === 'pods' && subresource === 'log';

export class Connections {
  readonly #store: Store;
  readonly #nodes: () => NodeConnector | undefined;

  /** `nodes` may come later than the server: kubelets need the API to start. */
  constructor(store: Store, nodes: () => NodeConnector | undefined) {
    this.#store = store;
    this.#nodes = nodes;
  }

  async logs(info: RequestInfo, query: URLSearchParams, signal?: AbortSignal): Promise<HttpResponse> {
    const pod = this.#pod(info);
    const container = containerOf(pod, query.get('container'));
    const headers = { 'content-type': 'text/plain' };
    // Nothing has run yet, and nobody could have logged.
    if (!pod.spec.nodeName) return { status: 200, headers, body: EMPTY };
    if (!this.#store.get('nodes', pod.spec.nodeName)) throw notFound(PODS, pod.spec.nodeName);
    const number = (name: string) => {
      const text = query.get(name);
      return text === null ? undefined : Number(text);
    };
    const body = await this.#connector().logs(pod, container, {
      follow: isTrue(query.get('follow')),
      previous: isTrue(query.get('previous')),
      timestamps: isTrue(query.get('timestamps')),
      tailLines: number('tailLines'),
      sinceSeconds: number('sinceSeconds'),
      sinceTime: query.get('sinceTime') ?? undefined,
      limitBytes: number('limitBytes'),
      signal,
    });
    return { status: 200, headers, body };
  }

  async proxy(info: RequestInfo, http: HttpRequest, query: URLSearchParams): Promise<HttpResponse> {
    const text = query.toString();
    const search = text && `?${text}`;
    const { 'accept-encoding': _, authorization: __, ...headers } = http.headers;
    const target = proxyTarget(info);
    checkProxyTarget(target, this.#store);
    return this.#connector().proxy(target, {
      ...http,
      path: `${info.rest || '/'}${search}`,
      headers,
    });
  }

  /** Prepares a socket for exec, attach or port-forward. */
  upgrade(info: RequestInfo, query: URLSearchParams, protocols: readonly string[]): Upgrade {
    const pod = this.#pod(info);
    // What cannot be entered is refused before protocols are compared, as by a handler behind the upgrade.
    const container =
      info.subresource === 'portforward' ? undefined : containerOf(pod, query.get('container'));
    if (!pod.spec.nodeName)
      throw new StatusError('BadRequest', `pod ${pod.metadata.name} does not have a host assigned`);
    const supported = info.subresource === 'portforward' ? PORT_FORWARD_PROTOCOLS : REMOTE_COMMAND_PROTOCOLS;
    const protocol = protocols.find((each) => supported.includes(each));
    if (!protocol)
      throw new StatusError(
        'Forbidden',
        `unable to upgrade: none of the protocols ${JSON.stringify(protocols)} is supported, which are ${JSON.stringify(supported)}`,
      );
    if (container === undefined) {
      const ports = query.getAll('ports').flatMap((text) => text.split(',').map(Number));
      if (ports.length === 0) throw new StatusError('BadRequest', 'query parameter "ports" is required');
      return {
        protocol,
        serve: (socket) => servePortForward(socket, ports, this.portForwarder(info)),
      };
    }
    const options = {
      stdin: isTrue(query.get('stdin')),
      stdout: isTrue(query.get('stdout')),
      stderr: isTrue(query.get('stderr')),
      tty: isTrue(query.get('tty')),
    };
    if (!options.stdin && !options.stdout && !options.stderr)
      throw new StatusError('BadRequest', 'you must specify at least one of stdin, stdout, stderr');
    const command = query.getAll('command');
    if (info.subresource === 'exec' && command.length === 0)
      throw new StatusError('BadRequest', 'you must specify at least one command for the container');
    return {
      protocol,
      serve: (socket) =>
        serveRemoteCommand(socket, () =>
          info.subresource === 'exec'
            ? this.#connector().exec(pod, container, { ...options, command })
            : this.#connector().attach(pod, container, options),
        ),
    };
  }

  /** Connects to ports of the pod that the request names. */
  portForwarder(info: RequestInfo): (port: number) => Promise<Duplex> {
    const pod = this.#pod(info);
    if (!pod.spec.nodeName)
      throw new StatusError('BadRequest', `pod ${pod.metadata.name} does not have a host assigned`);
    return (port) => this.#connector().portForward(pod, port);
  }

  #pod({ namespace, name }: RequestInfo): KubernetesObject {
    const pod = this.#store.get('pods', `${namespace}/${name}`);
    if (!pod) throw notFound(PODS, name!);
    return pod;
  }

  #connector(): NodeConnector {
    const nodes = this.#nodes();
    if (!nodes) throw new StatusError('ServiceUnavailable', 'the cluster has no nodes to ask');
    return nodes;
  }
}

/** `[https:]name[:port]`, the way a proxied pod or service is named. */
function proxyTarget({ resource, namespace, name }: RequestInfo): ProxyTarget {
  const parts = name!.split(':');
  const scheme = parts.length > 1 && (parts[0] === 'http' || parts[0] === 'https') ? parts.shift()! : 'http';
  const kind = resource === 'pods' ? 'Pod' : resource === 'services' ? 'Service' : 'Node';
  return {
    kind,
    namespace,
    name: parts[0]!,
    port: parts[1] || undefined,
    scheme: scheme as 'http' | 'https',
  };
}
