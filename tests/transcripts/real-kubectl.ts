/** The real kubectl in a directory of its own, against whatever cluster its kubeconfig names. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { dump, load } from 'js-yaml';
import { prepareNamespace, replay, type Shell, type Transcript } from './transcript.ts';

/** What one command may take; a command that hangs ends with exit code 1 and what it had said. */
const STEP_MS = 90_000;

export class RealKubectl implements Shell {
  readonly directory = mkdtempSync(join(tmpdir(), 'transcript-'));
  readonly #binary: string;
  readonly #kubeconfig: string;

  /** @param namespace of the context that commands run in. */
  constructor(binary: string, kubeconfig: string, namespace: string) {
    this.#binary = binary;
    const config = load(readFileSync(kubeconfig, 'utf8')) as {
      contexts: { context: { namespace?: string } }[];
    };
    config.contexts[0]!.context.namespace = namespace;
    this.#kubeconfig = join(this.directory, '.kubeconfig');
    writeFileSync(this.#kubeconfig, dump(config));
  }

  write(path: string, text: string): void {
    const full = join(this.directory, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
  }

  run(argv: string[]): Promise<{ output: string; exitCode: number }> {
    return new Promise((resolve, reject) => {
      // One pipe for both streams, so that their order is kept.
      const child = spawn('sh', ['-c', 'exec "$@" 2>&1', 'sh', this.#binary, ...argv.slice(1)], {
        cwd: this.directory,
        env: { ...process.env, KUBECONFIG: this.#kubeconfig, KUBECTL_KUBERC: 'false', HOME: this.directory },
        stdio: ['ignore', 'pipe', 'inherit'],
        timeout: STEP_MS,
      });
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
      child.on('error', reject);
      child.on('close', (code) => resolve({ output, exitCode: code ?? 1 }));
    });
  }

  dispose(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Runs the transcript on the cluster of a kubeconfig, in a namespace of its name that is gone before and after. */
export async function replayOnRealCluster(recorded: Transcript, kubeconfig: string): Promise<Transcript> {
  const shell = new RealKubectl('kubectl', kubeconfig, recorded.name);
  try {
    await shell.run(['kubectl', 'delete', 'namespace', recorded.name, '--ignore-not-found']);
    await prepareNamespace(shell, recorded.name);
    return await replay(recorded, shell);
  } finally {
    await shell.run(['kubectl', 'delete', 'namespace', recorded.name, '--wait=false']);
    shell.dispose();
  }
}
