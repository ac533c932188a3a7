/**
 * A layer of an image: what one build step added, changed or removed. Its digest is that of its `ustar`
 * archive, as the OCI image specification has it (`diff_ids`), so equal contents are one layer everywhere.
 */
import { concat, encode } from '../../core/bytes.ts';
import type { MemoryFileSystem } from '../../os/memory-file-system.ts';
import { sha256 } from './sha256.ts';

export interface LayerEntry {
  /** Absolute: `/etc/passwd`. Directories come before what is in them. */
  path: string;
  kind: 'file' | 'directory' | 'symlink' | 'hardlink' | 'whiteout';
  /** Permission bits; default 0o644 for files, 0o755 for directories. */
  mode?: number;
  uid?: number;
  gid?: number;
  /** Of a file. */
  contents?: Uint8Array;
  /** Of a symlink, or the path a hard link shares its file with. */
  target?: string;
}

const BLOCK_BYTES = 512;
const TYPE_FLAGS = { file: '0', whiteout: '0', hardlink: '1', symlink: '2', directory: '5' } as const;

export class Layer {
  readonly entries: readonly LayerEntry[];
  /** Modification time of everything in it (epoch ms). */
  readonly createdMs: number;
  /** How it came to be, for `docker history`: `COPY site /usr/share/nginx/html`. */
  readonly createdBy: string;
  #archive: { digest: string; sizeBytes: number } | undefined;

  constructor(entries: readonly LayerEntry[], createdBy: string, createdMs: number) {
    this.entries = entries;
    this.createdBy = createdBy;
    this.createdMs = createdMs;
  }

  /** `sha256:…` of the archive. */
  get digest(): string {
    return this.#archived().digest;
  }

  /** Size of the archive. */
  get sizeBytes(): number {
    return this.#archived().sizeBytes;
  }

  /** Puts the layer on top of what is in `files`. */
  apply(files: MemoryFileSystem): void {
    for (const entry of this.entries) {
      const { path, kind } = entry;
      if (kind === 'whiteout') remove(files, path);
      else if (kind === 'directory') files.mkdir(path, { recursive: true });
      else {
        if (kind === 'file') files.writeFile(path, entry.contents!);
        else if (kind === 'symlink') files.symlink(entry.target!, path);
        else files.link(entry.target!, path);
      }
      if (kind !== 'file' && kind !== 'directory') continue;
      if (entry.mode !== undefined) files.chmod(path, entry.mode);
      if (entry.uid || entry.gid) files.chown(path, entry.uid ?? 0, entry.gid ?? 0);
    }
  }

  #archived() {
    if (!this.#archive) {
      const archive = this.#write();
      this.#archive = { digest: `sha256:${sha256(archive)}`, sizeBytes: archive.length };
    }
    return this.#archive;
  }

  #write(): Uint8Array {
    const blocks: Uint8Array[] = [];
    for (const entry of this.entries) {
      const contents = entry.kind === 'file' ? entry.contents! : new Uint8Array(0);
      blocks.push(header(entry, contents.length, this.createdMs), contents);
      const rest = contents.length % BLOCK_BYTES;
      if (rest > 0) blocks.push(new Uint8Array(BLOCK_BYTES - rest));
    }
    blocks.push(new Uint8Array(2 * BLOCK_BYTES));
    return concat(blocks);
  }
}

function header(entry: LayerEntry, sizeBytes: number, mtimeMs: number): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  const put = (at: number, text: string) => block.set(encode(text), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0');
  const relative = entry.path.slice(1);
  const name =
    entry.kind === 'directory'
      ? `${relative}/`
      : entry.kind === 'whiteout'
        ? relative.replace(/([^/]*)$/, '.wh.$1')
        : relative;
  if (name.length > 100) throw new RangeError(`${entry.path}: longer than the 100 bytes a header holds`);
  put(0, name);
  put(100, octal(entry.mode ?? (entry.kind === 'directory' ? 0o755 : 0o644), 7));
  put(108, octal(entry.uid ?? 0, 7));
  put(116, octal(entry.gid ?? 0, 7));
  put(124, octal(sizeBytes, 11));
  put(136, octal(Math.floor(mtimeMs / 1000), 11));
  put(148, '        ');
  put(156, TYPE_FLAGS[entry.kind]);
  if (entry.kind === 'symlink') put(157, entry.target!);
  if (entry.kind === 'hardlink') put(157, entry.target!.slice(1));
  put(257, 'ustar\x0000');
  let sum = 0;
  for (const byte of block) sum += byte;
  put(148, `${octal(sum, 6)}\0 `);
  return block;
}

function remove(files: MemoryFileSystem, path: string): void {
  if (files.lstat(path).kind !== 'directory') return files.unlink(path);
  for (const name of files.readDirectory(path)) remove(files, `${path}/${name}`);
  files.rmdir(path);
}
