import { expect, test } from 'vitest';
import { decode, encode } from '../../core/bytes.ts';
import { Emitter } from '../../core/emitter.ts';
import {
  HttpUpgradeError,
  readText,
  textResponse,
  type HttpRequest,
  type MessageSocket,
} from '../../core/http.ts';
import { macrotask } from '../../core/slice.ts';
import type { TrafficFlow } from '../../core/traffic.ts';
import {
  FileNotFound,
  type AuditEvent,
  type Session,
  type SessionStatus,
  type SessionTime,
  type TerminalConnection,
} from '../runtime.ts';
import { memoryChannels } from './channel.ts';
import { connectSession } from './connect-session.ts';
import { serveSession } from './serve-session.ts';
import { WINDOW_BYTES } from './stream.ts';

/** A session whose every part echoes or counts, so that what crosses the channel can be seen. */
class EchoSession implements Session {
  status: SessionStatus = { phase: 'ready', message: 'Ready' };
  statuses = new Emitter<SessionStatus>();
  onStatus = this.statuses.event;
  stored = new Map<string, Uint8Array>();
  fileChanges = new Emitter<{ path: string; kind: 'write' | 'remove' }>();
  auditEvents = new Emitter<AuditEvent>();
  flows = new Emitter<readonly TrafficFlow[]>();
  requests: HttpRequest[] = [];
  pulled = 0;
  aborted = 0;
  sockets: EchoSocket[] = [];
  terminal = new EchoTerminal();
  resets = 0;
  closes = 0;

  kube = {
    fetch: async (request: HttpRequest) => {
      this.requests.push(request);
      if (request.path === '/refuse')
        throw Object.assign(new Error('Connection refused'), { code: 'ECONNREFUSED' });
      if (request.path !== '/watch') {
        return textResponse(200, `${request.method} ${request.path} ${decode(request.body ?? encode(''))}`);
      }
      request.signal?.addEventListener('abort', () => this.aborted++);
      return { status: 200, headers: { 'content-type': 'application/json' }, body: this.#events() };
    },
    connect: async (path: string, { protocols }: { protocols: string[] }): Promise<MessageSocket> => {
      if (path === '/gone') throw new HttpUpgradeError({ status: 404, body: encode('{"kind":"Status"}') });
      const socket = new EchoSocket(protocols[0]!);
      this.sockets.push(socket);
      return socket;
    },
  };

  async *#events() {
    for (;;) {
      this.pulled++;
      yield new Uint8Array(1000);
    }
  }

  web = {
    fetch: async (target: { service: string; port: number }, request: HttpRequest) =>
      textResponse(200, `${target.service}:${target.port}${request.path}`),
  };

  terminals = {
    open: async ({ name, columns, rows }: { name: string; columns: number; rows: number }) => {
      this.terminal.log.push(`open ${name} ${columns}x${rows}`);
      return this.terminal;
    },
    list: async () => ['main'],
  };

  files = {
    list: async () => [...this.stored].map(([path, { length }]) => ({ path, sizeBytes: length, mtimeMs: 0 })),
    read: async (path: string) => {
      const contents = this.stored.get(path);
      if (!contents) throw new FileNotFound(path);
      return contents;
    },
    write: async (path: string, contents: Uint8Array) => {
      this.stored.set(path, contents);
      this.fileChanges.fire({ path, kind: 'write' });
    },
    remove: async (path: string) => void this.stored.delete(path),
    watch: this.fileChanges.event,
  };

  audit = { watch: this.auditEvents.event };
  traffic = { watch: this.flows.event };

  moved: string[] = [];
  time: SessionTime | undefined = {
    setRate: async (rate) => void this.moved.push(`rate ${rate}`),
    advance: async (ms) => void this.moved.push(`advance ${ms}`),
  };

  scratch = {
    run: async (script: string, { timeoutSeconds }: { timeoutSeconds: number }) => ({
      exitCode: timeoutSeconds,
      output: script.toUpperCase(),
    }),
  };

  async reset() {
    this.resets++;
  }
  async close() {
    this.closes++;
  }
}

