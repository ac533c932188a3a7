/** The working tree: what its files hold, which are tracked, and how files are written into it. */
import { decode, encode } from '../../../core/bytes.ts';
import { Errno } from '../../../os/errno.ts';
import type { FileStat } from '../../../os/file-system.ts';
import { joinPath, parentOf } from '../../../os/path.ts';
import { kindOf } from '../destination.ts';
import { indexEntry, type IndexEntry } from './index-file.ts';
import type { Ignore } from './ignore.ts';
import { blobId, SYMLINK_MODE } from './objects.ts';
import type { Repository } from './repository.ts';
import type { TreeFile } from './tree-files.ts';

export interface WorktreeFile extends TreeFile {
  body: Uint8Array;
  stat: FileStat;
}

/** The file at `path`, hashed; undefined when none is there (a folder is none). */
export function readWorktreeFile(repository: Repository, path: string): WorktreeFile | undefined {
  const files = repository.process.fileSystem;
  const absolute = repository.absolute(path);
  let stat: FileStat;
  try {
    stat = files.lstat(absolute);
  } catch (error) {
    if (error instanceof Errno) return undefined;
    throw error;
  }
  if (stat.kind !== 'file' && stat.kind !== 'symlink') return undefined;
  const body = stat.kind === 'symlink' ? encode(files.readLink(absolute)) : files.readFile(absolute);
  const mode = stat.kind === 'symlink' ? SYMLINK_MODE : stat.mode & 0o100 ? 0o100755 : 0o100644;
  return { mode, id: blobId(body), body, stat };
}

/** What the working tree has at an entry of the index: the same file object when nothing has touched it. */
export async function currentFile(repository: Repository, entry: IndexEntry): Promise<TreeFile | undefined> {
  await repository.process.tick();
  try {
    const stat = repository.process.fileSystem.lstat(repository.absolute(entry.path));
    const untouched =
      stat.kind === 'file' &&
      stat.mtimeMs === entry.mtimeMs &&
      stat.sizeBytes === entry.sizeBytes &&
      stat.inode === entry.inode &&
      (stat.mode & 0o100 ? 0o100755 : 0o100644) === entry.mode &&
      // A file changed in the instant in which the index was written looks as old as its entry.
      stat.mtimeMs < repository.index.writtenMs;
    if (untouched) return entry;
  } catch {
    return undefined;
  }
  const file = readWorktreeFile(repository, entry.path);
  return file && { mode: file.mode, id: file.id };
}

/** Puts the file at `path` into the objects and the index; false when there is none. */
export async function stageFile(repository: Repository, path: string): Promise<boolean> {
  const file = readWorktreeFile(repository, path);
  if (!file) return false;
  await repository.objects.write('blob', file.body);
  // A file where there was a folder, or the other way round, replaces it.
  for (const each of repository.index.paths)
    if (each.startsWith(`${path}/`) || path.startsWith(`${each}/`)) repository.index.remove(each);
  repository.index.add(indexEntry(path, file.mode, file.id, file.stat));
  return true;
}

/** Writes a file of a tree and remembers it in the index. */
export async function checkOutFile(repository: Repository, path: string, file: TreeFile): Promise<void> {
  const body = await repository.objects.blob(file.id);
  writeWorktreeFile(repository, path, body, file.mode);
  repository.index.add(
    indexEntry(path, file.mode, file.id, repository.process.fileSystem.lstat(repository.absolute(path))),
  );
}

export function writeWorktreeFile(
  repository: Repository,
  path: string,
  body: Uint8Array,
  mode: number,
): void {
  const files = repository.process.fileSystem;
  const absolute = repository.absolute(path);
  for (let parent = parentOf(absolute); parent.length > repository.top.length; parent = parentOf(parent))
    if (kindOf(files, parent) === 'file') files.unlink(parent);
  files.mkdir(parentOf(absolute), { recursive: true });
  if (kindOf(files, absolute) === 'directory') removeEmptyFolders(repository, absolute);
  if (linkKind(repository, absolute) !== undefined) files.unlink(absolute);
  if (mode === SYMLINK_MODE) files.symlink(decode(body), absolute);
  else {
    files.writeFile(absolute, body);
    files.chmod(absolute, (mode === 0o100755 ? 0o777 : 0o666) & ~repository.process.umask);
  }
}

