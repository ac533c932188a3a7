/** The files of a file system, the learner's machine's first of all, as records of a store: which have changed, and how one is stored and brought back. */
import type { Disposable } from '../../core/disposable.ts';
import { Errno } from '../../os/errno.ts';
import type { FileSystem } from '../../os/file-system.ts';
import type { StoredFile } from './session-store.ts';

/** Not stored of a machine: what it makes itself, and what a reboot clears. */
const TRANSIENT = /^\/(dev|proc|sys|tmp|run)(\/|$)/;

export class StoredFiles {
  #files: FileSystem;
  #transient: RegExp;
  /** Paths that are in the store, or on their way. */
  #known = new Set<string>();

  /** @param transient paths that are not stored */
  constructor(files: FileSystem, transient = TRANSIENT) {
    this.#files = files;
    this.#transient = transient;
  }

  /** Paths that are in the store, or on their way. */
  get known(): ReadonlySet<string> {
    return this.#known;
  }

  /** Puts back what was stored, parents first. */
  restore(stored: ReadonlyMap<string, StoredFile>): void {
    for (const path of [...stored.keys()].sort()) {
      this.#known.add(path);
      const { kind, mode, mtimeMs, uid, gid, contents } = stored.get(path)!;
      try {
        if (kind === 'directory') this.#files.mkdir(path, { recursive: true });
        else if (kind === 'symlink') this.#files.symlink(String(contents), path);
        else this.#files.writeFile(path, contents as Uint8Array);
        if (kind === 'symlink') continue;
        this.#files.chmod(path, mode);
        this.#files.chown(path, uid, gid);
        this.#files.utimes(path, mtimeMs);
      } catch (error) {
        // A parent that was removed meanwhile, say: one file must not keep the others from coming back.
        if (!(error instanceof Errno)) throw error;
      }
    }
  }

  /** Tells every path whose record has to be written anew. */
  onChange(listener: (path: string) => void): Disposable {
    return this.#files.watch('/', ({ path }) => {
      if (this.#transient.test(path)) return;
      for (const each of this.#below(path)) listener(each);
    });
  }

  /** The record of a path, or undefined when there is nothing any more. */
  record(path: string): StoredFile | undefined {
    try {
      const { kind, mode, mtimeMs, uid, gid } = this.#files.lstat(path);
      if (kind === 'device') return undefined;
      this.#known.add(path);
      const attributes = { kind, mode, mtimeMs, uid, gid };
      if (kind === 'directory') return attributes;
      return {
        ...attributes,
        contents: kind === 'symlink' ? this.#files.readLink(path) : this.#files.readFile(path),
      };
    } catch {
      this.#known.delete(path);
      return undefined;
    }
  }

  /** The path, what is below it now, and what was stored below it before: a directory may have been renamed. */
  #below(path: string): Set<string> {
    const paths = new Set([path]);
    const prefix = `${path}/`;
    for (const known of this.#known) if (known.startsWith(prefix)) paths.add(known);
    const walk = (directory: string) => {
      for (const name of this.#files.readDirectory(directory)) {
        const child = directory === '/' ? `/${name}` : `${directory}/${name}`;
        if (this.#transient.test(child)) continue;
        paths.add(child);
        if (this.#files.lstat(child).kind === 'directory') walk(child);
      }
    };
    try {
      if (this.#files.lstat(path).kind === 'directory') walk(path);
    } catch {
      // Gone: its record goes too.
    }
    return paths;
  }
}