class EchoSocket implements MessageSocket {
  readonly protocol: string;
  #messages = new Emitter<Uint8Array>();
  #closes = new Emitter<{ code: number; reason: string }>();
  closed: { code: number; reason: string } | undefined;
  onClose = this.#closes.event;
  onMessage = this.#messages.event;
  constructor(protocol: string) {
    this.protocol = protocol;
  }
  async send(message: Uint8Array) {
    this.#messages.fire(message);
  }
  close(code = 1000, reason = '') {
    if (this.closed) return;
    this.closed = { code, reason };
    this.#closes.fire(this.closed);
  }
}

class EchoTerminal implements TerminalConnection {
  log: string[] = [];
  exits = new Emitter<number>();
  edits = new Emitter<string>();
  output: ((bytes: Uint8Array) => void | Promise<void>) | undefined;
  onExit = this.exits.event;
  onEdit = this.edits.event;
  onOutput(listener: (bytes: Uint8Array) => void | Promise<void>) {
    this.output = listener;
    return { dispose: () => (this.output = undefined) };
  }
  write(bytes: Uint8Array) {
    this.log.push(decode(bytes));
  }
  resize(columns: number, rows: number) {
    this.log.push(`${columns}x${rows}`);
  }
  close() {
    this.log.push('close');
  }
}

async function connected() {
  const inner = new EchoSession();
  const [near, far] = memoryChannels();
  const serving = serveSession(inner, far);
  const session = await connectSession(near);
  return { inner, session, serving, near };
}

test('status comes first and its changes follow', async () => {
  const { inner, session } = await connected();
  expect(session.status).toEqual({ phase: 'ready', message: 'Ready' });
  const seen: string[] = [];
  session.onStatus((status) => seen.push(status.message));
  inner.statuses.fire({ phase: 'ready', message: 'Ends in a minute', expiresAtMs: 5 });
  await macrotask();
  expect(seen).toEqual(['Ends in a minute']);
  expect(session.status.expiresAtMs).toBe(5);
});

test('time crosses where the session has its own, and is refused where it has none', async () => {
  const { inner, session } = await connected();
  expect(session.time).toBeUndefined();
  inner.statuses.fire({ phase: 'ready', message: '', time: { nowMs: 5, rate: 1 } });
  await macrotask();
  await session.time!.setRate(10);
  await session.time!.advance(60_000);
  expect(inner.moved).toEqual(['rate 10', 'advance 60000']);
  inner.time = undefined;
  await expect(session.time!.setRate(0)).rejects.toThrow('the world’s time');
});

test('requests and whole answers', async () => {
  const { session, inner } = await connected();
  const response = await session.kube.fetch({
    method: 'POST',
    path: '/api?x=1',
    headers: { accept: 'a/b' },
    body: encode('body'),
  });
  expect(response.body).toBeInstanceOf(Uint8Array);
  expect(await readText(response)).toBe('POST /api?x=1 body');
  expect(inner.requests[0]!.headers).toEqual({ accept: 'a/b' });
  const web = await session.web.fetch(
    { namespace: 'default', service: 'web', port: 80 },
    { method: 'GET', path: '/', headers: {} },
  );
  expect(await readText(web)).toBe('web:80/');
});

test('a body of many windows arrives whole', async () => {
  const { session } = await connected();
  const body = new Uint8Array(5 * WINDOW_BYTES + 3).fill(97);
  const answer = await readText(await session.kube.fetch({ method: 'PUT', path: '/', headers: {}, body }));
  expect(answer.length).toBe('PUT / '.length + body.length);
});

test('a network error keeps its code', async () => {
  const { session } = await connected();
  await expect(session.kube.fetch({ method: 'GET', path: '/refuse', headers: {} })).rejects.toMatchObject({
    message: 'Connection refused',
    code: 'ECONNREFUSED',
  });
});

test('a watch that nobody reads stops being pulled; leaving it aborts it', async () => {
  const { session, inner } = await connected();
  const response = await session.kube.fetch({ method: 'GET', path: '/watch', headers: {} });
  for (let i = 0; i < 5; i++) await macrotask();
  const idle = inner.pulled;
  expect(idle).toBeLessThan((2 * WINDOW_BYTES) / 1000);
  for (let i = 0; i < 5; i++) await macrotask();
  expect(inner.pulled).toBe(idle);
  let read = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    read += chunk.length;
    if (read > 4 * WINDOW_BYTES) break;
  }
  await macrotask();
  expect(inner.aborted).toBe(1);
});

