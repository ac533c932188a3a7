/**
 * A process: argv, environment, working directory, file descriptors, a group, signals. Programs are
 * async functions on one thread, so every awaited method here is a cancellation point: that is where
 * signals land, where a stopped process waits and where a slice of time ends.
 */
import { decode, encode } from '../core/bytes.ts';
import { sleep } from '../core/clock.ts';
import { slice, takeSliceMs } from '../core/slice.ts';
import { BYTE_MS, PROCESS_BYTES, START_MS, STEP_MS, type ControlGroup } from './control-group.ts';
import type { Credentials } from './credentials.ts';
import { Errno } from './errno.ts';
import type { Machine, Program } from './machine.ts';
import type { OpenFile, OpenFileOperations } from './open-file.ts';
import { resolvePath } from './path.ts';
import { exitCodeOf, type Signal } from './signals.ts';
import type { FileSystem } from './file-system.ts';
import type { Terminal } from './terminal.ts';
import { UserFileSystem } from './user-file-system.ts';

export interface ProcessInit {
  argv: string[];
  program: Program;
  environment?: Record<string, string>;
  /** Absolute. */
  directory?: string;
  /** Descriptors 0, 1, 2, …; each is acquired for the process and closed at its end. */
  files: (OpenFile | undefined)[];
  parent?: Process;
  /** A group to join; default: the parent's; `'new'`: a group of its own. */
  processGroup?: number | 'new';
  /** The controlling terminal; default: the parent's. */
  terminal?: Terminal;
  user?: Credentials;
  /** May use the slots that are kept free for a person at a prompt who wants to clean up. */
  privileged?: boolean;
}

/** A process that is ahead of the clock by more than this waits for it. */
const QUANTUM_MS = 20;
/** One that waited for something else may catch up this much. */
const CREDIT_MS = 40;

/** Processes beyond the limit that only privileged starts may use. */
const RESERVED_PROCESSES = 16;

/** Unwinds a program that a signal killed. Programs let it pass (`finally` is fine). */
export class Killed extends Error {
  readonly signal: Signal;
  constructor(signal: Signal) {
    super(`killed by SIG${signal}`);
    this.signal = signal;
  }
}

/** Unwinds a program that called `process.exit`. */
export class Exit extends Error {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

export type ProcessState = 'running' | 'stopped' | 'exited';

export class Process {
  readonly machine: Machine;
  readonly pid: number;
  readonly parentPid: number;
  readonly argv: string[];
  readonly environment: Record<string, string>;
  readonly user: Credentials;
  readonly terminal: Terminal | undefined;
  readonly startTimeMs: number;
  directory: string;
  /** Permission bits that new files do not get. */
  umask: number;
  processGroup: number;
  files: (OpenFile | undefined)[];
  state: ProcessState = 'running';
  /** Resolves with the exit code (128 + n for a signal); never rejects. */
  readonly exited: Promise<number>;
  /** Which signal ended it, if one did. */
  killedBy: Signal | undefined;
  /** Signals without effect. KILL and STOP cannot be ignored. */
  readonly ignored = new Set<Signal>();
  /** Handlers; a handled signal interrupts nothing by itself (see `interrupt`). */
  readonly handlers = new Map<Signal, () => void>();
  /** Called when the state turns to stopped, running or exited. */
  onStateChange: ((state: ProcessState) => void) | undefined;
  /**
   * CPU time it has used, in ms. On a machine that does not count work it is the slices of the thread that ended while
   * it ran, as old kernels charged a tick to whom it found running.
   */
  cpuMs = 0;
  /** When the work that it has done is done, with one CPU to itself (epoch ms). */
  #busyUntilMs = 0;
  #memoryBytes = 0;
  /** The signal it dies of: thrown at every cancellation point until the program has unwound. */
  #fatal: Killed | undefined;
  /** Thrown once, at the next cancellation point (see `interrupt`). */
  #interrupt: Error | undefined;
  #waiting = new Set<(reason: Error) => void>();
  #resume: { promise: Promise<void>; resolve: () => void } | undefined;

