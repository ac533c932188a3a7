/** The kind executable: creating clusters with their steps as they happen, and deleting them. */
import { spawn } from 'node:child_process';
import type { Settings } from '../settings.ts';

export interface CreateOptions {
  name: string;
  /** Docker network of the nodes. */
  network: string;
  /** Path of the configuration file. */
  configuration: string;
  /** Path of the administrator's kubeconfig to write. */
  kubeconfig: string;
  onStep(step: string): void;
  signal: AbortSignal;
}

/** Resolves when the node is up; add-ons may still be starting. Throws `KindFailed`. */
export async function createCluster(settings: Settings, options: CreateOptions): Promise<void> {
  const { name, network, configuration, kubeconfig, onStep, signal } = options;
  const command = [
    'create',
    'cluster',
    '--name',
    name,
    '--config',
    configuration,
    '--kubeconfig',
    kubeconfig,
  ];
  if (settings.kindImage) command.push('--image', settings.kindImage);
  await run(settings.kind, command, {
    network,
    signal,
    onLine(line) {
      const step = stepOf(line);
      if (step) onStep(step);
    },
  });
}

/** Succeeds too when there is no such cluster. */
export async function deleteCluster(settings: Settings, name: string): Promise<void> {
  // Nobody's kubeconfig is to be changed: kind would take the cluster out of the user's own.
  await run(settings.kind, ['delete', 'cluster', '--name', name, '--kubeconfig', '/dev/null']);
}

/** Brings images of the engine to every node, where they keep their names. */
export async function loadImages(settings: Settings, name: string, images: string[]): Promise<void> {
  await run(settings.kind, ['load', 'docker-image', ...images, '--name', name]);
}

export async function clusterKubeconfig(settings: Settings, name: string): Promise<string> {
  return run(settings.kind, ['get', 'kubeconfig', '--name', name]);
}

/** What is wrong with the executable, in a sentence, or undefined. */
export async function kindTrouble(settings: Settings): Promise<string | undefined> {
  try {
    await run(settings.kind, ['version']);
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return `No “${settings.kind}” command is installed here; https://kind.sigs.k8s.io tells how. Lessons that need a real cluster use it.`;
    }
    return error instanceof Error ? error.message : String(error);
  }
}

/** ` ✓ Preparing nodes 📦 ` is `Preparing nodes`; a step that begins is told by `•`. */
export function stepOf(line: string): string | undefined {
  return /^ • (.+?)[\s\p{Extended_Pictographic}\p{Emoji_Component}]*\.\.\.$/u.exec(line)?.[1];
}

interface RunOptions {
  network?: string;
  signal?: AbortSignal;
  onLine?(line: string): void;
}

/** Standard output. kind's progress goes to standard error. */
function run(
  program: string,
  command: string[],
  { network, signal, onLine }: RunOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, command, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...(network ? { KIND_EXPERIMENTAL_DOCKER_NETWORK: network } : {}) },
      ...(signal ? { signal } : {}),
    });
    let stdout = '';
    let stderr = '';
    let line = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-20_000);
      const lines = (line + text).split('\n');
      line = lines.pop()!;
      for (const whole of lines) onLine?.(whole);
    });
    child.on('error', reject);
    child.on('close', (code, killedBy) => {
      if (code === 0) resolve(stdout);
      else reject(new KindFailed(command, code ?? killedBy ?? 'killed', stderr));
    });
  });
}

/** kind failed: command, exit code, and what it said last. */
export class KindFailed extends Error {
  constructor(command: string[], exit: number | string, output: string) {
    const said = output
      .split('\n')
      .filter((line) => line.startsWith('ERROR:') || line.startsWith('Command Output:'))
      .join('\n');
    super(`kind ${command.slice(0, 2).join(' ')}: exit ${exit}\n${(said || output).trim().slice(-1500)}`);
    this.name = 'KindFailed';
  }
}