test('an aborted signal ends a streaming body', async () => {
  const { session, inner } = await connected();
  const abort = new AbortController();
  const { body } = await session.kube.fetch({
    method: 'GET',
    path: '/watch',
    headers: {},
    signal: abort.signal,
  });
  abort.abort(new Error('enough'));
  await macrotask();
  expect(inner.aborted).toBe(1);
  const reading = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]().next();
  await expect(reading).rejects.toThrow('enough');
});

test('sockets carry messages whole, and a close with its code', async () => {
  const { session, inner } = await connected();
  const socket = await session.kube.connect('/exec', { protocols: ['v5.channel.k8s.io'] });
  expect(socket.protocol).toBe('v5.channel.k8s.io');
  await socket.send(new Uint8Array(3 * WINDOW_BYTES).fill(7));
  const received: number[] = [];
  socket.onMessage((message) => void received.push(message.length));
  await macrotask();
  expect(received).toEqual([3 * WINDOW_BYTES]);
  const closes: unknown[] = [];
  socket.onClose((reason) => closes.push(reason));
  inner.sockets[0]!.close(4000, 'pod deleted');
  await macrotask();
  expect(closes).toEqual([{ code: 4000, reason: 'pod deleted' }]);
  await expect(socket.send(encode('late'))).rejects.toThrow();
});

test('closing a socket closes it at the session', async () => {
  const { session, inner } = await connected();
  const socket = await session.kube.connect('/exec', { protocols: ['p'] });
  socket.close(1000, 'done');
  await macrotask();
  expect(inner.sockets[0]!.closed).toEqual({ code: 1000, reason: 'done' });
});

