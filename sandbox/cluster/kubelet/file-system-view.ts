/**
 * A file system seen through a mount: a directory of it only (`subPath`), or without leave to write
 * (`readOnly`, ConfigMaps, Secrets, `readOnlyRootFilesystem`).
 */
import type { Disposable } from '../../core/disposable.ts';
import { Errno } from '../../os/errno.ts';
import type { FileChange, FileStat, FileSystem, SpecialFile } from '../../os/file-system.ts';

export class FileSystemView implements FileSystem {
  readonly #files: FileSystem;
  readonly #root: string;
  readonly #readOnly: boolean;

  /** @param options.root absolute path of a directory in `files`; default: all of it. */
  constructor(files: FileSystem, options: { root?: string; readOnly?: boolean }) {
    this.#files = files;
    this.#root = options.root === '/' ? '' : (options.root ?? '');
    this.#readOnly = options.readOnly ?? false;
  }

  #inner(path: string): string {
    return this.#root === '' ? path : path === '/' ? this.#root : this.#root + path;
  }

  #outer(path: string): string {
    return path.slice(this.#root.length) || '/';
  }

  #writable(path: string): string {
    if (this.#readOnly) throw new Errno('EROFS', path);
    return this.#inner(path);
  }

  stat(path: string): FileStat {
    return this.#files.stat(this.#inner(path));
  }
  lstat(path: string): FileStat {
    return this.#files.lstat(this.#inner(path));
  }
  readFile(path: string): Uint8Array {
    return this.#files.readFile(this.#inner(path));
  }
  readDirectory(path: string): string[] {
    return this.#files.readDirectory(this.#inner(path));
  }
  readLink(path: string): string {
    return this.#files.readLink(this.#inner(path));
  }
  realPath(path: string): string {
    return this.#outer(this.#files.realPath(this.#inner(path)));
  }
  openSpecial(path: string): SpecialFile | undefined {
    return this.#files.openSpecial?.(this.#inner(path));
  }
  watch(path: string, listener: (change: FileChange) => void): Disposable {
    return this.#files.watch(this.#inner(path), (change) =>
      listener({ ...change, path: this.#outer(change.path) }),
    );
  }
  writeFile(path: string, contents: Uint8Array): void {
    this.#files.writeFile(this.#writable(path), contents);
  }
  appendFile(path: string, contents: Uint8Array): void {
    this.#files.appendFile(this.#writable(path), contents);
  }
  mkdir(path: string, options?: { recursive?: boolean; mode?: number }): void {
    this.#files.mkdir(this.#writable(path), options);
  }
  unlink(path: string): void {
    this.#files.unlink(this.#writable(path));
  }
  rmdir(path: string): void {
    this.#files.rmdir(this.#writable(path));
  }
  rename(from: string, to: string): void {
    this.#files.rename(this.#writable(from), this.#writable(to));
  }
  symlink(target: string, path: string): void {
    this.#files.symlink(target, this.#writable(path));
  }
  link(from: string, to: string): void {
    this.#files.link(this.#writable(from), this.#writable(to));
  }
  chmod(path: string, mode: number): void {
    this.#files.chmod(this.#writable(path), mode);
  }
  chown(path: string, uid: number, gid: number): void {
    this.#files.chown(this.#writable(path), uid, gid);
  }
  utimes(path: string, mtimeMs: number): void {
    this.#files.utimes(this.#writable(path), mtimeMs);
  }
}
