/** `git checkout` and `git switch`. */
import { createBranch } from './branch.ts';
import type { Git, GitCommand } from './command.ts';
import { subjectOf } from './subject.ts';
import { isAncestor, walkHistory } from './history.ts';
import { forceFiles, switchFiles } from './merge-files.ts';
import { EMPTY_TREE } from './objects.ts';
import type { GitOptions } from './option-parser.ts';
import { Failed, Fatal } from './problems.ts';
import { isRefName } from './refs.ts';
import type { Repository } from './repository.ts';
import { restoreFiles } from './restore.ts';
import { abbreviate, peel, previousBranch, resolveRevision } from './revision.ts';
import { shortChanges, trackingText } from './status.ts';

export const checkout: GitCommand = {
  usage: 'usage: git checkout [<options>] <branch>\n   or: git checkout [<options>] [<branch>] -- <file>...',
  options: [
    'b=',
    'B=',
    'f,force',
    'q,quiet',
    'd,detach',
    't,track?',
    'ours',
    'theirs',
    'orphan=',
    'guess',
    'p,patch',
    'm,merge',
  ],
  run: async (git, options) => {
    const repository = git.worktree;
    for (const key of ['patch', 'merge']) if (options.has(key)) throw new Fatal(`--${key} is not built here`);
    const created = options.get('b') ?? options.get('B');
    if (created !== undefined)
      return await switchTo(git, options, {
        create: created,
        force: options.get('B') !== undefined,
        start: options.operands[0],
      });
    if (options.get('orphan') !== undefined) return await startOrphan(git, options.get('orphan')!);
    if (options.has('detach') && options.operands.length === 0)
      return await switchTo(git, options, { target: 'HEAD' });
    const [first, ...rest] = options.operands;
    const { paths } = options;
    if (paths === undefined && rest.length === 0 && first !== undefined) {
      const known = first === '-' || (await resolveRevision(repository, first)) !== undefined;
      if (known) return await switchTo(git, options, { target: first });
      const remote = guessRemote(repository, first);
      if (remote !== undefined && !options.denied('guess') && !repository.index.paths.has(first))
        return await switchTo(git, options, { create: first, force: false, start: remote });
    }
    const isTree =
      first !== undefined &&
      (paths !== undefined || rest.length > 0) &&
      (await resolveRevision(repository, first)) !== undefined;
    const files = [...(isTree ? rest : options.operands), ...(paths ?? [])];
    if (files.length === 0) {
      if (first === undefined) {
        await git.print((await shortChanges(repository)) + (await trackingText(repository)));
        return 0;
      }
      return await switchTo(git, options, { target: first });
    }
    const side = options.has('ours') ? 2 : options.has('theirs') ? 3 : undefined;
    const count = await restoreFiles(git, files, {
      source: isTree ? first : undefined,
      staged: isTree,
      worktree: true,
      stage: side,
    });
    if (!options.has('quiet') && paths === undefined)
      await git.printError(
        `Updated ${count} path${count === 1 ? '' : 's'} from ${isTree ? abbreviate(repository, (await resolveRevision(repository, first!))!) : 'the index'}\n`,
      );
    return 0;
  },
};

