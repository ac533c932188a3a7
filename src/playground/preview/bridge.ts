/**
 * The lesson's end of the port to a previewed page. The page may say anything: each message is read by its shape, requests
 * go to the page's own Service alone, a few at a time, and a page that asks without end is cut off.
 */
import type { Disposable } from '../../../sandbox/core/disposable.ts';
import { sameService, urlOf, follow, type PreviewAddress } from './address.ts';
import type { Answer, PageRequest } from './exchange.ts';
import type { FromFrame, ToFrame } from './messages.ts';

/** As many as browsers open connections to a host. */
export const MAX_AT_ONCE = 6;
/** Enough for a page of many small files; beyond it nothing that means well waits. */
export const MAX_WAITING = 500;
const MAX_REQUEST_BYTES = 8 * 1024 * 1024;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** Told by the network, not by pages. */
const OWN_HEADERS = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'cookie',
  'upgrade',
]);
const HEADER_NAME = /^[!#$%&'*+.^`|~\w-]+$/;
const HEADER_VALUE = /^[^\r\n\0]*$/;

export interface BridgeEvents {
  exchange(address: PreviewAddress, request: PageRequest, signal: AbortSignal): Promise<Answer>;
  navigate(url: string, request: PageRequest): void;
  leave(backwards: boolean): void;
  /** The page was cut off: it asked for more than is carried. */
  overwhelmed(): void;
}

export class Bridge implements Disposable {
  #port: MessagePort;
  #page: PreviewAddress;
  #events: BridgeEvents;
  #running = new Map<number, AbortController>();
  #waiting = new Map<number, PageRequest & { url: string }>();

  constructor(port: MessagePort, page: PreviewAddress, events: BridgeEvents) {
    this.#port = port;
    this.#page = page;
    this.#events = events;
    port.onmessage = ({ data }: MessageEvent<unknown>) => this.#receive(data);
  }

  dispose(): void {
    this.#port.onmessage = null;
    this.#port.close();
    this.#waiting.clear();
    for (const abort of this.#running.values()) abort.abort();
    this.#running.clear();
  }

  #receive(data: unknown): void {
    const message = read(data);
    switch (message?.kind) {
      case 'request': {
        const { id, url, method, headers, body } = message;
        if (this.#waiting.has(id) || this.#running.has(id)) return;
        if (this.#waiting.size >= MAX_WAITING) {
          this.dispose();
          return this.#events.overwhelmed();
        }
        this.#waiting.set(id, { url, ...request(method, headers, body) });
        return this.#next();
      }
      case 'abort':
        this.#waiting.delete(message.id);
        this.#running.get(message.id)?.abort();
        return;
      case 'navigate': {
        const { url, method, body, contentType } = message;
        const headers: [string, string][] = contentType ? [['content-type', contentType]] : [];
        return this.#events.navigate(url, request(method === 'POST' ? 'POST' : 'GET', headers, body));
      }
      case 'leave':
        return this.#events.leave(message.backwards);
    }
  }

  #next(): void {
    for (const [id, { url, ...asked }] of this.#waiting) {
      if (this.#running.size >= MAX_AT_ONCE) return;
      this.#waiting.delete(id);
      const abort = new AbortController();
      this.#running.set(id, abort);
      void this.#answer(id, url, asked, abort.signal).then((reply) => {
        if (this.#running.get(id) !== abort) return;
        this.#running.delete(id);
        this.#port.postMessage(reply);
        this.#next();
      });
    }
  }

  async #answer(id: number, url: string, asked: PageRequest, signal: AbortSignal): Promise<ToFrame> {
    const address = follow(url, this.#page);
    if (!address || !sameService(address, this.#page)) {
      const message = `a page in the preview reaches its own Service alone, not ${url}`;
      return { kind: 'failure', id, message };
    }
    try {
      const answer = await this.#events.exchange(address, asked, signal);
      // A redirect does not widen what a page may read.
      if (!sameService(answer.address, this.#page))
        return { kind: 'failure', id, message: `${url} leads to another Service` };
      const { status, headers, body } = answer;
      return {
        kind: 'answer',
        id,
        url: urlOf(answer.address),
        status,
        headers: Object.entries(headers).filter(
          ([name, value]) => HEADER_NAME.test(name) && HEADER_VALUE.test(value),
        ),
        // A copy of its own: what is sent must not share memory with what stays.
        body: body.slice().buffer,
      };
    } catch (error) {
      return { kind: 'failure', id, message: error instanceof Error ? error.message : String(error) };
    }
  }
}

function request(method: string, headers: [string, string][], body: ArrayBuffer | undefined): PageRequest {
  return {
    method,
    headers: Object.fromEntries(
      headers.map(([name, value]) => [name.toLowerCase(), value]).filter(([name]) => !OWN_HEADERS.has(name!)),
    ),
    ...(body ? { body: new Uint8Array(body) } : {}),
  };
}

/** `data` if it is a message; undefined for everything else that a page may send. */
function read(data: unknown): FromFrame | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { kind, id, method, url, headers, body, contentType, backwards } = data as Record<string, unknown>;
  const sent = body instanceof ArrayBuffer ? { body } : {};
  if (body !== undefined && (!(body instanceof ArrayBuffer) || body.byteLength > MAX_REQUEST_BYTES)) return;
  switch (kind) {
    case 'request':
      if (!Number.isSafeInteger(id) || typeof url !== 'string' || !isHeaders(headers)) return;
      if (typeof method !== 'string' || !METHODS.has(method)) return;
      return { kind, id: id as number, method, url, headers, ...sent };
    case 'abort':
      return Number.isSafeInteger(id) ? { kind, id: id as number } : undefined;
    case 'navigate':
      if (typeof url !== 'string' || typeof method !== 'string') return;
      if (contentType !== undefined && (typeof contentType !== 'string' || !HEADER_VALUE.test(contentType)))
        return;
      return { kind, url, method, ...sent, ...(contentType ? { contentType } : {}) };
    case 'leave':
      return { kind, backwards: backwards === true };
    default:
      return undefined;
  }
}

const isHeaders = (value: unknown): value is [string, string][] =>
  Array.isArray(value) &&
  value.length <= 100 &&
  value.every(
    (pair) =>
      Array.isArray(pair) &&
      typeof pair[0] === 'string' &&
      typeof pair[1] === 'string' &&
      HEADER_NAME.test(pair[0]) &&
      HEADER_VALUE.test(pair[1]),
  );
