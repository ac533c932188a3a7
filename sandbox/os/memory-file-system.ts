/**
 * A file system in memory with Linux' semantics for paths, links, permissions bits and errors. It starts
 * from a shared immutable `FileTree` and copies what it changes. Other file systems can be mounted into it.
 * Left out: access and change times, sparse files, extended attributes, locks.
 */
import type { Clock } from '../core/clock.ts';
import { toDisposable, type Disposable } from '../core/disposable.ts';
import { Errno } from './errno.ts';
import type { FileChange, FileStat, FileSystem, SpecialFile } from './file-system.ts';
import { copyNode, FileTree, type DirectoryNode, type FileNode, type TreeNode } from './file-tree.ts';
import { joinPath, nameOf, resolvePath } from './path.ts';

export interface MemoryFileSystemInit {
  clock: Clock;
  /** What it starts from; default: an empty root directory. */
  tree?: FileTree;
  /** Contents written on top of the tree may not exceed this (ENOSPC). */
  quotaBytes?: number;
}

/** Where a path leads. */
interface Place {
  /** The directories from the root to the one that holds the name. */
  chain: DirectoryNode[];
  /** Names of `chain[1..]`, in order. */
  names: string[];
  /** The last name; empty for the root itself. */
  name: string;
  node: TreeNode | undefined;
  /** Set instead of `node` when the path leads into a mounted file system. */
  mounted?: { files: FileSystem; path: string; at: string };
}

const MAX_SYMLINKS = 40;

/** The names that a path goes through; `..` among them. */
const namesIn = (path: string): string[] => path.split('/').filter((name) => name !== '' && name !== '.');

export class MemoryFileSystem implements FileSystem {
  readonly #clock: Clock;
  #root: DirectoryNode;
  #owner: object = {};
  #nextInode: number;
  #quotaBytes: number;
  #usedBytes = 0;
  /** Hears how many bytes more (or less, negative) it holds, after the fact. */
  onCharge: ((bytes: number) => void) | undefined;
  #watchers = new Set<{ path: string; listener: (change: FileChange) => void }>();
  #mounts = new Map<string, FileSystem>();
  /** Last names of paths at which something is or was mounted: no other directory has to be looked up. */
  #mountNames = new Set<string>();
  /** Copies of files with several names, so that all names lead to the copy. */
  #linkCopies = new WeakMap<FileNode, FileNode>();

  constructor(init: MemoryFileSystemInit) {
    const tree = init.tree ?? FileTree.empty(init.clock.now());
    this.#clock = init.clock;
    this.#root = tree.root;
    this.#nextInode = tree.nextInode;
    this.#quotaBytes = init.quotaBytes ?? Infinity;
  }

