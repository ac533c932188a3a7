/** What `git status` and a commit's template tell: staged, unstaged and untracked changes, conflicts. */
import { Ignore } from './ignore.ts';
import { mergedReader } from './blobs.ts';
import type { Repository } from './repository.ts';
import { compareFiles, type Change } from './tree-diff.ts';
import { filesOf, indexFiles, sameFile } from './tree-files.ts';
import { currentFile, untrackedFiles } from './worktree.ts';

export interface StatusList {
  staged: Change[];
  unstaged: Change[];
  /** Path → the stages that are there, as `1`, `2`, `3` in order. */
  unmerged: Map<string, string>;
  untracked: string[];
  ignored: string[];
}

export async function statusList(
  repository: Repository,
  untracked: 'no' | 'normal' | 'all' = 'normal',
): Promise<StatusList> {
  const { objects, index } = repository;
  const unmerged = new Map(
    [...index.unmerged].map(([path, entries]) => [path, entries.map(({ stage }) => stage).join('')]),
  );
  const head = await filesOf(objects, await repository.headTree());
  const staged = await compareFiles(head, indexFiles(index), {
    renames: mergedReader(repository),
    matches: (path) => !unmerged.has(path),
  });
  const unstaged: Change[] = [];
  for (const [path, entry] of index.merged) {
    const current = await currentFile(repository, entry);
    if (sameFile(entry, current)) continue;
    const status = !current ? 'D' : current.mode >> 12 === entry.mode >> 12 ? 'M' : 'T';
    unstaged.push({ status, path, old: entry, new: current });
  }
  const others =
    untracked === 'no'
      ? { paths: [], ignored: [] }
      : await untrackedFiles(repository, new Ignore(repository), untracked === 'all');
  return { staged, unstaged, unmerged, untracked: others.paths, ignored: others.ignored };
}
