/** `git merge` of one commit: fast forward, real merges, --squash. Left out: octopus merges, strategies. */
import type { Git, GitCommand } from './command.ts';
import { mergedReader } from './blobs.ts';
import { cleaned, commit, refuseUnmerged } from './commit.ts';
import { isAncestor, mergeBases, walkHistory } from './history.ts';
import { forceFiles, mergeFiles, switchFiles } from './merge-files.ts';
import { EMPTY_TREE, type ObjectId } from './objects.ts';
import { commitText } from './log-format.ts';
import { parseOptions, type GitOptions } from './option-parser.ts';
import { statText, summaryText } from './patch-text.ts';
import { Failed, Fatal } from './problems.ts';
import type { Repository } from './repository.ts';
import { abbreviate, fullRef, peel, resolveRevision, upstreamOf } from './revision.ts';
import { signatureOf } from './signature.ts';
import { compareFiles } from './tree-diff.ts';
import { filesOf, indexFiles, writeTreeOf } from './tree-files.ts';

export const merge: GitCommand = {
  usage: 'usage: git merge [<options>] [<commit>...]\n   or: git merge --abort\n   or: git merge --continue',
  options: [
    'ff',
    'ff-only',
    'squash',
    'commit',
    'm,message=',
    'abort',
    'continue',
    'quit',
    'q,quiet',
    'edit',
    'e',
    'stat',
    'allow-unrelated-histories',
    's,strategy=',
    'X,strategy-option=',
    'v,verbose',
    'n',
  ],
  run: async (git, options) => {
    const repository = git.worktree;
    if (options.has('abort')) return await abort(repository);
    if (options.has('continue')) {
      if (repository.read('MERGE_HEAD') === undefined)
        throw new Fatal('There is no merge in progress (MERGE_HEAD missing).');
      await refuseUnmerged(git, repository);
      return await commit.run(git, parseOptions([], commit.options));
    }
    for (const key of ['strategy', 'strategy-option'])
      if (options.get(key) !== undefined) throw new Fatal(`--${key} is not built here`);
    await refuseUnmerged(git, repository, 'Merging');
    if (repository.read('MERGE_HEAD') !== undefined)
      throw new Fatal(
        'You have not concluded your merge (MERGE_HEAD exists).\nPlease, commit your changes before you merge.',
      );
    if (options.operands.length > 1)
      throw new Fatal(
        'more than one commit at a time (an octopus merge) is not built here: merge them one after the other',
      );
    const name = options.operands[0] ?? defaultUpstream(repository);
    const found = await resolveRevision(repository, name);
    const theirs = found === undefined ? undefined : await peel(repository, found, 'commit');
    if (theirs === undefined) {
      await git.printError(`merge: ${name} - not something we can merge\n`);
      return 1;
    }
    return await mergeCommit(git, theirs, name, options, describeMerge(repository, name));
  },
};

function defaultUpstream(repository: Repository): string {
  const { branch } = repository.refs;
  const upstream = branch === undefined ? undefined : upstreamOf(repository, branch);
  if (!upstream) throw new Fatal('No remote for the current branch.');
  return upstream.short;
}

/** `branch 'topic'`, as the message of a merge names it. */
function describeMerge(repository: Repository, name: string): string {
  const full = fullRef(repository, name);
  const kind = full?.startsWith('refs/remotes/')
    ? 'remote-tracking branch'
    : full?.startsWith('refs/tags/')
      ? 'tag'
      : full?.startsWith('refs/heads/')
        ? 'branch'
        : 'commit';
  return `${kind} '${name}'`;
}