  /** Bytes of contents that this file system holds on top of the tree it started from. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  get quotaBytes(): number {
    return this.#quotaBytes;
  }

  /** The state right now, immutable. Constant time: later changes copy what they touch. */
  snapshot(): FileTree {
    this.#owner = {};
    return new FileTree(this.#root, this.#nextInode);
  }

  /** Shows `files` at `path` (created when absent). Absolute symlinks inside it stay inside it. */
  mount(path: string, files: FileSystem): Disposable {
    this.mkdir(path, { recursive: true });
    const at = this.realPath(path);
    this.#mounts.set(at, files);
    this.#mountNames.add(nameOf(at));
    return toDisposable(() => {
      if (this.#mounts.get(at) === files) this.#mounts.delete(at);
    });
  }

  /** Mount points and what is mounted there, in order of mounting. */
  get mounts(): ReadonlyMap<string, FileSystem> {
    return this.#mounts;
  }

  // ---- looking up

  #locate(path: string, follow: boolean): Place {
    let depth = 0;
    let rest = namesIn(path);
    const chain: DirectoryNode[] = [this.#root];
    const names: string[] = [];
    for (let i = 0; i < rest.length; i++) {
      const name = rest[i]!;
      if (name === '..') {
        if (chain.length > 1) {
          chain.pop();
          names.pop();
        }
        continue;
      }
      if (name.length > 255) throw new Errno('ENAMETOOLONG');
      const directory = chain[chain.length - 1]!;
      const node = this.#resolveCopy(directory.entries.get(name));
      const last = i === rest.length - 1;
      if (node?.kind === 'directory' && this.#mountNames.has(name)) {
        const at = `/${[...names, name].join('/')}`;
        const files = this.#mounts.get(at);
        if (files)
          return {
            chain,
            names,
            name,
            node: undefined,
            mounted: { files, path: `/${rest.slice(i + 1).join('/')}`, at },
          };
      }
      if (node?.kind === 'symlink' && (follow || !last)) {
        if (++depth > MAX_SYMLINKS) throw new Errno('ELOOP');
        if (node.target.startsWith('/')) {
          chain.length = 1;
          names.length = 0;
        }
        rest = [...namesIn(node.target), ...rest.slice(i + 1)];
        i = -1;
        continue;
      }
      if (last) return { chain, names, name, node };
      if (!node) throw new Errno('ENOENT');
      if (node.kind !== 'directory') throw new Errno('ENOTDIR');
      chain.push(node);
      names.push(name);
    }
    const root = this.#mounts.get('/');
    if (root && chain.length === 1)
      return { chain, names, name: '', node: undefined, mounted: { files: root, path: '/', at: '/' } };
    const node = chain.pop()!;
    return { chain, names: names.slice(0, -1), name: names.at(-1) ?? '', node };
  }

  #resolveCopy(node: TreeNode | undefined): TreeNode | undefined {
    if (node?.kind !== 'file' || node.links === 1 || node.owner === this.#owner) return node;
    return this.#linkCopies.get(node) ?? node;
  }

  /** Runs `own` here, or `other` in the mounted file system the path leads into. */
  #at<T>(
    path: string,
    follow: boolean,
    own: (place: Place) => T,
    other: (files: FileSystem, path: string) => T,
  ): T {
    const place = this.#locate(path, follow);
    return place.mounted ? other(place.mounted.files, place.mounted.path) : own(place);
  }

  // ---- copy on write

  /** The directory that holds `place`'s name, ready to be changed. */
  #ownParent(place: Place): DirectoryNode {
    const { chain, names } = place;
    for (let i = 0; i < chain.length; i++) {
      const node = chain[i]!;
      if (node.owner === this.#owner) continue;
      const copy = copyNode(node, this.#owner);
      if (i === 0) this.#root = copy;
      else chain[i - 1]!.entries.set(names[i - 1]!, copy);
      chain[i] = copy;
    }
    return chain[chain.length - 1]!;
  }

  /** The node at `place`, ready to be changed. */
  #own(place: Place): TreeNode {
    const node = place.node;
    if (!node) throw new Errno('ENOENT');
    if (place.chain.length === 0) {
      if (this.#root.owner !== this.#owner) this.#root = copyNode(this.#root, this.#owner);
      return this.#root;
    }
    const parent = this.#ownParent(place);
    if (node.owner === this.#owner) return node;
    const copy = copyNode(node, this.#owner);
    if (node.kind === 'file' && copy.kind === 'file') {
      this.#charge(node.sizeBytes);
      if (node.links > 1) this.#linkCopies.set(node, copy);
    }
    parent.entries.set(place.name, copy);
    place.node = copy;
    return copy;
  }

  #charge(bytes: number): void {
    if (bytes > 0 && this.#usedBytes + bytes > this.#quotaBytes) throw new Errno('ENOSPC');
    const before = this.#usedBytes;
    this.#usedBytes = Math.max(0, before + bytes);
    if (this.onCharge && this.#usedBytes !== before) this.onCharge(this.#usedBytes - before);
  }

  #attributes(mode: number): Omit<FileNode, 'kind' | 'buffer' | 'sizeBytes' | 'links'> {
    return {
      owner: this.#owner,
      inode: this.#nextInode++,
      mode,
      uid: 0,
      gid: 0,
      mtimeMs: this.#clock.now(),
    };
  }

  /** Adds `node` under a name that must be free. */
  #insert(place: Place, node: TreeNode): void {
    if (place.name === '' || place.node) throw new Errno('EEXIST');
    const parent = this.#ownParent(place);
    parent.entries.set(place.name, node);
    parent.mtimeMs = this.#clock.now();
  }

  #delete(place: Place): void {
    const parent = this.#ownParent(place);
    parent.entries.delete(place.name);
    parent.mtimeMs = this.#clock.now();
  }

  #unlinkNode(node: TreeNode): void {
    if (node.kind !== 'file') return;
    if (node.owner !== this.#owner) return;
    if (--node.links === 0) this.#charge(-node.sizeBytes);
  }

  #changed(kind: FileChange['kind'], place: Place | string): void {
    if (this.#watchers.size === 0) return;
    const path = typeof place === 'string' ? place : this.#pathOf(place);
    for (const watcher of this.#watchers) {
      if (watcher.path === '/' || path === watcher.path || path.startsWith(`${watcher.path}/`))
        watcher.listener({ kind, path });
    }
  }

  #pathOf(place: Place): string {
    return `/${[...place.names, place.name].filter((name) => name !== '').join('/')}`;
  }

  // ---- FileSystem

  stat(path: string): FileStat {
    return this.#at(
      path,
      true,
      (place) => this.#statOf(place),
      (files, inner) => files.stat(inner),
    );
  }

