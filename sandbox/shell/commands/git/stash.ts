/** `git stash`: push, list, show, pop, apply, drop, clear, branch. Kept as git keeps it: a commit of index and files. */
import { mergedReader } from './blobs.ts';
import { createBranch } from './branch.ts';
import { checkout } from './checkout.ts';
import type { Git, GitCommand } from './command.ts';
import { subjectOf } from './subject.ts';
import { changesText, DIFF_OPTIONS } from './diff-options.ts';
import { Ignore } from './ignore.ts';
import { forceFiles, mergeFiles } from './merge-files.ts';
import type { ObjectId } from './objects.ts';
import { parseOptions, type GitOptions } from './option-parser.ts';
import { indexEntry } from './index-file.ts';
import { Failed, Fatal, Said } from './problems.ts';
import { NO_ID } from './refs.ts';
import type { Repository } from './repository.ts';
import { abbreviate } from './revision.ts';
import { signatureOf } from './signature.ts';
import { longStatus } from './status.ts';
import { statusList } from './status-list.ts';
import { compareFiles } from './tree-diff.ts';
import { filesOf, indexFiles, sameFile, writeTreeOf, type TreeFiles } from './tree-files.ts';
import {
  checkOutFile,
  currentFile,
  readWorktreeFile,
  removeWorktreeFile,
  untrackedFiles,
} from './worktree.ts';

const REF = 'refs/stash';

export const stash: GitCommand = {
  usage:
    'usage: git stash list\n   or: git stash show [-u | -p] [<stash>]\n   or: git stash drop [-q] [<stash>]\n   or: git stash pop [--index] [-q] [<stash>]\n   or: git stash apply [--index] [-q] [<stash>]\n   or: git stash branch <branchname> [<stash>]\n   or: git stash [push [-u] [-k] [-q] [-m <message>]]\n   or: git stash clear',
  options: [
    ...DIFF_OPTIONS.filter((each) => !/^(p|s|M),/.test(each)),
    'p,patch',
    'm,message=',
    'u,include-untracked',
    'k,keep-index',
    'q,quiet',
    'index',
    'a,all',
    'S,staged',
  ],
  run: async (git, options) => {
    const repository = git.worktree;
    const [verb = 'push', ...rest] = options.operands;
    switch (verb) {
      case 'push':
      case 'save':
        return await push(
          git,
          options,
          verb === 'save' && rest.length > 0 ? rest.join(' ') : options.get('message'),
        );
      case 'list':
        for (const [i, entry] of repository.refs.logOf(REF).reverse().entries())
          await git.print(`stash@{${i}}: ${entry.message}\n`);
        return 0;
      case 'clear':
        repository.refs.delete(REF);
        return 0;
      case 'drop':
        return await drop(git, rest[0], options.has('quiet'));
      case 'show': {
        const { id } = find(repository, rest[0]);
        const { parents, tree } = await repository.objects.commit(id);
        const base = (await repository.objects.commit(parents[0]!)).tree;
        const changes = await compareFiles(
          await filesOf(repository.objects, base),
          await filesOf(repository.objects, tree),
          { renames: mergedReader(repository) },
        );
        await git.print(
          await changesText(git, repository, changes, mergedReader(repository), options, 'stat'),
        );
        return 0;
      }
      case 'apply':
      case 'pop':
        return await apply(git, rest[0], options, verb === 'pop');
      case 'branch': {
        if (rest[0] === undefined) throw new Fatal('No branch name specified');
        const { id } = find(repository, rest[1]);
        const base = (await repository.objects.commit(id)).parents[0]!;
        await createBranch(git, rest[0], base);
        await checkout.run(git, parseOptions([rest[0]], checkout.options));
        return await apply(git, rest[1], options, true);
      }
      default:
        throw new Fatal(
          `subcommand wasn't specified; 'push' can't be assumed due to unexpected token '${verb}'`,
        );
    }
  },
};

/** The stash that `name` (`stash@{1}`, `1`) means. */
function find(
  repository: Repository,
  name: string | undefined,
): { id: ObjectId; index: number; label: string } {
  const log = repository.refs.logOf(REF).reverse();
  if (log.length === 0) throw new Said('No stash entries found.');
  const index = name === undefined ? 0 : Number(/^(?:stash@\{)?(\d+)\}?$/.exec(name)?.[1] ?? Number.NaN);
  if (Number.isNaN(index)) throw new Failed(`'${name}' is not a stash reference`);
  const entry = log[index];
  if (!entry) throw new Failed(`stash@{${index}} is not a valid reference`);
  return { id: entry.new, index, label: `refs/stash@{${index}}` };
}