  constructor(machine: Machine, pid: number, init: ProcessInit) {
    const limit = machine.processLimit + (init.privileged ? RESERVED_PROCESSES : 0);
    if (machine.processes.size >= limit) throw new Errno('EAGAIN');
    this.machine = machine;
    this.pid = pid;
    this.parentPid = init.parent?.pid ?? 0;
    this.argv = [...init.argv];
    this.environment = { ...(init.environment ?? init.parent?.environment) };
    this.directory = init.directory ?? init.parent?.directory ?? '/';
    this.umask = init.parent?.umask ?? 0o022;
    this.user = init.user ?? init.parent?.user ?? { uid: 0, gid: 0 };
    this.terminal = init.terminal ?? init.parent?.terminal;
    this.processGroup =
      init.processGroup === 'new' ? pid : (init.processGroup ?? init.parent?.processGroup ?? pid);
    this.files = init.files.map((file) => file?.acquire());
    this.startTimeMs = machine.clock.now();
    machine.processTable.processes.set(pid, this);
    this.charge(START_MS);
    this.#memoryBytes = PROCESS_BYTES;
    machine.controlGroup?.allocate(PROCESS_BYTES);
    this.exited = this.#run(init.program);
  }

  async #run(program: Program): Promise<number> {
    let exitCode: number;
    try {
      // The caller of spawn() gets to see the process before its first instruction.
      await undefined;
      exitCode = (await program(this)) ?? 0;
    } catch (error) {
      if (error instanceof Killed) {
        this.killedBy = error.signal;
        exitCode = exitCodeOf(error.signal);
      } else if (error instanceof Exit) exitCode = error.exitCode;
      else if (error instanceof Errno && error.code === 'EPIPE') {
        this.killedBy = 'PIPE';
        exitCode = exitCodeOf('PIPE');
      } else {
        const message = error instanceof Error ? error.message : String(error);
        const subject = error instanceof Errno && error.subject ? `${error.subject}: ` : '';
        try {
          await this.files[2]?.operations.write?.(encode(`${this.argv[0]}: ${subject}${message}\n`));
        } catch {
          // Standard error is gone too: nobody is left to tell.
        }
        exitCode = 1;
      }
    }
    for (const file of this.files) file?.close();
    this.files = [];
    this.machine.processTable.processes.delete(this.pid);
    this.machine.controlGroup?.release(this.#memoryBytes);
    this.#setState('exited');
    return exitCode;
  }

  #setState(state: ProcessState): void {
    this.state = state;
    this.onStateChange?.(state);
  }

  // ---- system calls: every one is a cancellation point

