/**
 * A machine is what processes share: files, a process table, a network, the programs on it. The
 * learner's computer is one, and so is each container (its own file system, hostname and process ids).
 */
import type { Clock } from '../core/clock.ts';
import type { BatchTools } from './batch-tools.ts';
import type { HttpOrigin } from '../core/http.ts';
import type { Random } from '../core/random.ts';
import type { FileSystem } from './file-system.ts';
import type { NetworkNamespace } from './network.ts';
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
  /** Where uninterruptible tools run; undefined: they are not available (awk, sed, jq say so). */
  batch?: BatchTools;
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

export class Machine {
  readonly hostname: string;
  readonly files: FileSystem;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: NetworkNamespace | undefined;
  readonly kube: HttpOrigin | undefined;
  readonly batch: BatchTools | undefined;
  readonly findProgram: MachineInit['findProgram'];
  readonly completions: MachineInit['completions'];
  readonly programNames: MachineInit['programNames'];
  /** Live processes by pid. */
  readonly processes = new Map<number, Process>();
  /** `ulimit -u`: a fork beyond it fails with EAGAIN. */
  processLimit = 512;
  #nextPid = 1;

  constructor(init: MachineInit) {
    this.hostname = init.hostname;
    this.files = init.files;
    this.clock = init.clock;
    this.random = init.random;
    this.network = init.network;
    this.kube = init.kube;
    this.batch = init.batch;
    this.findProgram = init.findProgram;
    this.completions = init.completions;
    this.programNames = init.programNames;
  }

  /** Starts a process. Throws `Errno` EAGAIN over the process limit. */
  spawn(init: ProcessInit): Process {
    return new Process(this, this.#nextPid++, init);
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
