import type { Disposable } from '../core/disposable.ts';
import type { OpenFileOperations } from './open-file.ts';
import type { Process } from './process.ts';

type FileKind = 'file' | 'directory' | 'symlink' | 'device';

/** What `open` does instead of reading stored contents: devices, `/proc/PID/fd`. */
export type SpecialFile = (process: Process) => OpenFileOperations;

export interface FileStat {
  kind: FileKind;
  /** Permission bits, e.g. 0o644. */
  mode: number;
  uid: number;
  gid: number;
  sizeBytes: number;
  /** Epoch milliseconds of the last modification. */
  mtimeMs: number;
  /** Unique within one file system; equal for two names of one file. */
  inode: number;
  links: number;
}

export interface FileChange {
  kind: 'write' | 'remove' | 'mkdir' | 'attributes';
  path: string;
}

/**
 * A tree of files, addressed by absolute normal paths (`/a/b`, no `.`, `..` or trailing slash).
 * Synchronous, because all of it is in memory. Every method throws `Errno`. Contents are immutable
 * arrays: never write into what `read` returned or what was handed to `write`.
 */
export interface FileSystem {
  /** Follows symlinks; `lstat` does not follow the last one. */
  stat(path: string): FileStat;
  lstat(path: string): FileStat;
  readFile(path: string): Uint8Array;
  /** Replaces the contents; creates the file (mode 0o644) in an existing directory. Keeps the inode. */
  writeFile(path: string, contents: Uint8Array): void;
  /** Adds at the end in amortised constant time per byte; creates like `writeFile`. */
  appendFile(path: string, contents: Uint8Array): void;
  /** Names in byte order, without `.` and `..`. */
  readDirectory(path: string): string[];
  mkdir(path: string, options?: { recursive?: boolean; mode?: number }): void;
  /** Removes a file or symlink. */
  unlink(path: string): void;
  rmdir(path: string): void;
  rename(from: string, to: string): void;
  symlink(target: string, path: string): void;
  link(from: string, to: string): void;
  readLink(path: string): string;
  chmod(path: string, mode: number): void;
  chown(path: string, uid: number, gid: number): void;
  utimes(path: string, mtimeMs: number): void;
  /** The path with every symlink resolved. */
  realPath(path: string): string;
  /** The driver behind a device; undefined for a file with contents. */
  openSpecial?(path: string): SpecialFile | undefined;
  /** Calls `listener` after each change at or below `path`. */
  watch(path: string, listener: (change: FileChange) => void): Disposable;
}
