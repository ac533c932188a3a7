/**
 * A running container: what containerd and runc make of an image and a container's description. It is a
 * machine of its own (file system, processes, hostname) in the network of its pod. Its first process has
 * pid 1: signals it has no handler for do nothing to it, KILL excepted, and with it everything ends.
 */
import { decode } from '../../core/bytes.ts';
import type { Clock } from '../../core/clock.ts';
import type { Disposable } from '../../core/disposable.ts';
import { Emitter } from '../../core/emitter.ts';
import type { Random } from '../../core/random.ts';
import type { BatchTools } from '../../os/batch-tools.ts';
import type { ControlGroup } from '../../os/control-group.ts';
import { ControlGroupFileSystem } from '../../os/control-group-files.ts';
import type { FileSystem } from '../../os/file-system.ts';
import type { MemoryFileSystem } from '../../os/memory-file-system.ts';
import { Errno } from '../../os/errno.ts';
import { ProcFileSystem } from '../../os/proc-files.ts';
import { Machine, type ProcessTable, type Program } from '../../os/machine.ts';
import type { NetworkNamespace } from '../../os/network.ts';
import { OpenFile } from '../../os/open-file.ts';
import { openPipe } from '../../os/pipe.ts';
import type { Process } from '../../os/process.ts';
import { Pty } from '../../os/pty.ts';
import type { Signal } from '../../os/signals.ts';
import {
  ExecError,
  findExecutable,
  programOfMarker,
  type Executable,
  type ProgramTable,
} from '../images/executable.ts';
import type { StoredImage } from '../images/image-store.ts';
import type { ContainerDevices } from './container-devices.ts';
import { MAX_MESSAGE_BYTES } from './container-devices.ts';
import { StartError } from './container-errors.ts';
import { CountedNetwork } from './counted-network.ts';
import { ContainerLog, type LogStream } from './container-log.ts';
import type { ContainerUser } from './security-context.ts';

export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Signals that the kernel keeps from a first process without a handler for them. */
const KEPT_FROM_INIT: readonly Signal[] = [
  'HUP', 'INT', 'QUIT', 'USR1', 'USR2', 'ALRM', 'TERM', 'TSTP', 'TTIN', 'TTOU',
]; // prettier-ignore

export interface ContainerInit {
  name: string;
  image: StoredImage;
  argv: string[];
  environment: Record<string, string>;
  directory: string;
  user: ContainerUser;
  hostname: string;
  files: FileSystem;
  /** The same before any read-only view of it: `/proc` is mounted here. */
  root: MemoryFileSystem;
  devices: ContainerDevices;
  network: NetworkNamespace;
  /** It has the capability NET_ADMIN. */
  netAdmin?: boolean;
  programs: ProgramTable;
  /** Of its pod, or of the container that it looks into; undefined: its own. */
  processes?: ProcessTable | undefined;
  /** Of its own: CPU time and memory of all its processes. */
  controlGroup: ControlGroup;
  /** Where tools run that cannot yield. */
  batch?: BatchTools | undefined;
  clock: Clock;
  random: Random;
  stdin: boolean;
  tty: boolean;
}

export interface ContainerExit {
  exitCode: number;
  /** `Completed`, `Error`, `OOMKilled`, `StartError`. */
  reason: string;
  message?: string;
  finishedMs: number;
}

/** What somebody attached to a container hears. */
export interface Output {
  stream: LogStream;
  bytes: Uint8Array;
}

export class Container {
  readonly id: string;
  readonly init: ContainerInit;
  readonly log: ContainerLog;
  readonly machine: Machine;
  /** Epoch ms; 0 when it never came to run. */
  startedMs = 0;
  exit: ContainerExit | undefined;
  /** Called once, when the first process has ended. */
  onExit: (() => void) | undefined;
  readonly #output = new Emitter<Output>();
  /** The terminal of a container with `tty`. */
  terminal: Pty | undefined;
  #stdin: OpenFile | undefined;
  #main: Process | undefined;
  #exitReason: string | undefined;
  #exited!: () => void;
  /** Resolves when the first process has ended. */
  readonly exited: Promise<void>;

