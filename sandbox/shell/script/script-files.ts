/**
 * The files that a script sees: a copy of its machine's, in its worker, because JavaScript reads files without
 * waiting. What the script changes is done on the machine right after, what others change reaches the copy
 * between two turns of the script's event loop. So a script that waits for a file in an endless loop never sees it.
 */
import { Errno } from '../../os/errno.ts';
import type { FileSystem } from '../../os/file-system.ts';
import { joinPath } from '../../os/path.ts';
import type { FileOperation, FileRecord } from './script-protocol.ts';

/** What the kernel makes up, and the engine's images: no script reads them. */
export const WATCHED_OUT = /^\/(proc|sys|dev|var\/lib\/docker)(\/|$)/;
/** Of the name that nothing has: removing it tells whether a directory can be changed. */
const NO_SUCH_NAME = '.slipway-no-such-name';

export function snapshotFiles(files: FileSystem): FileRecord[] {
  const records: FileRecord[] = [];
  const walk = (path: string) => {
    const record = readRecord(files, path);
    if (!record) return;
    records.push(record);
    if (record.kind !== 'directory') return;
    let names: string[];
    try {
      names = files.readDirectory(path);
    } catch (error) {
      // Not everything is for everybody to read.
      if (error instanceof Errno) return;
      throw error;
    }
    for (const name of names) {
      const child = joinPath(path, name);
      if (!WATCHED_OUT.test(child)) walk(child);
    }
  };
  walk('/');
  return records;
}

/** Undefined: nothing is there, or nothing that can be read. */
export function readRecord(files: FileSystem, path: string): FileRecord | undefined {
  try {
    const { kind, mode, uid, gid, mtimeMs } = files.lstat(path);
    if (kind === 'device') return undefined;
    const attributes = { path, kind, mode, uid, gid, mtimeMs };
    if (kind === 'directory') return { ...attributes, readOnly: isReadOnly(files, path) };
    if (kind === 'symlink') return { ...attributes, target: files.readLink(path) };
    return { ...attributes, contents: files.readFile(path) };
  } catch (error) {
    if (error instanceof Errno) return undefined;
    throw error;
  }
}

function isReadOnly(files: FileSystem, directory: string): boolean {
  try {
    files.rmdir(joinPath(directory, NO_SUCH_NAME));
    return false;
  } catch (error) {
    return error instanceof Errno && error.code === 'EROFS';
  }
}

/** Brings a copy to what a record says. */
export function applyRecord(files: FileSystem, path: string, record: FileRecord | undefined): void {
  if (!record) return removeAll(files, path);
  const { kind, mode, uid, gid, mtimeMs } = record;
  if (kind === 'directory') files.mkdir(path, { recursive: true });
  else if (kind === 'symlink') {
    removeAll(files, path);
    files.symlink(record.target!, path);
    return;
  } else files.writeFile(path, record.contents!);
  files.chmod(path, mode);
  files.chown(path, uid, gid);
  files.utimes(path, mtimeMs);
}

function removeAll(files: FileSystem, path: string): void {
  try {
    if (files.lstat(path).kind !== 'directory') return files.unlink(path);
    for (const name of files.readDirectory(path)) removeAll(files, joinPath(path, name));
    files.rmdir(path);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
  }
}

/** Does what a script did. Throws `Errno`. */
export function applyToFiles(files: FileSystem, operation: FileOperation): void {
  switch (operation.kind) {
    case 'write':
      return files.writeFile(operation.path, operation.contents);
    case 'append':
      return files.appendFile(operation.path, operation.contents);
    case 'mkdir':
      return files.mkdir(operation.path, {
        recursive: operation.recursive,
        ...(operation.mode === undefined ? {} : { mode: operation.mode }),
      });
    case 'unlink':
      return files.unlink(operation.path);
    case 'rmdir':
      return files.rmdir(operation.path);
    case 'rename':
      return files.rename(operation.from, operation.to);
    case 'symlink':
      return files.symlink(operation.from, operation.to);
    case 'link':
      return files.link(operation.from, operation.to);
    case 'chmod':
      return files.chmod(operation.path, operation.mode);
    case 'utimes':
      return files.utimes(operation.path, operation.mtimeMs);
  }
}
