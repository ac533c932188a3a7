/** The learner's computer: a home, a workspace, a shell with its commands, a kubeconfig for the session's cluster. */
import { encode } from '../../core/bytes.ts';
import type { Clock } from '../../core/clock.ts';
import type { Disposable } from '../../core/disposable.ts';
import type { HttpOrigin } from '../../core/http.ts';
import type { Random } from '../../core/random.ts';
import type { BatchTools } from '../../os/batch-tools.ts';
import { Machine } from '../../os/machine.ts';
import { MemoryFileSystem } from '../../os/memory-file-system.ts';
import type { NetworkNamespace } from '../../os/network.ts';
import { mountSystemFiles } from '../../os/system-files.ts';
import { OpenFile } from '../../os/open-file.ts';
import type { Process } from '../../os/process.ts';
import type { Pty } from '../../os/pty.ts';
import { commandNames, findCommand, findCompletions } from '../../shell/commands/registry.ts';
import { startShell } from '../../shell/login.ts';
import type { StoredFile } from './session-store.ts';
import { StoredFiles } from './stored-files.ts';
import { HOME, LEARNER, WORKSPACE } from './workspace.ts';

export interface LearnerMachineOptions {
  clock: Clock;
  random: Random;
  /** The API with the learner's rights. */
  kube: HttpOrigin;
  network: NetworkNamespace;
  /** Namespace of the kubeconfig's context. */
  namespace: string;
  /** Tools that cannot yield. */
  batch: BatchTools | undefined;
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
    this.files = new MemoryFileSystem({ clock: options.clock, quotaBytes: DISK_BYTES });
    layOut(this.files, options);
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
   * Applies manifests as `kubectl apply` does, with the rights of `kube`. Rejects with what kubectl said.
   * The same command as the learner's, so that a later `kubectl apply` finds what it expects.
   */
  async apply(kube: HttpOrigin, namespace: string, manifest: string): Promise<void> {
    const machine = this.#machineWith(kube);
    const program = await machine.findProgram('kubectl');
    if (!program) throw new Error('this machine has no kubectl');
    let said = '';
    let input: Uint8Array | null = encode(manifest);
    const output = new OpenFile({
      write: (bytes) => {
        said += new TextDecoder().decode(bytes);
        return undefined;
      },
    });
    const stdin = new OpenFile({
      read: async () => {
        const bytes = input;
        input = null;
        return bytes;
      },
    });
    const process = machine.spawn({
      argv: ['kubectl', 'apply', '-n', namespace, '-f', '-'],
      program,
      environment: ENVIRONMENT,
      directory: WORKSPACE,
      files: [stdin, output, output],
      processGroup: 'new',
      user: LEARNER,
    });
    const exitCode = await process.exited;
    if (exitCode !== 0)
      throw new Error(`kubectl apply of the exercise’s manifests ended with ${exitCode}: ${said.trim()}`);
  }

  dispose(): void {
    for (const process of this.machine.processes.values()) process.signal('KILL');
  }

  #machineWith(kube: HttpOrigin): Machine {
    const { clock, random, network, batch } = this.#options;
    return new Machine({
      hostname: 'slipway',
      files: this.files,
      clock,
      random,
      network,
      kube,
      batch,
      findProgram: findCommand,
      programNames: commandNames,
      completions: findCompletions,
    });
  }
}

/** What the learner's files may take together. */
const DISK_BYTES = 256 * 1024 * 1024;

function layOut(files: MemoryFileSystem, { namespace }: LearnerMachineOptions): void {
  for (const path of ['/bin', '/usr/bin', '/usr/local/bin', '/etc', '/root', '/var/log', '/run']) {
    files.mkdir(path, { recursive: true });
  }
  files.mkdir('/tmp', { mode: 0o1777 });
  for (const path of [HOME, WORKSPACE, `${HOME}/.kube`]) {
    files.mkdir(path, { recursive: true });
    files.chown(path, LEARNER.uid, LEARNER.gid);
  }
  const write = (path: string, text: string, mode = 0o644) => {
    files.writeFile(path, encode(text));
    files.chmod(path, mode);
    if (path.startsWith(HOME)) files.chown(path, LEARNER.uid, LEARNER.gid);
  };
  write('/etc/hostname', 'slipway\n');
  write('/etc/hosts', '127.0.0.1\tlocalhost\n127.0.1.1\tslipway\n');
  write(
    '/etc/passwd',
    `root:x:0:0:root:/root:/bin/bash\nlearner:x:${LEARNER.uid}:${LEARNER.gid}::${HOME}:/bin/bash\n`,
  );
  write('/etc/group', `root:x:0:\nlearner:x:${LEARNER.gid}:\n`);
  write(`${HOME}/.kube/config`, kubeconfig(namespace), 0o600);
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
