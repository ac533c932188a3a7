/**
 * A machine is what processes share: files, a process table, a network, the programs on it. The
 * learner's computer is one, and so is each container (its own file system, hostname and process ids).
 */
import type { Clock } from '../core/clock.ts';
import type { BatchTools } from './batch-tools.ts';
import type { ControlGroup } from './control-group.ts';
import type { ContainerEngine } from './container-engine.ts';
import type { HttpOrigin } from '../core/http.ts';
import type { Random } from '../core/random.ts';
import type { FileSystem } from './file-system.ts';
import type { NetworkNamespace } from './network.ts';
import { LoadAverage } from './load-average.ts';
import { Process, type ProcessInit } from './process.ts';

/**
 * A program: reads `process.argv` (argv[0] is its own name), its file descriptors and environment, and
 * returns its exit code (0 when undefined). It must pass a cancellation point (any awaited method of
 * `process`) at least every few milliseconds of work.
 */
export type Program = (process: Process) => Promise<number | void>;

export interface MachineInit {
  hostname: string;
  files: FileSystem;
  clock: Clock;
  random: Random;
  network?: NetworkNamespace;
  /** The Kubernetes API as this machine's kubectl reaches it (undefined in containers, whose clients use the network). */
  kube?: HttpOrigin;
  /** The container engine that `docker` talks to; undefined: there is none. */
  engine?: (() => Promise<ContainerEngine>) | undefined;
  /** Where uninterruptible tools run; undefined: they are not available (awk, sed, jq say so). */
  batch?: BatchTools;
  /** Whose pids it has; default: a table of its own. */
  processTable?: ProcessTable | undefined;
  /** Counts and limits what its processes use together; undefined: nobody counts. */
  controlGroup?: ControlGroup;
  /**
   * Finds a program by its command name. Programs are loaded when first used, so this may be async.
   * Undefined: there is no such command.
   */
  findProgram(name: string): Program | undefined | Promise<Program | undefined>;
  /**
   * Words that may stand at `index` of the command line `words` (Tab completion); undefined: the command has
   * no opinion.
   */
  completions?(process: Process, words: string[], index: number): Promise<string[] | undefined>;
  /** Names of all programs, sorted (completion, `help`). */
  programNames(): string[];
}

/** A PID namespace: live processes by pid. Machines may share one. */
export class ProcessTable {
  readonly processes = new Map<number, Process>();
  #nextPid = 1;

  nextPid(): number {
    return this.#nextPid++;
  }
}

export class Machine {
  readonly hostname: string;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: NetworkNamespace | undefined;
  readonly kube: HttpOrigin | undefined;
  readonly engine: MachineInit['engine'];
  readonly batch: BatchTools | undefined;
  readonly controlGroup: ControlGroup | undefined;
  /** What `uptime` and `top` show. */
  readonly load: LoadAverage;
  readonly findProgram: MachineInit['findProgram'];
  readonly completions: MachineInit['completions'];
  readonly programNames: MachineInit['programNames'];
  readonly processTable: ProcessTable;
  /** `ulimit -u`: a fork beyond it fails with EAGAIN. */
  processLimit = 512;

  constructor(init: MachineInit) {
    this.hostname = init.hostname;
    this.files = init.files;
    this.clock = init.clock;
    this.random = init.random;
    this.network = init.network;
    this.kube = init.kube;
    this.engine = init.engine;
    this.batch = init.batch;
    this.controlGroup = init.controlGroup;
    this.load = init.controlGroup?.load ?? new LoadAverage(init.clock.now());
    this.findProgram = init.findProgram;
    this.completions = init.completions;
    this.programNames = init.programNames;
    this.processTable = init.processTable ?? new ProcessTable();
  }

  /** Live processes by pid: its own, and those of others that share its table. */
  get processes(): ReadonlyMap<number, Process> {
    return this.processTable.processes;
  }

  /** Starts a process. Throws `Errno` EAGAIN over the process limit. */
  spawn(init: ProcessInit): Process {
    return new Process(this, this.processTable.nextPid(), init);
  }

  /** Signals every process of a group. Returns how many there were. */
  signalGroup(processGroup: number, signal: Parameters<Process['signal']>[0]): number {
    let count = 0;
    for (const process of this.processes.values()) {
      if (process.processGroup !== processGroup) continue;
      process.signal(signal);
      count++;
    }
    return count;
  }
}