export const switchBranch: GitCommand = {
  usage: 'usage: git switch [<options>] [<branch>]',
  options: [
    'c,create=',
    'C,force-create=',
    'f,force',
    'discard-changes',
    'q,quiet',
    'd,detach',
    't,track?',
    'orphan=',
    'guess',
  ],
  run: async (git, options) => {
    const repository = git.worktree;
    const created = options.get('create') ?? options.get('force-create');
    if (created !== undefined)
      return await switchTo(git, options, {
        create: created,
        force: options.get('force-create') !== undefined,
        start: options.operands[0],
      });
    if (options.get('orphan') !== undefined) return await startOrphan(git, options.get('orphan')!);
    const [name] = options.operands;
    if (name === undefined) throw new Fatal('missing branch or commit argument');
    if (options.has('detach')) return await switchTo(git, options, { target: name });
    const branch = name === '-' ? previousBranch(repository, 1) : name;
    if (branch !== undefined && repository.refs.id(`refs/heads/${branch}`) !== undefined)
      return await switchTo(git, options, { target: name });
    const remote = guessRemote(repository, name);
    if (remote !== undefined)
      return await switchTo(git, options, { create: name, force: false, start: remote });
    const id = await resolveRevision(repository, name);
    if (id === undefined) throw new Fatal(`invalid reference: ${name}`);
    const kind =
      repository.refs.id(`refs/tags/${name}`) !== undefined
        ? 'tag'
        : repository.refs.id(`refs/remotes/${name}`) !== undefined
          ? 'remote branch'
          : 'commit';
    throw new Fatal(
      `a branch is expected, got ${kind} '${name}'\nhint: If you want to detach HEAD at the commit, try again with the --detach option.`,
    );
  },
};

/** `origin/NAME`, when one remote alone has it. */
function guessRemote(repository: Repository, name: string): string | undefined {
  const found = repository.refs
    .list('refs/remotes/')
    .filter(([ref]) => ref.slice(ref.indexOf('/') + 1) === name);
  return found.length === 1 ? found[0]![0] : undefined;
}

type Goal = { target: string } | { create: string; force: boolean; start: string | undefined };

async function switchTo(git: Git, options: GitOptions, goal: Goal): Promise<number> {
  const { repository } = git;
  const { refs, objects, head } = repository;
  if (repository.index.unmerged.size > 0 && !options.has('force')) {
    for (const path of repository.index.unmerged.keys()) await git.print(`${path}: needs merge\n`);
    throw new Failed('you need to resolve your current index first');
  }
  const name =
    'create' in goal
      ? (goal.start ?? 'HEAD')
      : goal.target === '-'
        ? (previousBranch(repository, 1) ?? goal.target)
        : goal.target;
  if ('create' in goal && !isRefName(goal.create))
    throw new Fatal(`'${goal.create}' is not a valid branch name`);
  if ('create' in goal && refs.id(`refs/heads/${goal.create}`) !== undefined && !goal.force)
    throw new Fatal(`a branch named '${goal.create}' already exists`);
  if ('create' in goal && head === undefined && goal.start === undefined) {
    refs.setSymbolic('HEAD', `refs/heads/${goal.create}`);
    if (!options.has('quiet')) await git.printError(`Switched to a new branch '${goal.create}'\n`);
    return 0;
  }
  const found = await resolveRevision(repository, name);
  const id = found === undefined ? undefined : await peel(repository, found, 'commit');
  if (id === undefined) {
    if ('create' in goal)
      throw new Fatal(`'${name}' is not a commit and a branch '${goal.create}' cannot be created from it`);
    throw new Failed(`pathspec '${goal.target}' did not match any file(s) known to git`);
  }
  const tree = (await objects.commit(id)).tree;
  if (options.has('force') || options.has('discard-changes')) await forceFiles(repository, tree);
  else
    await switchFiles(
      repository,
      head === undefined ? EMPTY_TREE : (await objects.commit(head)).tree,
      tree,
      'checkout',
    );
  const wasDetached = refs.branch === undefined;
  const from = refs.branch ?? head ?? '';
  const quiet = options.has('quiet');
  const branch =
    'create' in goal
      ? goal.create
      : !options.has('detach') && refs.id(`refs/heads/${name}`) !== undefined
        ? name
        : undefined;
  const movement = repository.movement(`checkout: moving from ${from} to ${branch ?? name}`);
  const already = branch !== undefined && refs.branch === branch;
  if (wasDetached && head !== undefined && head !== id && !quiet) await tellLeft(git, repository, id);
  if (branch === undefined) {
    const silent =
      wasDetached || repository.config.get('advice.detachedHead') === 'false' || options.has('detach');
    refs.detach(id, movement);
    if (!quiet) await git.print(await shortChanges(repository));
    const line = `HEAD is now at ${abbreviate(repository, id)} ${subjectOf((await objects.commit(id)).message)}\n`;
    if (!quiet)
      await git.printError(silent ? line : `Note: switching to '${name}'.\n\n${DETACHED}\n\n${line}`);
    return 0;
  }
  let existed = true;
  if ('create' in goal) {
    existed = refs.id(`refs/heads/${branch}`) !== undefined;
    if (existed) refs.update(`refs/heads/${branch}`, id, repository.movement(`branch: Reset to ${name}`));
    else await createBranch(git, branch, name, { quiet: true });
  }
  refs.setSymbolic('HEAD', `refs/heads/${branch}`);
  refs.log('HEAD', head ?? id, id, movement);
  repository.remove('CHERRY_PICK_HEAD', 'REVERT_HEAD', 'MERGE_HEAD', 'MERGE_MSG');
  if (quiet) return 0;
  await git.print(await shortChanges(repository));
  if ('create' in goal) {
    const upstream = repository.config.get(`branch.${branch}.merge`);
    if (
      upstream !== undefined &&
      goal.start !== undefined &&
      refs.id(`refs/remotes/${goal.start}`) !== undefined
    )
      await git.print(`branch '${branch}' set up to track '${goal.start}'.\n`);
    await git.printError(
      existed ? `Switched to and reset branch '${branch}'\n` : `Switched to a new branch '${branch}'\n`,
    );
    return 0;
  }
  await git.printError(already ? `Already on '${branch}'\n` : `Switched to branch '${branch}'\n`);
  await git.print(await trackingText(repository));
  return 0;
}

