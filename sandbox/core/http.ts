/**
 * HTTP messages as plain values. The platform's `Request` and `Response` cost microseconds each and do
 * not cross a MessagePort; these do both. Header names are lower case.
 */
import type { Disposable } from './disposable.ts';
import { concat, decode, encode, EMPTY } from './bytes.ts';

export interface HttpRequest {
  /** Upper case: GET, POST, … */
  method: string;
  /** Path with query, e.g. `/api/v1/pods?watch=1`. */
  path: string;
  headers: Record<string, string>;
  body?: Uint8Array;
  /** Aborting ends the exchange: a pending response rejects, a streaming body ends. */
  signal?: AbortSignal;
}

export interface HttpResponse {
  status: number;
  headers: Record<string, string>;
  /** Whole, or a stream that the reader pulls (back pressure); leaving its loop early aborts the exchange. */
  body: Uint8Array | AsyncIterable<Uint8Array>;
}

/** Something that answers HTTP requests. Rejects only when no answer could be had (network). */
export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;

/** A WebSocket-shaped, message-oriented duplex. Node, browsers and the in-process server all provide it. */
export interface MessageSocket {
  /** The sub-protocol the server chose, e.g. `v5.channel.k8s.io`. */
  readonly protocol: string;
  /** Resolves when the peer can take more. Rejects after close. */
  send(message: Uint8Array): Promise<void>;
  /** At most one consumer; messages that arrive earlier wait, as they do while a returned promise is pending. */
  onMessage(listener: (message: Uint8Array) => void | Promise<void>): Disposable;
  /** Fires once. */
  onClose(listener: (reason: { code: number; reason: string }) => void): Disposable;
  close(code?: number, reason?: string): void;
}

/** An HTTP origin that can also be upgraded to message sockets: the Kubernetes API, as a client sees it. */
export interface HttpOrigin {
  fetch: HttpHandler;
  /**
   * Opens a socket on `path` (with query) offering `protocols` in order of preference.
   * Rejects with `HttpUpgradeError` when the server answers with a plain response instead.
   */
  connect(
    path: string,
    options: { protocols: string[]; headers?: Record<string, string>; signal?: AbortSignal },
  ): Promise<MessageSocket>;
}

/** The server refused to upgrade; `response` says why (for the Kubernetes API: a Status). */
export class HttpUpgradeError extends Error {
  readonly response: { status: number; body: Uint8Array };
  constructor(response: { status: number; body: Uint8Array }) {
    super(
      `the server answered ${response.status} instead of upgrading: ${decode(response.body).slice(0, 500)}`,
    );
    this.response = response;
  }
}

/** The whole body. Reading a stream twice is an error of the caller. */
export async function readBody(response: HttpResponse): Promise<Uint8Array> {
  if (response.body instanceof Uint8Array) return response.body;
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return chunks.length === 0 ? EMPTY : concat(chunks);
}

export const readText = async (response: HttpResponse): Promise<string> => decode(await readBody(response));

/** A whole response with a text body. */
export function textResponse(
  status: number,
  text: string,
  headers: Record<string, string> = {},
): HttpResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body: encode(text) };
}

/** A whole response with a JSON body. */
export function jsonResponse(
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: encode(JSON.stringify(value)),
  };
}
