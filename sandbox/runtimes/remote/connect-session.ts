/** The connecting end: a `Session` whose every member is asked for over a channel. */
import { concat } from '../../core/bytes.ts';
import type { Disposable } from '../../core/disposable.ts';
import { Emitter } from '../../core/emitter.ts';
import type { HttpRequest, HttpResponse } from '../../core/http.ts';
import type { TrafficFlow } from '../../core/traffic.ts';
import type {
  AuditEvent,
  FileEntry,
  Session,
  SessionStatus,
  SessionTime,
  TerminalConnection,
  Terminals,
} from '../runtime.ts';
import type { Channel } from './channel.ts';
import { Multiplexer } from './multiplexer.ts';
import type { Operation, ResponseHead } from './operation.ts';
import { remoteSocket } from './remote-socket.ts';
import { RemoteTerminal } from './remote-terminal.ts';
import type { Message, Stream } from './stream.ts';
import { abortError } from './wire-error.ts';

/** Resolves when the session has told its status; rejects when the connection is lost before. */
export async function connectSession(channel: Channel): Promise<Session> {
  const session = new RemoteSession(channel);
  await session.greeted;
  return session;
}

class RemoteSession implements Session {
  #multiplexer: Multiplexer;
  #statuses = new Emitter<SessionStatus>();
  #closing = false;

  status: SessionStatus = { phase: 'starting', message: 'Connecting to the session' };
  readonly onStatus = this.#statuses.event;
  /** The first status. */
  readonly greeted: Promise<void>;

  constructor(channel: Channel) {
    this.#multiplexer = new Multiplexer(channel);
    this.#multiplexer.onClose((reason) => this.#connectionClosed(reason));
    this.greeted = this.#followStatus();
  }

  readonly kube: Session['kube'] = {
    fetch: (request) => this.#fetch({ op: 'kube.fetch', ...headOf(request) }, request),
    connect: (path, { protocols, headers = {}, signal }) =>
      remoteSocket(this.#open({ op: 'kube.connect', path, protocols, headers }), signal),
  };

  readonly web: Session['web'] = {
    fetch: (target, request) => this.#fetch({ op: 'web.fetch', target, ...headOf(request) }, request),
  };

  readonly terminals: Terminals = {
    open: async ({ name, columns, rows }): Promise<TerminalConnection> => {
      const stream = this.#open({ op: 'terminals.open', name, columns, rows });
      await stream.next();
      return new RemoteTerminal(stream);
    },
    list: () => this.#ask<string[]>({ op: 'terminals.list' }),
  };

  readonly files: Session['files'] = {
    list: () => this.#ask<FileEntry[]>({ op: 'files.list' }),
    read: (path) => readBytes(this.#open({ op: 'files.read', path })),
    write: (path, contents) => this.#ask({ op: 'files.write', path }, contents),
    remove: (path) => this.#ask({ op: 'files.remove', path }),
    watch: (listener) =>
      this.#watch({ op: 'files.watch' }, (change) =>
        listener(change as unknown as { path: string; kind: 'write' | 'remove' }),
      ),
  };

  readonly audit: Session['audit'] = {
    watch: (listener) =>
      this.#watch({ op: 'audit.watch' }, (event) => listener(event as unknown as AuditEvent)),
  };

  readonly traffic: Session['traffic'] = {
    watch: (listener) =>
      this.#watch({ op: 'traffic.watch' }, ({ flows }) => listener(flows as readonly TrafficFlow[])),
  };

  get time(): SessionTime | undefined {
    return this.status.time && this.#time;
  }

  #time: SessionTime = {
    setRate: (rate) => this.#ask({ op: 'time.rate', rate }),
    advance: (ms) => this.#ask({ op: 'time.advance', ms }),
  };

  readonly scratch: Session['scratch'] = {
    run: (script, { timeoutSeconds }) => this.#ask({ op: 'scratch.run', script, timeoutSeconds }),
  };

  reset(): Promise<void> {
    return this.#ask({ op: 'reset' });
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    try {
      await this.#ask({ op: 'close' });
    } catch {
      // The connection is gone, and with it what this side held of the session.
    }
    this.#multiplexer.close('The session was closed.');
  }

  #open(operation: Operation): Stream {
    return this.#multiplexer.open(operation);
  }

  async #ask<T = void>(operation: Operation, body?: Uint8Array): Promise<T> {
    const stream = this.#open(operation);
    if (body) stream.sendBody(body).catch(() => {});
    stream.end();
    const answer = (await stream.next()) as { result: T } | undefined;
    if (!answer) throw new Error('The session gave no answer.');
    await stream.next();
    return answer.result;
  }

  /** Calls `listener` with every JSON message until disposed. */
  #watch(operation: Operation, listener: (message: { [key: string]: unknown }) => void): Disposable {
    const stream = this.#open(operation);
    void (async () => {
      try {
        for (let message; (message = await stream.next());) {
          if (!(message instanceof Uint8Array)) listener(message);
        }
      } catch {
        // Disposed, or the connection was lost, which `status` tells.
      }
    })();
    return { dispose: () => stream.reset() };
  }

  #followStatus(): Promise<void> {
    const stream = this.#open({ op: 'status' });
    const follow = (message: Message | undefined) => {
      if (!message) return;
      this.#setStatus(message as unknown as SessionStatus);
      stream.next().then(follow, () => {});
    };
    return stream.next().then(follow);
  }

  #setStatus(status: SessionStatus): void {
    this.status = status;
    this.#statuses.fire(status);
  }

  #connectionClosed(reason: string): void {
    const over = this.status.phase === 'closed' || this.status.phase === 'failed';
    if (this.#closing) this.#setStatus({ phase: 'closed', message: 'The session was closed.' });
    else if (!over) {
      this.#setStatus({ phase: 'failed', message: reason || 'The connection to the session was lost.' });
    }
    this.#statuses.dispose();
  }

  async #fetch(operation: Operation, { body, signal }: HttpRequest): Promise<HttpResponse> {
    if (signal?.aborted) throw signal.reason;
    const stream = this.#open(operation);
    const abort = () => stream.reset(signal?.reason ?? abortError());
    signal?.addEventListener('abort', abort, { once: true });
    stream.onClose(() => signal?.removeEventListener('abort', abort));
    if (body) stream.sendBody(body).catch(() => {});
    stream.end();
    const head = (await stream.next()) as (ResponseHead & Message) | undefined;
    if (!head) throw new Error('The session gave no answer.');
    const { status, headers, whole } = head;
    return { status, headers, body: whole ? await readBytes(stream) : bodyOf(stream) };
  }
}

const headOf = ({ method, path, headers }: HttpRequest) => ({ method, path, headers });

async function readBytes(stream: Stream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let chunk; (chunk = await stream.next());) chunks.push(chunk as Uint8Array);
  stream.end();
  return concat(chunks);
}

/** Pulled by its reader; leaving the loop early aborts the exchange. */
function bodyOf(stream: Stream): AsyncIterable<Uint8Array> {
  const iterator: AsyncIterator<Uint8Array> = {
    async next() {
      const value = (await stream.next()) as Uint8Array | undefined;
      return value ? { done: false, value } : { done: true, value: undefined };
    },
    async return() {
      stream.reset();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
