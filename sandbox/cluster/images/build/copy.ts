/** COPY and ADD: from a build's context, a stage or an image into a stage's files, as BuildKit copies. */
import { encode } from '../../../core/bytes.ts';
import { BuildError } from '../../../os/container-engine.ts';
import type { MemoryFileSystem } from '../../../os/memory-file-system.ts';
import { joinPath, nameOf, parentOf, resolvePath } from '../../../os/path.ts';
import { accountOf, groupIdOf } from '../accounts.ts';
import { readTar } from '../../../core/tar-archive.ts';
import type { BuildContext, SourceEntry } from './build-context.ts';
import type { Instruction } from './dockerfile.ts';

export interface CopyRequest {
  instruction: Instruction;
  context: BuildContext;
  /** As written, variables expanded. */
  sources: string[];
  destination: string;
  /** Where a relative destination starts. */
  directory: string;
  /** ADD unpacks archives. */
  unpack: boolean;
  /** Files whose contents stand in the Dockerfile, by name. */
  inline: { name: string; contents: string }[];
}

/** What stands for the sources in a step's key. Throws `BuildError` when one is not there. */
export function checksumOf({ instruction, context, sources, inline }: CopyRequest): string {
  const parts = sources.map((source) => {
    const found = context.find(source);
    if (found.length === 0)
      throw new BuildError(
        `failed to compute cache key: failed to calculate checksum of ref ${REF}: "${resolvePath('/', source)}": not found`,
        instruction.lines,
      );
    return found.map(({ path }) => context.checksum(path)).join(' ');
  });
  return [...parts, ...inline.map(({ contents }) => contents)].join('\n');
}

/** BuildKit's name of what it looked in. */
const REF = 'moby::context';

/** Copies into `files`. Throws `BuildError`. */
export function copyInto(files: MemoryFileSystem, request: CopyRequest): void {
  const { instruction, context, sources, destination, directory, inline } = request;
  const owner = ownerOf(instruction, files);
  const mode = modeOf(instruction);
  const found = sources.flatMap((source) => context.find(source));
  const toDirectory =
    /(^|\/)\.{0,2}$/.test(destination) || isDirectory(files, resolvePath(directory, destination));
  const target = resolvePath(directory, destination);
  const many = found.length + inline.length > 1;
  if (many && !toDirectory)
    throw new BuildError(
      `When using ${instruction.keyword} with more than one source file, the destination must be a directory and end with a /`,
      instruction.lines,
    );
  const place = (path: string, entry: SourceEntry, relative: string) => {
    const { stat } = entry;
    const to = relative === '' ? path : joinPath(path, relative.slice(relative.startsWith('/') ? 1 : 0));
    makeParents(files, to, owner);
    if (stat.kind === 'directory') {
      if (!isDirectory(files, to)) files.mkdir(to, { recursive: true });
      files.chmod(to, mode ?? stat.mode);
    } else if (stat.kind === 'symlink') {
      remove(files, to);
      files.symlink(context.readLink(entry.path), to);
      return;
    } else if (stat.kind === 'file') {
      if (isDirectory(files, to))
        throw new BuildError(`cannot copy to non-directory: ${to}`, instruction.lines);
      // A name of the same file elsewhere in the image keeps its contents.
      remove(files, to);
      files.writeFile(to, context.read(entry.path));
      files.chmod(to, mode ?? stat.mode);
      files.utimes(to, stat.mtimeMs);
    } else return;
    files.chown(to, owner.uid, owner.gid);
  };
  for (const entry of found) {
    if (request.unpack && entry.path.endsWith('.tar')) unpack(files, target, context.read(entry.path), owner);
    else if (entry.stat.kind === 'directory')
      for (const { relative, entry: child } of context.walk(entry.path)) {
        // The contents of a directory are copied, not the directory: what is there keeps its attributes.
        if (relative === '' && isDirectory(files, target)) continue;
        place(target, child, relative);
      }
    else place(toDirectory ? joinPath(target, nameOf(entry.path)) : target, entry, '');
  }
  for (const { name, contents } of inline) {
    const to = toDirectory ? joinPath(target, name) : target;
    makeParents(files, to, owner);
    remove(files, to);
    files.writeFile(to, encode(contents));
    files.chmod(to, mode ?? 0o644);
    files.chown(to, owner.uid, owner.gid);
  }
}

/** Directories on the way belong to whom the copy does. */
function makeParents(files: MemoryFileSystem, path: string, owner: { uid: number; gid: number }): void {
  const parent = parentOf(path);
  if (parent === '/' || isDirectory(files, parent)) return;
  makeParents(files, parent, owner);
  files.mkdir(parent);
  files.chown(parent, owner.uid, owner.gid);
}

function unpack(
  files: MemoryFileSystem,
  target: string,
  archive: Uint8Array,
  owner: { uid: number; gid: number },
): void {
  for (const { name, kind, mode, contents, target: link, mtimeMs } of readTar(archive)) {
    const to = resolvePath(target, name);
    makeParents(files, to, owner);
    if (kind === 'directory') files.mkdir(to, { recursive: true });
    else {
      remove(files, to);
      if (kind === 'symlink') files.symlink(link, to);
      else if (kind === 'hardlink') files.link(resolvePath(target, link), to);
      else files.writeFile(to, contents.slice());
    }
    if (kind !== 'file') continue;
    files.chmod(to, mode);
    files.utimes(to, mtimeMs);
  }
}

function ownerOf({ flags, lines }: Instruction, files: MemoryFileSystem): { uid: number; gid: number } {
  const text = flags.get('chown');
  if (!text) return { uid: 0, gid: 0 };
  const [user = '', group] = text.split(':');
  const account = accountOf(user, files);
  const gid = group === undefined ? account?.gid : groupIdOf(group, files);
  if (!account || gid === undefined)
    throw new BuildError(
      `unable to convert uid/gid chown string to host mapping: can't find uid for user ${user}: no such user: ${user}`,
      lines,
    );
  return { uid: account.uid, gid };
}

function modeOf({ flags, lines }: Instruction): number | undefined {
  const text = flags.get('chmod');
  if (text === undefined) return undefined;
  if (!/^0?[0-7]{3,4}$/.test(text))
    throw new BuildError(
      `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`,
      lines,
    );
  return Number.parseInt(text, 8);
}

function isDirectory(files: MemoryFileSystem, path: string): boolean {
  try {
    return files.stat(path).kind === 'directory';
  } catch {
    return false;
  }
}

function remove(files: MemoryFileSystem, path: string): void {
  try {
    if (files.lstat(path).kind !== 'directory') files.unlink(path);
  } catch {
    // Nothing is there.
  }
}
