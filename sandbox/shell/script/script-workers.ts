/**
 * The processes' side of JavaScript: gives each script an interpreter in a worker and does for it what it asks
 * of its machine (files, network, timers, signals). At most two workers, so that many small services fit; a
 * script that does not let go when it is killed takes the others of its worker with it.
 */
import { EMPTY } from '../../core/bytes.ts';
import type { Disposable } from '../../core/disposable.ts';
import type { HttpResponse } from '../../core/http.ts';
import { Errno } from '../../os/errno.ts';
import { Killed, type Process } from '../../os/process.ts';
import type { Signal } from '../../os/signals.ts';
import { SIGNALS } from '../../os/signals.ts';
import type { BatchWorker } from '../batch.ts';
import { applyToFiles, readRecord, snapshotFiles, WATCHED_OUT } from './script-files.ts';
import type { FromScript, ScriptEvent, ScriptStart, ToScript } from './script-protocol.ts';

const MAX_WORKERS = 2;
/** How long a worker may take to let a killed script go. */
const KILL_MS = 1000;
/** What an interpreter takes before the script asks for anything: as Node does. */
const MEMORY_BYTES = 40 * 1024 * 1024;
/** A script has started and answered by then: its worker may make the interpreter of the next one. */
const PREPARE_MS = 500;
const STOPPED_EXIT_CODE = 137;

interface Host {
  worker: BatchWorker;
  scripts: Map<number, RunningScript>;
}

export class ScriptWorkers {
  readonly #spawnWorker: () => BatchWorker;
  readonly #hosts = new Set<Host>();
  #nextId = 1;

  constructor(spawnWorker: () => BatchWorker) {
    this.#spawnWorker = spawnWorker;
  }

