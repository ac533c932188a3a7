/** What a process can do with its network. The cluster's network implements it; `os/` only knows the shape. */
import type { Disposable } from '../core/disposable.ts';
import type { HttpRequest, HttpResponse } from '../core/http.ts';

/** The other end of a connection, as the server sees it. */
export interface Peer {
  address: string;
  port: number;
}

/** What a server does with a request. An `HttpHandler` is one that does not ask who is calling. */
export type ConnectionHandler = (request: HttpRequest, peer: Peer) => Promise<HttpResponse>;

/** A network namespace: a pod's, or the learner's machine's. */
export interface NetworkNamespace {
  /** Own addresses, first the primary one; `127.0.0.1` is understood besides. */
  readonly addresses: readonly string[];
  /**
   * Serves HTTP on a TCP port of this namespace. Throws `Errno` EADDRINUSE.
   * `address` is `0.0.0.0` (default) or `127.0.0.1`.
   */
  listen(port: number, handler: ConnectionHandler, address?: string): Disposable;
  /** Ports that somebody listens on, the lowest first, with the address they are bound to. */
  listening?(): { port: number; address: string }[];
  /**
   * Sends one HTTP request to `host` (name or address) and `port`. Rejects with `Errno`
   * ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ECONNRESET, or with `NameNotFound`.
   */
  fetch(host: string, port: number, request: HttpRequest): Promise<HttpResponse>;
  /** Whether somebody accepts connections there; same errors as `fetch`. */
  dial(host: string, port: number, signal?: AbortSignal): Promise<void>;
  /** Addresses of a name (A records) after the search path of resolv.conf. Rejects with `NameNotFound`. */
  resolve(name: string): Promise<string[]>;
  /**
   * Asks the name server for records of a fully qualified name (no last dot). Rejects with `NameServerTimeout`;
   * undefined: there is none to ask.
   */
  query?(name: string, type: string): Promise<NameAnswer>;
  /** What is done to packets that leave `eth0`; undefined: this process may not know (no NET_ADMIN). */
  readonly link?: LinkShape | undefined;
}

/** A queueing discipline as `tc … netem` sets it. */
export interface LinkShape {
  /** 0 to 100. */
  lossPercent: number;
  delayMs: number;
  /** The delay is this much more or less. */
  jitterMs: number;
}

/** What a name server says. NOERROR without records: the name exists, and has none of that type. */
export interface NameAnswer {
  code: 'NOERROR' | 'NXDOMAIN';
  records: NameRecord[];
}

export interface NameRecord {
  /** With its last dot. */
  name: string;
  type: 'A' | 'CNAME' | 'SRV' | 'PTR';
  ttlSeconds: number;
  data: string;
}

/** NXDOMAIN. */
export class NameNotFound extends Error {
  readonly hostname: string;
  constructor(hostname: string) {
    super(`Could not resolve host: ${hostname}`);
    this.hostname = hostname;
  }
}

/** No name server answered. Programs that do not tell it apart say that the name is not known. */
export class NameServerTimeout extends NameNotFound {}
