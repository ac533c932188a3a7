/** `git diff`: working tree, index and commits against each other. */
import { mergedReader, worktreeFiles } from './blobs.ts';
import type { Git, GitCommand } from './command.ts';
import { combinedPatch } from './combined-patch.ts';
import { changesText, DIFF_OPTIONS, hasFormat, patchOptions } from './diff-options.ts';
import { mergeBases } from './history.ts';
import type { GitOptions } from './option-parser.ts';
import { Pathspec } from './pathspec.ts';
import { Fatal } from './problems.ts';
import type { Repository } from './repository.ts';
import { ambiguous, commitOf, peel, resolveRevision } from './revision.ts';
import { kindOf } from '../destination.ts';
import { compareFiles, type Change, type ReadBlob } from './tree-diff.ts';
import { filesOf, indexFiles, type TreeFiles } from './tree-files.ts';
import { readWorktreeFile } from './worktree.ts';

export const diff: GitCommand = {
  usage:
    'usage: git diff [<options>] [<commit>] [--] [<path>...]\n   or: git diff [<options>] --cached [<commit>] [--] [<path>...]\n   or: git diff [<options>] <commit>...<commit> [--] [<path>...]',
  options: [...DIFF_OPTIONS, 'cached', 'staged'],
  run: async (git, options) => {
    const { repository } = git;
    const { revisions, paths } = await splitOperands(repository, options);
    const pathspec = new Pathspec(repository, paths);
    const { before, after, read, unmerged } = await sides(
      git,
      repository,
      revisions,
      options.has('cached') || options.has('staged'),
    );
    const matches = (path: string) => pathspec.matches(path);
    const changes = await compareFiles(before, after, {
      renames: options.denied('renames') ? undefined : read,
      matches,
    });
    const conflicts: Change[] = unmerged
      .filter(matches)
      .map((path) => ({ status: 'U', path, old: undefined, new: undefined }));
    const names = options.has('name-only') || options.has('name-status');
    const all = [...conflicts, ...changes.filter(({ path }) => names || !unmerged.includes(path))].sort(
      (a, b) => (a.path < b.path ? -1 : 1),
    );
    if (!options.has('quiet')) {
      git.page();
      const plain =
        conflicts.length > 0 && !hasFormat(options) ? all.filter(({ status }) => status !== 'U') : all;
      if (plain !== all) await git.print(await conflictsText(git, repository, conflicts, options));
      await git.print(await changesText(git, repository, plain, read, options));
    }
    return (options.has('exit-code') || options.has('quiet')) && all.length > 0 ? 1 : 0;
  },
};

/** Files in conflict against both sides. */
async function conflictsText(
  git: Git,
  repository: Repository,
  conflicts: readonly Change[],
  options: GitOptions,
): Promise<string> {
  let out = '';
  for (const { path } of conflicts) {
    const [ours, theirs] = [repository.index.get(path, 2), repository.index.get(path, 3)];
    const file = readWorktreeFile(repository, path);
    if (!ours || !theirs || !file) {
      out += `* Unmerged path ${path}\n`;
      continue;
    }
    const parents = [];
    for (const { id } of [ours, theirs]) parents.push({ id, body: await repository.objects.blob(id) });
    out += await combinedPatch(
      repository,
      { path, parents, id: undefined, body: file.body },
      patchOptions(git, options),
    );
  }
  return out;
}

/** Revisions come first; the first operand that is none is a path, and has to be there. */
export async function splitOperands(
  repository: Repository,
  options: GitOptions,
): Promise<{ revisions: string[]; paths: string[] }> {
  const revisions: string[] = [];
  const paths: string[] = [];
  for (const word of options.operands) {
    if (paths.length === 0 && (await isRevision(repository, word))) revisions.push(word);
    else if (options.paths !== undefined) throw new Fatal(`bad revision '${word}'`);
    else if (
      kindOf(repository.process.fileSystem, repository.process.resolve(word)) === undefined &&
      !/[*?[]/.test(word)
    )
      throw ambiguous(word);
    else paths.push(word);
  }
  return { revisions, paths: [...paths, ...(options.paths ?? [])] };
}

async function isRevision(repository: Repository, word: string): Promise<boolean> {
  const range = /^(.*?)(\.\.\.?)(.*)$/.exec(word);
  const ends = range ? [range[1] || 'HEAD', range[3] || 'HEAD'] : [word.replace(/^\^/, '')];
  for (const end of ends) if ((await resolveRevision(repository, end)) === undefined) return false;
  return true;
}

interface Sides {
  before: TreeFiles;
  after: TreeFiles;
  read: ReadBlob;
  /** Paths in conflict, of which a patch only says so. */
  unmerged: string[];
}

async function sides(git: Git, repository: Repository, revisions: string[], cached: boolean): Promise<Sides> {
  const { objects, index } = repository;
  const read = mergedReader(repository);
  const filesIn = async (name: string) => {
    const id = await resolveRevision(repository, name);
    const tree = id === undefined ? undefined : await peel(repository, id, 'tree');
    if (tree === undefined) throw new Fatal(`${name}: not a tree`);
    return await filesOf(objects, tree);
  };
  const range = revisions.length === 1 ? /^(.*?)(\.\.\.?)(.*)$/.exec(revisions[0]!) : undefined;
  if (range) {
    const [a, b] = [range[1] || 'HEAD', range[3] || 'HEAD'];
    if (range[2] === '..') return { before: await filesIn(a), after: await filesIn(b), read, unmerged: [] };
    const [base] = await mergeBases(repository, await commitOf(repository, a), await commitOf(repository, b));
    if (base === undefined) throw new Fatal(`${revisions[0]}: no merge base`);
    return { before: await filesIn(base), after: await filesIn(b), read, unmerged: [] };
  }
  if (revisions.length === 2)
    return { before: await filesIn(revisions[0]!), after: await filesIn(revisions[1]!), read, unmerged: [] };
  const unmerged = [...index.unmerged.keys()];
  if (cached)
    return {
      before:
        revisions[0] === undefined
          ? await filesOf(objects, await repository.headTree())
          : await filesIn(revisions[0]),
      after: indexFiles(index),
      read,
      unmerged,
    };
  if (git.worktree.isBare) throw new Fatal('this operation must be run in a work tree');
  const worktree = await worktreeFiles(repository);
  if (revisions.length === 0)
    return { before: indexFiles(index), after: worktree.files, read: worktree.read, unmerged };
  return { before: await filesIn(revisions[0]!), after: worktree.files, read: worktree.read, unmerged: [] };
}
