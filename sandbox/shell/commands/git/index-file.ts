/** `.git/index`, version 2: what the next commit will hold, and the three sides of each conflict (stages 1 to 3). */
import { concat, decode, encode } from '../../../core/bytes.ts';
import type { FileStat, FileSystem } from '../../../os/file-system.ts';
import { Sha1 } from '../digest.ts';
import { bytesOf, hex, type ObjectId } from './objects.ts';
import { Fatal } from './problems.ts';

export interface IndexEntry {
  path: string;
  mode: number;
  id: ObjectId;
  /** 0: merged; 1 the common ancestor, 2 ours, 3 theirs. */
  stage: number;
  /** As the file was when it was hashed: while it still is so, it is not read again. */
  mtimeMs: number;
  sizeBytes: number;
  inode: number;
}

const ENTRY_BYTES = 62;

export class Index {
  readonly #files: FileSystem;
  readonly #path: string;
  #entries = new Map<string, IndexEntry>();
  /** When it was last written: a file changed since then may look unchanged. */
  writtenMs = 0;

  constructor(files: FileSystem, path: string) {
    this.#files = files;
    this.#path = path;
    try {
      const bytes = files.readFile(path);
      this.writtenMs = files.stat(path).mtimeMs;
      this.#parse(bytes);
    } catch (error) {
      if (error instanceof Fatal) throw error;
    }
  }

  #parse(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (decode(bytes.subarray(0, 4)) !== 'DIRC' || view.getUint32(4) !== 2)
      throw new Fatal('index file corrupt');
    const count = view.getUint32(8);
    for (let i = 0, at = 12; i < count; i++) {
      const end = bytes.indexOf(0, at + ENTRY_BYTES);
      this.add({
        path: decode(bytes.subarray(at + ENTRY_BYTES, end)),
        mode: view.getUint32(at + 24),
        id: hex(bytes.subarray(at + 40, at + 60)),
        stage: (view.getUint16(at + 60) >> 12) & 3,
        mtimeMs: view.getUint32(at + 8) * 1000 + view.getUint32(at + 12) / 1e6,
        sizeBytes: view.getUint32(at + 36),
        inode: view.getUint32(at + 20),
      });
      at += (end - at + 8) & ~7;
    }
  }

  /** By path and stage, in git's order. */
  get entries(): IndexEntry[] {
    return [...this.#entries.values()].sort((a, b) =>
      a.path === b.path ? a.stage - b.stage : a.path < b.path ? -1 : 1,
    );
  }

  /** Entries without conflict, by path. */
  get merged(): Map<string, IndexEntry> {
    return new Map(this.entries.filter(({ stage }) => stage === 0).map((entry) => [entry.path, entry]));
  }

  /** Paths in conflict, with the stages that are there. */
  get unmerged(): Map<string, IndexEntry[]> {
    const result = new Map<string, IndexEntry[]>();
    for (const entry of this.entries)
      if (entry.stage > 0) result.set(entry.path, [...(result.get(entry.path) ?? []), entry]);
    return result;
  }

  get paths(): Set<string> {
    return new Set(this.entries.map(({ path }) => path));
  }

  get(path: string, stage = 0): IndexEntry | undefined {
    return this.#entries.get(`${path}\0${stage}`);
  }

  add(entry: IndexEntry): void {
    if (entry.stage === 0) this.remove(entry.path);
    this.#entries.set(`${entry.path}\0${entry.stage}`, entry);
  }

  remove(path: string): void {
    for (let stage = 0; stage < 4; stage++) this.#entries.delete(`${path}\0${stage}`);
  }

  clear(): void {
    this.#entries.clear();
  }

  write(): void {
    const entries = this.entries;
    const head = new Uint8Array(12);
    head.set(encode('DIRC'));
    new DataView(head.buffer).setUint32(4, 2);
    new DataView(head.buffer).setUint32(8, entries.length);
    const bytes = concat([head, ...entries.map(entryBytes)]);
    const digest = new Sha1();
    digest.update(bytes);
    this.#files.writeFile(this.#path, concat([bytes, bytesOf(digest.finish())]));
    this.writtenMs = this.#files.stat(this.#path).mtimeMs;
  }
}

function entryBytes(entry: IndexEntry): Uint8Array {
  const path = encode(entry.path);
  const bytes = new Uint8Array((ENTRY_BYTES + path.length + 8) & ~7);
  const view = new DataView(bytes.buffer);
  for (const at of [0, 8]) {
    view.setUint32(at, Math.floor(entry.mtimeMs / 1000));
    view.setUint32(at + 4, Math.round((entry.mtimeMs % 1000) * 1e6));
  }
  view.setUint32(20, entry.inode);
  view.setUint32(24, entry.mode);
  view.setUint32(36, entry.sizeBytes);
  bytes.set(bytesOf(entry.id), 40);
  view.setUint16(60, (entry.stage << 12) | Math.min(path.length, 0xfff));
  bytes.set(path, ENTRY_BYTES);
  return bytes;
}

/** An entry for what was just read from or written to a file. */
export const indexEntry = (path: string, mode: number, id: ObjectId, stat?: FileStat): IndexEntry => ({
  path,
  mode,
  id,
  stage: 0,
  mtimeMs: stat?.mtimeMs ?? 0,
  sizeBytes: stat?.sizeBytes ?? 0,
  inode: stat?.inode ?? 0,
});
