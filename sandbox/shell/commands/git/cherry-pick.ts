/** `git cherry-pick` and `git revert`: one commit after the other, stopped by a conflict, continued or given up. */
import type { Git, GitCommand } from './command.ts';
import { cleaned, commitSummary, refuseUnmerged } from './commit.ts';
import { subjectOf } from './subject.ts';
import { forceFiles, mergeFiles } from './merge-files.ts';
import { EMPTY_TREE, type Commit, type ObjectId } from './objects.ts';
import type { GitOptions, OptionSpec } from './option-parser.ts';
import { Failed, Fatal } from './problems.ts';
import { rangeOf } from './log.ts';
import { walkHistory } from './history.ts';
import type { Repository } from './repository.ts';
import { abbreviate, commitOf } from './revision.ts';
import { signatureOf } from './signature.ts';
import { compareFiles } from './tree-diff.ts';
import { filesOf, indexFiles, writeTreeOf } from './tree-files.ts';

type Verb = 'cherry-pick' | 'revert';

const OPTIONS: readonly OptionSpec[] = [
  'commit',
  'n',
  'x',
  'e,edit',
  'm,mainline=',
  'abort',
  'continue',
  'skip',
  'quit',
  's,signoff',
  'allow-empty',
  'ff',
];

export const cherryPick: GitCommand = {
  usage:
    'usage: git cherry-pick [--edit] [-n] [-m <parent-number>] [-s] [-x] <commit>...\n   or: git cherry-pick (--continue | --skip | --abort | --quit)',
  options: OPTIONS,
  run: (git, options) => start(git, options, 'cherry-pick'),
};

export const revert: GitCommand = {
  usage:
    'usage: git revert [--[no-]edit] [-n] [-m <parent-number>] [-s] <commit>...\n   or: git revert (--continue | --skip | --abort | --quit)',
  options: OPTIONS,
  run: (git, options) => start(git, options, 'revert'),
};

const headOf = (verb: Verb): string => (verb === 'revert' ? 'REVERT_HEAD' : 'CHERRY_PICK_HEAD');
/** What is still to do, one id a line; its first line is where it began. */
const TODO = 'sequencer/todo';

async function start(git: Git, options: GitOptions, verb: Verb): Promise<number> {
  const repository = git.worktree;
  if (options.has('abort') || options.has('quit') || options.has('skip') || options.has('continue'))
    return await control(git, options, verb);
  if (options.operands.length === 0) throw new Fatal(`empty commit set passed`);
  if (repository.head === undefined)
    throw new Fatal(`your current branch '${repository.refs.branch}' does not have any commits yet`);
  const commits: ObjectId[] = [];
  for (const word of options.operands) {
    if (!word.includes('..')) {
      commits.push(
        await commitOf(repository, word).catch(() => Promise.reject(new Fatal(`bad revision '${word}'`))),
      );
      continue;
    }
    const { starts, excluded } = await rangeOf(repository, [word]);
    const ids = (await walkHistory(repository, starts, excluded, { topological: true })).map(({ id }) => id);
    commits.push(...(verb === 'revert' ? ids : ids.reverse()));
  }
  await refuseStaged(repository, verb);
  return await apply(git, options, verb, commits, repository.head);
}

async function refuseStaged(repository: Repository, verb: Verb): Promise<void> {
  const { unmerged } = repository.index;
  if (unmerged.size > 0)
    throw new Failed(
      `${verb === 'revert' ? 'Reverting' : 'Cherry-picking'} is not possible because you have unmerged files.\nhint: Fix them up in the work tree, and then use 'git add/rm <file>'\nhint: as appropriate to mark resolution and make a commit.\nfatal: ${verb} failed`,
      128,
    );
  const head = await filesOf(repository.objects, await repository.headTree());
  if ((await compareFiles(head, indexFiles(repository.index), { renames: undefined })).length > 0)
    throw new Failed(
      `your local changes would be overwritten by ${verb}.\nhint: commit your changes or stash them to proceed.\nfatal: ${verb} failed`,
      128,
    );
}

async function apply(
  git: Git,
  options: GitOptions,
  verb: Verb,
  commits: readonly ObjectId[],
  origin: ObjectId,
): Promise<number> {
  const { repository } = git;
  for (const [i, id] of commits.entries()) {
    const clean = await applyOne(git, options, verb, id);
    if (clean) continue;
    if (commits.length > 1) {
      git.process.fileSystem.mkdir(`${repository.directory}/sequencer`, { recursive: true });
      repository.write(TODO, [origin, ...commits.slice(i + 1)].map((each) => `${each}\n`).join(''));
    }
    return 1;
  }
  return 0;
}