async function tellLeft(git: Git, repository: Repository, id: string): Promise<void> {
  const old = repository.head!;
  const heads = repository.refs.list('refs/').map(([, each]) => each);
  const kept: string[] = [id];
  for (const each of heads) {
    const commit = await peel(repository, each, 'commit');
    if (commit !== undefined) kept.push(commit);
  }
  const subject = async (each: string) =>
    `${abbreviate(repository, each)} ${subjectOf((await repository.objects.commit(each)).message)}`;
  const reachable = await Promise.all(kept.map((each) => isAncestor(repository, old, each)));
  if (reachable.some(Boolean))
    return await git.printError(`Previous HEAD position was ${await subject(old)}\n`);
  const lost = await walkHistory(repository, [old], kept);
  const lines: string[] = [];
  for (const each of lost.slice(0, 4)) lines.push(`  ${await subject(each.id)}\n`);
  const more = lost.length > 4 ? ` ... and ${lost.length - 4} more.\n` : '';
  const [many, them] = lost.length === 1 ? ['1 commit', 'it'] : [`${lost.length} commits`, 'them'];
  await git.printError(
    `Warning: you are leaving ${many} behind, not connected to\nany of your branches:\n\n${lines.join('')}${more}\nIf you want to keep ${them} by creating a new branch, this may be a good time\nto do so with:\n\n git branch <new-branch-name> ${abbreviate(repository, old)}\n\n`,
  );
}

async function startOrphan(git: Git, name: string): Promise<number> {
  if (git.repository.refs.id(`refs/heads/${name}`) !== undefined)
    throw new Fatal(`a branch named '${name}' already exists`);
  git.repository.refs.setSymbolic('HEAD', `refs/heads/${name}`);
  await git.printError(`Switched to a new branch '${name}'\n`);
  return 0;
}

const DETACHED = `You are in 'detached HEAD' state. You can look around, make experimental
changes and commit them, and you can discard any commits you make in this
state without impacting any branches by switching back to a branch.

If you want to create a new branch to retain commits you create, you may
do so (now or later) by using -c with the switch command. Example:

  git switch -c <new-branch-name>

Or undo this operation with:

  git switch -

Turn off this advice by setting config variable advice.detachedHead to false`;
