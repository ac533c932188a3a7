/**
 * A file system as one user sees it: permission bits are enforced, and what is made belongs to its maker.
 * Left out: search permission on the directories further up; only the file and its parent are looked at.
 */
import type { Disposable } from '../core/disposable.ts';
import { groupOfNew, mayAccess, SET_GROUP_ID, type Credentials } from './credentials.ts';
import { Errno } from './errno.ts';
import type { FileChange, FileStat, FileSystem, SpecialFile } from './file-system.ts';
import { parentOf } from './path.ts';

const STICKY = 0o1000;

export class UserFileSystem implements FileSystem {
  readonly #files: FileSystem;
  readonly #user: Credentials;

  constructor(files: FileSystem, user: Credentials) {
    this.#files = files;
    this.#user = user;
  }

  #check(path: string, wanted: number): void {
    if (!mayAccess(this.#user, this.#files.stat(path), wanted)) throw new Errno('EACCES');
  }

  /** Adding or removing a name needs to write and search its directory; in a sticky one only the owner removes. */
  #checkParent(path: string, removes: boolean): void {
    const parent = this.#files.stat(parentOf(path.replace(/\/+$/, '') || '/'));
    if (!mayAccess(this.#user, parent, 3)) throw new Errno('EACCES');
    if (!removes || !(parent.mode & STICKY) || parent.uid === this.#user.uid) return;
    if (this.#files.lstat(path).uid !== this.#user.uid) throw new Errno('EPERM');
  }

  #exists(path: string): boolean {
    try {
      this.#files.stat(path);
      return true;
    } catch (error) {
      if (error instanceof Errno && error.code === 'ENOENT') return false;
      throw error;
    }
  }

  #own(path: string): void {
    const parent = this.#files.stat(parentOf(path.replace(/\/+$/, '') || '/'));
    this.#files.chown(path, this.#user.uid, groupOfNew(parent, this.#user));
    const made = this.#files.lstat(path);
    if (parent.mode & SET_GROUP_ID && made.kind === 'directory')
      this.#files.chmod(path, made.mode | SET_GROUP_ID);
  }

  stat(path: string): FileStat {
    return this.#files.stat(path);
  }

  lstat(path: string): FileStat {
    return this.#files.lstat(path);
  }

  readFile(path: string): Uint8Array {
    this.#check(path, 4);
    return this.#files.readFile(path);
  }

  writeFile(path: string, contents: Uint8Array): void {
    this.#write(path, () => this.#files.writeFile(path, contents));
  }

  appendFile(path: string, contents: Uint8Array): void {
    this.#write(path, () => this.#files.appendFile(path, contents));
  }

  #write(path: string, write: () => void): void {
    if (this.#exists(path)) {
      this.#check(path, 2);
      write();
      return;
    }
    this.#checkParent(path, false);
    write();
    this.#own(path);
  }

  readDirectory(path: string): string[] {
    this.#check(path, 4);
    return this.#files.readDirectory(path);
  }

  mkdir(path: string, options: { recursive?: boolean; mode?: number } = {}): void {
    if (!options.recursive) {
      this.#checkParent(path, false);
      this.#files.mkdir(path, options);
      this.#own(path);
      return;
    }
    let at = '';
    for (const name of path.split('/')) {
      if (name === '') continue;
      at += `/${name}`;
      if (!this.#exists(at)) this.mkdir(at, { mode: options.mode });
      else if (this.#files.stat(at).kind !== 'directory') throw new Errno('ENOTDIR');
    }
  }

  unlink(path: string): void {
    this.#files.lstat(path);
    this.#checkParent(path, true);
    this.#files.unlink(path);
  }

  rmdir(path: string): void {
    this.#files.lstat(path);
    this.#checkParent(path, true);
    this.#files.rmdir(path);
  }

  rename(from: string, to: string): void {
    this.#files.lstat(from);
    this.#checkParent(from, true);
    this.#checkParent(to, false);
    this.#files.rename(from, to);
  }

  symlink(target: string, path: string): void {
    this.#checkParent(path, false);
    this.#files.symlink(target, path);
  }

  link(from: string, to: string): void {
    this.#checkParent(to, false);
    this.#files.link(from, to);
  }

  readLink(path: string): string {
    return this.#files.readLink(path);
  }

  chmod(path: string, mode: number): void {
    if (this.#files.stat(path).uid !== this.#user.uid) throw new Errno('EPERM');
    this.#files.chmod(path, mode);
  }

  chown(path: string, uid: number, gid: number): void {
    const stat = this.#files.stat(path);
    if (stat.uid !== this.#user.uid || uid !== stat.uid || gid !== this.#user.gid) throw new Errno('EPERM');
    this.#files.chown(path, uid, gid);
  }

  utimes(path: string, mtimeMs: number): void {
    const stat = this.#files.stat(path);
    if (stat.uid !== this.#user.uid && !mayAccess(this.#user, stat, 2)) throw new Errno('EPERM');
    this.#files.utimes(path, mtimeMs);
  }

  realPath(path: string): string {
    return this.#files.realPath(path);
  }

  openSpecial(path: string): SpecialFile | undefined {
    return this.#files.openSpecial?.(path);
  }

  watch(path: string, listener: (change: FileChange) => void): Disposable {
    return this.#files.watch(path, listener);
  }
}
