/** Where a diff takes contents from: the objects, or the files of the working tree that are not stored yet. */
import type { Repository } from './repository.ts';
import type { ReadBlob } from './tree-diff.ts';
import type { TreeFile, TreeFiles } from './tree-files.ts';
import { currentFile, readWorktreeFile } from './worktree.ts';

export const mergedReader =
  (repository: Repository): ReadBlob =>
  (id) =>
    repository.objects.blob(id);

export interface Worktree {
  files: TreeFiles;
  read: ReadBlob;
}

/** The tracked files as they are in the working tree. */
export async function worktreeFiles(repository: Repository): Promise<Worktree> {
  const files: TreeFiles = new Map();
  const paths = new Map<string, string>();
  for (const path of repository.index.paths) {
    const entry = repository.index.get(path);
    const found = entry ? await currentFile(repository, entry) : fileAt(repository, path);
    if (!found) continue;
    files.set(path, { mode: found.mode, id: found.id });
    paths.set(found.id, path);
  }
  const read: ReadBlob = async (id) => {
    const path = paths.get(id);
    if (path !== undefined && !repository.objects.has(id))
      return readWorktreeFile(repository, path)?.body ?? new Uint8Array(0);
    return await repository.objects.blob(id);
  };
  return { files, read };
}

function fileAt(repository: Repository, path: string): TreeFile | undefined {
  return readWorktreeFile(repository, path);
}
