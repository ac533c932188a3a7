/** The learner's computer: a home, a workspace, a shell with its commands, a kubeconfig for the session's cluster. */
import { encode } from '../../core/bytes.ts';
import type { Clock } from '../../core/clock.ts';
import type { Disposable } from '../../core/disposable.ts';
import type { HttpOrigin } from '../../core/http.ts';
import type { Random } from '../../core/random.ts';
import type { BatchTools } from '../../os/batch-tools.ts';
import type { FileTree } from '../../os/file-tree.ts';
import { Machine } from '../../os/machine.ts';
import { MemoryFileSystem } from '../../os/memory-file-system.ts';
import type { NetworkNamespace } from '../../os/network.ts';
import { mountSystemFiles } from '../../os/system-files.ts';
import { OpenFile } from '../../os/open-file.ts';
import type { Process } from '../../os/process.ts';
import type { Pty } from '../../os/pty.ts';
import { commandNames, findCommand, findCompletions } from '../../shell/commands/registry.ts';
import { startShell } from '../../shell/login.ts';
import { MAX_SCRIPT_OUTPUT_CHARACTERS, type ScriptResult } from '../runtime.ts';
import type { StoredFile } from './session-store.ts';
import { StoredFiles } from './stored-files.ts';
import { HOME, LEARNER, WORKSPACE } from './workspace.ts';

export interface LearnerMachineOptions {
  clock: Clock;
  random: Random;
  /** The API with the learner's rights. */
  kube: HttpOrigin;
  network: NetworkNamespace;
  /** What `docker` talks to. */
  engine: Machine['engine'];
  /** Namespace of the kubeconfig's context. */
  namespace: string;
  /** Tools that cannot yield. */
  batch: BatchTools | undefined;
  /** A machine's files to go on from; default: an empty disk. */
  files?: FileTree;
  /** Files of before a reboot, by absolute path. */
  stored: ReadonlyMap<string, StoredFile> | undefined;
}

const ENVIRONMENT = {
  HOME,
  USER: 'learner',
  LOGNAME: 'learner',
  SHELL: '/bin/bash',
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LANG: 'C.UTF-8',
  TERM: 'xterm-256color',
  EDITOR: 'edit',
};

export class LearnerMachine implements Disposable {
  readonly files: MemoryFileSystem;
  readonly machine: Machine;
  readonly stored: StoredFiles;
  #options: LearnerMachineOptions;

  constructor(options: LearnerMachineOptions) {
    this.#options = options;
    this.files = new MemoryFileSystem({
      clock: options.clock,
      quotaBytes: DISK_BYTES,
      ...(options.files ? { tree: options.files } : {}),
    });
    if (!options.files) layOut(this.files);
    writeFile(this.files, `${HOME}/.kube/config`, kubeconfig(options.namespace), 0o600);
    this.stored = new StoredFiles(this.files);
    if (options.stored)
      this.stored.restore(new Map([...options.stored].filter(([path]) => path.startsWith('/'))));
    this.machine = this.#machineWith(options.kube);
    mountSystemFiles(this.machine);
  }

  startShell(pty: Pty): Process {
    return startShell(this.machine, pty, { environment: ENVIRONMENT, directory: WORKSPACE, user: LEARNER });
  }

