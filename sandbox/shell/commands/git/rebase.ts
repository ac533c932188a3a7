/** `git rebase UPSTREAM`: commits replayed one by one. Left out: -i, merges (they are dropped, as git's default does). */
import type { Git, GitCommand } from './command.ts';
import { cleaned, commitSummary, editedMessage, refuseUnmerged } from './commit.ts';
import { subjectOf } from './subject.ts';
import { checkout } from './checkout.ts';
import { isAncestor, mergeBases, walkHistory } from './history.ts';
import { forceFiles, mergeFiles, switchFiles } from './merge-files.ts';
import { EMPTY_TREE, type ObjectId } from './objects.ts';
import { parseOptions } from './option-parser.ts';
import { Failed, Fatal } from './problems.ts';
import type { Repository } from './repository.ts';
import { abbreviate, commitOf, upstreamOf } from './revision.ts';
import { signatureOf } from './signature.ts';
import { statusList } from './status-list.ts';
import { indexFiles, writeTreeOf } from './tree-files.ts';

export const rebase: GitCommand = {
  usage:
    'usage: git rebase [--onto <newbase>] [<upstream> [<branch>]]\n   or: git rebase --continue | --abort | --skip',
  options: [
    'onto=',
    'continue',
    'abort',
    'skip',
    'quit',
    'i,interactive',
    'q,quiet',
    'f,force-rebase',
    'root',
    'autostash',
    'v,verbose',
  ],
  run: async (git, options) => {
    const repository = git.worktree;
    if (options.has('interactive') || options.has('root'))
      throw new Fatal(
        `--${options.has('root') ? 'root' : 'interactive'} is not built here; \`git reset --soft\` and \`git cherry-pick\` change history by hand`,
      );
    if (options.has('continue') || options.has('abort') || options.has('skip'))
      return await control(git, options.last('continue', 'abort', 'skip')!);
    if (repository.read(state('onto')) !== undefined)
      throw new Fatal(
        'It seems that there is already a rebase-merge directory, and\nI wonder if you are in the middle of another rebase.  If that is the\ncase, please try\n\tgit rebase (--continue | --abort | --skip)\nIf that is not the case, please\n\trm -fr ".git/rebase-merge"\nand run me again.  I am stopping in case you still have something\nvaluable there.\n',
      );
    const [first, second] = options.operands;
    await refuseChanges(repository);
    if (second !== undefined) {
      const code = await checkout.run(git, parseOptions(['-q', second], checkout.options));
      if (code) return code;
    }
    const upstream = first ?? followed(repository);
    const limit = await named(repository, upstream);
    const onto = options.get('onto') === undefined ? limit : await named(repository, options.get('onto')!);
    const head = repository.head!;
    const branch = repository.refs.branch;
    const label = branch === undefined ? 'HEAD' : `branch ${branch}`;
    const [base] = await mergeBases(repository, head, onto);
    if (base === onto && (await isLinear(repository, head, onto)) && !options.has('force-rebase')) {
      await git.print(`Current ${label} is up to date.\n`);
      return 0;
    }
    const commits = (await walkHistory(repository, [head], [limit], { topological: true }))
      .filter(({ parents }) => parents.length < 2)
      .reverse();
    await switchFiles(
      repository,
      await repository.headTree(),
      (await repository.objects.commit(onto)).tree,
      'rebase',
    );
    git.process.fileSystem.mkdir(`${repository.directory}/rebase-merge`, { recursive: true });
    repository.write(state('onto'), `${onto}\n`);
    repository.write(state('orig-head'), `${head}\n`);
    repository.write(
      state('head-name'),
      `${branch === undefined ? 'detached HEAD' : `refs/heads/${branch}`}\n`,
    );
    repository.write(state('todo'), commits.map(({ id }) => `${id}\n`).join(''));
    repository.write(state('total'), `${commits.length}\n`);
    repository.write('ORIG_HEAD', `${head}\n`);
    repository.refs.detach(onto, repository.movement(`rebase (start): checkout ${upstream}`));
    return await replay(git);
  },
};

const state = (name: string): string => `rebase-merge/${name}`;

async function named(repository: Repository, name: string): Promise<ObjectId> {
  try {
    return await commitOf(repository, name);
  } catch {
    throw new Fatal(`invalid upstream '${name}'`);
  }
}

function followed(repository: Repository): string {
  const { branch } = repository.refs;
  const upstream = branch === undefined ? undefined : upstreamOf(repository, branch);
  if (upstream) return upstream.short;
  throw new Failed(
    `There is no tracking information for the current branch.\nPlease specify which branch you want to rebase against.\nSee git-rebase(1) for details.\n\n    git rebase '<branch>'\n`,
  );
}

async function refuseChanges(repository: Repository): Promise<void> {
  const list = await statusList(repository, 'no');
  if (list.unmerged.size > 0 || list.unstaged.length > 0)
    throw new Failed(
      `cannot rebase: You have unstaged changes.\nerror: ${list.staged.length > 0 ? 'additionally, your index contains uncommitted changes.\nerror: ' : ''}Please commit or stash them.`,
    );
  if (list.staged.length > 0)
    throw new Failed(
      'cannot rebase: Your index contains uncommitted changes.\nerror: Please commit or stash them.',
    );
}

async function isLinear(repository: Repository, head: ObjectId, onto: ObjectId): Promise<boolean> {
  return (
    (await isAncestor(repository, onto, head)) &&
    (await walkHistory(repository, [head], [onto])).every(({ parents }) => parents.length < 2)
  );
}