async function push(git: Git, options: GitOptions, message: string | undefined): Promise<number> {
  const { repository } = git;
  const { objects, index, refs, head } = repository;
  if (options.has('patch') || options.has('staged')) throw new Fatal('only all changes can be stashed here');
  if (head === undefined) throw new Failed('You do not have the initial commit yet');
  if (index.unmerged.size > 0) {
    for (const path of index.unmerged.keys()) await git.print(`${path}: needs merge\n`);
    throw new Failed('could not write index');
  }
  const headTree = await repository.headTree();
  const worktree: TreeFiles = new Map();
  for (const [path, entry] of index.merged) {
    const current = await currentFile(repository, entry);
    if (!current) continue;
    if (!sameFile(current, entry)) await objects.write('blob', readWorktreeFile(repository, path)!.body);
    worktree.set(path, { mode: current.mode, id: current.id });
  }
  const untracked: TreeFiles = new Map();
  if (options.has('include-untracked') || options.has('all'))
    for (const path of (await untrackedFiles(repository, new Ignore(repository, !options.has('all')), true))
      .paths) {
      const file = readWorktreeFile(repository, path);
      if (!file) continue;
      await objects.write('blob', file.body);
      untracked.set(path, { mode: file.mode, id: file.id });
    }
  const [indexTree, tree] = [
    await writeTreeOf(objects, indexFiles(index)),
    await writeTreeOf(objects, worktree),
  ];
  if (indexTree === headTree && tree === headTree && untracked.size === 0) {
    if (!options.has('quiet')) await git.print('No local changes to save\n');
    return 0;
  }
  const who = signatureOf(git.process, repository.config, 'COMMITTER');
  const on = `${refs.branch ?? '(no branch)'}: `;
  const tip = `${abbreviate(repository, head)} ${subjectOf((await objects.commit(head)).message)}`;
  const make = (of: ObjectId, parents: ObjectId[], text: string) =>
    objects.writeCommit({ tree: of, parents, author: who, committer: who, message: text });
  const parents = [head, await make(indexTree, [head], `index on ${on}${tip}\n`)];
  if (untracked.size > 0)
    parents.push(await make(await writeTreeOf(objects, untracked), [], `untracked files on ${on}${tip}\n`));
  const title = message === undefined ? `WIP on ${on}${tip}` : `On ${on}${message}`;
  const id = await make(tree, parents, title);
  const old = refs.id(REF) ?? NO_ID;
  refs.update(REF, id);
  refs.log(REF, old, id, { who, message: title });
  await forceFiles(repository, options.has('keep-index') ? indexTree : headTree);
  for (const path of untracked.keys()) removeWorktreeFile(repository, path);
  if (!options.has('quiet')) await git.print(`Saved working directory and index state ${title}\n`);
  return 0;
}

async function apply(
  git: Git,
  name: string | undefined,
  options: GitOptions,
  drops: boolean,
): Promise<number> {
  const { repository } = git;
  const { objects, index } = repository;
  const { id } = find(repository, name);
  const { tree, parents } = await objects.commit(id);
  const base = (await objects.commit(parents[0]!)).tree;
  if (index.unmerged.size > 0) throw new Failed('could not write index');
  const staged = indexFiles(index);
  const before = await writeTreeOf(objects, staged);
  if (parents[2] !== undefined) {
    const kept = await filesOf(objects, (await objects.commit(parents[2])).tree);
    const there = [...kept].filter(([path, file]) => {
      const found = readWorktreeFile(repository, path);
      return found && !sameFile(found, file);
    });
    if (there.length > 0)
      throw new Failed(
        `${there.map(([path]) => `${path} already exists, no checkout`).join('\n')}\nerror: could not restore untracked files from stash`,
      );
    for (const [path, file] of kept) {
      await checkOutFile(repository, path, file);
      index.remove(path);
    }
    index.write();
  }
  const outcome = await mergeFiles(
    repository,
    { base, ours: before, theirs: tree },
    { ours: 'Updated upstream', theirs: 'Stashed changes' },
    'merge',
  );
  for (const line of outcome.messages) await git.print(`${line}\n`);
  if (outcome.conflicts.length === 0)
    await unstage(
      repository,
      staged,
      options.has('index') ? await filesOf(objects, (await objects.commit(parents[1]!)).tree) : undefined,
    );
  if (!options.has('quiet')) await git.print(await longStatus(git, repository, await statusList(repository)));
  if (outcome.conflicts.length > 0) {
    if (drops) await git.print('The stash entry is kept in case you need it again.\n');
    return 1;
  }
  return drops ? await drop(git, name, options.has('quiet')) : 0;
}

/** What was merged counts as not staged, but for files that are new. */
async function unstage(
  repository: Repository,
  staged: TreeFiles,
  wanted: TreeFiles | undefined,
): Promise<void> {
  const { index } = repository;
  for (const path of new Set([...index.paths, ...staged.keys()])) {
    const file = wanted ? wanted.get(path) : (staged.get(path) ?? index.get(path));
    if (file && !sameFile(index.get(path), file)) index.add(indexEntry(path, file.mode, file.id));
    if (!file) index.remove(path);
  }
  index.write();
}

async function drop(git: Git, name: string | undefined, quiet: boolean): Promise<number> {
  const { repository } = git;
  const { id, index, label } = find(repository, name);
  const entries = repository.refs.logOf(REF);
  entries.splice(entries.length - 1 - index, 1);
  if (entries.length === 0) repository.refs.delete(REF);
  else {
    repository.refs.update(REF, entries.at(-1)!.new);
    repository.refs.setLog(REF, entries);
  }
  if (!quiet) await git.print(`Dropped ${name === undefined || /^\d+$/.test(name) ? label : name} (${id})\n`);
  return 0;
}
