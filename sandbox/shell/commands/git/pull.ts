/** `git pull`: fetch, then merge or, with --rebase, rebase. */
import type { GitCommand } from './command.ts';
import { defaultRemote, fetchRemote } from './fetch.ts';
import { isAncestor } from './history.ts';
import { mergeCommit } from './merge.ts';
import { rebase } from './rebase.ts';
import { parseOptions } from './option-parser.ts';
import { Failed, Fatal } from './problems.ts';
import { openNamed, remoteOf, shownUrl } from './remote-repository.ts';
import { upstreamOf } from './revision.ts';

export const pull: GitCommand = {
  usage: 'usage: git pull [<options>] [<repository> [<refspec>...]]',
  options: [
    'r,rebase?',
    'ff',
    'ff-only',
    'q,quiet',
    'v,verbose',
    'edit',
    'e',
    'commit',
    'squash',
    'p,prune',
    't,tags',
    'allow-unrelated-histories',
    'm,message=',
  ],
  run: async (git, options) => {
    const repository = git.worktree;
    const { refs } = repository;
    if (repository.read('MERGE_HEAD') !== undefined)
      throw new Failed(
        'You have not concluded your merge (MERGE_HEAD exists).\nhint: Please, commit your changes before merging.\nfatal: Exiting because of unfinished merge.',
        128,
      );
    const upstream = refs.branch === undefined ? undefined : upstreamOf(repository, refs.branch);
    const name = options.operands[0] ?? upstream?.remote ?? defaultRemote(git);
    if (name === undefined) {
      await git.printError(noTracking(options.has('rebase'), '<remote>', refs.branch));
      return 1;
    }
    const remote = remoteOf(git, name);
    const wanted =
      options.operands[1] ??
      (upstream && upstream.remote === name ? upstream.short.slice(upstream.remote.length + 1) : undefined);
    const explicit = options.operands.length > 1;
    const fetched = await fetchRemote(git, remote, {
      prune: options.has('prune'),
      quiet: options.has('quiet'),
      ...(explicit ? { branches: [wanted!] } : {}),
    });
    const branch = wanted ?? (remote.name === '' ? openNamed(git, remote).refs.branch : undefined);
    const theirs = branch === undefined ? undefined : fetched.get(branch);
    if (theirs === undefined) {
      if (upstream)
        throw new Fatal(
          `Your configuration specifies to merge with the ref '${upstream.merge}'\nfrom the remote, but no such ref was fetched.`,
          1,
        );
      await git.printError(noTracking(options.has('rebase'), name, refs.branch));
      return 1;
    }
    const { head, config } = repository;
    const rebases = options.has('rebase')
      ? options.get('rebase') !== 'false'
      : config.get('pull.rebase') === 'true' && !options.denied('rebase');
    const diverged =
      head !== undefined &&
      !(await isAncestor(repository, head, theirs)) &&
      !(await isAncestor(repository, theirs, head));
    const decided =
      rebases ||
      options.denied('rebase') ||
      options.has('ff') ||
      options.denied('ff') ||
      options.has('ff-only') ||
      options.get('rebase') === 'false' ||
      config.get('pull.rebase') !== undefined ||
      config.get('pull.ff') !== undefined;
    if (diverged && !decided) {
      await git.printError(DIVERGED);
      throw new Fatal('Need to specify how to reconcile divergent branches.');
    }
    if (rebases && diverged) {
      return (await rebase.run(git, parseOptions([theirs], rebase.options))) ?? 0;
    }
    if (diverged && config.get('pull.ff') === 'only')
      throw new Fatal('Not possible to fast-forward, aborting.');
    return await mergeCommit(git, theirs, theirs, options, `branch '${branch}' of ${shownUrl(remote.url)}`);
  },
};

const noTracking = (rebases: boolean, remote: string, branch: string | undefined): string =>
  `There is no tracking information for the current branch.\nPlease specify which branch you want to ${rebases ? 'rebase against' : 'merge with'}.\nSee git-pull(1) for details.\n\n    git pull <remote> <branch>\n\nIf you wish to set tracking information for this branch you can do so with:\n\n    git branch --set-upstream-to=${remote}/<branch> ${branch}\n\n`;

const DIVERGED = `hint: You have divergent branches and need to specify how to reconcile them.
hint: You can do so by running one of the following commands sometime before
hint: your next pull:
hint: 
hint:   git config pull.rebase false  # merge
hint:   git config pull.rebase true   # rebase
hint:   git config pull.ff only       # fast-forward only
hint: 
hint: You can replace "git config" with "git config --global" to set a default
hint: preference for all repositories. You can also pass --rebase, --no-rebase,
hint: or --ff-only on the command line to override the configured default per
hint: invocation.
`;
