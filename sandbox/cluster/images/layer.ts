/**
 * A layer of an image: what one build step added, changed or removed. Its digest is that of its `ustar`
 * archive, as the OCI image specification has it (`diff_ids`), so equal contents are one layer everywhere.
 */
import { EMPTY } from '../../core/bytes.ts';
import { parentOf } from '../../os/path.ts';
import type { MemoryFileSystem } from '../../os/memory-file-system.ts';
import { sha256 } from '../../core/sha256.ts';
import { readTar, writeTar, type TarEntry } from '../../core/tar-archive.ts';

export interface LayerEntry {
  /** Absolute: `/etc/passwd`. Directories come before what is in them. */
  path: string;
  kind: 'file' | 'directory' | 'symlink' | 'hardlink' | 'whiteout';
  /** Permission bits; default 0o644 for files, 0o755 for directories. */
  mode?: number;
  uid?: number;
  gid?: number;
  /** Default: when the layer was made. */
  mtimeMs?: number;
  /** Of a file. */
  contents?: Uint8Array;
  /** Of a symlink, or the path a hard link shares its file with. */
  target?: string;
}

/** In front of the name of what a layer removes. */
const WHITEOUT = '.wh.';

export class Layer {
  readonly entries: readonly LayerEntry[];
  /** Modification time of what in it has none of its own (epoch ms). */
  readonly createdMs: number;
  /** How it came to be, for `docker history`: `COPY site /usr/share/nginx/html`. */
  readonly createdBy: string;
  #archive: Uint8Array | undefined;
  #digest: string | undefined;

  constructor(entries: readonly LayerEntry[], createdBy: string, createdMs: number) {
    this.entries = entries;
    this.createdBy = createdBy;
    this.createdMs = createdMs;
  }

  /** The layer in an archive, as a registry sends it. */
  static fromArchive(archive: Uint8Array, createdBy: string, createdMs: number): Layer {
    const layer = new Layer([...readTar(archive)].map(layerEntry), createdBy, createdMs);
    layer.#archive = archive;
    return layer;
  }

  /** Its `ustar` archive. */
  get archive(): Uint8Array {
    return (this.#archive ??= writeTar(this.entries.map((entry) => tarEntry(entry, this.createdMs))));
  }

  /** `sha256:…` of the archive. */
  get digest(): string {
    return (this.#digest ??= `sha256:${sha256(this.archive)}`);
  }

  /** Size of the archive. */
  get sizeBytes(): number {
    return this.archive.length;
  }

  /** Bytes of its files' contents: what `docker history` calls its size. */
  get contentBytes(): number {
    return this.entries.reduce((sum, { contents }) => sum + (contents?.length ?? 0), 0);
  }

  /** Puts the layer on top of what is in `files`. */
  apply(files: MemoryFileSystem): void {
    for (const entry of this.entries) {
      const { path, kind } = entry;
      if (kind === 'whiteout') remove(files, path);
      else if (kind === 'directory') {
        if (!isDirectory(files, path)) remove(files, path);
        files.mkdir(path, { recursive: true });
      } else {
        // In whole layers a file replaces what was there, another name of the same file included.
        remove(files, path);
        files.mkdir(parentOf(path), { recursive: true });
        if (kind === 'file') files.writeFile(path, entry.contents!);
        else if (kind === 'symlink') files.symlink(entry.target!, path);
        else files.link(entry.target!, path);
      }
      if (kind !== 'file' && kind !== 'directory') continue;
      if (entry.mode !== undefined) files.chmod(path, entry.mode);
      if (entry.uid || entry.gid) files.chown(path, entry.uid ?? 0, entry.gid ?? 0);
      if (entry.mtimeMs !== undefined) files.utimes(path, entry.mtimeMs);
    }
  }
}

function tarEntry(entry: LayerEntry, createdMs: number): TarEntry {
  const { path, kind, target = '' } = entry;
  const relative = path.slice(1);
  const isDirectoryEntry = kind === 'directory';
  return {
    name: isDirectoryEntry
      ? `${relative}/`
      : kind === 'whiteout'
        ? relative.replace(/([^/]*)$/, `${WHITEOUT}$1`)
        : relative,
    kind: kind === 'whiteout' ? 'file' : kind,
    mode: entry.mode ?? (isDirectoryEntry ? 0o755 : 0o644),
    uid: entry.uid ?? 0,
    gid: entry.gid ?? 0,
    mtimeMs: entry.mtimeMs ?? createdMs,
    contents: kind === 'file' ? entry.contents! : EMPTY,
    target: kind === 'hardlink' ? target.slice(1) : target,
  };
}

function layerEntry({ name, kind, mode, uid, gid, mtimeMs, contents, target }: TarEntry): LayerEntry {
  const path = `/${name.replace(/\/$/, '')}`;
  const slash = path.lastIndexOf('/') + 1;
  if (path.startsWith(WHITEOUT, slash))
    return { path: path.slice(0, slash) + path.slice(slash + WHITEOUT.length), kind: 'whiteout' };
  return {
    path,
    kind,
    mode,
    uid,
    gid,
    mtimeMs,
    ...(kind === 'file' ? { contents } : {}),
    ...(kind === 'symlink' ? { target } : {}),
    ...(kind === 'hardlink' ? { target: `/${target}` } : {}),
  };
}

function isDirectory(files: MemoryFileSystem, path: string): boolean {
  return kindAt(files, path) === 'directory';
}

function kindAt(files: MemoryFileSystem, path: string) {
  try {
    return files.lstat(path).kind;
  } catch {
    return undefined;
  }
}

/** Removes whatever is there, if anything. */
function remove(files: MemoryFileSystem, path: string): void {
  const kind = kindAt(files, path);
  if (kind === undefined) return;
  if (kind !== 'directory') return files.unlink(path);
  for (const name of files.readDirectory(path)) remove(files, `${path}/${name}`);
  files.rmdir(path);
}
