/** `git branch`. */
import type { Git, GitCommand } from './command.ts';
import { isAncestor } from './history.ts';
import type { GitOptions } from './option-parser.ts';
import { Fatal } from './problems.ts';
import { isRefName } from './refs.ts';
import type { Repository } from './repository.ts';
import { abbreviate, commitOf, fullRef, resolveRevision, upstreamOf } from './revision.ts';
import { subjectOf } from './subject.ts';
import { aheadBehind } from './status.ts';
import { wildmatch } from './wildmatch.ts';

export const branch: GitCommand = {
  usage:
    'usage: git branch [-r | -a] [-v] [--merged | --no-merged] [--list [<pattern>...]]\n   or: git branch [-f] [-t] <branch-name> [<start-point>]\n   or: git branch (-d | -D) [-r] <branch-name>...\n   or: git branch (-m | -M | -c) [<old-branch>] <new-branch>\n   or: git branch --show-current\n   or: git branch (-u <upstream> | --unset-upstream) [<branch-name>]',
  options: [
    'a,all',
    'r,remotes',
    'd,delete',
    'D',
    'm,move',
    'M',
    'c,copy',
    'C',
    'f,force',
    'l,list',
    'v,verbose',
    'q,quiet',
    'show-current',
    'u,set-upstream-to=',
    'unset-upstream',
    't,track?',
    'contains?',
    'merged?',
    'sort=',
    'format=',
    'color?',
    'column?',
  ],
  run: async (git, options) => {
    const { repository } = git;
    const { refs } = repository;
    if (options.has('show-current'))
      return void (await git.print(refs.branch === undefined ? '' : `${refs.branch}\n`));
    if (options.has('delete') || options.has('D')) return await deleteBranches(git, options);
    if (options.has('move') || options.has('M') || options.has('copy') || options.has('C'))
      return await moveBranch(git, options);
    if (options.get('set-upstream-to') !== undefined)
      return await follow(git, options.operands[0] ?? refs.branch, options.get('set-upstream-to')!);
    if (options.has('unset-upstream')) {
      const name = options.operands[0] ?? refs.branch!;
      if (!upstreamOf(repository, name)) throw new Fatal(`Branch '${name}' has no upstream information`);
      repository.config.local!.editSection(`branch.${name}`);
      return;
    }
    const lists =
      ['list', 'contains', 'merged', 'all', 'remotes'].some((key) => options.has(key)) ||
      options.denied('merged') ||
      options.operands.length === 0;
    if (lists) return await listBranches(git, options);
    await createBranch(git, options.operands[0]!, options.operands[1] ?? 'HEAD', {
      force: options.has('force'),
      track: options.has('track'),
    });
  },
};

/** Makes a branch; it follows a remote-tracking branch that it starts at. */
export async function createBranch(
  git: Git,
  name: string,
  start: string,
  options: { force?: boolean; track?: boolean; quiet?: boolean } = {},
): Promise<void> {
  const { force = false, track = false } = options;
  const { repository } = git;
  const { refs } = repository;
  if (!isRefName(name) || name.startsWith('-') || name === 'HEAD')
    throw new Fatal(`'${name}' is not a valid branch name`);
  const ref = `refs/heads/${name}`;
  const existed = refs.id(ref) !== undefined;
  if (existed && !force) throw new Fatal(`a branch named '${name}' already exists`);
  if (existed && refs.branch === name)
    throw new Fatal(`cannot force update the branch '${name}' checked out at '${repository.top}'`);
  if ((await resolveRevision(repository, start)) === undefined)
    throw new Fatal(`not a valid object name: '${start === 'HEAD' ? (refs.branch ?? start) : start}'`);
  refs.update(
    ref,
    await commitOf(repository, start),
    repository.movement(`branch: ${existed ? 'Reset to' : 'Created from'} ${start}`),
  );
  const full = fullRef(repository, start);
  const remote = full?.startsWith('refs/remotes/') ? full.slice('refs/remotes/'.length) : undefined;
  if (remote === undefined && !(track && full?.startsWith('refs/heads/'))) return;
  await setUpstream(git, name, full!, options.quiet);
}

