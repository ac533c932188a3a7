/**
 * Carries an `HttpOrigin` per client over HTTPS: sockets, TLS identities and streams, nothing of the API.
 * HTTP/2 for clients that offer it, as those in Go do (one connection for all their watches), and HTTP/1.1.
 */
import { once } from 'node:events';
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { WebSocketServer } from 'ws';
import { jsonResponse, type HttpRequest, type HttpResponse, type MessageSocket } from '../../core/http.ts';
import type { UserInfo } from '../api/request.ts';
import { StatusError } from '../api/status.ts';
import type { ApiHttpOrigin } from '../apiserver/http/http-origin.ts';
import { checkSize } from '../apiserver/http/request-body.ts';
import { servePortForwardTunnel, TUNNEL_PROTOCOL } from './port-forward-tunnel.ts';
import { NodeSocket } from './web-socket.ts';
import type { ClusterCertificates } from './certificates.ts';

export interface HttpsFrontOptions {
  certificates: ClusterCertificates;
  /** The API as a client with this identity sees it; undefined: nobody it knows. */
  origin(user: UserInfo | undefined, headers: Record<string, string>): ApiHttpOrigin | Refusal;
}

/** Credentials that nobody accepts. */
export interface Refusal {
  refused: StatusError;
}

/** From here on answers are compressed for clients that take it (`defaultGzipThresholdBytes`). */
const COMPRESSED_BYTES = 128 * 1024;
/** What the API itself writes: what pods say goes on as it came. */
const COMPRESSED_TYPES = /^application\/(json|yaml|vnd\.kubernetes\.protobuf)/;

type Incoming = IncomingMessage | Http2ServerRequest;
type Outgoing = ServerResponse | Http2ServerResponse;

/** Streams of one connection, as many as Go's server allows. */
const MAX_STREAMS = 250;

/** Time that open requests get when the front closes. */
const CLOSE_GRACE_MS = 500;

export class HttpsFront {
  readonly #options: HttpsFrontOptions;
  readonly #server: Http2SecureServer;
  readonly #connections = new Set<Duplex>();
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #protocols = new WeakMap<IncomingMessage, string>();

  constructor(options: HttpsFrontOptions) {
    this.#options = options;
    const { server, authority } = options.certificates;
    this.#server = createSecureServer(
      {
        allowHTTP1: true,
        settings: { maxConcurrentStreams: MAX_STREAMS },
        key: server.key,
        cert: server.certificate,
        ca: authority,
        requestCert: true,
        rejectUnauthorized: false,
      },
      (request, response) => void this.#answer(request, response),
    );
    this.#sockets.on('headers', (headers, request) => {
      headers.push(`Sec-WebSocket-Protocol: ${this.#protocols.get(request)}`);
    });
    this.#server.on('secureConnection', (socket) => {
      this.#connections.add(socket);
      socket.once('close', () => this.#connections.delete(socket));
    });
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Listens and resolves to the port. */
  async listen(port: number, host: string): Promise<number> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    const timer = setTimeout(() => {
      for (const socket of this.#connections) socket.destroy();
    }, CLOSE_GRACE_MS);
    await closed;
    clearTimeout(timer);
  }

  /** The API as whoever sent the request sees it. Throws `StatusError` for credentials that do not hold. */
  #originFor(request: Incoming): ApiHttpOrigin {
    const origin = this.#options.origin(certificateUser(request.socket as TLSSocket), headersOf(request));
    if ('refused' in origin) throw origin.refused;
    return origin;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
    let serve: (socket: MessageSocket) => unknown;
    let protocol: string;
    try {
      const origin = this.#originFor(request);
      if (protocols.includes(TUNNEL_PROTOCOL)) {
        const open = origin.portForwarder(request.url!, headersOf(request));
        protocol = TUNNEL_PROTOCOL;
        serve = (accepted) => servePortForwardTunnel(accepted, open);
      } else {
        const upgrade = origin.upgrade(request.url!, protocols, headersOf(request));
        protocol = upgrade.protocol;
        serve = (accepted) => upgrade.serve(accepted);
      }
    } catch (error) {
      return refuse(socket, error);
    }
    // `ws` refuses the name of the tunnel's protocol, which is no token: it is chosen here, not there.
    delete request.headers['sec-websocket-protocol'];
    this.#protocols.set(request, protocol);
    this.#sockets.handleUpgrade(request, socket, head, (accepted) =>
      serve(new NodeSocket(accepted, protocol)),
    );
  }

  async #answer(incoming: Incoming, outgoing: Outgoing): Promise<void> {
    const abort = new AbortController();
    outgoing.on('close', () => abort.abort());
    try {
      const body = await bodyOf(incoming);
      const request: HttpRequest = {
        method: incoming.method!,
        path: incoming.url!,
        headers: headersOf(incoming),
        signal: abort.signal as HttpRequest['signal'],
        ...(body.length > 0 && { body }),
      };
      const response = await this.#originFor(incoming).fetch(request);
      const shrinks = isCompressible(response, request.headers['accept-encoding']);
      await send(shrinks ? await compressed(response) : response, outgoing);
    } catch (error) {
      if (abort.signal.aborted) return;
      if (outgoing.headersSent) outgoing.destroy(error as Error);
      else await send(failure(error), outgoing);
    }
  }
}

