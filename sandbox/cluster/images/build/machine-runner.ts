/** Runs a build's commands: each on a machine of its own that has the stage's files. */
import { decode } from '../../../core/bytes.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Random } from '../../../core/random.ts';
import type { BatchTools } from '../../../os/batch-tools.ts';
import { DeviceFileSystem } from '../../../os/device-files.ts';
import { Machine } from '../../../os/machine.ts';
import type { NetworkNamespace } from '../../../os/network.ts';
import { OpenFile } from '../../../os/open-file.ts';
import { ProcFileSystem } from '../../../os/proc-files.ts';
import { ExecError, findExecutable, programOfMarker, type ProgramTable } from '../executable.ts';
import { RunFailure, type RunStep, type StepRunner } from './builder.ts';

export interface MachineRunnerOptions {
  clock: Clock;
  random: Random;
  programs: ProgramTable;
  network: NetworkNamespace | undefined;
  batch: BatchTools | undefined;
}

const HOSTNAME = 'buildkitsandbox';

export class MachineRunner implements StepRunner {
  readonly #options: MachineRunnerOptions;

  constructor(options: MachineRunnerOptions) {
    this.#options = options;
  }

  async run(step: RunStep, signal: AbortSignal): Promise<number> {
    const { clock, random, programs, network, batch } = this.#options;
    const { files, argv, environment, directory, user, output } = step;
    const machine = new Machine({
      hostname: HOSTNAME,
      files,
      clock,
      random,
      ...(network ? { network } : {}),
      ...(batch ? { batch } : {}),
      findProgram: (name) => programOfMarker(programs, name),
      programNames: () => [],
    });
    const mounts = [
      files.mount('/dev', new DeviceFileSystem(random)),
      files.mount('/proc', new ProcFileSystem(machine)),
    ];
    try {
      const found = findExecutable(files, argv[0]!, environment['PATH'] ?? '', directory);
      const program = await programs.get(found.program)?.();
      if (!program) throw new ExecError(`exec ${argv[0]}: exec format error`);
      const sink = new OpenFile({ write: (bytes) => void output(decode(bytes)) });
      const nothing = new OpenFile({ read: () => Promise.resolve(null), readNow: () => null });
      const process = machine.spawn({
        argv: found.argvPrefix.length > 0 ? [...found.argvPrefix, ...argv.slice(1)] : argv,
        program,
        environment,
        directory,
        user,
        files: [nothing, sink, sink],
        processGroup: 'new',
      });
      const stop = () => machine.processes.forEach((each) => each.signal('KILL'));
      signal.addEventListener('abort', stop, { once: true });
      const exitCode = await process.exited;
      signal.removeEventListener('abort', stop);
      // What it left behind in the background ends with it.
      stop();
      signal.throwIfAborted();
      return exitCode;
    } catch (error) {
      if (!(error instanceof ExecError)) throw error;
      throw new RunFailure(`runc run failed: unable to start container process: ${error.message}`);
    } finally {
      for (const mount of mounts) mount.dispose();
    }
  }
}
