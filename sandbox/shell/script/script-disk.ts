/**
 * A script's copy of its machine's files, as its user may use them. What the script changes is allowed or refused
 * here, and then done on the machine; what others change comes in with events.
 */
import { decode } from '../../core/bytes.ts';
import { ManualClock } from '../../core/clock.ts';
import { Errno } from '../../os/errno.ts';
import type { FileSystem } from '../../os/file-system.ts';
import { MemoryFileSystem } from '../../os/memory-file-system.ts';
import { parentOf } from '../../os/path.ts';
import { UserFileSystem } from '../../os/user-file-system.ts';
import { applyRecord, applyToFiles } from './script-files.ts';
import type { FileOperation, ScriptStart } from './script-protocol.ts';

export class ScriptDisk {
  /** With the user's rights. */
  readonly own: FileSystem;
  readonly #files: MemoryFileSystem;
  readonly #readOnly = new Set<string>();

  constructor({ nowMs, files, user }: ScriptStart) {
    this.#files = new MemoryFileSystem({ clock: new ManualClock(nowMs) });
    for (const record of files) this.take(record.path, record);
    this.own = user.uid === 0 ? this.#files : new UserFileSystem(this.#files, user);
  }

  /** The machine's file at `path` is now this, or gone. */
  take(path: string, record: ScriptStart['files'][number] | undefined): void {
    try {
      applyRecord(this.#files, path, record);
      if (record?.readOnly) this.#readOnly.add(path);
    } catch (error) {
      // A parent that is not part of the copy.
      if (!(error instanceof Errno)) throw error;
    }
  }

  isFile(path: string): boolean {
    try {
      return this.#files.stat(path).kind === 'file';
    } catch {
      return false;
    }
  }

  read(path: string): string {
    return decode(this.own.readFile(path));
  }

  json(path: string): Record<string, unknown> {
    try {
      return JSON.parse(this.read(path)) as Record<string, unknown>;
    } catch {
      return {};
    }
  }

  /** Does it on the copy. Throws `Errno` when it is not allowed. */
  change(operation: FileOperation): void {
    const changed = 'path' in operation ? operation.path : operation.to;
    if (this.#isReadOnly(changed)) throw new Errno('EROFS');
    applyToFiles(this.own, operation);
  }

  #isReadOnly(path: string): boolean {
    let directory = parentOf(path);
    // What the script made itself is not in the list, its parent is.
    while (directory !== '/' && !this.#isThere(directory)) directory = parentOf(directory);
    return this.#readOnly.has(directory) || this.#readOnly.has(path);
  }

  #isThere(path: string): boolean {
    try {
      this.#files.stat(path);
      return true;
    } catch {
      return false;
    }
  }
}
