/** `git reset`. */
import type { GitCommand } from './command.ts';
import { subjectOf } from './subject.ts';
import { splitOperands } from './diff.ts';
import { indexEntry } from './index-file.ts';
import { forceFiles } from './merge-files.ts';
import { Pathspec } from './pathspec.ts';
import { Fatal } from './problems.ts';
import type { Repository } from './repository.ts';
import { abbreviate, commitOf, peel, resolveRevision } from './revision.ts';
import { EMPTY_TREE, type ObjectId } from './objects.ts';
import { currentFile } from './worktree.ts';
import { filesOf, sameFile } from './tree-files.ts';

export const reset: GitCommand = {
  usage:
    'usage: git reset [--mixed | --soft | --hard | --merge | --keep] [-q] [<commit>]\n   or: git reset [-q] [<tree-ish>] [--] <pathspec>...',
  options: ['soft', 'mixed', 'hard', 'merge', 'keep', 'q,quiet', 'p,patch'],
  run: async (git, options) => {
    const { repository } = git;
    if (options.has('patch')) throw new Fatal('--patch is not built here: reset whole files');
    const mode = options.last('soft', 'mixed', 'hard', 'merge', 'keep') ?? 'mixed';
    if (mode === 'merge' || mode === 'keep')
      throw new Fatal(`--${mode} is not built here; try --hard after \`git stash\``);
    const { revisions, paths } = await splitOperands(repository, options);
    const name = revisions[0] ?? 'HEAD';
    if (paths.length > 0) {
      if (mode !== 'mixed' || options.has('mixed')) throw new Fatal(`Cannot do ${mode} reset with paths.`);
      const id = await resolveRevision(repository, name);
      const tree = id === undefined ? EMPTY_TREE : (await peel(repository, id, 'tree'))!;
      await resetIndex(repository, tree, new Pathspec(repository, paths));
      if (!options.has('quiet')) await git.print(await unstagedText(repository));
      return;
    }
    if (repository.head === undefined && revisions.length === 0) {
      if (mode === 'hard') await forceFiles(repository, EMPTY_TREE);
      else await resetIndex(repository, EMPTY_TREE, new Pathspec(repository, []));
      return;
    }
    const id = await commitOf(repository, name);
    const { tree, message } = await repository.objects.commit(id);
    if (mode !== 'soft' && repository.isBare)
      throw new Fatal(`${mode} reset is not allowed in a bare repository`);
    if (mode === 'soft' && repository.index.unmerged.size > 0)
      throw new Fatal('Cannot do a soft reset in the middle of a merge.');
    if (repository.head !== undefined) repository.write('ORIG_HEAD', `${repository.head}\n`);
    if (mode === 'hard') await forceFiles(repository, tree);
    if (mode === 'mixed') await resetIndex(repository, tree, new Pathspec(repository, []));
    const movement = repository.movement(`reset: moving to ${name}`);
    repository.refs.update('HEAD', id, movement);
    if (mode !== 'soft')
      repository.remove('MERGE_HEAD', 'MERGE_MSG', 'MERGE_MODE', 'CHERRY_PICK_HEAD', 'REVERT_HEAD');
    if (options.has('quiet')) return;
    if (mode === 'hard')
      await git.print(`HEAD is now at ${abbreviate(repository, id)} ${subjectOf(message)}\n`);
    if (mode === 'mixed') await git.print(await unstagedText(repository));
  },
};

/** Makes the index that of a tree; entries that stay keep what is known about their files. */
async function resetIndex(repository: Repository, tree: ObjectId, pathspec: Pathspec): Promise<void> {
  const { index } = repository;
  const files = await filesOf(repository.objects, tree);
  for (const path of new Set([...index.paths, ...files.keys()])) {
    if (!pathspec.matches(path)) continue;
    const file = files.get(path);
    if (!file) index.remove(path);
    else if (!sameFile(index.get(path), file)) index.add(indexEntry(path, file.mode, file.id));
  }
  index.write();
}

async function unstagedText(repository: Repository): Promise<string> {
  const lines: string[] = [];
  for (const [path, entry] of repository.index.merged) {
    const current = await currentFile(repository, entry);
    if (!current) lines.push(`D\t${path}\n`);
    else if (!sameFile(current, entry)) lines.push(`M\t${path}\n`);
  }
  return lines.length === 0 ? '' : `Unstaged changes after reset:\n${lines.join('')}`;
}