async function replay(git: Git): Promise<number> {
  const { repository } = git;
  const { objects } = repository;
  for (;;) {
    const [id, ...rest] = (repository.read(state('todo')) ?? '').split('\n').filter(Boolean);
    if (id === undefined) return await finish(git);
    const picked = await objects.commit(id);
    const ours = (await objects.commit(repository.head!)).tree;
    const base =
      picked.parents[0] === undefined ? EMPTY_TREE : (await objects.commit(picked.parents[0])).tree;
    repository.write(state('todo'), rest.map((each) => `${each}\n`).join(''));
    const done = `${repository.read(state('done')) ?? ''}${id}\n`;
    repository.write(state('done'), done);
    if (picked.parents[0] === repository.head) {
      await switchFiles(repository, ours, picked.tree, 'rebase');
      repository.refs.detach(id, repository.movement(`rebase (pick): ${subjectOf(picked.message)}`));
      continue;
    }
    await git.printError(
      `Rebasing (${done.split('\n').length - 1}/${repository.read(state('total'))!.trim()})\r`,
    );
    const label = `${abbreviate(repository, id)} (${subjectOf(picked.message)})`;
    const outcome = await mergeFiles(
      repository,
      { base, ours, theirs: picked.tree },
      { ours: 'HEAD', theirs: label },
      'rebase',
    );
    for (const line of outcome.messages) await git.print(`${line}\n`);
    if (outcome.conflicts.length > 0) {
      repository.write(state('stopped-sha'), `${id}\n`);
      repository.write('MERGE_MSG', picked.message);
      await git.printError(
        `error: could not apply ${abbreviate(repository, id)}... ${subjectOf(picked.message)}\nhint: Resolve all conflicts manually, mark them as resolved with\nhint: "git add/rm <conflicted_files>", then run "git rebase --continue".\nhint: You can instead skip this commit: run "git rebase --skip".\nhint: To abort and get back to the state before "git rebase", run "git rebase --abort".\nCould not apply ${abbreviate(repository, id)}... ${subjectOf(picked.message)}\n`,
      );
      return 1;
    }
    const tree = await writeTreeOf(objects, indexFiles(repository.index));
    if (tree === ours) {
      await git.printError(
        `dropping ${id} ${subjectOf(picked.message)} -- patch contents already upstream\n`,
      );
      continue;
    }
    await record(git, id, picked.message, tree);
  }
}

async function record(git: Git, id: ObjectId, message: string, tree: ObjectId): Promise<void> {
  const { repository } = git;
  const { author } = await repository.objects.commit(id);
  const committer = signatureOf(git.process, repository.config, 'COMMITTER');
  const fresh = await repository.objects.writeCommit({
    tree,
    parents: [repository.head!],
    author,
    committer,
    message,
  });
  repository.refs.detach(fresh, repository.movement(`rebase (pick): ${subjectOf(message)}`));
}

async function finish(git: Git): Promise<number> {
  const { repository } = git;
  const name = repository.read(state('head-name'))!.trim();
  const head = repository.head!;
  if (name.startsWith('refs/heads/')) {
    repository.refs.setSymbolic('HEAD', name);
    repository.refs.update(
      name,
      head,
      repository.movement(`rebase (finish): ${name} onto ${repository.read(state('onto'))!.trim()}`),
    );
  }
  // The line of the count is wiped first, as git does.
  if (repository.read(state('done')) !== undefined) await git.printError(`\r${' '.repeat(80)}\r`);
  await git.printError(`Successfully rebased and updated ${name}.\n`);
  cleanUp(repository);
  return 0;
}

function cleanUp(repository: Repository): void {
  const files = repository.process.fileSystem;
  const folder = `${repository.directory}/rebase-merge`;
  for (const each of files.readDirectory(folder)) files.unlink(`${folder}/${each}`);
  files.rmdir(folder);
  repository.remove('MERGE_MSG');
}

/** The message of a commit whose conflict was resolved, as the person leaves it. */
async function conclude(git: Git): Promise<string> {
  const { repository } = git;
  try {
    return cleaned(await editedMessage(git, repository, repository.read('MERGE_MSG') ?? ''), true);
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    throw new Failed(`${error.message}\nerror: could not commit staged changes.`);
  }
}

async function control(git: Git, what: string): Promise<number> {
  const { repository } = git;
  if (repository.read(state('onto')) === undefined) throw new Fatal('No rebase in progress?');
  const stopped = repository.read(state('stopped-sha'))?.trim();
  if (what === 'abort') {
    const origin = repository.read(state('orig-head'))!.trim();
    const name = repository.read(state('head-name'))!.trim();
    await forceFiles(repository, (await repository.objects.commit(origin)).tree);
    if (name.startsWith('refs/heads/')) repository.refs.setSymbolic('HEAD', name);
    else repository.refs.detach(origin, repository.movement('rebase (abort): returning to HEAD'));
    cleanUp(repository);
    return 0;
  }
  if (what === 'skip') await forceFiles(repository, await repository.headTree());
  else if (stopped !== undefined) {
    if (repository.index.unmerged.size > 0) {
      for (const path of repository.index.unmerged.keys()) await git.print(`${path}: needs merge\n`);
      await git.print('You must edit all merge conflicts and then\nmark them as resolved using git add\n');
      return 1;
    }
    await refuseUnmerged(git, repository);
    const tree = await writeTreeOf(repository.objects, indexFiles(repository.index));
    if (tree !== (await repository.headTree())) {
      await record(git, stopped, await conclude(git), tree);
      await git.print(await commitSummary(git, repository.head!));
    }
  }
  repository.remove(state('stopped-sha'), 'MERGE_MSG');
  return await replay(git);
}