/** @param what how the message names it */
export async function mergeCommit(
  git: Git,
  theirs: ObjectId,
  name: string,
  options: GitOptions,
  what: string,
): Promise<number> {
  const { repository } = git;
  const { objects, refs, head } = repository;
  const say = async (text: string) => {
    if (!options.has('quiet')) await git.print(text);
  };
  const target = await objects.commit(theirs);
  if (head === undefined) {
    await switchFiles(repository, EMPTY_TREE, target.tree, 'merge');
    refs.update('HEAD', theirs, repository.movement(`initial pull`));
    return 0;
  }
  const ours = await objects.commit(head);
  if (await isAncestor(repository, theirs, head)) {
    await say(options.has('squash') ? 'Already up to date. (nothing to squash)\n' : 'Already up to date.\n');
    return 0;
  }
  const forward = await isAncestor(repository, head, theirs);
  if (forward && !options.denied('ff')) {
    await say(`Updating ${abbreviate(repository, head)}..${abbreviate(repository, theirs)}\n`);
    await switchFiles(repository, ours.tree, target.tree, 'merge');
    await say('Fast-forward\n');
    if (options.has('squash')) await squash(git, head, theirs);
    else {
      repository.write('ORIG_HEAD', `${head}\n`);
      refs.update('HEAD', theirs, repository.movement(`merge ${name}: Fast-forward`));
    }
    await say(await changed(git, ours.tree, target.tree));
    return 0;
  }
  if (options.has('ff-only')) throw new Fatal('Not possible to fast-forward, aborting.');
  const [base] = await mergeBases(repository, head, theirs);
  if (base === undefined && !options.has('allow-unrelated-histories'))
    throw new Fatal('refusing to merge unrelated histories');
  const staged = await writeTreeOf(objects, indexFiles(repository.index));
  if (staged !== ours.tree) {
    const paths = (
      await compareFiles(await filesOf(objects, ours.tree), indexFiles(repository.index), {
        renames: undefined,
      })
    ).map(({ path }) => path);
    throw new Failed(
      `Your local changes to the following files would be overwritten by merge:\n  ${paths.join(' ')}`,
      2,
    );
  }
  const diff3 = repository.config.get('merge.conflictstyle')?.endsWith('diff3') ?? false;
  const outcome = await mergeFiles(
    repository,
    {
      base: base === undefined ? EMPTY_TREE : (await objects.commit(base)).tree,
      ours: ours.tree,
      theirs: target.tree,
    },
    {
      ours: 'HEAD',
      theirs: name,
      ...(diff3 && base !== undefined ? { base: abbreviate(repository, base) } : {}),
    },
    'merge',
  );
  for (const line of outcome.messages) await git.print(`${line}\n`);
  const branch = refs.branch;
  const into =
    branch === undefined ? ' into HEAD' : branch === 'main' || branch === 'master' ? '' : ` into ${branch}`;
  const given = options.all('message');
  const message = given.length > 0 ? given.map((each) => `${each}\n`).join('\n') : `Merge ${what}${into}\n`;
  if (options.has('squash')) await squash(git, head, theirs);
  else {
    repository.write('ORIG_HEAD', `${head}\n`);
    repository.write('MERGE_HEAD', `${theirs}\n`);
  }
  if (outcome.conflicts.length > 0) {
    repository.write(
      'MERGE_MSG',
      `${message}\n# Conflicts:\n${outcome.conflicts.map((path) => `#\t${path}\n`).join('')}`,
    );
    await git.print('Automatic merge failed; fix conflicts and then commit the result.\n');
    return 1;
  }
  repository.write('MERGE_MSG', message);
  if (options.has('squash') || options.denied('commit')) {
    await say(
      options.has('squash') ? '' : 'Automatic merge went well; stopped before committing as requested\n',
    );
    return 0;
  }
  if (given.length === 0 && git.hasTerminal && !options.denied('edit')) {
    const comment =
      "# Please enter a commit message to explain why this merge is necessary,\n# especially if it merges an updated upstream into a topic branch.\n#\n# Lines starting with '#' will be ignored, and an empty message aborts\n# the commit.\n";
    repository.write('MERGE_MSG', `${message}${comment}`);
    await git.edit('MERGE_MSG');
  }
  const text = cleaned(repository.read('MERGE_MSG') ?? '', given.length === 0);
  if (text === '') throw new Fatal('Empty commit message.');
  const tree = await writeTreeOf(objects, indexFiles(repository.index));
  const id = await objects.writeCommit({
    tree,
    parents: [head, theirs],
    author: signatureOf(git.process, repository.config, 'AUTHOR'),
    committer: signatureOf(git.process, repository.config, 'COMMITTER'),
    message: text,
  });
  refs.update('HEAD', id, repository.movement(`merge ${name}: Merge made by the 'ort' strategy.`));
  repository.remove('MERGE_HEAD', 'MERGE_MSG', 'MERGE_MODE');
  await say("Merge made by the 'ort' strategy.\n");
  await say(await changed(git, ours.tree, tree));
  return 0;
}

async function squash(git: Git, head: ObjectId, theirs: ObjectId): Promise<void> {
  const entries = await walkHistory(git.repository, [theirs], [head]);
  const plain = { name: 'medium', short: false, date: 'default', decorations: undefined };
  const text = `Squashed commit of the following:\n\n${entries.map((entry) => commitText(git, entry, plain)).join('\n')}`;
  git.repository.write('MERGE_MSG', text);
  await git.print(`Squash commit -- not updating HEAD\n`);
}

export async function changed(git: Git, before: ObjectId, after: ObjectId): Promise<string> {
  const { repository } = git;
  const read = mergedReader(repository);
  const changes = await compareFiles(
    await filesOf(repository.objects, before),
    await filesOf(repository.objects, after),
    { renames: read },
  );
  const options = { context: 3, normal: (line: string) => line, paint: git.paint, width: git.width };
  return (await statText(git.process, changes, read, options)) + summaryText(changes);
}

async function abort(repository: Repository): Promise<number> {
  if (repository.read('MERGE_HEAD') === undefined)
    throw new Fatal('There is no merge to abort (MERGE_HEAD missing).');
  await forceFiles(repository, (await repository.objects.commit(repository.head!)).tree);
  repository.remove('MERGE_HEAD', 'MERGE_MSG', 'MERGE_MODE');
  return 0;
}
