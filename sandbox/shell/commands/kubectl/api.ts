/**
 * Requests to the API server over an `HttpOrigin`: JSON in and out, Status as `StatusError`, warnings to
 * standard error, watches as streams of events. Every wait is a cancellation point of the process, so that a
 * Ctrl-C ends a request that hangs.
 */
import { decode, encode, Utf8Decoder } from '../../../core/bytes.ts';
import {
  HttpUpgradeError,
  readBody,
  type HttpOrigin,
  type HttpRequest,
  type HttpResponse,
  type MessageSocket,
} from '../../../core/http.ts';
import { Errno } from '../../../os/errno.ts';
import { Exit, Killed, type Process } from '../../../os/process.ts';
import { StatusError, type Status } from '../../../cluster/api/status.ts';
import { ConnectionError } from './errors.ts';
import type { RequestLog } from './request-log.ts';

export type Query = Record<string, string | number | boolean | string[] | undefined>;

export interface RequestInit {
  query?: Query;
  /** Sent as JSON, unless it is bytes already. */
  body?: unknown;
  contentType?: string;
  accept?: string;
  signal?: AbortSignal;
}

export interface RawWatchEvent {
  type: string;
  object: any;
}

export class Api {
  readonly #process: Process;
  readonly #origin: HttpOrigin;
  readonly #headers: Record<string, string>;
  readonly #log: RequestLog | undefined;
  readonly #warned = new Set<string>();
  /** `--warnings-as-errors` counts them. */
  warnings = 0;

  /**
   * @param headers sent with every request (impersonation).
   * @param log told of every request (`-v`).
   */
  constructor(process: Process, origin: HttpOrigin, headers: Record<string, string> = {}, log?: RequestLog) {
    this.#process = process;
    this.#origin = origin;
    this.#headers = headers;
    this.#log = log;
  }

  get origin(): HttpOrigin {
    return this.#origin;
  }