  lstat(path: string): FileStat {
    return this.#at(
      path,
      false,
      (place) => this.#statOf(place),
      (files, inner) => files.lstat(inner),
    );
  }

  #statOf(place: Place): FileStat {
    const node = place.node;
    if (!node) throw new Errno('ENOENT');
    const { kind, mode, uid, gid, mtimeMs, inode } = node;
    let links = 1;
    let sizeBytes = 4096;
    if (node.kind === 'file') ({ links, sizeBytes } = node);
    else if (node.kind === 'symlink') sizeBytes = node.target.length;
    else {
      links = 2;
      for (const child of node.entries.values()) if (child.kind === 'directory') links++;
    }
    return { kind, mode, uid, gid, mtimeMs, inode, links, sizeBytes };
  }

  readFile(path: string): Uint8Array {
    return this.#at(
      path,
      true,
      ({ node }) => {
        if (!node) throw new Errno('ENOENT');
        if (node.kind !== 'file') throw new Errno('EISDIR');
        return node.sizeBytes === node.buffer.length ? node.buffer : node.buffer.subarray(0, node.sizeBytes);
      },
      (files, inner) => files.readFile(inner),
    );
  }

  /** The file at `path`, created when absent, ready to be changed. */
  #writable(place: Place): FileNode {
    if (!place.node) {
      const file: FileNode = {
        kind: 'file',
        ...this.#attributes(0o644),
        buffer: new Uint8Array(0),
        sizeBytes: 0,
        links: 1,
      };
      this.#insert(place, file);
      place.node = file;
      return file;
    }
    if (place.node.kind !== 'file') throw new Errno('EISDIR');
    return this.#own(place) as FileNode;
  }

  writeFile(path: string, contents: Uint8Array): void {
    this.#at(
      path,
      true,
      (place) => {
        const file = this.#writable(place);
        this.#charge(contents.length - file.sizeBytes);
        file.buffer = contents;
        file.sizeBytes = contents.length;
        file.mtimeMs = this.#clock.now();
        this.#changed('write', place);
      },
      (files, inner) => files.writeFile(inner, contents),
    );
  }

  appendFile(path: string, contents: Uint8Array): void {
    this.#at(
      path,
      true,
      (place) => {
        const file = this.#writable(place);
        this.#charge(contents.length);
        const sizeBytes = file.sizeBytes + contents.length;
        if (sizeBytes > file.buffer.length || file.buffer.byteOffset !== 0 || !GROWN.has(file.buffer)) {
          const grown = new Uint8Array(Math.max(256, sizeBytes * 2));
          grown.set(file.buffer.subarray(0, file.sizeBytes));
          GROWN.add(grown);
          file.buffer = grown;
        }
        file.buffer.set(contents, file.sizeBytes);
        file.sizeBytes = sizeBytes;
        file.mtimeMs = this.#clock.now();
        this.#changed('write', place);
      },
      (files, inner) => files.appendFile(inner, contents),
    );
  }

  readDirectory(path: string): string[] {
    return this.#at(
      path,
      true,
      ({ node }) => {
        if (!node) throw new Errno('ENOENT');
        if (node.kind !== 'directory') throw new Errno('ENOTDIR');
        return [...node.entries.keys()].sort((a, b) => (a < b ? -1 : 1));
      },
      (files, inner) => files.readDirectory(inner),
    );
  }

  mkdir(path: string, options: { recursive?: boolean; mode?: number } = {}): void {
    if (options.recursive) {
      if (this.#kindOf(path) === 'directory') return;
      let at = '';
      for (const name of resolvePath('/', path).split('/')) {
        if (name === '') continue;
        at += `/${name}`;
        if (this.#kindOf(at) !== 'directory') this.mkdir(at, { mode: options.mode });
      }
      return;
    }
    this.#at(
      path,
      false,
      (place) => {
        const mode = options.mode ?? 0o755;
        this.#insert(place, { kind: 'directory', ...this.#attributes(mode), entries: new Map() });
        this.#changed('mkdir', place);
      },
      (files, inner) => files.mkdir(inner, options),
    );
  }

  #kindOf(path: string): FileStat['kind'] | undefined {
    try {
      return this.stat(path).kind;
    } catch (error) {
      if (error instanceof Errno && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  unlink(path: string): void {
    this.#at(
      path,
      false,
      (place) => {
        if (!place.node) throw new Errno('ENOENT');
        if (place.node.kind === 'directory') throw new Errno('EISDIR');
        this.#delete(place);
        this.#unlinkNode(place.node);
        this.#changed('remove', place);
      },
      (files, inner) => files.unlink(inner),
    );
  }

  rmdir(path: string): void {
    this.#at(
      path,
      false,
      (place) => {
        if (!place.node) throw new Errno('ENOENT');
        if (place.node.kind !== 'directory') throw new Errno('ENOTDIR');
        if (place.node.entries.size > 0) throw new Errno('ENOTEMPTY');
        if (place.name === '') throw new Errno('EBUSY');
        this.#delete(place);
        this.#changed('remove', place);
      },
      (files, inner) => {
        if (inner === '/') throw new Errno('EBUSY');
        files.rmdir(inner);
      },
    );
  }

  rename(from: string, to: string): void {
    const source = this.#locate(from, false);
    const target = this.#locate(to, false);
    if (source.mounted || target.mounted) {
      if (source.mounted?.files !== target.mounted?.files) throw new Errno('EXDEV');
      source.mounted!.files.rename(source.mounted!.path, target.mounted!.path);
      return;
    }
    if (!source.node) throw new Errno('ENOENT');
    const [fromPath, toPath] = [this.#pathOf(source), this.#pathOf(target)];
    if (source.node === target.node) return;
    if (source.node.kind === 'directory') {
      if (`${toPath}/`.startsWith(`${fromPath}/`)) throw new Errno('EINVAL');
      if (target.node && target.node.kind !== 'directory') throw new Errno('ENOTDIR');
      if (target.node?.kind === 'directory' && target.node.entries.size > 0) throw new Errno('ENOTEMPTY');
    } else if (target.node?.kind === 'directory') throw new Errno('EISDIR');
    if (target.name === '' || source.name === '') throw new Errno('EBUSY');
    if (target.node) {
      this.#delete(target);
      this.#unlinkNode(target.node);
    }
    // Ownership of the source's directories may have changed with the target's: look again.
    const moved = this.#locate(from, false);
    const node = moved.node!;
    this.#delete(moved);
    this.#insert(this.#locate(to, false), node);
    this.#changed('remove', fromPath);
    this.#announce(node, toPath);
  }

  /** Tells watchers about everything that appeared at `path`. */
  #announce(node: TreeNode, path: string): void {
    if (this.#watchers.size === 0) return;
    this.#changed(node.kind === 'directory' ? 'mkdir' : 'write', path);
    if (node.kind !== 'directory') return;
    for (const [name, child] of node.entries) this.#announce(child, joinPath(path, name));
  }

  symlink(target: string, path: string): void {
    this.#at(
      path,
      false,
      (place) => {
        this.#insert(place, { kind: 'symlink', ...this.#attributes(0o777), target });
        this.#changed('write', place);
      },
      (files, inner) => files.symlink(target, inner),
    );
  }

  link(from: string, to: string): void {
    const source = this.#locate(from, false);
    const target = this.#locate(to, false);
    if (source.mounted || target.mounted) {
      if (source.mounted?.files !== target.mounted?.files) throw new Errno('EXDEV');
      source.mounted!.files.link(source.mounted!.path, target.mounted!.path);
      return;
    }
    if (!source.node) throw new Errno('ENOENT');
    if (source.node.kind === 'directory') throw new Errno('EPERM');
    if (target.node) throw new Errno('EEXIST');
    const node = this.#own(source);
    if (node.kind === 'file') node.links++;
    this.#insert(this.#locate(to, false), node);
    this.#changed('write', target);
  }

  readLink(path: string): string {
    return this.#at(
      path,
      false,
      ({ node }) => {
        if (!node) throw new Errno('ENOENT');
        if (node.kind !== 'symlink') throw new Errno('EINVAL');
        return node.target;
      },
      (files, inner) => files.readLink(inner),
    );
  }

  #change(path: string, change: (node: TreeNode) => void, other: (files: FileSystem, path: string) => void) {
    this.#at(
      path,
      true,
      (place) => {
        change(this.#own(place));
        this.#changed('attributes', place);
      },
      other,
    );
  }

  chmod(path: string, mode: number): void {
    this.#change(
      path,
      (node) => (node.mode = mode & 0o7777),
      (files, inner) => files.chmod(inner, mode),
    );
  }

  chown(path: string, uid: number, gid: number): void {
    this.#change(
      path,
      (node) => Object.assign(node, { uid, gid }),
      (files, inner) => files.chown(inner, uid, gid),
    );
  }

  utimes(path: string, mtimeMs: number): void {
    this.#change(
      path,
      (node) => (node.mtimeMs = mtimeMs),
      (files, inner) => files.utimes(inner, mtimeMs),
    );
  }

  realPath(path: string): string {
    const place = this.#locate(path, true);
    if (place.mounted) {
      const inner = place.mounted.files.realPath(place.mounted.path);
      return inner === '/' ? place.mounted.at : `${place.mounted.at}${inner}`;
    }
    if (!place.node) throw new Errno('ENOENT');
    return this.#pathOf(place);
  }

  openSpecial(path: string): SpecialFile | undefined {
    if (this.#mounts.size === 0) return undefined;
    const place = this.#locate(path, true);
    return place.mounted?.files.openSpecial?.(place.mounted.path);
  }

  watch(path: string, listener: (change: FileChange) => void): Disposable {
    const place = this.#locateForWatch(path);
    if (place?.mounted) {
      const { files, path: inner, at } = place.mounted;
      return files.watch(inner, (change) =>
        listener({ ...change, path: change.path === '/' ? at : at + change.path }),
      );
    }
    const watcher = { path: place ? this.#pathOf(place) : path, listener };
    this.#watchers.add(watcher);
    return toDisposable(() => this.#watchers.delete(watcher));
  }

  /** A path that does not exist yet can be watched too. */
  #locateForWatch(path: string): Place | undefined {
    try {
      return this.#locate(path, true);
    } catch {
      return undefined;
    }
  }
}

/** Buffers with room behind their contents, made by `appendFile`; anything else is somebody's own array. */
const GROWN = new WeakSet<Uint8Array>();
