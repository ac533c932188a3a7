/** `git fetch` from a repository on the same machine. */
import type { Git, GitCommand } from './command.ts';
import { isAncestor } from './history.ts';
import type { ObjectId } from './objects.ts';
import { Fatal } from './problems.ts';
import { openNamed, remoteOf, shownUrl, type Remote } from './remote-repository.ts';
import { abbreviate, upstreamOf } from './revision.ts';

export const fetch: GitCommand = {
  usage: 'usage: git fetch [<options>] [<repository> [<refspec>...]]\n   or: git fetch --all [<options>]',
  options: ['all', 'p,prune', 't,tags', 'q,quiet', 'v,verbose', 'f,force', 'n,dry-run', 'depth='],
  run: async (git, options) => {
    const { repository } = git;
    if (options.has('all')) {
      for (const name of remoteNames(git)) {
        await git.print(`Fetching ${name}\n`);
        await fetchRemote(git, remoteOf(git, name), {
          prune: options.has('prune'),
          quiet: options.has('quiet'),
        });
      }
      return;
    }
    const branch = repository.refs.branch;
    const name =
      options.operands[0] ??
      (branch === undefined ? undefined : upstreamOf(repository, branch)?.remote) ??
      defaultRemote(git);
    if (name === undefined) return;
    await fetchRemote(git, remoteOf(git, name), {
      prune: options.has('prune'),
      quiet: options.has('quiet'),
      branches: options.operands.slice(1),
    });
  },
};

export const remoteNames = (git: Git): string[] => [
  ...new Set(git.repository.config.list.flatMap(({ name }) => /^remote\.(.*)\.url$/.exec(name)?.[1] ?? [])),
].sort(); // prettier-ignore

/** `origin`, or the only remote that there is. */
export function defaultRemote(git: Git): string | undefined {
  const names = remoteNames(git);
  return names.length === 1 ? names[0] : names.includes('origin') ? 'origin' : undefined;
}

interface FetchOptions {
  prune?: boolean;
  quiet?: boolean;
  /** Of the remote; all when there are none. */
  branches?: readonly string[];
}

interface Row {
  flag: string;
  what: string;
  from: string;
  to: string;
}

/** Brings over objects and refs; what was fetched, by branch of the remote. */
export async function fetchRemote(
  git: Git,
  remote: Remote,
  options: FetchOptions,
): Promise<Map<string, ObjectId>> {
  const { repository } = git;
  const { refs, objects } = repository;
  const other = openNamed(git, remote);
  const branches = new Map(other.refs.list('refs/heads/'));
  const wanted = options.branches?.length
    ? options.branches.map((each) =>
        each
          .replace(/^\+/, '')
          .split(':')[0]!
          .replace(/^refs\/heads\//, ''),
      )
    : [...branches.keys()];
  for (const each of wanted) if (!branches.has(each)) throw new Fatal(`couldn't find remote ref ${each}`);
  objects.copyFrom(other.objects);
  const rows: Row[] = [];
  const fetched = new Map<string, ObjectId>();
  if (options.prune && remote.name !== '')
    for (const [name] of refs.list(`refs/remotes/${remote.name}/`)) {
      if (branches.has(name) || name === 'HEAD') continue;
      refs.delete(`refs/remotes/${remote.name}/${name}`);
      rows.push({ flag: '-', what: '[deleted]', from: '(none)', to: `${remote.name}/${name}` });
    }
  const movement = repository.movement('fetch');
  for (const name of wanted) {
    const id = branches.get(name)!;
    fetched.set(name, id);
    if (options.branches?.length) rows.push({ flag: '*', what: 'branch', from: name, to: 'FETCH_HEAD' });
    if (remote.name === '') continue;
    const ref = `refs/remotes/${remote.name}/${name}`;
    const old = refs.id(ref);
    if (old === id) continue;
    refs.update(ref, id, movement);
    const to = `${remote.name}/${name}`;
    if (old === undefined) rows.push({ flag: '*', what: '[new branch]', from: name, to });
    else if (await isAncestor(repository, old, id))
      rows.push({
        flag: ' ',
        what: `${abbreviate(repository, old)}..${abbreviate(repository, id)}`,
        from: name,
        to,
      });
    else
      rows.push({
        flag: '+',
        what: `${abbreviate(repository, old)}...${abbreviate(repository, id)}`,
        from: name,
        to: `${to}  (forced update)`,
      });
  }
  if (remote.name !== '')
    for (const [name, id] of other.refs.list('refs/tags/')) {
      if (refs.id(`refs/tags/${name}`) !== undefined) continue;
      refs.update(`refs/tags/${name}`, id);
      rows.push({ flag: '*', what: '[new tag]', from: name, to: name });
    }
  repository.write(
    'FETCH_HEAD',
    [...fetched].map(([name, id]) => `${id}\t\tbranch '${name}' of ${remote.url}\n`).join(''),
  );
  if (rows.length > 0 && !options.quiet) {
    const width = Math.max(10, ...rows.map(({ from }) => from.length));
    await git.printError(
      `From ${shownUrl(remote.url)}\n${rows.map(({ flag, what, from, to }) => ` ${flag} ${what.padEnd(17)} ${from.padEnd(width)} -> ${to}\n`).join('')}`,
    );
  }
  return fetched;
}