  /** Waits for `promise` or a signal, whichever comes first. */
  async wait<T>(promise: Promise<T> | T): Promise<T> {
    try {
      this.checkSignals();
    } catch (error) {
      // Nobody listens to it any more, and it may fail for the same reason.
      if (isPromise(promise)) promise.catch(() => {});
      throw error;
    }
    let reject: ((reason: Error) => void) | undefined;
    try {
      if (!isPromise(promise)) return promise;
      return await new Promise<T>((resolve, fail) => {
        reject = fail;
        this.#waiting.add(fail);
        promise.then(resolve, fail);
      });
    } finally {
      if (reject) this.#waiting.delete(reject);
      while (this.#resume && !this.#fatal) await this.#resume.promise;
    }
  }

  /** Throws what a signal left pending. */
  checkSignals(): void {
    if (this.#fatal) throw this.#fatal;
    if (!this.#interrupt) return;
    const reason = this.#interrupt;
    this.#interrupt = undefined;
    throw reason;
  }

  /** A cancellation point that costs nothing until the slice of time is used up or a signal is there. */
  tick(): Promise<void> | undefined {
    this.checkSignals();
    if (this.machine.controlGroup) {
      this.charge(STEP_MS);
      const owedMs = this.#owedMs(this.machine.controlGroup);
      if (owedMs > 0) return this.sleep(owedMs);
    }
    // Somebody waits for what runs in the foreground of a terminal.
    const next = slice(this.terminal !== undefined && this.terminal.foreground === this.processGroup);
    if (next) {
      if (!this.machine.controlGroup) {
        const usedMs = takeSliceMs();
        this.cpuMs += usedMs;
        this.machine.load.note(this.machine.clock.now(), usedMs);
      }
      return this.wait(next);
    }
    if (this.#resume) return this.wait(this.#resume.promise);
    return undefined;
  }

  /** Counts work that the program does: CPU time in ms. The next cancellation point waits for it. */
  charge(cpuMs: number): void {
    const { controlGroup, clock } = this.machine;
    if (!controlGroup) return;
    this.cpuMs += cpuMs;
    this.#busyUntilMs = Math.max(this.#busyUntilMs, clock.now() - CREDIT_MS) + cpuMs;
    controlGroup.charge(cpuMs);
  }

  /**
   * Counts memory that the program takes; what it still has is given back when it ends. Throws `Killed` when the
   * machine is out of memory.
   */
  allocate(bytes: number): void {
    const { controlGroup } = this.machine;
    if (!controlGroup) return;
    this.#memoryBytes += bytes;
    controlGroup.allocate(bytes);
    this.checkSignals();
  }

  /** Gives memory back before the end. */
  release(bytes: number): void {
    const released = Math.min(bytes, this.#memoryBytes);
    this.#memoryBytes -= released;
    this.machine.controlGroup?.release(released);
  }

  /** What it has in memory, as far as it is counted. */
  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** How long it has to wait for the CPU that it has used; 0: it may go on. */
  #owedMs(controlGroup: ControlGroup): number {
    const aheadMs = this.#busyUntilMs - this.machine.clock.now();
    return Math.max(aheadMs > QUANTUM_MS ? aheadMs : 0, controlGroup.pauseMs());
  }

  /** Reads from a descriptor: bytes, or null at end of file. Throws `Errno` EBADF. */
  read(fd = 0): Promise<Uint8Array | null> {
    const operations = this.files[fd]?.operations;
    if (!operations?.read) throw new Errno('EBADF', String(fd));
    if (operations.readable && operations.readNow) return this.#readWhenReady(operations);
    const reading = this.wait(operations.read());
    return this.machine.controlGroup ? this.#counted(reading) : reading;
  }

  async #counted(reading: Promise<Uint8Array | null>): Promise<Uint8Array | null> {
    const bytes = await reading;
    this.charge((bytes?.length ?? 0) * BYTE_MS);
    await this.tick();
    return bytes;
  }

  /** Takes input only once this process runs and, for its terminal, is in the foreground. */
  async #readWhenReady(operations: OpenFileOperations): Promise<Uint8Array | null> {
    for (;;) {
      const { terminal } = operations;
      if (terminal && terminal === this.terminal && terminal.foreground !== this.processGroup) {
        // An ignored TTIN makes the read fail; otherwise the process stops until it is brought back.
        if (this.ignored.has('TTIN')) throw new Errno('EIO');
        this.machine.signalGroup(this.processGroup, 'TTIN');
        await this.wait(Promise.resolve());
        continue;
      }
      const bytes = operations.readNow!();
      if (bytes !== undefined) {
        this.charge((bytes?.length ?? 0) * BYTE_MS);
        await this.tick();
        return bytes;
      }
      await this.wait(operations.readable!());
    }
  }

  /** Writes text (UTF-8) or bytes. Await the result: it is a promise only when there is something to wait for. */
  write(fd: number, data: string | Uint8Array): Promise<void> | undefined {
    const operations = this.files[fd]?.operations;
    if (!operations?.write) throw new Errno('EBADF', String(fd));
    const bytes = typeof data === 'string' ? encode(data) : data;
    const pressure = operations.write(bytes);
    this.charge(bytes.length * BYTE_MS);
    return pressure ? this.wait(pressure) : this.tick();
  }

  /** To standard output. */
  print(text: string | Uint8Array): Promise<void> | undefined {
    return this.write(1, text);
  }

  /** To standard error. */
  printError(text: string | Uint8Array): Promise<void> | undefined {
    return this.write(2, text);
  }

  /**
   * Writes text as a server writes its log, which nobody waits for: no cancellation point, and nothing at all when the
   * descriptor is closed, as it is for a daemon and for a process that has ended.
   */
  log(text: string, fd: 1 | 2 = 1): void {
    const operations = this.files[fd]?.operations;
    if (!operations?.write) return;
    const bytes = encode(text);
    operations.write(bytes)?.catch(() => {});
    this.charge(STEP_MS + bytes.length * BYTE_MS);
  }

  /** Lines of a descriptor without their newline; a last line without one is a line too. */
  async *lines(fd = 0): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    let rest = '';
    for (;;) {
      const bytes = await this.read(fd);
      rest += bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
      const lines = rest.split('\n');
      rest = lines.pop()!;
      for (const line of lines) yield line;
      if (!bytes) break;
    }
    if (rest) yield rest;
  }

  /** Everything up to end of file as text. */
  async readAll(fd = 0): Promise<string> {
    const chunks: Uint8Array[] = [];
    for (let bytes; (bytes = await this.read(fd));) {
      this.allocate(bytes.length);
      chunks.push(bytes);
    }
    let out = '';
    const decoder = new TextDecoder();
    for (const chunk of chunks) out += decoder.decode(chunk, { stream: true });
    return out + decoder.decode();
  }

  /** Sleeps on the machine's clock. */
  async sleep(delayMs: number): Promise<void> {
    const controller = new AbortController();
    try {
      await this.wait(sleep(this.machine.clock, delayMs, controller.signal));
    } finally {
      controller.abort(new Killed('TERM'));
    }
  }

  /** An abort signal that follows the life of `body`: aborted when a signal unwinds it. */
  async withAbort<T>(body: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    try {
      return await this.wait(body(controller.signal));
    } catch (error) {
      controller.abort(error);
      throw error;
    }
  }

  /** `execve(2)`: goes on as another program with other arguments and environment; handlers are reset. */
  async execute(argv: string[], environment: Record<string, string>, program: Program): Promise<number> {
    this.argv.splice(0, this.argv.length, ...argv);
    for (const name of Object.keys(this.environment)) delete this.environment[name];
    Object.assign(this.environment, environment);
    this.handlers.clear();
    return (await program(this)) ?? 0;
  }

  /** Ends the program with `exitCode`. */
  exit(exitCode: number): never {
    throw new Exit(exitCode);
  }

  /** The path made absolute and normal (`.` and `..` taken out) against the working directory. */
  resolve(path: string): string {
    return resolvePath(this.directory, path);
  }

  #fileSystem: FileSystem | undefined;

  /** The machine's files as this process' user may use them. */
  get fileSystem(): FileSystem {
    this.#fileSystem ??=
      this.user.uid === 0 ? this.machine.files : new UserFileSystem(this.machine.files, this.user);
    return this.#fileSystem;
  }

  /** A file of the machine as text; throws `Errno` with the path as given. */
  readTextFile(path: string): string {
    try {
      return decode(this.fileSystem.readFile(this.resolve(path)));
    } catch (error) {
      if (error instanceof Errno) throw new Errno(error.code, path);
      throw error;
    }
  }

  // ---- signals

  /** For interactive programs: from now on `INT` does not kill but unwinds, as `interrupt` does. */
  catchInterrupts(): void {
    this.handlers.set('INT', () => this.interrupt(new Killed('INT')));
  }

  /**
   * Unwinds what is being awaited, or else what is being computed at its next cancellation point, with
   * `reason`, once: the program may catch it and go on. What a signal handler calls.
   */
  interrupt(reason: Error): void {
    const waiting = [...this.#waiting];
    if (waiting.length === 0) this.#interrupt = reason;
    for (const reject of waiting) reject(reason);
  }

  signal(signal: Signal): void {
    if (this.state === 'exited') return;
    if (signal === 'CONT') {
      const resume = this.#resume;
      this.#resume = undefined;
      if (resume) {
        this.#setState('running');
        resume.resolve();
      }
      this.handlers.get('CONT')?.();
      return;
    }
    const forced = signal === 'KILL' || signal === 'STOP';
    if (!forced && this.handlers.has(signal)) return this.handlers.get(signal)!();
    if (!forced && this.ignored.has(signal)) return;
    if (signal === 'STOP' || signal === 'TSTP' || signal === 'TTIN' || signal === 'TTOU') return this.#stop();
    if (signal === 'CHLD' || signal === 'WINCH') return;
    this.#fatal ??= new Killed(signal);
    for (const reject of this.#waiting) reject(this.#fatal);
    this.#resume?.resolve();
    this.#resume = undefined;
  }

  #stop(): void {
    if (this.#resume) return;
    let resolve!: () => void;
    const promise = new Promise<void>((done) => (resolve = done));
    this.#resume = { promise, resolve };
    this.#setState('stopped');
  }
}

const isPromise = <T>(value: Promise<T> | T): value is Promise<T> =>
  typeof (value as Promise<T> | undefined)?.then === 'function';