function linkKind(repository: Repository, path: string): string | undefined {
  try {
    return repository.process.fileSystem.lstat(path).kind;
  } catch {
    return undefined;
  }
}

function removeEmptyFolders(repository: Repository, path: string): void {
  const files = repository.process.fileSystem;
  for (const name of files.readDirectory(path)) {
    const inner = joinPath(path, name);
    if (kindOf(files, inner) === 'directory') removeEmptyFolders(repository, inner);
  }
  if (files.readDirectory(path).length === 0) files.rmdir(path);
}

/** Takes a file away, and the folders that this empties. */
export function removeWorktreeFile(repository: Repository, path: string): void {
  const files = repository.process.fileSystem;
  const absolute = repository.absolute(path);
  if (linkKind(repository, absolute) === undefined || linkKind(repository, absolute) === 'directory') return;
  files.unlink(absolute);
  for (let parent = parentOf(absolute); parent.length > repository.top.length; parent = parentOf(parent)) {
    // git keeps the folder that the shell stands in.
    if (files.readDirectory(parent).length > 0 || parent === repository.process.directory) break;
    files.rmdir(parent);
  }
}

export interface Untracked {
  /** A folder without tracked files is one path with a slash at its end, unless each file was asked for. */
  paths: string[];
  ignored: string[];
}

/** What is there and not in the index. */
export async function untrackedFiles(
  repository: Repository,
  ignore: Ignore,
  everyFile = false,
): Promise<Untracked> {
  const tracked = repository.index.paths;
  const folders = new Set<string>();
  for (const path of tracked)
    for (let folder = parentOf(path); folder !== '.'; folder = parentOf(folder)) folders.add(folder);
  const result: Untracked = { paths: [], ignored: [] };
  const files = repository.process.fileSystem;

  const holdsFiles = (folder: string): boolean =>
    files.readDirectory(repository.absolute(folder)).some((name) => {
      const path = `${folder}/${name}`;
      const isFolder = linkKind(repository, repository.absolute(path)) === 'directory';
      return !ignore.ignores(path, isFolder) && (!isFolder || holdsFiles(path));
    });

  const collectIgnored = (folder: string): void => {
    for (const name of files.readDirectory(repository.absolute(folder))) {
      const path = `${folder}/${name}`;
      const isFolder = linkKind(repository, repository.absolute(path)) === 'directory';
      if (ignore.ignores(path, isFolder)) result.ignored.push(isFolder ? `${path}/` : path);
      else if (isFolder) collectIgnored(path);
    }
  };

  const walk = async (folder: string): Promise<void> => {
    await repository.process.tick();
    for (const name of files.readDirectory(folder === '' ? repository.top : repository.absolute(folder))) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (name === '.git' || tracked.has(path)) continue;
      const kind = linkKind(repository, repository.absolute(path));
      if (kind !== 'directory') {
        if (kind === 'file' || kind === 'symlink')
          (ignore.ignores(path, false) ? result.ignored : result.paths).push(path);
      } else if (folders.has(path)) await walk(path);
      else if (ignore.ignores(path, true)) result.ignored.push(`${path}/`);
      else if (kindOf(files, repository.absolute(`${path}/.git`)) !== undefined)
        result.paths.push(`${path}/`);
      else if (everyFile) await walk(path);
      else {
        if (holdsFiles(path)) result.paths.push(`${path}/`);
        collectIgnored(path);
      }
    }
  };
  await walk('');
  const byName = (a: string, b: string) => (a < b ? -1 : 1);
  return { paths: result.paths.sort(byName), ignored: result.ignored.sort(byName) };
}
