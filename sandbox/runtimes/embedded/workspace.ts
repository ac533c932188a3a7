/** The workspace of a session as the seam's `Files`: a directory of the learner's machine. */
import type { Disposable } from '../../core/disposable.ts';
import { Errno } from '../../os/errno.ts';
import type { FileSystem } from '../../os/file-system.ts';
import { FileNotFound, type FileEntry, type Files } from '../runtime.ts';

export const HOME = '/home/learner';
export const WORKSPACE = `${HOME}/work`;
export const LEARNER = { uid: 1000, gid: 1000 };

export class Workspace implements Files {
  #files: FileSystem;

  constructor(files: FileSystem) {
    this.#files = files;
  }

  list(): Promise<FileEntry[]> {
    const entries: FileEntry[] = [];
    const walk = (directory: string) => {
      for (const name of this.#files.readDirectory(directory)) {
        const path = `${directory}/${name}`;
        const { kind, sizeBytes, mtimeMs } = this.#files.lstat(path);
        if (kind === 'directory') walk(path);
        else if (kind === 'file')
          entries.push({ path: path.slice(WORKSPACE.length + 1), sizeBytes, mtimeMs });
      }
    };
    walk(WORKSPACE);
    return Promise.resolve(entries);
  }

  async read(path: string): Promise<Uint8Array> {
    try {
      return this.#files.readFile(absolute(path));
    } catch (error) {
      if (error instanceof Errno && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
        throw new FileNotFound(path);
      throw error;
    }
  }

  async write(path: string, contents: Uint8Array): Promise<void> {
    const target = absolute(path);
    const parents = target.split('/').slice(1, -1);
    for (let depth = WORKSPACE.split('/').length; depth <= parents.length; depth++) {
      const directory = `/${parents.slice(0, depth).join('/')}`;
      if (this.#exists(directory)) continue;
      this.#files.mkdir(directory);
      this.#files.chown(directory, LEARNER.uid, LEARNER.gid);
    }
    const isNew = !this.#exists(target);
    this.#files.writeFile(target, contents);
    if (isNew) this.#files.chown(target, LEARNER.uid, LEARNER.gid);
  }

  async remove(path: string): Promise<void> {
    try {
      this.#files.unlink(absolute(path));
    } catch (error) {
      if (error instanceof Errno && error.code === 'ENOENT') throw new FileNotFound(path);
      throw error;
    }
  }

  watch(listener: (change: { path: string; kind: 'write' | 'remove' }) => void): Disposable {
    return this.#files.watch(WORKSPACE, ({ kind, path }) => {
      if (path === WORKSPACE || kind === 'mkdir' || kind === 'attributes') return;
      listener({ path: path.slice(WORKSPACE.length + 1), kind });
    });
  }

  #exists(path: string): boolean {
    try {
      this.#files.lstat(path);
      return true;
    } catch {
      return false;
    }
  }
}

/** Throws for paths that would leave the workspace. */
function absolute(path: string): string {
  const parts = path.split('/');
  if (path === '' || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new Errno('EINVAL', path);
  }
  return `${WORKSPACE}/${path}`;
}
