/** `git restore`, and the part of `git checkout` that brings files back. */
import type { Git, GitCommand } from './command.ts';
import { indexEntry } from './index-file.ts';
import { Pathspec } from './pathspec.ts';
import { Failed, Fatal } from './problems.ts';
import { peel, resolveRevision } from './revision.ts';
import { filesOf, sameFile, type TreeFiles } from './tree-files.ts';
import { checkOutFile, currentFile, removeWorktreeFile, writeWorktreeFile } from './worktree.ts';

export const restore: GitCommand = {
  usage: 'usage: git restore [<options>] [--source=<branch>] <file>...',
  options: ['s,source=', 'S,staged', 'W,worktree', 'ours', 'theirs', 'q,quiet', 'p,patch', 'ignore-unmerged'],
  run: async (git, options) => {
    if (options.has('patch')) throw new Fatal('--patch is not built here: restore whole files');
    if (options.everything.length === 0) throw new Fatal('you must specify path(s) to restore');
    const staged = options.has('staged');
    await restoreFiles(git, options.everything, {
      source: options.get('source') ?? (staged ? 'HEAD' : undefined),
      staged,
      worktree: options.has('worktree') || !staged,
      stage: options.has('ours') ? 2 : options.has('theirs') ? 3 : undefined,
    });
  },
};

export interface Restoration {
  /** A commit or tree; undefined: the index. */
  source: string | undefined;
  /** Restores the index. */
  staged: boolean;
  worktree: boolean;
  /** Of a conflict: 2 ours, 3 theirs. */
  stage: number | undefined;
}

/** How many files were brought back. */
export async function restoreFiles(git: Git, paths: readonly string[], how: Restoration): Promise<number> {
  const repository = git.worktree;
  const { index, objects } = repository;
  const pathspec = new Pathspec(repository, paths);
  const files: TreeFiles = new Map();
  if (how.source === undefined) {
    for (const { path, mode, id, stage } of index.entries)
      if (stage === (index.get(path) ? 0 : (how.stage ?? 2))) files.set(path, { mode, id });
  } else {
    const id =
      how.source === 'HEAD' && repository.head === undefined
        ? undefined
        : await resolveRevision(repository, how.source);
    if (id === undefined) throw new Fatal(`could not resolve ${how.source}`);
    await filesOf(objects, (await peel(repository, id, 'tree'))!, '', files);
  }
  const known = new Set([...files.keys(), ...(how.source === undefined || how.staged ? index.paths : [])]);
  const matching = [...known].filter((path) => pathspec.matches(path));
  const absent = pathspec.unused[0];
  if (absent !== undefined) throw new Failed(`pathspec '${absent}' did not match any file(s) known to git`);
  if (how.source === undefined && how.stage === undefined) {
    const open = matching.filter((path) => !index.get(path));
    if (open.length > 0) throw new Failed(open.map((path) => `path '${path}' is unmerged`).join('\nerror: '));
  }
  let count = 0;
  for (const path of matching) {
    const file = files.get(path);
    const entry = index.get(path);
    if (how.worktree) {
      const current = entry && (await currentFile(repository, entry));
      if (file && !(entry && sameFile(current, file))) {
        count++;
        if (how.staged || entry) await checkOutAndMaybeStage(path);
        else writeWorktreeFile(repository, path, await objects.blob(file.id), file.mode);
      } else if (!file && how.source !== undefined) removeWorktreeFile(repository, path);
    }
    if (how.staged && !sameFile(index.get(path), file)) {
      if (file) index.add(indexEntry(path, file.mode, file.id));
      else index.remove(path);
    }
  }
  index.write();
  return count;

  async function checkOutAndMaybeStage(path: string): Promise<void> {
    const before = index.get(path);
    await checkOutFile(repository, path, files.get(path)!);
    if (!how.staged && before && !sameFile(before, files.get(path))) index.add(before);
  }
}