test('a refused upgrade is an HttpUpgradeError with the answer', async () => {
  const { session } = await connected();
  const error = await session.kube.connect('/gone', { protocols: [] }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(HttpUpgradeError);
  expect((error as HttpUpgradeError).response.status).toBe(404);
});

test('a terminal: keys, size, output with acknowledgement, edit, exit, close', async () => {
  const { session, inner } = await connected();
  const terminal = await session.terminals.open({ name: 'main', columns: 80, rows: 24 });
  terminal.write(encode('ls\r'));
  terminal.resize(100, 30);
  await macrotask();
  expect(inner.terminal.log).toEqual(['open main 80x24', 'ls\r', '100x30']);

  let release: (() => void) | undefined;
  let shown = '';
  terminal.onOutput((bytes) => {
    shown += decode(bytes);
    return new Promise<void>((resolve) => (release = resolve));
  });
  await inner.terminal.output!(encode('first '));
  await inner.terminal.output!(encode('second'));
  await macrotask();
  expect(shown).toBe('first ');
  release!();
  await macrotask();
  expect(shown).toBe('first second');
  release!();

  const heard: unknown[] = [];
  terminal.onEdit((path) => heard.push(path));
  terminal.onExit((code) => heard.push(code));
  inner.terminal.edits.fire('web.yaml');
  inner.terminal.exits.fire(3);
  await macrotask();
  expect(heard).toEqual(['web.yaml', 3]);
  terminal.close();
});

test('a terminal whose output is not drawn holds its shell back after a window', async () => {
  const { session, inner } = await connected();
  await session.terminals.open({ name: 'main', columns: 80, rows: 24 });
  await macrotask();
  let accepted = 0;
  void (async () => {
    for (;;) {
      await inner.terminal.output!(new Uint8Array(1000));
      accepted++;
    }
  })();
  for (let i = 0; i < 5; i++) await macrotask();
  expect(accepted).toBeLessThan((2 * WINDOW_BYTES) / 1000);
});

test('files and their changes', async () => {
  const { session } = await connected();
  const changes: string[] = [];
  const watching = session.files.watch(({ path, kind }) => changes.push(`${kind} ${path}`));
  await session.files.write('a/b.yaml', encode('kind: Pod'));
  expect(decode(await session.files.read('a/b.yaml'))).toBe('kind: Pod');
  expect(await session.files.list()).toEqual([{ path: 'a/b.yaml', sizeBytes: 9, mtimeMs: 0 }]);
  await session.files.write('empty', new Uint8Array(0));
  expect((await session.files.read('empty')).length).toBe(0);
  await macrotask();
  expect(changes).toEqual(['write a/b.yaml', 'write empty']);
  watching.dispose();
  await session.files.remove('empty');
  await expect(session.files.read('empty')).rejects.toBeInstanceOf(FileNotFound);
});

test('a flood of changes to one file costs one message while the reader is busy', async () => {
  const { session, inner } = await connected();
  let changes = 0;
  session.files.watch(() => changes++);
  await macrotask();
  for (let i = 0; i < 1000; i++) inner.fileChanges.fire({ path: 'log', kind: 'write' });
  await macrotask();
  expect(changes).toBeGreaterThan(0);
  expect(changes).toBeLessThan(10);
});

test('traffic is told, and stops with its listener', async () => {
  const { inner, session } = await connected();
  const seen: (readonly TrafficFlow[])[] = [];
  const watching = session.traffic.watch((flows) => seen.push(flows));
  await macrotask();
  const flow: TrafficFlow = {
    from: { kind: 'outside' },
    to: { kind: 'pod', namespace: 'default', name: 'web' },
    service: 'default/web',
    requests: 3,
    failed: 1,
    retried: 0,
    faulted: 0,
    mutualTls: false,
  };
  inner.flows.fire([flow]);
  await macrotask();
  expect(seen).toEqual([[flow]]);
  watching.dispose();
  await macrotask();
  expect(inner.flows.size).toBe(0);
});

test('audit events stream and stop with their listener', async () => {
  const { session, inner } = await connected();
  const verbs: string[] = [];
  const watching = session.audit.watch((event) => verbs.push(event.verb));
  await macrotask();
  inner.auditEvents.fire({ verb: 'create' } as AuditEvent);
  await macrotask();
  watching.dispose();
  await macrotask();
  expect(verbs).toEqual(['create']);
  expect(inner.auditEvents.size).toBe(0);
});

test('a script and its result cross the connection', async () => {
  const { session } = await connected();
  expect(await session.scratch.run('echo hi', { timeoutSeconds: 7 })).toEqual({
    exitCode: 7,
    output: 'ECHO HI',
  });
});

test('reset is asked for; close ends the session and the connection', async () => {
  const { session, inner } = await connected();
  await session.reset();
  expect(inner.resets).toBe(1);
  await session.close();
  await session.close();
  expect(inner.closes).toBe(1);
  expect(session.status.phase).toBe('closed');
  await expect(session.files.list()).rejects.toMatchObject({ name: 'ConnectionLost' });
});

test('a lost connection fails what is under way, frees the far side and says so', async () => {
  const { session, inner, near } = await connected();
  const terminal = await session.terminals.open({ name: 'main', columns: 80, rows: 24 });
  terminal.onOutput(() => {});
  const socket = await session.kube.connect('/exec', { protocols: ['p'] });
  const watch = await session.kube.fetch({ method: 'GET', path: '/watch', headers: {} });
  session.files.watch(() => {});
  session.audit.watch(() => {});
  await macrotask();
  const closes: unknown[] = [];
  socket.onClose(({ reason }) => closes.push(reason));
  near.close('The network went away.');
  for (let i = 0; i < 3; i++) await macrotask();
  expect(session.status).toEqual({ phase: 'failed', message: 'The network went away.' });
  expect(closes).toEqual(['The network went away.']);
  await expect(
    (async () => {
      for await (const chunk of watch.body as AsyncIterable<Uint8Array>) void chunk;
    })(),
  ).rejects.toMatchObject({ name: 'ConnectionLost' });
  expect({
    aborted: inner.aborted,
    socket: inner.sockets[0]!.closed !== undefined,
    output: inner.terminal.output,
    statuses: inner.statuses.size,
    files: inner.fileChanges.size,
    audit: inner.auditEvents.size,
    closes: inner.closes,
  }).toEqual({ aborted: 1, socket: true, output: undefined, statuses: 0, files: 0, audit: 0, closes: 0 });
  expect(inner.terminal.log).not.toContain('close');
});

test('an operation from a newer page is refused by name', async () => {
  const inner = new EchoSession();
  const [near, far] = memoryChannels();
  serveSession(inner, far);
  const { Multiplexer } = await import('./multiplexer.ts');
  const stream = new Multiplexer(near).open({ op: 'teleport' });
  await expect(stream.next()).rejects.toThrow('does not know “teleport”');
});
