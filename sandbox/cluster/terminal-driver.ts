/**
 * For tests: a cluster with the learner's machine beside it, whose shell runs a command to its end while the
 * clock is moved on. What it printed is told with its exit code, so that a test reads like a terminal.
 */
import { decode, encode } from '../core/bytes.ts';
import { ManualClock } from '../core/clock.ts';
import { Random } from '../core/random.ts';
import { macrotask } from '../core/slice.ts';
import type { BatchTools } from '../os/batch-tools.ts';
import { Machine } from '../os/machine.ts';
import { MemoryFileSystem } from '../os/memory-file-system.ts';
import { OpenFile } from '../os/open-file.ts';
import { mountSystemFiles } from '../os/system-files.ts';
import { COMMANDS as DOCKER } from '../shell/commands/docker/commands.ts';
import { VERBS } from '../shell/commands/kubectl/verbs.ts';
import { commandNames, COMMANDS, findCommand } from '../shell/commands/registry.ts';
import { Cluster, type ClusterOptions } from './cluster.ts';
import { PROGRAMS } from './images/registry.ts';

const HOME = '/root';
/** Cluster time that a command may take. */
const LIMIT_MS = 120_000;
const STEP_MS = 50;
/** Turns of the event loop after which nothing is expected to go on without the clock. */
const SETTLE_TURNS = 12;

export interface Said {
  output: string;
  exitCode: number;
}

export class TerminalDriver {
  readonly clock = new ManualClock();
  readonly files: MemoryFileSystem;
  readonly cluster: Cluster;
  readonly machine: Machine;

  /** Loads programs, which takes real time, while no cluster's time passes. */
  static async load(): Promise<void> {
    await Promise.all([
      import('./engine/engine.ts'),
      import('./apiserver/custom-resources/apiextensions.ts').then(({ loadRules }) => loadRules()),
    ]);
    const entries = [...Object.values(DOCKER), ...Object.values(VERBS)];
    await Promise.all([
      ...entries.map((entry) => entry.load()),
      ...Object.values(COMMANDS).map((load) => load()),
      ...[...PROGRAMS.values()].map((load) => load()),
    ]);
  }

  constructor(options: Partial<ClusterOptions> & { files?: MemoryFileSystem } = {}) {
    const { clock } = this;
    this.files = options.files ?? new MemoryFileSystem({ clock });
    for (const path of [HOME, '/tmp']) this.files.mkdir(path, { recursive: true });
    const random = new Random(1);
    this.cluster = new Cluster({ clock, random, nodes: 1, disk: this.files, ...options });
    const user = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
    this.machine = new Machine({
      hostname: 'slipway',
      files: this.files,
      clock,
      random,
      network: this.cluster.network.learner,
      kube: this.cluster.origin(user),
      engine: () => this.cluster.engine(),
      batch: options.batch as BatchTools,
      findProgram: findCommand,
      programNames: commandNames,
    });
    mountSystemFiles(this.machine);
  }

  /** Lets time pass until the cluster is ready: add-ons may wait for pods of their own. */
  async ready(): Promise<void> {
    let isReady = false;
    const ready = this.cluster.ready.finally(() => (isReady = true));
    ready.catch(() => {});
    const untilMs = this.clock.now() + LIMIT_MS;
    while (!isReady) {
      if (this.clock.now() > untilMs) throw new Error('the cluster is not ready after two minutes');
      await this.pass(STEP_MS);
    }
    await ready;
  }

  write(path: string, text: string): void {
    const full = path.startsWith('/') ? path : `${HOME}/${path}`;
    this.files.mkdir(full.slice(0, full.lastIndexOf('/')), { recursive: true });
    this.files.writeFile(full, encode(text));
  }

  /** Runs a line of shell. Throws when it takes longer than two minutes of cluster time. */
  async run(line: string): Promise<Said> {
    const said: Said = { output: '', exitCode: 0 };
    const sink = new OpenFile({ write: (bytes) => void (said.output += decode(bytes)) });
    const nothing = new OpenFile({ read: () => Promise.resolve(null), readNow: () => null });
    const program = (await findCommand('bash'))!;
    const process = this.machine.spawn({
      argv: ['bash', '-c', line],
      program,
      environment: { HOME, PATH: '/usr/local/bin:/usr/bin:/bin' },
      directory: HOME,
      files: [nothing, sink, sink],
      processGroup: 'new',
    });
    let ended = false;
    void process.exited.then((exitCode) => {
      said.exitCode = exitCode;
      ended = true;
    });
    const untilMs = this.clock.now() + LIMIT_MS;
    while (!ended) {
      if (this.clock.now() > untilMs) throw new Error(`${line}: still running; so far: ${said.output}`);
      await this.pass(STEP_MS);
    }
    return said;
  }

  /** What a line prints; throws when it fails. */
  async output(line: string): Promise<string> {
    const { output, exitCode } = await this.run(line);
    if (exitCode !== 0) throw new Error(`${line}: exit code ${exitCode}: ${output}`);
    return output;
  }

  /** Lets cluster time pass. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms, settle);
  }

  dispose(): void {
    for (const process of this.machine.processes.values()) process.signal('KILL');
    this.cluster.dispose();
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < SETTLE_TURNS; turn++) await macrotask();
}
