/** Carries an `HttpOrigin` per client over HTTPS: sockets, TLS identities and streams, nothing of the API. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { HttpOrigin, HttpRequest, HttpResponse } from '../../core/http.ts';
import type { UserInfo } from '../api/request.ts';
import type { ClusterCertificates } from './certificates.ts';

export interface HttpsFrontOptions {
  certificates: ClusterCertificates;
  /** The API as a client with this identity sees it; undefined: nobody it knows. */
  origin(user: UserInfo | undefined, headers: Record<string, string>): HttpOrigin;
}

/** Time that open requests get when the front closes. */
const CLOSE_GRACE_MS = 500;

export class HttpsFront {
  readonly #options: HttpsFrontOptions;
  readonly #server: Server;

  constructor(options: HttpsFrontOptions) {
    this.#options = options;
    const { server, authority } = options.certificates;
    this.#server = createServer(
      {
        key: server.key,
        cert: server.certificate,
        ca: authority,
        requestCert: true,
        rejectUnauthorized: false,
      },
      (request, response) => void this.#answer(request, response),
    );
  }

  get server(): Server {
    return this.#server;
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
    const timer = setTimeout(() => this.#server.closeAllConnections(), CLOSE_GRACE_MS);
    await closed;
    clearTimeout(timer);
  }

  /** The origin for whoever sent the request. */
  originFor(request: IncomingMessage): HttpOrigin {
    return this.#options.origin(certificateUser(request.socket as TLSSocket), headersOf(request));
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
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
      await send(await this.originFor(incoming).fetch(request), outgoing);
    } catch (error) {
      if (abort.signal.aborted) return;
      if (outgoing.headersSent) outgoing.destroy(error as Error);
      else outgoing.writeHead(500).end(String(error));
    }
  }
}

export function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
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

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

async function send({ status, headers, body }: HttpResponse, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(status, headers);
  if (body instanceof Uint8Array) {
    outgoing.end(body);
    return;
  }
  // The client is told that its stream is open before there is anything in it.
  outgoing.flushHeaders();
  for await (const chunk of body) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(chunk)) await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')]);
  }
  outgoing.end();
}