/** A commit's change on top of HEAD; false when it stopped at a conflict. */
async function applyOne(git: Git, options: GitOptions, verb: Verb, id: ObjectId): Promise<boolean> {
  const { repository } = git;
  const { objects } = repository;
  const picked = await objects.commit(id);
  const parent = parentOf(picked, id, options.get('mainline'));
  const head = repository.head!;
  const parentTree = parent === undefined ? EMPTY_TREE : (await objects.commit(parent)).tree;
  const ours = (await objects.commit(head)).tree;
  const label = `${abbreviate(repository, id)} (${subjectOf(picked.message)})`;
  const trees =
    verb === 'revert'
      ? { base: picked.tree, theirs: parentTree, ours }
      : { base: parentTree, theirs: picked.tree, ours };
  const message =
    verb === 'revert'
      ? revertMessage(picked, id, parent)
      : picked.message +
        (options.has('x')
          ? `${/\n[A-Za-z-]+: [^\n]*\n$/.test(picked.message) ? '' : '\n'}(cherry picked from commit ${id})\n`
          : '');
  const outcome = await mergeFiles(
    repository,
    trees,
    { ours: 'HEAD', theirs: verb === 'revert' ? `parent of ${label}` : label },
    verb,
  );
  for (const line of outcome.messages) await git.print(`${line}\n`);
  if (outcome.conflicts.length > 0) {
    repository.write(headOf(verb), `${id}\n`);
    repository.write(
      'MERGE_MSG',
      `${message}\n# Conflicts:\n${outcome.conflicts.map((path) => `#\t${path}\n`).join('')}`,
    );
    await git.printError(
      `error: could not ${verb === 'revert' ? 'revert' : 'apply'} ${abbreviate(repository, id)}... ${subjectOf(picked.message)}\nhint: After resolving the conflicts, mark them with\nhint: "git add/rm <pathspec>", then run\nhint: "git ${verb} --continue".\nhint: You can instead skip this commit with "git ${verb} --skip".\nhint: To abort and get back to the state before "git ${verb}",\nhint: run "git ${verb} --abort".\n`,
    );
    return false;
  }
  if (options.has('n') || options.denied('commit')) {
    repository.write('MERGE_MSG', message);
    return true;
  }
  const tree = await writeTreeOf(objects, indexFiles(repository.index));
  if (tree === ours && !options.has('allow-empty')) {
    repository.write(headOf(verb), `${id}\n`);
    await git.printError(
      `The previous ${verb} is now empty, possibly due to conflict resolution.\nIf you wish to commit it anyway, use:\n\n    git commit --allow-empty\n\nOtherwise, please use 'git ${verb} --skip'\n`,
    );
    return false;
  }
  await record(git, verb, message, tree, picked);
  return true;
}

function parentOf(picked: Commit, id: ObjectId, mainline: string | undefined): ObjectId | undefined {
  if (picked.parents.length > 1 && mainline === undefined)
    throw new Failed(`commit ${id} is a merge but no -m option was given.\nfatal: cherry-pick failed`, 128);
  return picked.parents[mainline === undefined ? 0 : Number(mainline) - 1];
}

function revertMessage(picked: Commit, id: ObjectId, parent: ObjectId | undefined): string {
  const subject = subjectOf(picked.message);
  const merge = picked.parents.length > 1 ? `, reversing\nchanges made to ${parent}` : '';
  return `Revert "${subject}"\n\nThis reverts commit ${id}${merge}.\n`;
}

async function record(
  git: Git,
  verb: Verb,
  message: string,
  tree: ObjectId,
  picked: Commit | undefined,
): Promise<void> {
  const { repository } = git;
  const committer = signatureOf(git.process, repository.config, 'COMMITTER');
  const author =
    verb === 'cherry-pick' && picked ? picked.author : signatureOf(git.process, repository.config, 'AUTHOR');
  const id = await repository.objects.writeCommit({
    tree,
    parents: [repository.head!],
    author,
    committer,
    message,
  });
  repository.refs.update('HEAD', id, repository.movement(`${verb}: ${message.split('\n')[0]}`));
  repository.remove(headOf(verb), 'MERGE_MSG');
  await git.print(await commitSummary(git, id, { withDate: true }));
}

async function control(git: Git, options: GitOptions, verb: Verb): Promise<number> {
  const { repository } = git;
  const [origin, ...rest] = (repository.read(TODO) ?? '').split('\n').filter(Boolean);
  const current = repository.read(headOf(verb))?.trim();
  if (current === undefined && origin === undefined)
    throw new Failed(`no cherry-pick or revert in progress\nfatal: ${verb} failed`, 128);
  const finish = () => repository.remove(TODO, headOf(verb), 'MERGE_MSG');
  if (options.has('quit')) {
    finish();
    return 0;
  }
  if (options.has('abort') || options.has('skip')) {
    const back = options.has('abort') ? (origin ?? repository.head!) : repository.head!;
    await forceFiles(repository, (await repository.objects.commit(back)).tree);
    if (back !== repository.head)
      repository.refs.update('HEAD', back, repository.movement(`reset: moving to ${back}`));
    finish();
    return options.has('abort') ? 0 : await apply(git, options, verb, rest, origin ?? back);
  }
  await refuseUnmerged(git, repository);
  if (current !== undefined) {
    const tree = await writeTreeOf(repository.objects, indexFiles(repository.index));
    await record(
      git,
      verb,
      cleaned(repository.read('MERGE_MSG') ?? '', true),
      tree,
      await repository.objects.commit(current),
    );
  }
  repository.remove(TODO);
  return await apply(git, options, verb, rest, origin ?? repository.head!);
}
