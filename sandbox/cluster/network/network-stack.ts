/**
 * One network namespace: addresses, listeners, a resolver. Containers of a pod share one, a node has one,
 * and so has the learner's machine. Connections are HTTP exchanges (see `os/network.ts`); packets, UDP and
 * raw TCP are left out, because nothing that a lesson runs would show the difference.
 */
import { sleep, type Clock } from '../../core/clock.ts';
import { toDisposable, type Disposable } from '../../core/disposable.ts';
import type { HttpRequest, HttpResponse } from '../../core/http.ts';
import type { Random } from '../../core/random.ts';
import { Errno } from '../../os/errno.ts';
import {
  NameNotFound,
  NameServerTimeout,
  type ConnectionHandler,
  type NameAnswer,
  type NetworkNamespace,
  type Peer,
} from '../../os/network.ts';
import { isLoopback, parseAddress } from './address.ts';
import { dataMs, handshakeMs, Link } from './link.ts';

/** Where a connection ends. */
export type Route =
  | { kind: 'stack'; stack: NetworkStack; port: number; peer: string }
  /** Somebody is there and says no (RST, or an ICMP reject). */
  | { kind: 'refused' }
  /** Packets vanish: nobody has the address, or a policy drops them. */
  | { kind: 'dropped' }
  /** The address belongs to this network and nobody answers ARP. */
  | { kind: 'unreachable' };

/** What a stack needs of the network around it. */
export interface Surroundings {
  clock: Clock;
  random: Random;
  /** The way of a connection from `from` to an address that is not its own. */
  route(from: NetworkStack, address: string, port: number): Route;
  /** The name server's whole answer; `dropped`: nobody answers. */
  query(from: NetworkStack, name: string, type: string): NameAnswer | 'dropped';
  /** Addresses of a fully qualified name (no trailing dot), or undefined for NXDOMAIN; `dropped`: nobody answers. */
  lookUp(from: NetworkStack, name: string): readonly string[] | 'dropped' | undefined;
  /** Counts what goes over the network. */
  readonly traffic: ExchangeCounter;
}

/** Hears of exchanges between namespaces, while somebody wants to know. */
export interface ExchangeCounter {
  readonly isWatched: boolean;
  /**
   * @param address what the client called, e.g. a Service's
   * @param to where that led; undefined: nowhere
   * @param response undefined: none came
   */
  count(
    from: NetworkStack,
    address: string,
    port: number,
    to: NetworkStack | undefined,
    response: HttpResponse | undefined,
  ): void;
}

/** `resolv.conf` as the resolver uses it. */
export interface ResolverConfig {
  searches: readonly string[];
  /** A name with fewer dots is tried with the search path first. */
  ndots: number;
}

export interface NetworkStackInit {
  addresses: readonly string[];
  hostname: string;
  resolver?: ResolverConfig;
  /** Lines of `/etc/hosts`: address by name. */
  hosts?: ReadonlyMap<string, string>;
}

/**
 * What stands between a namespace and its network, as a mesh's proxy does: everything that is sent from there and
 * that comes there goes through it, except over loopback.
 */
export interface Interceptor {
  /** A request that a process of the namespace sends. Rejects as `NetworkNamespace.fetch`. */
  outbound(host: string, port: number, request: HttpRequest): Promise<HttpResponse>;
  /**
   * Somebody opens a connection to `port` and offers something first, as TLS does. Resolves with the answer;
   * undefined: what listens there does not understand it.
   */
  handshake(port: number, offer: unknown, peer: Peer): Promise<unknown>;
  /**
   * A request for `port`. `connection` is what a handshake came to; undefined: the connection began without. Rejects
   * with an `Errno`, or with the reason of an aborted request.
   */
  inbound(port: number, request: HttpRequest, peer: Peer, connection: unknown): Promise<HttpResponse>;
}

/** Linux gives up after the first SYN and six retries (`tcp_syn_retries`). */
const CONNECT_TIMEOUT_MS = 127_000;
/** … and earlier, with EHOSTUNREACH, when ARP finds nobody. */
const ARP_TIMEOUT_MS = 3_060;
/** A resolver asks twice and waits five seconds each time. */
const RESOLVE_TIMEOUT_MS = 10_000;
const RESOLVE_TRIES = 2;
const FIRST_EPHEMERAL_PORT = 32_768;
const EPHEMERAL_PORTS = 28_232;

