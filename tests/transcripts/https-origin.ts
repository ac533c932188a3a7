/** A real cluster as an `HttpOrigin`, by the client certificate of its kubeconfig. For tests alone. */
import { readFileSync } from 'node:fs';
import { request as httpsRequest, Agent } from 'node:https';
import { connect as tlsConnect } from 'node:tls';
import { randomBytes } from 'node:crypto';
import { load } from 'js-yaml';
import {
  HttpUpgradeError,
  type HttpOrigin,
  type HttpRequest,
  type HttpResponse,
  type MessageSocket,
} from '../../sandbox/core/http.ts';

interface Config {
  clusters: { cluster: { server: string; 'certificate-authority-data'?: string } }[];
  users: { user: { 'client-certificate-data'?: string; 'client-key-data'?: string; token?: string } }[];
}

export function httpsOrigin(kubeconfigPath: string): HttpOrigin & { close(): void } {
  const config = load(readFileSync(kubeconfigPath, 'utf8')) as Config;
  const { server, 'certificate-authority-data': authority } = config.clusters[0]!.cluster;
  const { 'client-certificate-data': certificate, 'client-key-data': key, token } = config.users[0]!.user;
  const bytes = (text: string | undefined) => (text ? Buffer.from(text, 'base64') : undefined);
  const tls = { ca: bytes(authority), cert: bytes(certificate), key: bytes(key) };
  const { hostname, port } = new URL(server);
  const agent = new Agent({ keepAlive: true, ...tls });
  const own: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};

  const fetch = ({ method, path, headers, body, signal }: HttpRequest): Promise<HttpResponse> =>
    new Promise((resolve, reject) => {
      const sent = httpsRequest(
        {
          hostname,
          port,
          path,
          method,
          // Node says the length of a DELETE's body to nobody, and the server takes it for the next request.
          headers: { ...headers, ...own, ...(body ? { 'content-length': String(body.length) } : {}) },
          agent,
          ...(signal ? { signal: signal as unknown as globalThis.AbortSignal } : {}),
        },
        (response) => {
          const received: Record<string, string> = {};
          for (const [name, value] of Object.entries(response.headers))
            if (value !== undefined) received[name] = Array.isArray(value) ? value.join(', ') : value;
          resolve({ status: response.statusCode!, headers: received, body: response });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });

  return {
    fetch,
    connect: (path, options) =>
      new Promise((resolve, reject) => {
        const socket = tlsConnect({
          host: hostname,
          port: Number(port),
          ...tls,
          ALPNProtocols: ['http/1.1'],
        });
        const lines = [
          `GET ${path} HTTP/1.1`,
          `Host: ${hostname}:${port}`,
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
          `Sec-WebSocket-Protocol: ${options.protocols.join(', ')}`,
          ...Object.entries({ ...options.headers, ...own }).map(([name, value]) => `${name}: ${value}`),
        ];
        socket.write(`${lines.join('\r\n')}\r\n\r\n`);
        let head = Buffer.alloc(0);
        const onHead = (chunk: Buffer) => {
          head = Buffer.concat([head, chunk]);
          const end = head.indexOf('\r\n\r\n');
          if (end < 0) return;
          const text = head.subarray(0, end).toString();
          const rest = head.subarray(end + 4);
          const status = Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
          if (status !== 101) {
            const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
            if (rest.length < length) return;
            socket.destroy();
            reject(new HttpUpgradeError({ status, body: rest.subarray(0, length) }));
            return;
          }
          socket.off('data', onHead);
          const protocol = /sec-websocket-protocol: (\S+)/i.exec(text)?.[1] ?? '';
          resolve(new WebSocketOverTls(socket, protocol, rest));
        };
        socket.on('data', onHead);
        socket.on('error', reject);
      }),
    close: () => agent.destroy(),
  };
}

type TlsSocket = ReturnType<typeof tlsConnect>;

/** The client's half of RFC 6455 over a socket that was upgraded. */
class WebSocketOverTls implements MessageSocket {
  readonly protocol: string;
  readonly #socket: TlsSocket;
  #buffer: Buffer;
  #fragments: Buffer[] = [];
  #waiting: Uint8Array[] = [];
  #listener: ((message: Uint8Array) => void) | undefined;
  #closed: { code: number; reason: string } | undefined;
  readonly #closeListeners = new Set<(reason: { code: number; reason: string }) => void>();

  constructor(socket: TlsSocket, protocol: string, first: Buffer) {
    this.#socket = socket;
    this.protocol = protocol;
    this.#buffer = first;
    socket.on('data', (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      this.#parse();
    });
    socket.on('close', () => this.#end({ code: 1006, reason: '' }));
    this.#parse();
  }

  #parse(): void {
    for (;;) {
      if (this.#buffer.length < 2) return;
      let size = this.#buffer[1]! & 0x7f;
      let at = 2;
      if (size === 126) {
        if (this.#buffer.length < 4) return;
        size = this.#buffer.readUInt16BE(2);
        at = 4;
      } else if (size === 127) {
        if (this.#buffer.length < 10) return;
        size = Number(this.#buffer.readBigUInt64BE(2));
        at = 10;
      }
      if (this.#buffer.length < at + size) return;
      const final = (this.#buffer[0]! & 0x80) !== 0;
      const opcode = this.#buffer[0]! & 0x0f;
      const payload = Buffer.from(this.#buffer.subarray(at, at + size));
      this.#buffer = this.#buffer.subarray(at + size);
      if (opcode === 8) {
        const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
        this.#frame(8, payload);
        this.#end({ code, reason: payload.subarray(2).toString() });
        this.#socket.end();
      } else if (opcode === 9) this.#frame(10, payload);
      else if (opcode <= 2) {
        this.#fragments.push(payload);
        if (!final) continue;
        const message = new Uint8Array(Buffer.concat(this.#fragments));
        this.#fragments = [];
        if (this.#listener) this.#listener(message);
        else this.#waiting.push(message);
      }
    }
  }

  #end(reason: { code: number; reason: string }): void {
    if (this.#closed) return;
    this.#closed = reason;
    for (const listener of this.#closeListeners) listener(reason);
  }

  #frame(opcode: number, payload: Uint8Array): Promise<void> {
    const mask = randomBytes(4);
    const size = payload.length;
    const head =
      size < 126
        ? Buffer.from([0x80 | opcode, 0x80 | size])
        : size < 65536
          ? Buffer.from([0x80 | opcode, 0x80 | 126, size >> 8, size & 0xff])
          : (() => {
              const long = Buffer.alloc(10);
              long[0] = 0x80 | opcode;
              long[1] = 0x80 | 127;
              long.writeBigUInt64BE(BigInt(size), 2);
              return long;
            })();
    const masked = Buffer.from(payload);
    for (let at = 0; at < size; at++) masked[at]! ^= mask[at & 3]!;
    if (this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => this.#socket.write(Buffer.concat([head, mask, masked]), () => resolve()));
  }

  send(message: Uint8Array): Promise<void> {
    return this.#frame(2, message);
  }

  onMessage(listener: (message: Uint8Array) => void) {
    this.#listener = listener;
    for (const message of this.#waiting.splice(0)) listener(message);
    return { dispose: () => (this.#listener = undefined) };
  }

  onClose(listener: (reason: { code: number; reason: string }) => void) {
    if (this.#closed) listener(this.#closed);
    else this.#closeListeners.add(listener);
    return { dispose: () => this.#closeListeners.delete(listener) };
  }

  close(code = 1000): void {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code, 0);
    void this.#frame(8, payload);
  }
}
