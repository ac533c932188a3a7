/** What a COPY can take from: a build's context without what `.dockerignore` leaves out, or another file system. */
import { encode } from '../../../core/bytes.ts';
import type { FileStat, FileSystem } from '../../../os/file-system.ts';
import { joinPath, nameOf, resolvePath } from '../../../os/path.ts';
import { sha256 } from '../../../core/sha256.ts';
import { sourcePattern, type DockerIgnore } from './docker-ignore.ts';

/** A file, directory or link to copy. */
export interface SourceEntry {
  /** Absolute in the source. */
  path: string;
  stat: FileStat;
}

export class BuildContext {
  readonly files: FileSystem;
  readonly #root: string;
  readonly #ignore: DockerIgnore | undefined;

  constructor(files: FileSystem, root: string, ignore?: DockerIgnore) {
    this.files = files;
    this.#root = root;
    this.#ignore = ignore;
  }

  /** What a source of COPY names, patterns included; empty: nothing is there. */
  find(source: string): SourceEntry[] {
    const path = resolvePath('/', source);
    if (!/[*?[\\]/.test(path)) {
      const entry = this.#entry(path);
      return entry ? [entry] : [];
    }
    let found = ['/'];
    for (const part of path.split('/').slice(1)) {
      const expression = sourcePattern(part);
      found = found.flatMap((directory) =>
        this.children(directory)
          .filter((child) => expression.test(nameOf(child)))
          .sort(),
      );
    }
    return found.flatMap((each) => this.#entry(each) ?? []);
  }

  /** Paths in a directory that take part; none when it is no directory. */
  children(directory: string): string[] {
    const at = this.#place(directory);
    if (kindOf(this.files, at) !== 'directory') return [];
    return this.files
      .readDirectory(at)
      .map((name) => joinPath(directory, name))
      .filter((path) => this.#takesPart(path));
  }

  /** All that is at and below `path`, parents first, with their paths relative to it. */
  walk(path: string): { relative: string; entry: SourceEntry }[] {
    const found: { relative: string; entry: SourceEntry }[] = [];
    const visit = (each: string, relative: string) => {
      const entry = this.#entry(each);
      if (!entry) return;
      found.push({ relative, entry });
      if (entry.stat.kind !== 'directory') return;
      for (const child of this.children(each)) visit(child, joinPath(relative, nameOf(child)));
    };
    visit(path, '');
    return found;
  }

  read(path: string): Uint8Array {
    return this.files.readFile(this.#place(path));
  }

  readLink(path: string): string {
    return this.files.readLink(this.#place(path));
  }

  /** Stands for the contents at and below `path`: what decides whether a COPY is cached. */
  checksum(path: string): string {
    const parts = this.walk(path).map(({ relative, entry: { path: at, stat } }) => {
      const contents =
        stat.kind === 'file' ? sha256(this.read(at)) : stat.kind === 'symlink' ? this.readLink(at) : '';
      return `${relative} ${stat.kind} ${stat.mode} ${contents}`;
    });
    return sha256(encode(parts.join('\n')));
  }

  /** Bytes of all files that take part. */
  sizeBytes(): number {
    return this.walk('/').reduce(
      (sum, { entry: { stat } }) => sum + (stat.kind === 'file' ? stat.sizeBytes : 0),
      0,
    );
  }

  #entry(path: string): SourceEntry | undefined {
    const at = this.#place(path);
    return kindOf(this.files, at) && this.#takesPart(path) ? { path, stat: this.files.lstat(at) } : undefined;
  }

  #takesPart(path: string): boolean {
    const ignore = this.#ignore;
    if (!ignore || path === '/' || !ignore.ignores(path.slice(1))) return true;
    // An exception below keeps the directory that it is in.
    return (
      ignore.hasExceptions &&
      kindOf(this.files, this.#place(path)) === 'directory' &&
      this.files.readDirectory(this.#place(path)).some((name) => this.#takesPart(joinPath(path, name)))
    );
  }

  #place(path: string): string {
    return path === '/' ? this.#root : this.#root === '/' ? path : this.#root + path;
  }
}

function kindOf(files: FileSystem, path: string): FileStat['kind'] | undefined {
  try {
    return files.lstat(path).kind;
  } catch {
    return undefined;
  }
}
