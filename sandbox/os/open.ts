/** `open(2)`: from a path to an open file description. */
import { concat, decode, EMPTY } from '../core/bytes.ts';
import { Errno } from './errno.ts';
import { groupOfNew, mayAccess } from './credentials.ts';
import type { FileStat, FileSystem } from './file-system.ts';
import { OpenFile } from './open-file.ts';
import { parentOf } from './path.ts';
import type { Process } from './process.ts';

export interface OpenFlags {
  read?: boolean;
  write?: boolean;
  /** Every write goes to the end. */
  append?: boolean;
  create?: boolean;
  truncate?: boolean;
  /** With `create`: the file must not exist yet (`set -o noclobber`). */
  exclusive?: boolean;
  /** Permission bits of a file that is created, before the umask; default 0o666. */
  mode?: number;
}

/** One read hands out at most this much, so that a pipeline's stages take turns. */
const READ_BYTES = 65536;

/** Opens `path`, relative to the process' directory. Throws `Errno` with the path as it was given. */
export function open(process: Process, path: string, flags: OpenFlags): OpenFile {
  if (path === '') throw new Errno('ENOENT', path);
  const files = process.machine.files;
  const absolute = path.startsWith('/') ? path : `${process.directory}/${path}`;
  try {
    const special = files.openSpecial?.(absolute);
    if (special) return new OpenFile(special(process));
    return openRegular(process, files, absolute, flags);
  } catch (error) {
    if (error instanceof Errno) throw new Errno(error.code, path);
    throw error;
  }
}

function openRegular(process: Process, files: FileSystem, path: string, flags: OpenFlags): OpenFile {
  let stat: FileStat | undefined;
  try {
    stat = files.stat(path);
  } catch (error) {
    if (!(error instanceof Errno && error.code === 'ENOENT' && flags.create)) throw error;
  }
  if (stat) {
    if (flags.create && flags.exclusive) throw new Errno('EEXIST');
    if (stat.kind === 'directory') {
      if (flags.write) throw new Errno('EISDIR');
      return new OpenFile({ read: () => Promise.reject(new Errno('EISDIR')), path });
    }
    if (flags.read && !mayAccess(process.user, stat, 4)) throw new Errno('EACCES');
    if (flags.write && !mayAccess(process.user, stat, 2)) throw new Errno('EACCES');
    if (flags.truncate) files.writeFile(path, new Uint8Array(0));
  } else {
    const parent = files.stat(path.endsWith('/') ? path : parentOf(path));
    if (path.endsWith('/')) throw new Errno('EISDIR');
    if (!mayAccess(process.user, parent, 3)) throw new Errno('EACCES');
    files.writeFile(path, new Uint8Array(0));
    files.chmod(path, (flags.mode ?? 0o666) & ~process.umask);
    const group = groupOfNew(parent, process.user);
    if (process.user.uid !== 0 || group !== process.user.gid) files.chown(path, process.user.uid, group);
  }
  return new OpenFile(new RegularFile(files, files.realPath(path), flags));
}

/**
 * All that can be read at `path`: a file, or what a pipe or device gives until it ends (`<(…)`, `/dev/stdin`), which a
 * file system's `readFile` cannot wait for. Throws `Errno` with the path as it was given.
 */
export async function readWhole(process: Process, path: string): Promise<Uint8Array> {
  const file = open(process, path, { read: true }).acquire();
  const chunks: Uint8Array[] = [];
  try {
    if (!file.operations.read) throw new Errno('EACCES');
    for (let bytes; (bytes = await process.wait(file.operations.read()));) chunks.push(bytes);
  } catch (error) {
    if (error instanceof Errno) throw new Errno(error.code, path);
    throw error;
  } finally {
    file.close();
  }
  return chunks.length === 0 ? EMPTY : concat(chunks);
}

/** `readWhole` as text. */
export const readWholeText = async (process: Process, path: string): Promise<string> =>
  decode(await readWhole(process, path));

/** A position in a file. When the name goes away, what was open lives on without a name. */
class RegularFile {
  readonly path: string;
  readonly read: (() => Promise<Uint8Array | null>) | undefined;
  readonly write: ((bytes: Uint8Array) => undefined) | undefined;
  readonly unread = (bytes: Uint8Array) => {
    this.#position = Math.max(0, this.#position - bytes.length);
  };
  #files: FileSystem;
  #inode: number;
  #append: boolean;
  #position = 0;
  /** Contents once the name is gone. */
  #orphan: Uint8Array | undefined;

  constructor(files: FileSystem, path: string, flags: OpenFlags) {
    this.#files = files;
    this.path = path;
    this.#inode = files.stat(path).inode;
    this.#append = flags.append ?? false;
    if (flags.read) this.read = async () => this.readNow();
    if (flags.write) this.write = (bytes) => this.#write(bytes);
  }

  #contents(): Uint8Array {
    if (this.#orphan) return this.#orphan;
    try {
      if (this.#files.stat(this.path).inode === this.#inode) return this.#files.readFile(this.path);
    } catch {
      // Unlinked: see below.
    }
    this.#orphan = new Uint8Array(0);
    return this.#orphan;
  }

  readonly readNow = (): Uint8Array | null => {
    const contents = this.#contents();
    if (this.#position >= contents.length) return null;
    const bytes = contents.subarray(this.#position, this.#position + READ_BYTES);
    this.#position += bytes.length;
    return bytes;
  };

  #write(bytes: Uint8Array): undefined {
    const contents = this.#contents();
    const position = this.#append ? contents.length : this.#position;
    if (!this.#orphan && position === contents.length) this.#files.appendFile(this.path, bytes);
    else {
      const size = Math.max(contents.length, position + bytes.length);
      const next = new Uint8Array(size);
      next.set(contents);
      next.set(bytes, position);
      if (this.#orphan) this.#orphan = next;
      else this.#files.writeFile(this.path, next);
    }
    this.#position = position + bytes.length;
  }
}