/** Writes down what `name` follows, and says so. */
export async function setUpstream(git: Git, name: string, full: string, quiet = false): Promise<void> {
  const config = git.repository.config.local!;
  const tracked = full.replace(/^refs\/(remotes|heads)\//, '');
  const isRemote = full.startsWith('refs/remotes/');
  const slash = tracked.indexOf('/');
  config.set(`branch.${name}.remote`, isRemote ? tracked.slice(0, slash) : '.');
  config.set(`branch.${name}.merge`, `refs/heads/${isRemote ? tracked.slice(slash + 1) : tracked}`);
  if (!quiet) await git.print(`branch '${name}' set up to track '${tracked}'.\n`);
}

async function follow(git: Git, name: string | undefined, upstream: string): Promise<void> {
  const full = fullRef(git.repository, upstream);
  if (!full || !/^refs\/(remotes|heads)\//.test(full))
    throw new Fatal(`the requested upstream branch '${upstream}' does not exist`);
  if (name === undefined)
    throw new Fatal('could not set upstream of HEAD when it does not point to any branch');
  await setUpstream(git, name, full);
}

async function deleteBranches(git: Git, options: GitOptions): Promise<number> {
  const { repository } = git;
  const { refs } = repository;
  const prefix = options.has('remotes') ? 'refs/remotes/' : 'refs/heads/';
  if (options.operands.length === 0) throw new Fatal('branch name required');
  let status = 0;
  for (const name of options.operands) {
    const fail = async (message: string) => {
      await git.printError(`error: ${message}\n`);
      status = 1;
    };
    const id = refs.id(prefix + name);
    if (id === undefined)
      await fail(`${options.has('remotes') ? 'remote-tracking ' : ''}branch '${name}' not found.`);
    else if (refs.branch === name && !options.has('remotes'))
      await fail(`Cannot delete branch '${name}' checked out at '${repository.top}'`);
    else if (
      options.has('delete') &&
      !options.has('force') &&
      !options.has('remotes') &&
      !(await isMerged(repository, name, id))
    )
      await fail(
        `The branch '${name}' is not fully merged.\nIf you are sure you want to delete it, run 'git branch -D ${name}'.`,
      );
    else {
      refs.delete(prefix + name);
      if (!options.has('remotes') && repository.config.get(`branch.${name}.merge`) !== undefined)
        repository.config.local!.editSection(`branch.${name}`);
      if (!options.has('quiet'))
        await git.print(
          `Deleted ${options.has('remotes') ? 'remote-tracking ' : ''}branch ${name} (was ${abbreviate(repository, id)}).\n`,
        );
    }
  }
  return status;
}

async function isMerged(repository: Repository, name: string, id: string): Promise<boolean> {
  const upstream = upstreamOf(repository, name);
  const into = (upstream && repository.refs.id(upstream.ref)) ?? repository.head;
  return into !== undefined && (await isAncestor(repository, id, into));
}

async function moveBranch(git: Git, options: GitOptions): Promise<void> {
  const { repository } = git;
  const { refs } = repository;
  const copies = options.has('copy') || options.has('C');
  const fresh = options.operands.at(-1);
  const old = options.operands.length > 1 ? options.operands[0]! : refs.branch;
  if (fresh === undefined || old === undefined) throw new Fatal('branch name required');
  if (!isRefName(fresh)) throw new Fatal(`'${fresh}' is not a valid branch name`);
  const [from, to] = [`refs/heads/${old}`, `refs/heads/${fresh}`];
  const unborn = refs.id(from) === undefined;
  if (unborn && refs.branch !== old) throw new Fatal(`No branch named '${old}'.`);
  const forced = options.has('M') || options.has('C') || options.has('force');
  if (refs.id(to) !== undefined && !forced && old !== fresh)
    throw new Fatal(`a branch named '${fresh}' already exists`);
  if (copies) return refs.update(to, refs.id(from)!, repository.movement(`Branch: copied ${from} to ${to}`));
  const wasHead = refs.branch === old;
  if (!unborn && old !== fresh) {
    const id = refs.id(from)!;
    refs.rename(from, to);
    refs.log(to, id, id, repository.movement(`Branch: renamed ${from} to ${to}`));
    if (repository.config.get(`branch.${old}.merge`) !== undefined)
      repository.config.local!.editSection(`branch.${old}`, `branch.${fresh}`);
  }
  if (!wasHead) return;
  refs.setSymbolic('HEAD', to);
  const id = refs.id(to);
  if (id !== undefined) refs.log('HEAD', id, id, repository.movement(`Branch: renamed ${from} to ${to}`));
}

interface Row {
  mark: string;
  name: string;
  id: string;
  colour: 'green' | 'red' | undefined;
  branch: string | undefined;
}

async function listBranches(git: Git, options: GitOptions): Promise<void> {
  const { repository } = git;
  const { refs } = repository;
  let rows: Row[] = [];
  const patterns = options.has('list') ? options.operands.map((pattern) => wildmatch(pattern, true)) : [];
  if (refs.branch === undefined && repository.head !== undefined && patterns.length === 0) {
    const last = refs.logOf('HEAD').findLast(({ message }) => message.startsWith('checkout: '));
    const name = last?.message.split(' to ').at(-1) ?? '';
    const label =
      refs.id(`refs/tags/${name}`) === undefined && refs.id(`refs/remotes/${name}`) === undefined
        ? abbreviate(repository, last?.new ?? repository.head)
        : name;
    rows.push({
      mark: '*',
      name: `(HEAD detached ${last?.new === repository.head ? 'at' : 'from'} ${label})`,
      id: repository.head,
      colour: 'green',
      branch: undefined,
    });
  }
  if (!options.has('remotes'))
    for (const [name, id] of refs.list('refs/heads/')) {
      const current = refs.branch === name;
      rows.push({ mark: current ? '*' : ' ', name, id, colour: current ? 'green' : undefined, branch: name });
    }
  if (options.has('remotes') || options.has('all'))
    for (const [name, id] of refs.list('refs/remotes/')) {
      const shown = options.has('all') ? `remotes/${name}` : name;
      const target = refs.target(`refs/remotes/${name}`);
      rows.push({
        mark: ' ',
        name: target === undefined ? shown : `${shown} -> ${target.replace(/^refs\/remotes\//, '')}`,
        id,
        colour: 'red',
        branch: undefined,
      });
    }
  rows = rows.filter(({ name }) => patterns.length === 0 || patterns.some((each) => each.test(name)));
  if (options.has('contains')) {
    const id = await commitOf(repository, options.get('contains') ?? options.operands[0] ?? 'HEAD');
    rows = await filter(rows, (row) => isAncestor(repository, id, row.id));
  }
  if (options.has('merged') || options.denied('merged')) {
    const into = await commitOf(repository, options.get('merged') ?? options.operands[0] ?? 'HEAD');
    rows = await filter(
      rows,
      async (row) => (await isAncestor(repository, row.id, into)) === options.has('merged'),
    );
  }
  const width = Math.max(0, ...rows.map(({ name }) => name.length));
  git.page();
  for (const row of rows) {
    const name = row.colour ? git.paint(row.colour, row.name) : row.name;
    if (!options.has('verbose')) await git.print(`${row.mark} ${name}\n`);
    else {
      const { message } = await repository.objects.commit(row.id);
      await git.print(
        `${row.mark} ${name}${' '.repeat(width - row.name.length)} ${abbreviate(repository, row.id)} ${await trackingNote(repository, row, options)}${subjectOf(message)}\n`,
      );
    }
  }
}

async function trackingNote(
  repository: Repository,
  { branch: name, id }: Row,
  options: GitOptions,
): Promise<string> {
  const upstream = name === undefined ? undefined : upstreamOf(repository, name);
  if (!upstream) return '';
  const twice = options.count('verbose') > 1;
  const theirs = repository.refs.id(upstream.ref);
  const parts: string[] = [];
  if (theirs === undefined) parts.push('gone');
  else {
    const [ahead, behind] = await aheadBehind(repository, id, theirs);
    if (ahead > 0) parts.push(`ahead ${ahead}`);
    if (behind > 0) parts.push(`behind ${behind}`);
  }
  if (twice) return `[${upstream.short}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}] `;
  return parts.length > 0 ? `[${parts.join(', ')}] ` : '';
}

async function filter<T>(list: readonly T[], keep: (each: T) => Promise<boolean>): Promise<T[]> {
  const kept: T[] = [];
  for (const each of list) if (await keep(each)) kept.push(each);
  return kept;
}