  /** The response, whatever its status. Rejects with `ConnectionError` when there is none. */
  async send(method: string, path: string, init: RequestInit = {}): Promise<HttpResponse> {
    const headers: Record<string, string> = {
      accept: init.accept ?? 'application/json',
      'user-agent': 'kubectl/v1.35.4',
      ...this.#headers,
    };
    const request: HttpRequest = { method, path: path + queryString(init.query), headers };
    if (init.body !== undefined) {
      headers['content-type'] = init.contentType ?? 'application/json';
      request.body = init.body instanceof Uint8Array ? init.body : encode(JSON.stringify(init.body));
    }
    const answered = await this.#log?.request(request);
    const response = await this.#process.withAbort(async (signal) => {
      request.signal = init.signal ? AbortSignal.any([signal, init.signal]) : signal;
      try {
        return await this.#origin.fetch(request);
      } catch (error) {
        if (error instanceof Killed || error instanceof Exit || request.signal.aborted) throw error;
        const refused = error instanceof Errno && error.code === 'ECONNREFUSED';
        throw new ConnectionError(
          refused
            ? 'The connection to the server was refused - did you specify the right host or port?'
            : `Unable to connect to the server: ${(error as Error).message}`,
        );
      }
    });
    await answered?.(response);
    await this.#warn(response.headers['warning']);
    return response;
  }

  /** The parsed answer. Rejects with `StatusError` for an answer of 400 and above. */
  async request<T = any>(method: string, path: string, init: RequestInit = {}): Promise<T> {
    return JSON.parse(await this.text(method, path, init)) as T;
  }

  async text(method: string, path: string, init: RequestInit = {}): Promise<string> {
    const response = await this.send(method, path, init);
    const text = decode(await this.#process.wait(readBody(response)));
    await this.#log?.responseBody(text);
    if (response.status >= 400) throw await this.#failure(response.status, text);
    return text;
  }

  get<T = any>(path: string, query?: Query, accept?: string): Promise<T> {
    return this.request<T>('GET', path, { ...(query ? { query } : {}), ...(accept ? { accept } : {}) });
  }

  /** The body of an answer below 400 as it arrives. */
  async *stream(
    path: string,
    query?: Query,
    accept?: string,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const controller = new AbortController();
    const both = signal ? AbortSignal.any([controller.signal, signal]) : controller.signal;
    try {
      const response = await this.send('GET', path, {
        ...(query ? { query } : {}),
        ...(accept ? { accept } : {}),
        signal: both,
      });
      if (response.status >= 400) {
        const text = decode(await this.#process.wait(readBody(response)));
        throw await this.#failure(response.status, text);
      }
      if (response.body instanceof Uint8Array) {
        yield response.body;
        return;
      }
      const chunks = response.body[Symbol.asyncIterator]();
      for (;;) {
        const next = await this.#process.wait(chunks.next());
        if (next.done) return;
        yield next.value;
      }
    } finally {
      controller.abort(new Error('the reader is gone'));
    }
  }

  /** Events of a watch until the server ends it, the consumer leaves or `signal` aborts. */
  async *watch(
    path: string,
    query: Query,
    accept?: string,
    signal?: AbortSignal,
  ): AsyncGenerator<RawWatchEvent> {
    const decoder = new Utf8Decoder();
    let rest = '';
    try {
      for await (const chunk of this.stream(path, { ...query, watch: 'true' }, accept, signal)) {
        const lines = (rest + decoder.push(chunk)).split('\n');
        rest = lines.pop()!;
        for (const line of lines) if (line !== '') yield JSON.parse(line) as RawWatchEvent;
      }
    } catch (error) {
      if (!signal?.aborted || error instanceof Killed) throw error;
    }
  }

  /** Upgrades to a socket; a refusal is the server's Status. */
  async connect(path: string, query: Query, protocols: string[]): Promise<MessageSocket> {
    const target = path + queryString(query);
    const answered = await this.#log?.request({ method: 'GET', path: target, headers: this.#headers });
    return this.#process.withAbort(async (signal) => {
      try {
        const socket = await this.#origin.connect(target, { protocols, headers: this.#headers, signal });
        await answered?.({ status: 101, headers: {} });
        return socket;
      } catch (error) {
        if (error instanceof HttpUpgradeError)
          throw await this.#failure(error.response.status, decode(error.response.body));
        throw error;
      }
    });
  }

  async #failure(code: number, text: string): Promise<StatusError> {
    const error = statusError(code, text);
    await this.#log?.failure(error.status);
    return error;
  }

  async #warn(header: string | undefined): Promise<void> {
    if (!header) return;
    // 299 - "text": quoted strings with backslash escapes, several separated by commas.
    for (const [, quoted] of header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)) {
      this.warnings++;
      const text = quoted!.replace(/\\(.)/g, '$1');
      if (this.#warned.has(text)) continue;
      this.#warned.add(text);
      const yellow = this.#process.files[2]?.terminal && !this.#process.environment['NO_COLOR'];
      const label = yellow ? '\u001b[33;1mWarning:\u001b[0m' : 'Warning:';
      await this.#process.printError(`${label} ${text}\n`);
    }
  }
}

export function queryString(query: Query | undefined): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === '') continue;
    for (const one of Array.isArray(value) ? value : [value])
      parts.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`);
  }
  return parts.length ? `?${parts.join('&')}` : '';
}

function statusError(code: number, text: string): StatusError {
  try {
    const status = JSON.parse(text) as Status;
    if (status.kind === 'Status') return StatusError.from(status);
  } catch {
    // Not JSON: the text itself is the message.
  }
  const reason =
    code === 404 ? 'NotFound' : code === 403 ? 'Forbidden' : code === 401 ? 'Unauthorized' : undefined;
  const message =
    code === 404 ? 'the server could not find the requested resource' : text.trim() || `HTTP ${code}`;
  return new StatusError(reason, message, undefined, code);
}
