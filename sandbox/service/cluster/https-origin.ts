/**
 * An API server over HTTPS with a client certificate, in the shape of the seam. Answers with a known length
 * come whole; the others (watches, logs that are followed) stream and are pulled.
 */
import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Disposable } from '../../core/disposable.ts';
import { toDisposable } from '../../core/disposable.ts';
import { Emitter } from '../../core/emitter.ts';
import {
  HttpUpgradeError,
  type HttpOrigin,
  type HttpRequest,
  type HttpResponse,
  type MessageSocket,
} from '../../core/http.ts';
import type { Kubeconfig } from './kubeconfig.ts';

/** Answers up to this length are collected. */
const WHOLE_BYTES = 1024 * 1024;

/** Of one connection, not of what passes through it. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'host',
]);

export class HttpsOrigin implements HttpOrigin, Disposable {
  #url: URL;
  #tls: { ca: string; cert: string; key: string };
  #agent: Agent;

  constructor({ server, ca, certificate, key }: Kubeconfig) {
    this.#url = new URL(server);
    this.#tls = { ca, cert: certificate, key };
    this.#agent = new Agent({ ...this.#tls, keepAlive: true });
  }

  readonly fetch = async (request: HttpRequest): Promise<HttpResponse> => {
    const { method, path, headers, body, signal } = request;
    signal?.throwIfAborted();
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = httpsRequest({
        host: this.#url.hostname,
        port: this.#url.port,
        agent: this.#agent,
        method,
        path,
        // Node tells the length by itself, but not with the methods that seldom have a body, such as DELETE.
        headers: { ...passedOn(headers), ...(body ? { 'content-length': body.byteLength } : {}) },
        ...(signal ? { signal } : {}),
      });
      outgoing.on('response', resolve);
      outgoing.on('error', (error) => reject(signal?.aborted ? signal.reason : error));
      outgoing.end(body);
    });
    const length = Number(message.headers['content-length'] ?? Number.NaN);
    const whole = length <= WHOLE_BYTES;
    return {
      status: message.statusCode!,
      headers: headersOf(message),
      body: whole ? await collect(message) : message,
    };
  };

  async connect(
    path: string,
    options: { protocols: string[]; headers?: Record<string, string>; signal?: AbortSignal },
  ): Promise<MessageSocket> {
    const { protocols, headers = {}, signal } = options;
    signal?.throwIfAborted();
    const url = `wss://${this.#url.host}${path}`;
    const socket = new WebSocket(url, protocols, {
      ...this.#tls,
      headers: passedOn(headers),
      perMessageDeflate: false,
    });
    socket.binaryType = 'nodebuffer';
    // What arrives before somebody listens waits in the socket.
    socket.once('open', () => socket.pause());
    const abort = () => socket.terminate();
    signal?.addEventListener('abort', abort, { once: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.on('error', (error) => reject(signal?.aborted ? signal.reason : error));
      socket.once('unexpected-response', (_request, message: IncomingMessage) => {
        collect(message).then(
          (body) => reject(new HttpUpgradeError({ status: message.statusCode!, body })),
          reject,
        );
      });
    });
    socket.once('close', () => signal?.removeEventListener('abort', abort));
    return new ServerSocket(socket);
  }

  dispose(): void {
    this.#agent.destroy();
  }
}

class ServerSocket implements MessageSocket {
  readonly protocol: string;
  #socket: WebSocket;
  #closes = new Emitter<{ code: number; reason: string }>();
  #closed = false;
  readonly onClose = this.#closes.event;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.protocol = socket.protocol;
    socket.once('close', (code, reason) => {
      if (this.#closed) return;
      this.#closed = true;
      this.#closes.fire({ code, reason: reason.toString() });
    });
  }

  send(message: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#socket.send(message, { binary: true }, (error) => (error ? reject(error) : resolve())),
    );
  }

  onMessage(listener: (message: Uint8Array) => void | Promise<void>): Disposable {
    const receive = (data: Buffer) => {
      const busy = listener(data);
      if (!busy) return;
      this.#socket.pause();
      void busy.then(() => this.#socket.resume());
    };
    this.#socket.on('message', receive);
    this.#socket.resume();
    return toDisposable(() => {
      this.#socket.off('message', receive);
      this.#socket.pause();
    });
  }

  close(code = 1000, reason = ''): void {
    // A paused socket would never read the answer to its close.
    this.#socket.removeAllListeners('message');
    this.#socket.resume();
    this.#socket.close(isSendable(code) ? code : 1000, reason.slice(0, 120));
  }
}

/** Codes that an application may put into a close message (RFC 6455, 7.4). */
const isSendable = (code: number) =>
  (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999);

const passedOn = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase())));

function headersOf(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value === undefined || HOP_BY_HOP.has(name)) continue;
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

async function collect(message: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
