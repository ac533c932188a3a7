/** The serving end: answers what the other side of a channel asks of one session. */
import { concat } from '../../core/bytes.ts';
import { DisposableStore, toDisposable, type Disposable } from '../../core/disposable.ts';
import type { HttpRequest, HttpResponse } from '../../core/http.ts';
import type { Session, SessionTime, TerminalConnection } from '../runtime.ts';
import type { Channel } from './channel.ts';
import { Multiplexer } from './multiplexer.ts';
import type { Operation, ResponseHead } from './operation.ts';
import { Outbox } from './outbox.ts';
import type { Stream } from './stream.ts';

/** Audit events that wait for a slow connection; a lesson makes a few a second. */
const AUDIT_BACKLOG = 10_000;
/** Changed paths that wait; more than a workspace has files. */
const FILES_BACKLOG = 10_000;
/** Reports that wait; older ones are no news. */
const TRAFFIC_BACKLOG = 20;
/** A request's body or a file is held whole: nobody sends more by accident, and nobody can by intent. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/**
 * Serves `session` on `channel` until the channel closes or the returned disposable is disposed. Then all
 * that was under way is ended (exchanges aborted, sockets closed, terminals left open for the next to
 * continue) and the session itself is left as it is. `close` asked for by the peer closes both.
 */
export function serveSession(session: Session, channel: Channel): Disposable {
  const multiplexer: Multiplexer = new Multiplexer(channel, (request, stream) => {
    answer(session, request as Operation, stream).catch((error: unknown) => stream.reset(error));
  });
  return multiplexer;
}

async function answer(session: Session, request: Operation, stream: Stream): Promise<void> {
  switch (request.op) {
    case 'kube.fetch':
      return exchange(request, stream, (message) => session.kube.fetch(message));
    case 'web.fetch':
      return exchange(request, stream, (message) => session.web.fetch(request.target, message));
    case 'kube.connect':
      return socket(session, request, stream);
    case 'terminals.open':
      return terminal(await session.terminals.open(request), stream);
    case 'terminals.list':
      return reply(stream, await session.terminals.list());
    case 'files.list':
      return reply(stream, await session.files.list());
    case 'files.read':
      await stream.sendBody(await session.files.read(request.path));
      return stream.end();
    case 'files.write':
      await session.files.write(request.path, await readAll(stream));
      return reply(stream, null);
    case 'files.remove':
      await session.files.remove(request.path);
      return reply(stream, null);
    case 'files.watch': {
      const outbox = new Outbox<{ path: string; kind: string }>(stream, FILES_BACKLOG, ({ path }) => path);
      return whileOpen(
        stream,
        session.files.watch((change) => outbox.push(change)),
      );
    }
    case 'audit.watch': {
      const outbox = new Outbox<Record<string, unknown>>(stream, AUDIT_BACKLOG);
      return whileOpen(
        stream,
        session.audit.watch((event) => outbox.push({ ...event })),
      );
    }
    case 'traffic.watch': {
      const outbox = new Outbox<Record<string, unknown>>(stream, TRAFFIC_BACKLOG);
      return whileOpen(
        stream,
        session.traffic.watch((flows) => outbox.push({ flows })),
      );
    }
    case 'status': {
      // Only the present status is news: one that waits is replaced.
      const outbox = new Outbox<Record<string, unknown>>(stream, 1);
      const following = session.onStatus((status) => outbox.push({ ...status }));
      outbox.push({ ...session.status });
      return whileOpen(stream, following);
    }
    case 'time.rate':
      await timeOf(session).setRate(request.rate);
      return reply(stream, null);
    case 'time.advance':
      await timeOf(session).advance(request.ms);
      return reply(stream, null);
    case 'scratch.run':
      return reply(stream, await session.scratch.run(request.script, request));
    case 'reset':
      await session.reset();
      return reply(stream, null);
    case 'close':
      await session.close();
      return reply(stream, null);
    default:
      throw new Error(`This server does not know “${(request as { op?: unknown }).op}”. Reload the page.`);
  }
}

function timeOf({ time }: Session): SessionTime {
  if (!time) throw new Error('This cluster lives in the world’s time, which nobody can hold or hurry.');
  return time;
}

function reply(stream: Stream, result: unknown): void {
  stream.post({ result });
  stream.end();
}

/** Holds `resource` until the stream closes. */
function whileOpen(stream: Stream, resource: Disposable): void {
  if (stream.closed) resource.dispose();
  else stream.onClose(() => resource.dispose());
}

async function readAll(stream: Stream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for (let chunk; (chunk = await stream.next());) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('A body is made of bytes');
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_BODY_BYTES) throw new RangeError(`More than ${MAX_BODY_BYTES / 2 ** 20} MiB at once`);
    chunks.push(chunk);
  }
  return concat(chunks);
}

async function exchange(
  head: Pick<HttpRequest, 'method' | 'path' | 'headers'>,
  stream: Stream,
  send: (request: HttpRequest) => Promise<HttpResponse>,
): Promise<void> {
  const abort = new AbortController();
  stream.onClose((error) => {
    if (error) abort.abort(error);
  });
  const { method, path, headers } = head;
  const body = await readAll(stream);
  const response = await send({
    method,
    path,
    headers,
    ...(body.length > 0 ? { body } : {}),
    signal: abort.signal,
  });
  const whole = response.body instanceof Uint8Array;
  const answerHead: ResponseHead = { status: response.status, headers: response.headers, whole };
  await stream.send({ ...answerHead });
  if (response.body instanceof Uint8Array) await stream.sendBody(response.body);
  // A closed stream rejects the send, which leaves the loop and so aborts the exchange.
  else for await (const chunk of response.body) await stream.sendBody(chunk);
  stream.end();
}

async function socket(
  session: Session,
  request: Extract<Operation, { op: 'kube.connect' }>,
  stream: Stream,
): Promise<void> {
  const abort = new AbortController();
  const aborting = stream.onClose(() => abort.abort());
  const { path, protocols, headers } = request;
  const inner = await session.kube.connect(path, { protocols, headers, signal: abort.signal });
  aborting.dispose();
  const held = new DisposableStore();
  held.add(toDisposable(() => inner.close()));
  whileOpen(stream, held);
  if (stream.closed) return;
  stream.post({ protocol: inner.protocol });
  held.add(
    inner.onClose((close) => {
      stream.post({ close });
      stream.end();
    }),
  );
  held.add(inner.onMessage((message) => stream.send(message).catch(() => {})));
  for (let message; (message = await stream.next());) {
    if (message instanceof Uint8Array) await inner.send(message);
    else {
      const { code, reason } = message['close'] as { code?: number; reason?: string };
      inner.close(code, reason);
    }
  }
  inner.close();
  stream.end();
}

async function terminal(connection: TerminalConnection, stream: Stream): Promise<void> {
  const held = new DisposableStore();
  whileOpen(stream, held);
  if (stream.closed) return;
  stream.post({ opened: true });
  held.add(
    connection.onExit((exit) => {
      stream.post({ exit });
      stream.end();
    }),
  );
  held.add(connection.onEdit((edit) => stream.post({ edit })));
  // A stream that closes while output waits: the listener is gone by then, and its promise means nothing.
  held.add(connection.onOutput((bytes) => stream.sendBody(bytes).catch(() => {})));
  for (let message; (message = await stream.next());) {
    if (message instanceof Uint8Array) connection.write(message);
    else if (Array.isArray(message['resize'])) {
      const [columns, rows] = message['resize'] as [number, number];
      connection.resize(columns, rows);
    } else if (message['close']) connection.close();
  }
  stream.end();
}