interface Listener {
  address: string;
  handler: ConnectionHandler;
  /** Exchanges under way, to be reset when the listener goes. */
  open: Set<(error: Errno) => void>;
}

export class NetworkStack implements NetworkNamespace, Disposable {
  readonly addresses: readonly string[];
  readonly hostname: string;
  /** What happens to packets on their way out. */
  readonly link = new Link();
  readonly #surroundings: Surroundings;
  readonly #resolver: ResolverConfig;
  readonly #hosts: ReadonlyMap<string, string>;
  readonly #listeners = new Map<number, Listener>();
  #ephemeral = 0;
  #disposed = false;
  #interceptor: Interceptor | undefined;

  constructor(surroundings: Surroundings, init: NetworkStackInit) {
    this.#surroundings = surroundings;
    this.addresses = init.addresses;
    this.hostname = init.hostname;
    this.#resolver = init.resolver ?? { searches: [], ndots: 1 };
    this.#hosts = init.hosts ?? NO_HOSTS;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Ports somebody listens on, lowest first, with the address they are bound to. */
  listening(): { port: number; address: string }[] {
    return [...this.#listeners]
      .map(([port, { address }]) => ({ port, address }))
      .sort((a, b) => a.port - b.port);
  }

  listen(port: number, handler: ConnectionHandler, address = '0.0.0.0'): Disposable {
    if (this.#listeners.has(port)) throw new Errno('EADDRINUSE');
    const listener: Listener = { address, handler, open: new Set() };
    this.#listeners.set(port, listener);
    return toDisposable(() => {
      if (this.#listeners.get(port) === listener) this.#listeners.delete(port);
      for (const reset of listener.open) reset(new Errno('ECONNRESET'));
    });
  }

  /** Puts something between the namespace and its network, until disposed. */
  intercept(interceptor: Interceptor): Disposable {
    this.#interceptor = interceptor;
    return toDisposable(() => {
      if (this.#interceptor === interceptor) this.#interceptor = undefined;
    });
  }

  fetch(host: string, port: number, request: HttpRequest): Promise<HttpResponse> {
    if (isLocalhost(host) || isLoopback(host) || this.addresses.includes(host))
      return this.#send(host, port, request, undefined);
    // Who intercepts knows more of an exchange, and counts it.
    if (this.#interceptor) return this.#interceptor.outbound(host, port, request);
    return this.#surroundings.traffic.isWatched
      ? this.#fetchCounted(host, port, request)
      : this.#send(host, port, request, undefined);
  }

  async #fetchCounted(host: string, port: number, request: HttpRequest): Promise<HttpResponse> {
    const { traffic } = this.#surroundings;
    let way: { address: string; to: NetworkStack | undefined } | undefined;
    const onRoute = (address: string, to: NetworkStack | undefined) => (way = { address, to });
    let response: HttpResponse | undefined;
    try {
      return (response = await this.#send(host, port, request, onRoute));
    } finally {
      if (way && !request.signal?.aborted) traffic.count(this, way.address, port, way.to, response);
    }
  }

  /**
   * Sends to an address, past what intercepts here. Rejects as `fetch`.
   * @param connection what `open` gave, if the connection is one of those
   */
  sendTo(address: string, port: number, request: HttpRequest, connection?: unknown): Promise<HttpResponse> {
    const route = this.#route(address, port);
    return route.kind === 'stack'
      ? this.#exchangeWith(route, request, connection)
      : this.#failed(route.kind, request.signal);
  }

  async #send(
    host: string,
    port: number,
    request: HttpRequest,
    onRoute: ((address: string, to: NetworkStack | undefined) => void) | undefined,
  ): Promise<HttpResponse> {
    const known = this.addressOf(host);
    const address = typeof known === 'string' ? known : await known;
    const route = this.#route(address, port);
    onRoute?.(address, route.kind === 'stack' ? route.stack : undefined);
    if (route.kind !== 'stack') return this.#failed(route.kind, request.signal);
    const named = request.headers['host']
      ? request
      : { ...request, headers: { ...request.headers, host: port === 80 ? host : `${host}:${port}` } };
    return await this.#exchangeWith(route, named, undefined);
  }

  #exchangeWith(
    route: Extract<Route, { kind: 'stack' }>,
    request: HttpRequest,
    connection: unknown,
  ): Promise<HttpResponse> {
    const { stack } = route;
    return stack === this || (this.link.isClear && stack.link.isClear)
      ? stack.#receive(this, route, request, this.#ephemeralPort(), connection)
      : this.#exchangeOverLinks(route, request, connection);
  }

  async #exchangeOverLinks(
    route: Extract<Route, { kind: 'stack' }>,
    request: HttpRequest,
    connection: unknown,
  ): Promise<HttpResponse> {
    const { stack } = route;
    await this.#cross(handshakeMs(this.link, stack.link, this.#surroundings.random), request.signal);
    await this.#cross(dataMs(this.link, this.#surroundings.random), request.signal);
    const response = await stack.#receive(this, route, request, this.#ephemeralPort(), connection);
    await this.#cross(dataMs(stack.link, this.#surroundings.random), request.signal);
    return response;
  }

  /**
   * Opens a connection that begins with an offer, past what intercepts here. Resolves with the answer of who
   * intercepts there; undefined: nobody does. Rejects as `fetch`.
   */
  async open(address: string, port: number, offer: unknown, signal?: AbortSignal): Promise<unknown> {
    const route = this.#route(address, port);
    if (route.kind !== 'stack') return this.#failed(route.kind, signal);
    const { stack } = route;
    if (stack !== this && !(this.link.isClear && stack.link.isClear))
      await this.#cross(handshakeMs(this.link, stack.link, this.#surroundings.random), signal);
    if (!stack.#interceptor) {
      if (!stack.#listenerFor(route)) throw new Errno('ECONNREFUSED');
      return undefined;
    }
    return stack.#interceptor.handshake(port, offer, { address: route.peer, port: this.#ephemeralPort() });
  }

  /** A request from who intercepts here to who listens here, for whom it comes from `peer`. Rejects as `fetch`. */
  handOn(port: number, request: HttpRequest, peer: Peer): Promise<HttpResponse> {
    const listener = this.#listenerFor({ port, peer: this.addresses[0]! });
    if (!listener) return Promise.reject(new Errno('ECONNREFUSED'));
    return exchange(listener.open, request.signal, () => listener.handler(request, peer));
  }

  async dial(host: string, port: number, signal?: AbortSignal): Promise<void> {
    const route = this.#route(await this.addressOf(host), port);
    if (route.kind !== 'stack') return this.#failed(route.kind, signal);
    if (route.stack !== this && !(this.link.isClear && route.stack.link.isClear))
      await this.#cross(handshakeMs(this.link, route.stack.link, this.#surroundings.random), signal);
    if (!route.stack.#listenerFor(route)) throw new Errno('ECONNREFUSED');
  }

  /** Waits for packets that take `ms`; undefined: they never come, and the connection is given up. */
  async #cross(ms: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    if (ms === 0) return;
    await sleep(this.#surroundings.clock, ms ?? CONNECT_TIMEOUT_MS, signal);
    if (ms === undefined) throw new Errno('ETIMEDOUT');
  }

  async resolve(name: string): Promise<string[]> {
    if (!this.link.isClear && !this.#isKnownHere(name)) await this.#crossForName(name);
    const addresses = this.#resolveNow(name);
    if (!addresses) throw new NameNotFound(name);
    if (addresses === 'dropped') {
      await sleep(this.#surroundings.clock, RESOLVE_TIMEOUT_MS);
      throw new NameServerTimeout(name);
    }
    return [...addresses];
  }

  /** The first of the addresses that `resolve` gives; a promise only where that takes time, or fails. */
  addressOf(name: string): string | Promise<string> {
    if (this.link.isClear) {
      const addresses = this.#resolveNow(name);
      if (addresses && addresses !== 'dropped') return addresses[0]!;
    }
    return this.resolve(name).then((addresses) => addresses[0]!);
  }

  async query(name: string, type: string): Promise<NameAnswer> {
    if (!this.link.isClear) await this.#crossForName(name);
    const answer = this.#surroundings.query(this, name, type);
    if (answer !== 'dropped') return answer;
    await sleep(this.#surroundings.clock, RESOLVE_TIMEOUT_MS);
    throw new NameServerTimeout(name);
  }

  dispose(): void {
    this.#disposed = true;
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    for (const { open } of listeners) for (const reset of open) reset(new Errno('ECONNRESET'));
  }

  #isKnownHere(name: string): boolean {
    return (
      parseAddress(name) !== undefined || isLocalhost(name) || this.#hosts.has(name) || name === this.hostname
    );
  }

  /** A question and its answer, twice at most: UDP does not send again. */
  async #crossForName(name: string): Promise<void> {
    const { clock, random } = this.#surroundings;
    for (let attempt = 0; attempt < RESOLVE_TRIES; attempt++) {
      const delayMs = this.link.send(random);
      await sleep(clock, delayMs ?? RESOLVE_TIMEOUT_MS / RESOLVE_TRIES);
      if (delayMs !== undefined) return;
    }
    throw new NameServerTimeout(name);
  }

  #resolveNow(name: string): readonly string[] | 'dropped' | undefined {
    if (parseAddress(name) !== undefined) return [name];
    if (isLocalhost(name)) return ['127.0.0.1'];
    const known = this.#hosts.get(name);
    if (known) return [known];
    if (name === this.hostname) return this.addresses.slice(0, 1);
    if (name.endsWith('.')) return this.#lookUp(name.slice(0, -1));
    const { searches, ndots } = this.#resolver;
    const isNameFirst = name.split('.').length > ndots;
    const found = isNameFirst ? this.#lookUp(name) : undefined;
    if (found) return found;
    for (const domain of searches) {
      const there = this.#lookUp(`${name}.${domain}`);
      if (there) return there;
    }
    return isNameFirst ? undefined : this.#lookUp(name);
  }

  #lookUp(name: string): readonly string[] | 'dropped' | undefined {
    const found = this.#surroundings.lookUp(this, name);
    return found && found.length > 0 ? found : undefined;
  }

  #route(address: string, port: number): Route {
    if (this.#disposed) return { kind: 'unreachable' };
    if (isLoopback(address)) return { kind: 'stack', stack: this, port, peer: '127.0.0.1' };
    if (this.addresses.includes(address)) return { kind: 'stack', stack: this, port, peer: address };
    return this.#surroundings.route(this, address, port);
  }

  #listenerFor({ port, peer }: { port: number; peer: string }): Listener | undefined {
    const listener = this.#listeners.get(port);
    if (!listener || (isLoopback(listener.address) && !isLoopback(peer))) return undefined;
    return listener;
  }

  #receive(
    from: NetworkStack,
    route: { port: number; peer: string },
    request: HttpRequest,
    clientPort: number,
    connection: unknown,
  ): Promise<HttpResponse> {
    const interceptor = this.#interceptor;
    if (!interceptor || from === this) return this.#accept(route, request, clientPort);
    return interceptor.inbound(route.port, request, { address: route.peer, port: clientPort }, connection);
  }

  #accept(
    route: { port: number; peer: string },
    request: HttpRequest,
    clientPort: number,
  ): Promise<HttpResponse> {
    const listener = this.#listenerFor(route);
    if (!listener) return Promise.reject(new Errno('ECONNREFUSED'));
    const peer: Peer = { address: route.peer, port: clientPort };
    return exchange(listener.open, request.signal, () => listener.handler(request, peer));
  }

  /** Rejects, when it is time to. */
  async #failed(kind: 'refused' | 'dropped' | 'unreachable', signal?: AbortSignal): Promise<never> {
    if (kind === 'refused') throw new Errno('ECONNREFUSED');
    await sleep(this.#surroundings.clock, kind === 'dropped' ? CONNECT_TIMEOUT_MS : ARP_TIMEOUT_MS, signal);
    throw new Errno(kind === 'dropped' ? 'ETIMEDOUT' : 'EHOSTUNREACH');
  }

  #ephemeralPort(): number {
    return FIRST_EPHEMERAL_PORT + (this.#ephemeral++ % EPHEMERAL_PORTS);
  }
}

/** One exchange, which can be reset from `open` and aborted by its client. */
function exchange(
  open: Set<(error: Errno) => void>,
  signal: AbortSignal | undefined,
  answer: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const end = () => {
      open.delete(reset);
      signal?.removeEventListener('abort', abort);
    };
    const reset = (error: Errno) => {
      end();
      reject(error);
    };
    const abort = () => {
      end();
      reject(signal!.reason);
    };
    if (signal?.aborted) return reject(signal.reason);
    signal?.addEventListener('abort', abort, { once: true });
    open.add(reset);
    answer().then(
      (response) => {
        end();
        resolve(response);
      },
      (error) => {
        end();
        // A server that fails without an answer closes the connection.
        reject(error instanceof Errno ? error : new Errno('ECONNRESET'));
      },
    );
  });
}

const isLocalhost = (name: string): boolean => name === 'localhost' || name.endsWith('.localhost');

const NO_HOSTS: ReadonlyMap<string, string> = new Map();