  constructor(init: ContainerInit) {
    this.init = init;
    this.id = randomId(init.random);
    this.log = new ContainerLog(init.clock);
    this.exited = new Promise((resolve) => (this.#exited = resolve));
    const { files, programs } = init;
    const path = init.environment['PATH'] ?? DEFAULT_PATH;
    this.machine = new Machine({
      hostname: init.hostname,
      files,
      clock: init.clock,
      random: init.random,
      network: new CountedNetwork(init.network, init.controlGroup, init.clock, init.netAdmin ?? false),
      controlGroup: init.controlGroup,
      processTable: init.processes,
      ...(init.batch ? { batch: init.batch } : {}),
      findProgram: (name) => programOfMarker(programs, name),
      programNames: () => programsIn(files, path),
    });
    init.root.mount('/proc', new ProcFileSystem(this.machine));
    init.root.mount('/sys/fs/cgroup', new ControlGroupFileSystem(init.controlGroup, this.machine));
    init.controlGroup.onOutOfMemory = () => this.#outOfMemory();
  }

  get running(): boolean {
    return this.#main !== undefined && this.exit === undefined;
  }

  /** Starts the first process. Rejects with `StartError`. */
  async start(): Promise<void> {
    const { argv, environment, directory, user, tty, stdin } = this.init;
    const { program, argv: full } = await this.#prepare(
      argv,
      'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: ',
    );
    const files = tty ? this.#openTerminal() : this.#openStreams(stdin);
    const main = this.machine.spawn({
      argv: full,
      program,
      environment,
      directory,
      user,
      files,
      processGroup: 'new',
      ...(this.terminal ? { terminal: this.terminal } : {}),
    });
    if (main.pid === 1) for (const signal of KEPT_FROM_INIT) main.ignored.add(signal);
    if (this.terminal) this.terminal.foreground = main.processGroup;
    this.#main = main;
    this.startedMs = this.init.clock.now();
    void main.exited.then((exitCode) => this.#ended(exitCode));
  }

  /** It could not be started: containerd keeps a container that ended with 128. */
  failToStart(message: string): void {
    this.exit = { exitCode: 128, reason: 'StartError', message, finishedMs: this.init.clock.now() };
    this.log.end();
    this.#exited();
  }

  /** Starts another process in the container. Rejects with `ExecError` in runc's words. */
  async spawn(options: {
    argv: string[];
    files: (OpenFile | undefined)[];
    terminal?: Pty;
    environment?: Record<string, string>;
  }): Promise<Process> {
    const { environment, directory, user } = this.init;
    const { program, argv } = await this.#prepare(options.argv, '');
    const process = this.machine.spawn({
      argv,
      program,
      environment: options.environment ? { ...environment, ...options.environment } : environment,
      directory,
      user,
      files: options.files,
      processGroup: 'new',
      ...(options.terminal ? { terminal: options.terminal } : {}),
    });
    if (options.terminal) options.terminal.foreground = process.processGroup;
    return process;
  }

  /** Signals the first process. */
  signal(signal: Signal): void {
    this.#main?.signal(signal);
  }

  /** Ends it at once; `reason` is what its status will say instead of `Error`. */
  kill(reason?: string): void {
    if (this.exit) return;
    this.#exitReason ??= reason;
    this.#main?.signal('KILL');
  }

  /** The kernel kills all of it (`memory.oom.group`). */
  #outOfMemory(): void {
    this.kill('OOMKilled');
    this.#killAll();
  }

  #killAll(): void {
    for (const process of this.machine.processes.values())
      if (process.machine === this.machine) process.signal('KILL');
  }