/** A failure before or beside the API's own: its Status. */
function failure(error: unknown): HttpResponse {
  const { status } = error instanceof StatusError ? error : new StatusError('InternalError', String(error));
  return jsonResponse(status.code, status);
}

/** Answers an upgrade with a plain response. */
function refuse(socket: Duplex, error: unknown): void {
  const { status, headers, body } = failure(error);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}connection: close\r\n\r\n`);
  socket.end(body as Uint8Array);
}

function headersOf(request: Incoming): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers))
    // HTTP/2 has the method and the path among them.
    if (value !== undefined && !name.startsWith(':'))
      headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return headers;
}

/** Who a client certificate of our authority says it is: common name and organisations. */
function certificateUser(socket: TLSSocket): UserInfo | undefined {
  if (!socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  if (!subject?.CN) return undefined;
  const { CN, O = [] } = subject as { CN: string; O?: string | string[] };
  return { username: CN, groups: [...(Array.isArray(O) ? O : [O]), 'system:authenticated'] };
}

/** The whole body. Throws `StatusError` as soon as there is more than the API reads. */
async function bodyOf(request: Incoming): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request) {
    chunks.push(chunk as Uint8Array);
    length += (chunk as Uint8Array).length;
    checkSize({ length });
  }
  return Buffer.concat(chunks);
}

/** Whether the answer is worth compressing, and the client takes that (`responsewriters`' deferred writer). */
function isCompressible({ headers, body }: HttpResponse, acceptEncoding: string | undefined): boolean {
  if (!(body instanceof Uint8Array) || body.length < COMPRESSED_BYTES || headers['content-encoding'])
    return false;
  const accepted = (acceptEncoding ?? '').split(',').map((each) => each.trim());
  return accepted.includes('gzip') && COMPRESSED_TYPES.test(headers['content-type'] ?? '');
}

async function compressed({ status, headers, body }: HttpResponse): Promise<HttpResponse> {
  const vary = headers.vary ? `${headers.vary}, Accept-Encoding` : 'Accept-Encoding';
  return {
    status,
    headers: { ...headers, 'content-encoding': 'gzip', vary },
    body: await promisify(gzip)(body as Uint8Array, { level: constants.Z_BEST_SPEED }),
  };
}

async function send({ status, headers, body }: HttpResponse, outgoing: Outgoing): Promise<void> {
  // Of one signature only in each of the two.
  (outgoing as ServerResponse).writeHead(status, headers);
  if (body instanceof Uint8Array) {
    outgoing.end(body);
    return;
  }
  // The client is told that its stream is open before there is anything in it.
  (outgoing as ServerResponse).flushHeaders();
  for await (const chunk of body) {
    if (outgoing.destroyed) return;
    if (!(outgoing as ServerResponse).write(chunk))
      await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')]);
  }
  outgoing.end();
}