  /** Runs a script as `process`; its exit code. */
  async run(process: Process, argv: string[], source: ScriptStart['source']): Promise<number> {
    process.allocate(MEMORY_BYTES);
    const id = this.#nextId++;
    const host = this.#hostFor();
    const script = new RunningScript(process, (message) => host.worker.port.postMessage(message), id);
    host.scripts.set(id, script);
    let ended = false;
    try {
      script.start(argv, source);
      process.machine.clock.setTimeout(() => this.#prepare(host), PREPARE_MS);
      const exitCode = await process.wait(script.exited);
      ended = true;
      return exitCode;
    } finally {
      script.dispose();
      if (ended) host.scripts.delete(id);
      else this.#kill(host, id, process);
    }
  }

  dispose(): void {
    for (const host of this.#hosts) this.#terminate(host);
  }

  #hostFor(): Host {
    const least = [...this.#hosts].sort((a, b) => a.scripts.size - b.scripts.size)[0];
    if (least && (least.scripts.size === 0 || this.#hosts.size >= MAX_WORKERS)) return least;
    const host: Host = { worker: this.#spawnWorker(), scripts: new Map() };
    host.worker.port.onMessage((message) => {
      const from = message as FromScript;
      if (from.kind === 'killed') host.scripts.delete(from.id);
      else host.scripts.get(from.id)?.hear(from);
    });
    this.#hosts.add(host);
    return host;
  }

  #prepare(host: Host): void {
    if (this.#hosts.has(host)) host.worker.port.postMessage({ kind: 'script-prepare' } satisfies ToScript);
  }

  #kill(host: Host, id: number, { machine }: Process): void {
    if (!this.#hosts.has(host)) return;
    host.worker.port.postMessage({ kind: 'script-kill', id } satisfies ToScript);
    machine.clock.setTimeout(() => {
      if (host.scripts.has(id)) this.#terminate(host);
    }, KILL_MS);
  }

  #terminate(host: Host): void {
    this.#hosts.delete(host);
    host.worker.terminate();
    for (const script of host.scripts.values())
      script.hear({ kind: 'exit', id: 0, exitCode: STOPPED_EXIT_CODE });
    host.scripts.clear();
  }
}

/** One script, seen from its process. */
class RunningScript {
  readonly #process: Process;
  readonly #post: (message: ToScript) => void;
  readonly #id: number;
  readonly exited: Promise<number>;
  #exit!: (exitCode: number) => void;
  #fail!: (error: Error) => void;
  readonly #timers = new Map<number, Disposable>();
  readonly #servers = new Map<number, Disposable>();
  readonly #answers = new Map<number, Answer>();
  readonly #fetches = new Map<number, AbortController>();
  #watching: Disposable | undefined;
  #applying = false;
  #nextRequest = 1;
  #writing: Promise<void> = Promise.resolve();
  #disposed = false;

  constructor(process: Process, post: (message: ToScript) => void, id: number) {
    this.#process = process;
    this.#post = post;
    this.#id = id;
    this.exited = new Promise((resolve, reject) => {
      this.#exit = resolve;
      this.#fail = reject;
    });
  }

  start(argv: string[], source: ScriptStart['source']): void {
    const { machine, environment, directory, user, pid, parentPid, fileSystem } = this.#process;
    const { terminal } = this.#process.files[1]?.operations ?? {};
    this.#post({
      kind: 'script-start',
      id: this.#id,
      argv,
      source,
      environment: { ...environment },
      directory,
      user,
      pid,
      parentPid,
      hostname: machine.hostname,
      addresses: [...(machine.network?.addresses ?? [])],
      nowMs: machine.clock.now(),
      seed: machine.random.bits(),
      terminal: terminal && { columns: terminal.columns, rows: terminal.rows },
      files: snapshotFiles(fileSystem),
    });
    this.#watching = machine.files.watch('/', ({ path }) => {
      if (!this.#applying && !WATCHED_OUT.test(path))
        this.#tell({ kind: 'file', path, record: readRecord(fileSystem, path) });
    });
  }

  hear(message: FromScript): void {
    if (this.#disposed && message.kind !== 'exit') return;
    const { machine } = this.#process;
    switch (message.kind) {
      case 'exit':
        void this.#writing.catch(() => {}).then(() => this.#exit(message.exitCode));
        break;
      case 'used':
        this.#process.charge(message.cpuMs);
        break;
      case 'output':
        this.#writing = this.#writing.then(() => this.#process.write(message.fd, message.bytes));
        this.#writing.catch((error: Error) => this.#fail(error));
        break;
      case 'timer':
        this.#timers.set(
          message.timer,
          machine.clock.setTimeout(() => {
            this.#timers.delete(message.timer);
            this.#tell({ kind: 'timer', timer: message.timer });
          }, message.delayMs),
        );
        break;
      case 'timer-clear':
        this.#timers.get(message.timer)?.dispose();
        this.#timers.delete(message.timer);
        break;
      case 'signals':
        this.#handleSignals(message.signals);
        break;
      case 'read-stdin':
        void this.#readInput();
        break;
      case 'listen':
        this.#listen(message.server, message.port, message.address);
        break;
      case 'close':
        this.#servers.get(message.server)?.dispose();
        this.#servers.delete(message.server);
        break;
      case 'respond':
        this.#answers.get(message.request)?.begin(message.status, message.headers);
        break;
      case 'respond-bytes':
        this.#answers.get(message.request)?.add(message.bytes);
        if (!message.bytes) this.#answers.delete(message.request);
        break;
      case 'respond-abort':
        this.#answers.get(message.request)?.fail();
        this.#answers.delete(message.request);
        break;
      case 'fetch':
        void this.#fetch(message);
        break;
      case 'fetch-abort':
        this.#fetches.get(message.request)?.abort(new Errno('ECONNRESET'));
        break;
      case 'resolve':
        void this.#resolve(message.query, message.name);
        break;
      case 'file':
        this.#applying = true;
        try {
          applyToFiles(this.#process.fileSystem, message.operation);
        } catch (error) {
          // Its copy of the files was behind: it gets what is there now.
          if (!(error instanceof Errno)) throw error;
        } finally {
          this.#applying = false;
        }
        break;
      case 'raise': {
        const target = machine.processes.get(message.pid);
        if (Object.hasOwn(SIGNALS, message.signal)) target?.signal(message.signal as Signal);
        break;
      }
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#watching?.dispose();
    for (const each of [...this.#timers.values(), ...this.#servers.values()]) each.dispose();
    for (const answer of this.#answers.values()) answer.fail();
    for (const controller of this.#fetches.values()) controller.abort(new Killed('TERM'));
    for (const signal of Object.keys(SIGNALS)) this.#process.handlers.delete(signal as Signal);
  }

  #tell(event: ScriptEvent): void {
    this.#post({ kind: 'script-event', id: this.#id, nowMs: this.#process.machine.clock.now(), event });
  }

  /** The signals that the script has listeners for; all others do what they do to any process. */
  #handleSignals(signals: string[]): void {
    const { handlers } = this.#process;
    for (const signal of Object.keys(SIGNALS) as Signal[]) {
      if (signals.includes(signal)) handlers.set(signal, () => this.#tell({ kind: 'signal', signal }));
      else handlers.delete(signal);
    }
  }

  async #readInput(): Promise<void> {
    const input = this.#process.files[0]?.operations;
    for (;;) {
      const bytes = input?.read ? await input.read() : null;
      if (this.#disposed) {
        if (bytes) input?.unread?.(bytes);
        return;
      }
      this.#tell({ kind: 'stdin', bytes: bytes ?? undefined });
      if (!bytes) return;
    }
  }

  #listen(server: number, port: number, address: string): void {
    const { network } = this.#process.machine;
    try {
      if (!network) throw new Errno('ENETUNREACH');
      this.#servers.set(
        server,
        network.listen(
          port,
          (request, from) => {
            const id = this.#nextRequest++;
            const answer = new Answer(() => {
              this.#answers.delete(id);
              this.#tell({ kind: 'request-gone', request: id });
            });
            this.#answers.set(id, answer);
            const { method, path, headers, body = EMPTY } = request;
            this.#tell({ kind: 'request', server, request: id, from, method, path, headers, body });
            return answer.response;
          },
          address === '127.0.0.1' || address === 'localhost' ? '127.0.0.1' : undefined,
        ),
      );
      this.#tell({ kind: 'listening', server, error: undefined });
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      this.#tell({ kind: 'listening', server, error: error.code });
    }
  }

  async #fetch(message: Extract<FromScript, { kind: 'fetch' }>): Promise<void> {
    const { request, host, port, method, path, headers, body } = message;
    const controller = new AbortController();
    this.#fetches.set(request, controller);
    try {
      const { network } = this.#process.machine;
      if (!network) throw new Errno('ENETUNREACH');
      const response = await network.fetch(host, port, {
        method,
        path,
        headers,
        signal: controller.signal,
        ...(body.length > 0 ? { body } : {}),
      });
      if (this.#disposed) return;
      this.#tell({ kind: 'response', request, status: response.status, headers: response.headers });
      if (response.body instanceof Uint8Array) {
        if (response.body.length > 0) this.#tell({ kind: 'response-bytes', request, bytes: response.body });
      } else
        for await (const bytes of response.body) {
          if (this.#disposed || controller.signal.aborted) return;
          this.#tell({ kind: 'response-bytes', request, bytes });
        }
      this.#tell({ kind: 'response-bytes', request, bytes: undefined });
    } catch (error) {
      if (this.#disposed) return;
      const code = error instanceof Errno ? error.code : 'ENOTFOUND';
      this.#tell({ kind: 'response-error', request, code, message: (error as Error).message });
    } finally {
      this.#fetches.delete(request);
    }
  }

  async #resolve(query: number, name: string): Promise<void> {
    const addresses = await this.#process.machine.network?.resolve(name).catch(() => undefined);
    if (!this.#disposed) this.#tell({ kind: 'resolved', query, addresses });
  }
}

/** A response on its way out of a script. */
class Answer {
  readonly response: Promise<HttpResponse>;
  #resolve!: (response: HttpResponse) => void;
  #reject!: (error: Errno) => void;
  readonly #gone: () => void;
  readonly #chunks: (Uint8Array | undefined)[] = [];
  #more: (() => void) | undefined;
  #failed = false;
  #head: { status: number; headers: Record<string, string> } | undefined;

  constructor(gone: () => void) {
    this.#gone = gone;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Nobody may be left to hear that it failed.
    this.response.catch(() => {});
  }

  begin(status: number, headers: Record<string, string>): void {
    this.#head = { status, headers };
  }

  /** Undefined: that was all. What comes in one piece is answered as one. */
  add(bytes: Uint8Array | undefined): void {
    this.#chunks.push(bytes);
    this.#more?.();
    const head = this.#head;
    if (!head) return;
    this.#head = undefined;
    if (bytes === undefined) this.#resolve({ ...head, body: EMPTY });
    else this.#resolve({ ...head, body: this.#stream() });
  }

  fail(): void {
    this.#failed = true;
    this.#reject(new Errno('ECONNRESET'));
    this.#more?.();
  }

  async *#stream(): AsyncGenerator<Uint8Array> {
    let complete = false;
    try {
      for (;;) {
        while (this.#chunks.length === 0 && !this.#failed)
          await new Promise<void>((resolve) => (this.#more = resolve));
        if (this.#failed) throw new Errno('ECONNRESET');
        const bytes = this.#chunks.shift();
        if (!bytes) {
          complete = true;
          return;
        }
        yield bytes;
      }
    } finally {
      if (!complete) this.#gone();
    }
  }
}
