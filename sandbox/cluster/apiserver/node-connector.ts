/**
 * What the API server asks of kubelets and of the cluster's network on behalf of `logs`, `exec`, `attach`,
 * `port-forward` and `proxy`. The kubelets of the cluster implement it; the server only carries bytes.
 */
import type { HttpRequest, HttpResponse } from '../../core/http.ts';
import type { KubernetesObject } from '../api/object.ts';

export interface LogOptions {
  follow?: boolean;
  previous?: boolean;
  timestamps?: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  /** RFC 3339. */
  sinceTime?: string;
  limitBytes?: number;
  /** Ends a followed log. */
  signal?: AbortSignal;
}

export interface ExecOptions {
  command: string[];
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

/** A process in a container, or what `attach` is attached to. */
export interface ExecStreams {
  /** Undefined without `stdin`. Resolves when the process can take more; rejects once it has ended. */
  readonly stdin: { write(bytes: Uint8Array): Promise<void>; close(): void } | undefined;
  /** Empty where not asked for; with a tty everything comes on stdout. */
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stderr: AsyncIterable<Uint8Array>;
  resize(columns: number, rows: number): void;
  /** Exit code. Rejects when the process could not be started, with words for the person who asked. */
  readonly exit: Promise<number>;
  /** The client has gone. */
  close(): void;
}

/** A byte stream to a port. */
export interface Duplex {
  readonly output: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
  /** Nothing more will be written. */
  end(): void;
  close(): void;
}

/** Every call rejects with `StatusError`, or an Error whose message is for people. */
export interface NodeConnector {
  logs(pod: KubernetesObject, container: string, options: LogOptions): Promise<AsyncIterable<Uint8Array>>;
  exec(pod: KubernetesObject, container: string, options: ExecOptions): Promise<ExecStreams>;
  attach(
    pod: KubernetesObject,
    container: string,
    options: Omit<ExecOptions, 'command'>,
  ): Promise<ExecStreams>;
  portForward(pod: KubernetesObject, port: number): Promise<Duplex>;
  /** HTTP to a pod of the cluster, as `pods/proxy` and `services/proxy` need it. */
  proxy(target: ProxyTarget, request: HttpRequest): Promise<HttpResponse>;
}

export interface ProxyTarget {
  kind: 'Pod' | 'Service' | 'Node';
  namespace: string | undefined;
  name: string;
  /** Name or number; undefined: the only or first one. */
  port: string | undefined;
  scheme: 'http' | 'https';
}
