/** `git push` to a repository on the same machine. */
import { setUpstream } from './branch.ts';
import type { Git, GitCommand } from './command.ts';
import { defaultRemote } from './fetch.ts';
import { isAncestor } from './history.ts';
import type { ObjectId } from './objects.ts';
import type { GitOptions } from './option-parser.ts';
import { Failed, Fatal } from './problems.ts';
import { openNamed, remoteOf } from './remote-repository.ts';
import { abbreviate, fullRef, resolveRevision, upstreamOf } from './revision.ts';

export const push: GitCommand = {
  usage: 'usage: git push [<options>] [<repository> [<refspec>...]]',
  options: [
    'u,set-upstream',
    'f,force',
    'force-with-lease?',
    'd,delete',
    'all',
    'tags',
    'q,quiet',
    'n,dry-run',
    'v,verbose',
    'follow-tags',
  ],
  run: async (git, options) => await pushTo(git, options),
};

interface Job {
  /** Undefined: delete. */
  id: ObjectId | undefined;
  source: string;
  /** Full. */
  target: string;
  force: boolean;
}

async function pushTo(git: Git, options: GitOptions): Promise<number> {
  const { repository } = git;
  const branch = repository.refs.branch;
  const upstream = branch === undefined ? undefined : upstreamOf(repository, branch);
  const name = options.operands[0] ?? upstream?.remote ?? defaultRemote(git);
  if (name === undefined)
    throw new Fatal(
      'No configured push destination.\nEither specify the URL from the command-line or configure a remote repository using\n\n    git remote add <name> <url>\n\nand then push using the remote name\n\n    git push <name>\n',
    );
  const remote = remoteOf(git, name);
  const jobs = await jobsOf(git, options, name);
  const other = openNamed(git, remote);
  const rows: string[] = [];
  let rejected = false;
  let moved = false;
  for (const job of jobs) {
    const old = other.refs.id(job.target);
    const short = (ref: string) => ref.replace(/^refs\/(heads|tags)\//, '');
    const to = short(job.target);
    if (job.id === undefined) {
      if (old === undefined)
        throw new Failed(
          `unable to delete '${to}': remote ref does not exist\nerror: failed to push some refs to '${remote.url}'`,
        );
      other.refs.delete(job.target);
      if (remote.name !== '') repository.refs.delete(`refs/remotes/${remote.name}/${to}`);
      rows.push(` - [deleted]         ${to}\n`);
      moved = true;
      continue;
    }
    if (old === job.id) continue;
    if (!other.isBare && other.refs.target('HEAD') === job.target) {
      await git.printError(CHECKED_OUT.replace('refs/heads/main', job.target));
      rows.push(` ! [remote rejected] ${job.source} -> ${to} (branch is currently checked out)\n`);
      rejected = true;
      continue;
    }
    const known = old === undefined || repository.objects.has(old);
    const forward = old === undefined || (known && (await isAncestor(repository, old, job.id)));
    if (!forward && !job.force) {
      const isTag = job.target.startsWith('refs/tags/');
      rows.push(
        ` ! [rejected]        ${job.source} -> ${to} (${isTag ? 'already exists' : known ? 'non-fast-forward' : 'fetch first'})\n`,
      );
      rejected = true;
      continue;
    }
    other.objects.copyFrom(repository.objects);
    if (!options.has('dry-run')) other.refs.update(job.target, job.id, other.movement('push'));
    moved = true;
    const kind = job.target.startsWith('refs/tags/') ? 'tag' : 'branch';
    rows.push(
      old === undefined
        ? ` * [new ${kind}]${' '.repeat(13 - kind.length - 1)}${job.source} -> ${to}\n`
        : forward
          ? `   ${abbreviate(repository, old)}..${abbreviate(repository, job.id)}  ${job.source} -> ${to}\n`
          : ` + ${abbreviate(repository, old)}...${abbreviate(repository, job.id)} ${job.source} -> ${to} (forced update)\n`,
    );
    if (remote.name !== '' && job.target.startsWith('refs/heads/') && !options.has('dry-run'))
      repository.refs.update(
        `refs/remotes/${remote.name}/${to}`,
        job.id,
        repository.movement('update by push'),
      );
  }
  if (rows.length > 0 && !(options.has('quiet') && !rejected))
    await git.printError(`To ${remote.url}\n${rows.join('')}`);
  if (rejected) {
    const behind = rows.some((row) => row.includes('(non-fast-forward)'));
    const unknown = rows.some((row) => row.includes('(fetch first)'));
    throw new Failed(
      `failed to push some refs to '${remote.url}'${unknown ? FETCH_FIRST : behind ? NON_FORWARD : ''}`,
    );
  }
  if (options.has('set-upstream') && remote.name !== '')
    for (const { source, target } of jobs)
      if (repository.refs.id(`refs/heads/${source}`) !== undefined)
        await setUpstream(git, source, `refs/remotes/${remote.name}/${target.replace(/^refs\/heads\//, '')}`);
  if (!moved && !options.has('quiet')) await git.printError('Everything up-to-date\n');
  return 0;
}

async function jobsOf(git: Git, options: GitOptions, name: string): Promise<Job[]> {
  const { repository } = git;
  const { refs } = repository;
  const force = options.has('force') || options.has('force-with-lease');
  const all: Job[] = [];
  if (options.has('all'))
    for (const [each, id] of refs.list('refs/heads/'))
      all.push({ id, source: each, target: `refs/heads/${each}`, force });
  const specs = options.operands.slice(1);
  for (const spec of specs) {
    const [from, to] = spec.replace(/^\+/, '').split(':') as [string, string | undefined];
    const forced = force || spec.startsWith('+');
    if (options.has('delete') || from === '') {
      all.push({ id: undefined, source: '', target: `refs/heads/${to ?? from}`, force: forced });
      continue;
    }
    const id = await resolveRevision(repository, from);
    if (id === undefined)
      throw new Failed(
        `src refspec ${from} does not match any\nerror: failed to push some refs to '${remoteOf(git, name).url}'`,
      );
    const full = fullRef(repository, from);
    const source = from === 'HEAD' ? (refs.branch ?? from) : from;
    const target =
      to === undefined
        ? from === 'HEAD'
          ? refs.target('HEAD')!
          : (full ?? `refs/heads/${from}`)
        : to.startsWith('refs/')
          ? to
          : full?.startsWith('refs/tags/')
            ? `refs/tags/${to}`
            : `refs/heads/${to}`;
    all.push({ id, source: from === 'HEAD' ? from : source, target, force: forced });
  }
  if (options.has('tags'))
    for (const [each, id] of refs.list('refs/tags/'))
      all.push({ id, source: each, target: `refs/tags/${each}`, force });
  if (specs.length > 0 || options.has('all') || options.has('tags')) return all;
  const { branch } = refs;
  if (branch === undefined)
    throw new Fatal(
      `You are not currently on a branch.\nTo push the history leading to the current (detached HEAD)\nstate now, use\n\n    git push ${name} HEAD:<name-of-remote-branch>\n`,
    );
  const id = refs.id(`refs/heads/${branch}`);
  if (id === undefined)
    throw new Failed(
      `src refspec refs/heads/${branch} does not match any\nerror: failed to push some refs to '${remoteOf(git, name).url}'`,
    );
  const upstream = upstreamOf(repository, branch);
  if (!upstream && !options.has('set-upstream') && options.operands.length === 0)
    throw new Fatal(
      `The current branch ${branch} has no upstream branch.\nTo push the current branch and set the remote as upstream, use\n\n    git push --set-upstream ${name} ${branch}\n\nTo have this happen automatically for branches without a tracking\nupstream, see 'push.autoSetupRemote' in 'git help config'.\n`,
    );
  return [{ id, source: branch, target: `refs/heads/${branch}`, force }];
}

const FETCH_FIRST = `
hint: Updates were rejected because the remote contains work that you do
hint: not have locally. This is usually caused by another repository pushing
hint: to the same ref. You may want to first integrate the remote changes
hint: (e.g., 'git pull ...') before pushing again.
hint: See the 'Note about fast-forwards' in 'git push --help' for details.`;

const NON_FORWARD = `
hint: Updates were rejected because the tip of your current branch is behind
hint: its remote counterpart. Integrate the remote changes (e.g.
hint: 'git pull ...') before pushing again.
hint: See the 'Note about fast-forwards' in 'git push --help' for details.`;

const CHECKED_OUT = `remote: error: refusing to update checked out branch: refs/heads/main
remote: error: By default, updating the current branch in a non-bare repository
remote: is denied, because it will make the index and work tree inconsistent
remote: with what you pushed, and will require 'git reset --hard' to match
remote: the work tree to HEAD.
remote: 
remote: You can set the 'receive.denyCurrentBranch' configuration variable
remote: to 'ignore' or 'warn' in the remote repository to allow pushing into
remote: its current branch; however, this is not recommended unless you
remote: arranged to update its work tree to match what you pushed in some
remote: other way.
remote: 
remote: To squelch this message and still keep the default behaviour, set
remote: 'receive.denyCurrentBranch' configuration variable to 'refuse'.
`;
