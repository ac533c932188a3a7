/**
 * The workspace: the learner's directory in the toolbox. Every operation is a program that runs there as the
 * learner, so that a symbolic link leads nowhere that the learner could not go.
 */
import type Docker from 'dockerode';
import { toDisposable, type Disposable } from '../../core/disposable.ts';
import { Emitter } from '../../core/emitter.ts';
import { demultiplex, ExecFailed, ExecTimedOut, run, start } from '../engine/exec.ts';
import { FileNotFound, type FileEntry, type Files } from '../../runtimes/runtime.ts';

export const WORKSPACE = '/home/learner/work';

const WATCH = [
  'inotifywait',
  '--monitor',
  '--recursive',
  '--format',
  '%e//%w%f',
  '--event',
  'close_write,create,delete,moved_to,moved_from',
];

type Change = { path: string; kind: 'write' | 'remove' };

/** A program of the workspace that takes longer than this is lost. */
const ATTEMPT_MS = 15_000;
const ATTEMPTS = 3;

/** A workspace holds manifests and small programs; a listing ends here. */
const MAX_FILES = 5000;

const LIST = `find . -path ./.git -prune -o -type f -printf '%s %T@ %P\\0' | head -z -n ${MAX_FILES}`;
const WRITE = 'mkdir -p -- "$(dirname -- "$1")" && cat > "$1"';

export class Workspace implements Files, Disposable {
  #toolbox: () => Docker.Container;
  #changes = new Emitter<Change>();
  #stop: (() => void) | undefined;

  readonly watch = this.#changes.event;

  constructor(toolbox: () => Docker.Container) {
    this.#toolbox = toolbox;
  }

  async list(): Promise<FileEntry[]> {
    const text = (await this.#runOrThrow(['sh', '-c', LIST])).toString();
    return text
      .split('\0')
      .filter((line) => line !== '')
      .map((line) => {
        const [, sizeBytes, mtime, path] = /^(\d+) ([\d.]+) ([^]*)$/.exec(line)!;
        return { path: path!, sizeBytes: Number(sizeBytes), mtimeMs: Math.floor(Number(mtime) * 1000) };
      })
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async read(path: string): Promise<Uint8Array> {
    const { exitCode, stdout, stderr } = await this.#run(['cat', '--', inside(path)]);
    if (exitCode === 0) return stdout;
    if (stderr.includes('No such file or directory')) throw new FileNotFound(path);
    throw new Error(stderr.trim().replace(/^cat: /, ''));
  }

  async write(path: string, contents: Uint8Array): Promise<void> {
    const { exitCode, stderr } = await this.#run(['sh', '-c', WRITE, 'sh', inside(path)], contents);
    if (exitCode !== 0) throw new Error(stderr.trim().replace(/^(sh|mkdir): (\d+: )?/, ''));
  }

  async remove(path: string): Promise<void> {
    const { exitCode, stderr } = await this.#run(['rm', '--', inside(path)]);
    if (exitCode === 0) return;
    if (stderr.includes('No such file or directory')) throw new FileNotFound(path);
    throw new Error(stderr.trim().replace(/^rm: /, ''));
  }

  /** Follows the changes in the toolbox as it is now. Resolves when none can be missed any more. */
  async follow(): Promise<void> {
    this.dispose();
    const { stream } = await start(this.#toolbox(), [...WATCH, '--exclude', '/\\.git/', '.'], {
      workingDirectory: WORKSPACE,
    });
    const stopped = toDisposable(() => stream.destroy());
    this.#stop = () => stopped.dispose();
    await new Promise<void>((resolve) => void this.#read(stream, resolve).then(resolve));
  }

  dispose(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  async #read(stream: AsyncIterable<Buffer>, established: () => void): Promise<void> {
    const decoder = new TextDecoder();
    let rest = '';
    try {
      for await (const { descriptor, bytes } of demultiplex(stream)) {
        if (descriptor === 2) {
          if (bytes.includes('established')) established();
          continue;
        }
        const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
        rest = lines.pop()!;
        for (const line of lines) this.#take(line);
      }
    } catch {
      // The toolbox is gone, or nobody follows any more.
    }
  }

  #take(line: string): void {
    const [events = '', at = ''] = line.split('//');
    const path = at.replace(/^\.\//, '');
    const kinds = events.split(',');
    if (kinds.includes('ISDIR')) {
      // What was put into a new directory before it was watched has told nobody.
      if (kinds.includes('CREATE') || kinds.includes('MOVED_TO')) void this.#announce(path);
      return;
    }
    if (kinds.includes('DELETE') || kinds.includes('MOVED_FROM'))
      this.#changes.fire({ path, kind: 'remove' });
    // A file that is only created is written and closed next.
    else if (!kinds.includes('CREATE')) this.#changes.fire({ path, kind: 'write' });
  }

  async #announce(directory: string): Promise<void> {
    const entries = await this.list().catch(() => []);
    for (const { path } of entries) {
      if (path.startsWith(`${directory}/`)) this.#changes.fire({ path, kind: 'write' });
    }
  }

  /** Each of these programs takes a moment and may run twice: when the engine loses one, it is started again. */
  async #run(command: string[], input?: Uint8Array) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await run(this.#toolbox(), command, {
          workingDirectory: WORKSPACE,
          timeoutMs: ATTEMPT_MS,
          ...(input === undefined ? {} : { input }),
        });
      } catch (error) {
        if (!(error instanceof ExecTimedOut) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  async #runOrThrow(command: string[]) {
    const result = await this.#run(command);
    if (result.exitCode !== 0) throw new ExecFailed(command, result);
    return result.stdout;
  }
}

/** A relative path that stays in the workspace. Throws for any other. */
export function inside(path: string): string {
  const parts = path.split('/');
  const good = parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (!good || path.includes('\0') || Buffer.byteLength(path) > 4096) {
    throw new Error(`${path}: expected the path of a file in the workspace, such as a/b.yaml`);
  }
  return `./${path}`;
}