  /** Writes to its standard input; resolves when it can take more. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.terminal) this.terminal.write(bytes);
    else await this.#stdin?.operations.write?.(bytes);
  }

  closeStdin(): void {
    if (this.terminal) this.terminal.write(new Uint8Array([4]));
    else this.#stdin?.close();
    this.#stdin = undefined;
  }

  /** Its last words: the termination message file, or the end of its log. */
  terminationMessage(policy: string | undefined): string | undefined {
    const written = this.init.devices.terminationMessage;
    if (written.length > 0) return decode(written);
    if (policy !== 'FallbackToLogsOnError' || this.exit?.exitCode === 0) return undefined;
    const tail = this.log.tail(80, 2048);
    return tail.length > 0 ? decode(tail).slice(0, MAX_MESSAGE_BYTES) : undefined;
  }

  async #prepare(argv: string[], prefix: string): Promise<{ program: Program; argv: string[] }> {
    const { environment, directory, files } = this.init;
    const [command = '', ...args] = argv;
    const explain = (message: string) =>
      new StartError(`${prefix}unable to start container process: ${message}`);
    let found: Executable;
    try {
      found = findExecutable(files, command, environment['PATH'] ?? DEFAULT_PATH, directory);
    } catch (error) {
      if (error instanceof ExecError) throw explain(error.message);
      throw error;
    }
    const load = this.#load(found);
    const program = load instanceof Promise ? await load : load;
    if (!program) throw explain(`exec ${command}: exec format error`);
    return { program, argv: found.argvPrefix.length > 0 ? [...found.argvPrefix, ...args] : argv };
  }

  #load({ program }: Executable): Program | undefined | Promise<Program> {
    return this.init.programs.get(program)?.();
  }

  #openTerminal(): OpenFile[] {
    const terminal = new Pty({ machine: this.machine, columns: 80, rows: 24 });
    this.terminal = terminal;
    terminal.onOutput((bytes) => this.#print('stdout', bytes));
    return [terminal.file, terminal.file, terminal.file];
  }

  #openStreams(stdin: boolean): OpenFile[] {
    let input: OpenFile;
    if (stdin) {
      const { reader, writer } = openPipe();
      this.#stdin = writer.acquire();
      input = reader;
    } else input = new OpenFile({ read: END_OF_FILE, readNow: () => null });
    const sink = (stream: LogStream) =>
      new OpenFile({
        write: (bytes) => {
          this.#print(stream, bytes);
          return undefined;
        },
      });
    return [input, sink('stdout'), sink('stderr')];
  }

  #print(stream: LogStream, bytes: Uint8Array): void {
    this.log.write(stream, bytes);
    if (this.#output.size > 0) this.#output.fire({ stream, bytes });
  }

  #ended(exitCode: number): void {
    this.#killAll();
    this.exit = {
      exitCode,
      reason: this.#exitReason ?? (exitCode === 0 ? 'Completed' : 'Error'),
      finishedMs: this.init.clock.now(),
    };
    this.log.end();
    this.terminal?.dispose();
    this.#stdin?.close();
    this.#output.dispose();
    this.#exited();
    this.onExit?.();
  }

  /** Hears what it prints from now on. */
  attach(listener: (output: Output) => void): Disposable {
    return this.#output.event(listener);
  }
}

/** Names of what can be run by name. */
function programsIn(files: FileSystem, path: string): string[] {
  const names = new Set<string>();
  for (const directory of path.split(':')) {
    try {
      for (const name of files.readDirectory(directory)) names.add(name);
    } catch (error) {
      // Most of the path does not exist in a small image.
      if (!(error instanceof Errno)) throw error;
    }
  }
  return [...names].sort();
}

const END_OF_FILE = () => Promise.resolve(null);

/** 64 hexadecimal digits, as containerd's ids have. */
export function randomId(random: Random): string {
  let id = '';
  for (let i = 0; i < 8; i++) id += random.bits().toString(16).padStart(8, '0');
  return id;
}
