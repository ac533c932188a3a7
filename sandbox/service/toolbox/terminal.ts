/**
 * A shell on the learner's machine that outlives the page: one `docker exec` with a terminal, its last output
 * kept for whoever connects next. Output goes at the pace of the slowest who reads; who does not read costs
 * nothing.
 */
import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import { toDisposable, type Disposable } from '../../core/disposable.ts';
import { Emitter } from '../../core/emitter.ts';
import { exitCode, run, start } from '../engine/exec.ts';
import { EditRequests } from '../../runtimes/edit-request.ts';
import type { TerminalConnection } from '../../runtimes/runtime.ts';
import { Scrollback } from './scrollback.ts';
import { WORKSPACE } from './workspace.ts';

/** How far a reader may be behind before the shell has to wait. */
const LAG_BYTES = 64 * 1024;

/** Each shell writes down its process number, because the engine has no way to signal a program it started. */
const PID_FILES = '/tmp/.slipway-terminal-';

async function hangUp(toolbox: Docker.Container, pidFiles: string): Promise<void> {
  await run(toolbox, ['sh', '-c', `cat ${pidFiles} | xargs -r kill -HUP; rm -f ${pidFiles}`]);
}

export class Terminal {
  #toolbox: Docker.Container;
  #pidFile: string;
  #exec: Docker.Exec;
  #stream: Duplex;
  #scrollback = new Scrollback();
  #edits = new EditRequests((path) => {
    const prefix = `${WORKSPACE}/`;
    if (path.startsWith(prefix)) this.#editEvents.fire(path.slice(prefix.length));
  });
  #readers = new Set<Reader>();
  #exits = new Emitter<number>();
  #editEvents = new Emitter<string>();
  #exited: number | undefined;
  #hungUp = false;
  /** Wakes the output loop when a reader has caught up or left. */
  #caughtUp: (() => void) | undefined;

  /** Fires once, when the shell has ended. */
  readonly onExit = this.#exits.event;

  private constructor(toolbox: Docker.Container, pidFile: string, exec: Docker.Exec, stream: Duplex) {
    this.#toolbox = toolbox;
    this.#pidFile = pidFile;
    this.#exec = exec;
    this.#stream = stream;
    void this.#run();
  }

  static async open(toolbox: Docker.Container, columns: number, rows: number): Promise<Terminal> {
    const pidFile = `${PID_FILES}${randomUUID()}`;
    const { exec, stream } = await start(toolbox, ['sh', '-c', `echo $$ >${pidFile}; exec bash -i`], {
      tty: true,
      environment: ['TERM=xterm-256color'],
    });
    const terminal = new Terminal(toolbox, pidFile, exec, stream);
    await terminal.resize(columns, rows);
    return terminal;
  }

  /** Hangs up what an earlier life of the service has left running. */
  static async hangUpAll(toolbox: Docker.Container): Promise<void> {
    await hangUp(toolbox, `${PID_FILES}*`);
  }

  connect(): TerminalConnection {
    let reader: Reader | undefined;
    // The next consumer goes on where the last one stopped.
    let position = 0;
    return {
      onOutput: (listener) => {
        reader?.dispose();
        const own = (reader = this.#read(position, listener));
        return toDisposable(() => {
          position = own.position;
          own.dispose();
        });
      },
      write: (bytes) => void this.#stream.write(bytes),
      resize: (columns, rows) => void this.resize(columns, rows),
      onExit: (listener) => {
        const exited = this.#exited;
        if (exited === undefined) return this.#exits.event(listener);
        queueMicrotask(() => listener(exited));
        return toDisposable(() => {});
      },
      onEdit: this.#editEvents.event,
      close: () => this.hangUp(),
    };
  }

  async resize(columns: number, rows: number): Promise<void> {
    if (!(columns > 0 && rows > 0 && columns < 1000 && rows < 1000)) return;
    for (let attempt = 0; attempt < 10 && this.#exited === undefined; attempt++) {
      try {
        return void (await this.#exec.resize({ w: Math.floor(columns), h: Math.floor(rows) }));
      } catch {
        // The engine knows the terminal only a moment after the program has started.
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    }
  }

  /**
   * SIGHUP to the shell, which passes it on to its jobs. Its output is read to the end whoever lags behind:
   * an engine with the output of a dead program on its hands answers for nothing else in the container.
   */
  hangUp(): void {
    this.#hungUp = true;
    this.#caughtUp?.();
    hangUp(this.#toolbox, this.#pidFile).catch(() => this.#stream.destroy());
  }

  async #run(): Promise<void> {
    try {
      for await (const chunk of this.#stream as AsyncIterable<Buffer>) {
        const output = this.#edits.push(chunk);
        if (output.length > 0) this.#scrollback.append(output);
        for (const reader of this.#readers) reader.wake();
        while (!this.#hungUp && this.#lagging()) {
          await new Promise<void>((resolve) => (this.#caughtUp = resolve));
        }
      }
    } catch {
      // The container or the engine is gone; the shell with it.
    }
    for (const reader of this.#readers) if (!this.#hungUp) await reader.drained();
    this.#exited = await exitCode(this.#exec).catch(() => 129);
    this.#exits.fire(this.#exited);
  }

  #lagging(): boolean {
    return [...this.#readers].some((reader) => this.#scrollback.end - reader.position > LAG_BYTES);
  }

  #read(position: number, listener: (bytes: Uint8Array) => void | Promise<void>): Reader {
    const reader: Reader = new Reader(this.#scrollback, position, listener, () => {
      if (reader.disposed) this.#readers.delete(reader);
      this.#caughtUp?.();
      this.#caughtUp = undefined;
    });
    this.#readers.add(reader);
    reader.wake();
    return reader;
  }
}

/** One consumer of a terminal's output. */
class Reader implements Disposable {
  position: number;
  disposed = false;
  #scrollback: Scrollback;
  #listener: (bytes: Uint8Array) => void | Promise<void>;
  #onProgress: () => void;
  #busy: Promise<void> | undefined;

  constructor(
    scrollback: Scrollback,
    position: number,
    listener: (bytes: Uint8Array) => void | Promise<void>,
    onProgress: () => void,
  ) {
    this.#scrollback = scrollback;
    this.position = position;
    this.#listener = listener;
    this.#onProgress = onProgress;
  }

  wake(): void {
    this.#busy ??= this.#deliver().finally(() => (this.#busy = undefined));
  }

  /** Resolves when all that is there was taken. */
  async drained(): Promise<void> {
    await this.#busy;
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.#onProgress();
  }

  async #deliver(): Promise<void> {
    // Off the caller's stack: who has just subscribed gets the replay afterwards.
    await Promise.resolve();
    while (!this.disposed) {
      const { bytes, end } = this.#scrollback.read(this.position);
      if (bytes.length === 0) return;
      try {
        await this.#listener(bytes);
      } catch {
        return this.dispose();
      }
      this.position = end;
      this.#onProgress();
    }
  }
}
