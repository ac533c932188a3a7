/** The half of a file system that refuses: what `/dev` and `/proc` share. */
import { Errno } from './errno.ts';
import type { FileStat } from './file-system.ts';

export abstract class ReadOnlyFileSystem {
  abstract stat(path: string): FileStat;

  lstat(path: string): FileStat {
    return this.stat(path);
  }

  realPath(path: string): string {
    this.stat(path);
    return path;
  }

  readLink(path: string): string {
    this.stat(path);
    throw new Errno('EINVAL');
  }

  protected directoryStat(inode: number): FileStat {
    return { kind: 'directory', mode: 0o755, uid: 0, gid: 0, sizeBytes: 0, mtimeMs: 0, inode, links: 2 };
  }

  #refuse(): never {
    throw new Errno('EPERM');
  }

  writeFile(_path: string, _contents: Uint8Array): void {
    this.#refuse();
  }
  appendFile(_path: string, _contents: Uint8Array): void {
    this.#refuse();
  }
  mkdir(): void {
    this.#refuse();
  }
  unlink(): void {
    this.#refuse();
  }
  rmdir(): void {
    this.#refuse();
  }
  rename(): void {
    this.#refuse();
  }
  symlink(): void {
    this.#refuse();
  }
  link(): void {
    this.#refuse();
  }
  chmod(): void {
    this.#refuse();
  }
  chown(): void {
    this.#refuse();
  }
  utimes(): void {
    this.#refuse();
  }
}