  /**
   * Applies manifests as `kubectl apply` does in the learner's context, with the rights of `kube`. Rejects with what kubectl said.
   * The same command as the learner's, so that a later `kubectl apply` finds what it expects.
   */
  async apply(kube: HttpOrigin, manifest: string): Promise<void> {
    const { exitCode, output } = await this.#run(
      this.#machineWith(kube),
      ['kubectl', 'apply', '-f', '-'],
      manifest,
      ENVIRONMENT,
    );
    if (exitCode !== 0)
      throw new Error(`kubectl apply of the exercise’s manifests ended with ${exitCode}: ${output.trim()}`);
  }

  /** Runs bash on `script` in the workspace; see `Scratch`. */
  runScript(script: string, timeoutSeconds: number): Promise<ScriptResult> {
    const environment = { ...ENVIRONMENT, NAMESPACE: this.#options.namespace };
    return this.#run(this.machine, ['bash', '-c', script], '', environment, timeoutSeconds);
  }

  /** Runs a program to its end, or until its time is up. */
  async #run(
    machine: Machine,
    argv: string[],
    stdin: string,
    environment: Record<string, string>,
    timeoutSeconds?: number,
  ): Promise<ScriptResult> {
    const program = await machine.findProgram(argv[0]!);
    if (!program) throw new Error(`this machine has no ${argv[0]}`);
    let output = '';
    let left: Uint8Array | null = encode(stdin);
    const decoder = new TextDecoder();
    const printed = new OpenFile({
      write: (bytes) => {
        if (output.length < MAX_SCRIPT_OUTPUT_CHARACTERS) output += decoder.decode(bytes, { stream: true });
        return undefined;
      },
    });
    const input = new OpenFile({
      read: async () => {
        const bytes = left;
        left = null;
        return bytes;
      },
    });
    const process = machine.spawn({
      argv,
      program,
      environment,
      directory: WORKSPACE,
      files: [input, printed, printed],
      processGroup: 'new',
      user: LEARNER,
    });
    let timedOut = false;
    const timer =
      timeoutSeconds === undefined
        ? undefined
        : this.#options.clock.setTimeout(() => {
            timedOut = true;
            for (const each of machine.processes.values()) each.signal('KILL');
          }, timeoutSeconds * 1000);
    const exitCode = await process.exited;
    timer?.dispose();
    return {
      exitCode: timedOut ? TIMED_OUT : exitCode,
      output: output.slice(0, MAX_SCRIPT_OUTPUT_CHARACTERS),
    };
  }

  dispose(): void {
    for (const process of this.machine.processes.values()) process.signal('KILL');
  }

  #machineWith(kube: HttpOrigin): Machine {
    const { clock, random, network, engine, batch } = this.#options;
    return new Machine({
      hostname: 'slipway',
      files: this.files,
      clock,
      random,
      network,
      kube,
      engine,
      batch,
      findProgram: findCommand,
      programNames: commandNames,
      completions: findCompletions,
    });
  }
}

/** Exit code of `timeout` for a program that it has ended. */
const TIMED_OUT = 124;
/** What the learner's files may take together. */
const DISK_BYTES = 256 * 1024 * 1024;

function layOut(files: MemoryFileSystem): void {
  for (const path of ['/bin', '/usr/bin', '/usr/local/bin', '/etc', '/root', '/var/log', '/run']) {
    files.mkdir(path, { recursive: true });
  }
  files.mkdir('/tmp', { mode: 0o1777 });
  for (const path of [HOME, WORKSPACE, `${HOME}/.kube`]) {
    files.mkdir(path, { recursive: true });
    files.chown(path, LEARNER.uid, LEARNER.gid);
  }
  const write = (path: string, text: string) => writeFile(files, path, text, 0o644);
  write('/etc/hostname', 'slipway\n');
  write('/etc/hosts', '127.0.0.1\tlocalhost\n127.0.1.1\tslipway\n');
  write(
    '/etc/passwd',
    `root:x:0:0:root:/root:/bin/bash\nlearner:x:${LEARNER.uid}:${LEARNER.gid}::${HOME}:/bin/bash\n`,
  );
  write('/etc/group', `root:x:0:\nlearner:x:${LEARNER.gid}:\n`);
}

function writeFile(files: MemoryFileSystem, path: string, text: string, mode: number): void {
  files.writeFile(path, encode(text));
  files.chmod(path, mode);
  if (path.startsWith(HOME)) files.chown(path, LEARNER.uid, LEARNER.gid);
}

/** The embedded API server is reached in process: there is no certificate to check and no token to send. */
function kubeconfig(namespace: string): string {
  return `apiVersion: v1
kind: Config
clusters:
- cluster:
    server: https://slipway-control-plane:6443
  name: slipway
contexts:
- context:
    cluster: slipway
    namespace: ${namespace}
    user: learner
  name: slipway
current-context: slipway
preferences: {}
users:
- name: learner
  user: {}
`;
}
